// How the scenarios run: one after the other in one browser, against servers that they start on one database.
// The environment comes from test_scenarios.py.

import { defineConfig } from "@playwright/test";
import { variable } from "./support/environment";

export default defineConfig({
  testDir: "scenarios",
  outputDir: variable("RESULTS_FOLDER"),
  reporter: [["json", { outputFile: variable("RESULTS_FILE") }]],
  workers: 1,
  forbidOnly: true,
  timeout: 60_000,
  expect: { timeout: 15_000 },
  use: {
    browserName: "chromium",
    locale: "en-CA",
    timezoneId: "America/Toronto",
    viewport: { width: 1280, height: 800 },
    reducedMotion: "reduce",
    actionTimeout: 15_000,
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
