// Types, turns pages and scrolls in the page, and prints for each how long answers took to be seen: see page.py.

import { createRequire } from "node:module";

const require = createRequire(new URL("../system/browser/package.json", import.meta.url));
const { chromium } = require("playwright-core");
const [executablePath, address] = process.argv.slice(2);

const browser = await chromium.launch({ executablePath, args: ["--disable-gpu"] });
const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, locale: "en-CA" });

// In the page: when something was drawn after a change, and the longest time between two frames.
await page.addInitScript(() => {
  globalThis.drawn = 0;
  globalThis.longestFrame = 0;
  let last = performance.now();
  const frame = (now) => {
    globalThis.longestFrame = Math.max(globalThis.longestFrame, now - last);
    last = now;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  new MutationObserver(() => requestAnimationFrame(() => (globalThis.drawn = performance.now()))).observe(document, {
    childList: true,
    characterData: true,
    subtree: true,
  });
  performance.setResourceTimingBufferSize(10_000);
});

/** Milliseconds from the last answer until the page stood still. */
async function shownAfter() {
  await page.waitForFunction(() => performance.now() - globalThis.drawn > 150 && !document.querySelector("[aria-busy=true]"));
  return page.evaluate(() => {
    const answers = performance.getEntriesByType("resource").filter(({ name }) => name.endsWith("/graphql"));
    return Math.max(0, globalThis.drawn - Math.max(...answers.map(({ responseEnd }) => responseEnd)));
  });
}

async function measure(steps) {
  const times = [];
  await page.evaluate(() => (globalThis.longestFrame = 0));
  for (const step of steps) {
    await step();
    times.push(await shownAfter());
  }
  times.sort((a, b) => a - b);
  const frame = await page.evaluate(() => globalThis.longestFrame);
  return { median: times[Math.floor(times.length / 2)], longest: times.at(-1), frame };
}

/** Each text is typed letter by letter in place of the last; it is seen once `result` has it. */
function typing(field, result, texts) {
  return texts.map((text) => async () => {
    await field.fill("");
    await field.pressSequentially(text, { delay: 60 });
    await result.filter({ hasText: text }).first().waitFor();
  });
}

const figures = {};
await page.goto(address);
await page.getByRole("listitem").first().waitFor();

const numbers = ["07", "09998", "0421", "5", "00000"];
const chooser = page.getByRole("combobox", { name: "Site" });
figures["choose a site"] = await measure(typing(chooser, page.getByRole("option"), numbers));
await page.getByRole("option", { name: "Branch 00000" }).click();
await page.getByRole("rowheader").first().waitFor();

const search = page.getByRole("searchbox", { name: "Search groups" });
const teams = ["1250", "Team 00", "1499", "03", "0721"];
figures["search groups"] = await measure(typing(search, page.getByRole("rowheader"), teams));
await search.fill("");
const range = page.getByRole("navigation", { name: "Pages" });
await range.getByText("of 1,500").waitFor();
figures["turn pages"] = await measure(
  Array.from({ length: 10 }, (_, place) => async () => {
    await page.getByRole("button", { name: "Next" }).click();
    await range.getByText(`${place * 25 + 26}–`).waitFor();
  }),
);

await page.getByRole("link", { name: /^Edit/ }).first().click();
await page.getByText("20,000 users").waitFor();
const people = page.getByRole("searchbox").first();
figures["search available users"] = await measure(typing(people, page.getByRole("row"), ["123", "1045", "29998", "17", "20500"]));
await people.fill("");
await page.getByText("20,000 users").waitFor();
const list = page.getByRole("grid").first();
figures["scroll available users"] = await measure(
  Array.from({ length: 60 }, () => async () => {
    const before = await page.evaluate(() => performance.getEntriesByType("resource").length);
    await list.hover();
    await page.mouse.wheel(0, 20_000);
    await page.waitForFunction((before) => performance.getEntriesByType("resource").length > before, before);
  }),
);

await browser.close();
console.log(JSON.stringify(figures));
