// Opens GraphiQL in Chromium, runs what it is told to, and prints what happened as JSON.
//
// Its one argument is JSON: {browser, url, screenshot, steps: [{query, headers?}]}. It runs the example that the page
// opens with, then types each step, an operation with a name of its own, into a new tab; `answers` has the texts shown.

import { chromium } from "playwright-core";

const { browser: executablePath, url, screenshot, steps } = JSON.parse(process.argv[2]);
const { hostname } = new URL(url);

const browser = await chromium.launch({
  executablePath,
  args: [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    `--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE ${hostname}`,
  ],
});
const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
page.setDefaultTimeout(120_000);

const hosts = new Set();
const failures = [];
const workers = [];
page.context().on("request", (request) => hosts.add(new URL(request.url()).host));
page.context().on("requestfailed", (request) => failures.push(`${request.url()}: ${request.failure().errorText}`));
page.on("websocket", (socket) => hosts.add(new URL(socket.url()).host));
page.on("worker", (worker) => workers.push(new URL(worker.url()).pathname));
page.on("console", (message) => message.type() === "error" && failures.push(message.text()));
page.on("pageerror", (error) => failures.push(error.message));
await page.addInitScript(() => {
  addEventListener("securitypolicyviolation", (event) => {
    console.error(`policy: ${event.effectiveDirective} ${event.blockedURI}`);
  });
});

/** The text of one of GraphiQL's editors once it is as wanted; whole, though the page draws only the lines in view. */
async function text(editor, wanted) {
  const found = await page.waitForFunction(
    ([name, blank]) => {
      const models = globalThis.__MONACO?.editor.getModels() ?? [];
      const value = models.find((model) => model.uri.path.endsWith(name))?.getValue();
      return value !== undefined && (value.trim() === "") === blank && { value };
    },
    [editor, wanted === "blank"],
  );
  return (await found.jsonValue()).value;
}

async function run() {
  await page.locator(".graphiql-execute-button").click();
  return text("response.json", "written");
}

async function type(editor, content) {
  await editor.click();
  await page.keyboard.insertText(content);
}

await page.goto(url);
await page.locator(".graphiql-query-editor .view-line").first().waitFor();
const tabs = await page.getByRole("tab").allInnerTexts();
const answers = [await run()];

for (const { query, headers } of steps) {
  await page.getByRole("button", { name: "New tab" }).click();
  await text("operation.graphql", "blank");
  if (headers) {
    await page.getByRole("button", { name: "Headers" }).click();
    await type(page.locator(".graphiql-editor-tool .graphiql-editor:not(.hidden) .view-lines"), headers);
  }
  await type(page.locator(".graphiql-query-editor .view-lines"), query);
  // The page reads what is typed after a moment; until then it would ask for the operation of the tab before.
  await page.getByRole("tab", { name: query.match(/^(?:query|mutation|subscription) (\w+)/)[1] }).waitFor();
  answers.push(await run());
}

await page.screenshot({ path: screenshot });
await browser.close();
console.log(JSON.stringify({ tabs, answers, hosts: [...hosts], failures, workers }));
