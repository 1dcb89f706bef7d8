// Runs the tests that lie beside the portal's modules: bundles each for Node, and hands them to its test runner.

import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";

const root = import.meta.dirname;
const names = await readdir(join(root, "portal"), { recursive: true });
const tests = names.filter((name) => /\.test\.ts$/.test(name)).map((name) => join("portal", name));
if (tests.length === 0) throw new Error("There are no tests.");

const outdir = await mkdtemp(join(tmpdir(), "pickup-tests-"));
try {
  await build({
    absWorkingDir: root,
    bundle: true,
    entryPoints: tests,
    format: "esm",
    logLevel: "warning",
    outExtension: { ".js": ".mjs" },
    outbase: "portal",
    outdir,
    platform: "node",
  });
  const files = tests.map((name) => join(outdir, name.replace(/^portal./, "").replace(/\.ts$/, ".mjs")));
  process.exitCode = spawnSync(process.execPath, ["--test", ...files], { stdio: "inherit" }).status ?? 1;
} finally {
  await rm(outdir, { recursive: true });
}
