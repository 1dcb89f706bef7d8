// How the scenarios run: two at a time, each in a browser and mostly on a server of its own, on one database. While one
// waits for a clock or a server, the other uses the machine. The environment comes from test_scenarios.py.

import { defineConfig } from "@playwright/test";
import { variable } from "./support/environment";

export default defineConfig({
  testDir: "scenarios",
  outputDir: variable("RESULTS_FOLDER"),
  reporter: [["json", { outputFile: variable("RESULTS_FILE") }]],
  workers: 2,
  fullyParallel: true,
  forbidOnly: true,
  // For a busy machine, on which a server takes half a minute to start, and for the pauses after which the page tries it
  // again.
  timeout: 240_000,
  expect: { timeout: 60_000 },
  use: {
    browserName: "chromium",
    locale: "en-CA",
    timezoneId: "America/Toronto",
    viewport: { width: 1280, height: 800 },
    reducedMotion: "reduce",
    actionTimeout: 60_000,
    screenshot: "only-on-failure",
    launchOptions: {
      executablePath: variable("CHROMIUM"),
      args: [
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-gpu",
        "--disable-quic",
        "--disable-sync",
        "--no-first-run",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
      ],
    },
  },
});
