// Bundles the portal and GraphiQL into dist/: everything that the pages need, under names that change with the contents.

import { readFile, readdir, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { documents } from "./documents.mjs";

const PAGES = { graphiql: "graphiql/src/main.jsx", portal: "portal/main.tsx" };
const WORKERS = {
  editor: "node_modules/monaco-editor/esm/vs/editor/editor.worker.js",
  graphql: "node_modules/monaco-graphql/esm/graphql.worker.js",
  json: "node_modules/monaco-editor/esm/vs/language/json/json.worker.js",
};

/** GraphiQL's own style sheet holds Monaco's, icons included. */
const dropMonacoStyles = {
  name: "drop-monaco-styles",
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]monaco-editor[\\/].*\.css$/ }, () => ({ contents: "", loader: "empty" }));
  },
};

/** React Aria has its texts in 34 languages, of which the pages speak two. */
const dropOtherLanguages = {
  name: "drop-other-languages",
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]react-aria[\\/].*[\\/]intl[\\/].*\.mjs$/ }, ({ path }) =>
      ["en-US.mjs", "fr-FR.mjs"].includes(basename(path)) ? undefined : { contents: "export default undefined;" },
    );
  },
};

/** React Aria searches a whole list for sections to draw one row of it. The lists of the pages have none. */
const drawRowsAlone = {
  name: "draw-rows-alone",
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]useGridListItem\.mjs$/ }, async ({ path }) => {
      const text = await readFile(path, "utf8");
      const contents = text.replace(/let nodes = \[\s*\.\.\.collection\s*\];/, "let nodes = [];");
      if (contents === text) throw new Error(`${path} has changed: see whether it still copies its list.`);
      return { contents };
    });
  },
};

const shared = {
  absWorkingDir: import.meta.dirname,
  bundle: true,
  define: { "process.env.NODE_ENV": '"production"' },
  entryNames: "[name]-[hash]",
  chunkNames: "[name]-[hash]",
  format: "esm",
  jsx: "automatic",
  loader: { ".graphql": "text" },
  logLevel: "warning",
  metafile: true,
  minify: true,
  outdir: "dist/assets",
  plugins: [dropMonacoStyles, dropOtherLanguages, drawRowsAlone, documents("portal")],
  target: ["chrome111", "firefox115", "safari16.4"],
};

/** The files that came of each entry point, by the name that it has in `modules`. */
function entries(modules, { outputs }) {
  const made = Object.entries(outputs).filter(([, output]) => output.entryPoint);
  const found = new Map(made.map(([file, output]) => [output.entryPoint, { file, ...output }]));
  return Object.entries(modules).map(([name, module]) => [name, found.get(module)]);
}

await rm(new URL("dist", import.meta.url), { recursive: true, force: true });

const workers = await build({ ...shared, entryPoints: Object.values(WORKERS) });
const workerFiles = Object.fromEntries(
  entries(WORKERS, workers.metafile).map(([label, { file }]) => [label, basename(file)]),
);

// Each page on its own: what both use would be a chunk with what either of them needs of it.
async function buildPage(name) {
  return build({
    ...shared,
    define: { ...shared.define, WORKER_FILES: JSON.stringify(workerFiles) },
    entryPoints: [{ in: PAGES[name], out: name }],
    splitting: true,
  });
}

/** The script, the style sheet, and the chunks that the script imports at once, to be fetched with it. */
const manifest = {};
for (const name of Object.keys(PAGES)) {
  const { metafile } = await buildPage(name);
  const [[, { file, cssBundle }]] = entries({ [name]: PAGES[name] }, metafile);
  const chunks = staticImports(file, metafile.outputs).map((chunk) => basename(chunk));
  manifest[name] = { script: basename(file), style: basename(cssBundle), chunks };
}

function staticImports(file, outputs, found = new Set()) {
  for (const { path, kind } of outputs[file].imports) {
    if (kind !== "import-statement" || found.has(path)) continue;
    found.add(path);
    staticImports(path, outputs, found);
  }
  return [...found];
}

// Compressed once, here: the server does it for no request.
const assets = join(import.meta.dirname, shared.outdir);
for (const name of await readdir(assets)) {
  const file = join(assets, name);
  await writeFile(`${file}.gz`, gzipSync(await readFile(file), { level: 9 }));
}

// Written last: if it exists, the build is complete.
await writeFile(new URL("dist/manifest.json", import.meta.url), `${JSON.stringify(manifest)}\n`);
