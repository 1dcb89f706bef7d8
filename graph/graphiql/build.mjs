// Bundles GraphiQL into dist/: everything that the page needs, under names that change with the contents.

import { rm, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { build } from "esbuild";

/** GraphiQL's own style sheet holds Monaco's, icons included. */
const dropMonacoStyles = {
  name: "drop-monaco-styles",
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]monaco-editor[\\/].*\.css$/ }, () => ({ contents: "", loader: "empty" }));
  },
};

const shared = {
  absWorkingDir: import.meta.dirname,
  bundle: true,
  define: { "process.env.NODE_ENV": '"production"' },
  entryNames: "[name]-[hash]",
  chunkNames: "[name]-[hash]",
  format: "esm",
  loader: { ".graphql": "text" },
  logLevel: "warning",
  metafile: true,
  minify: true,
  outdir: "dist/assets",
  plugins: [dropMonacoStyles],
  target: ["chrome111", "firefox115", "safari16.4"],
};

/** The file names that came of each entry point, by the entry point's path. */
function entries({ metafile }) {
  const made = Object.entries(metafile.outputs).filter(([, output]) => output.entryPoint);
  return new Map(made.map(([file, { entryPoint, cssBundle }]) => [entryPoint, { file, cssBundle }]));
}

await rm(new URL("dist", import.meta.url), { recursive: true, force: true });

const workerModules = {
  editor: "node_modules/monaco-editor/esm/vs/editor/editor.worker.js",
  graphql: "node_modules/monaco-graphql/esm/graphql.worker.js",
  json: "node_modules/monaco-editor/esm/vs/language/json/json.worker.js",
};
const workers = entries(await build({ ...shared, entryPoints: Object.values(workerModules) }));
const workerFiles = Object.fromEntries(
  Object.entries(workerModules).map(([label, module]) => [label, basename(workers.get(module).file)]),
);

const page = entries(
  await build({
    ...shared,
    define: { ...shared.define, WORKER_FILES: JSON.stringify(workerFiles) },
    entryPoints: ["src/main.js"],
    splitting: true,
  }),
).get("src/main.js");

// Written last: if it exists, the build is complete.
const manifest = { script: basename(page.file), style: basename(page.cssBundle) };
await writeFile(new URL("dist/manifest.json", import.meta.url), `${JSON.stringify(manifest)}\n`);
