// A list reads its next page whenever its end is near, whatever way one scrolls and whatever the size of its rows.

import type { Page } from "@playwright/test";
import { expect, test } from "../support/fixtures";
import { assigned, available, row } from "../support/panel";

const WAYS: Readonly<Record<string, (page: Page) => Promise<void>>> = {
  "a mouse wheel": async (page) => {
    for (let notches = 0; notches < 20; notches++) await page.mouse.wheel(0, 120);
  },
  "the End key": (page) => page.keyboard.press("End"),
};

test.describe("a list is read to its end", { tag: "@page" }, () => {
  for (const [way, scroll] of Object.entries(WAYS)) {
    for (const fontSize of ["16px", "12px"]) {
      test(`by ${way}, at ${fontSize}, and no further page is read before`, async ({ makeSite, openAs }) => {
        const members = Array.from({ length: 80 }, (_, place) => place);
        const site = await makeSite({ users: 230, groups: [{ name: "Desk", members }] });
        const page = await openAs({ sites: [site.externalId] }, `?site=${site.id}`);
        await page.evaluate((fontSize) => {
          document.documentElement.style.fontSize = fontSize;
        }, fontSize);
        const read: string[] = [];
        page.on("request", (request) => {
          const [, query] = /query (AvailableUsers|Members)\b/.exec(request.postData() ?? "") ?? [];
          if (query) read.push(query);
        });

        await page.getByRole("link", { name: "Edit Desk" }).click();
        await expect(row(assigned(page), "Ann 0001")).toBeVisible();
        await row(available(page), "Ann 0081").click();
        await expect(row(available(page), "Ann 0081")).toHaveAttribute("aria-selected", "true");
        expect(read.sort()).toEqual(["AvailableUsers", "Members"]);

        await expect(async () => {
          await available(page).hover();
          await scroll(page);
          await expect(row(available(page), "Ann 0230")).toBeVisible({ timeout: 200 });
        }).toPass({ intervals: [0], timeout: 120_000 });
        expect(read.sort()).toEqual([...Array.from({ length: 3 }, () => "AvailableUsers"), "Members"]);
      });
    }
  }
});
