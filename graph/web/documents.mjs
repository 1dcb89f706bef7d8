// An esbuild plugin: a .graphql file as a module that exports each operation's text, with the fragments that it uses.

import { readFile, readdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { Kind, Source, parse, print, stripIgnoredCharacters, visit } from "graphql";

/** For the files below `folder`. A fragment is found by its name in any of them, so no file imports another. */
export function documents(folder) {
  const root = resolve(import.meta.dirname, folder);
  return {
    name: "graphql-documents",
    setup({ onLoad, onStart }) {
      let fragments;
      onStart(async () => {
        fragments = await readFragments(root);
      });
      onLoad({ filter: /\.graphql$/ }, async ({ path }) => {
        if (!path.startsWith(root)) return undefined; // esbuild's own loader
        return { contents: moduleOf(await readDocument(path), fragments), loader: "js" };
      });
    },
  };
}

async function readDocument(path) {
  return parse(new Source(await readFile(path, "utf8"), path), { noLocation: true });
}

async function readFragments(root) {
  const names = await readdir(root, { recursive: true });
  const files = names.filter((name) => name.endsWith(".graphql")).map((name) => join(root, name));
  const found = new Map();
  for (const { definitions } of await Promise.all(files.map(readDocument))) {
    for (const definition of definitions) {
      if (definition.kind !== Kind.FRAGMENT_DEFINITION) continue;
      if (found.has(definition.name.value)) throw new Error(`There are two fragments ${definition.name.value}.`);
      found.set(definition.name.value, definition);
    }
  }
  return found;
}

/** `export const SitesDocument = "query Sites…";`: the names are those that graphql-codegen gives. */
function moduleOf({ definitions }, fragments) {
  const lines = definitions.map((definition) => {
    const suffix = definition.kind === Kind.FRAGMENT_DEFINITION ? "FragmentDoc" : "Document";
    const text = [definition, ...spread(definition, fragments)].map(print).join("\n");
    return `export const ${definition.name.value}${suffix} = ${JSON.stringify(stripIgnoredCharacters(text))};`;
  });
  return lines.join("\n");
}

/** The fragments that a definition spreads, with those that they spread, each once. */
function spread(definition, fragments, found = new Set()) {
  visit(definition, {
    FragmentSpread({ name }) {
      const fragment = fragments.get(name.value);
      if (!fragment) throw new Error(`There is no fragment ${name.value}.`);
      if (found.has(fragment)) return;
      found.add(fragment);
      spread(fragment, fragments, found);
    },
  });
  return found;
}
