// What helps those who edit a group by the keyboard: which keys a list takes, and the short way out.

import { findBarriers } from "../support/accessibility";
import { expect, test } from "../support/fixtures";
import { hold } from "../support/hold";
import { LOOKS } from "../support/looks";
import { available, nameField, panelOf, row, searchAvailable, tabTo } from "../support/panel";

const KEYS = {
  "en-CA": "Arrow keys move, Space chooses",
  "fr-CA": "Flèches\u00a0: se déplacer\u00a0; Espace\u00a0: choisir",
};

for (const look of LOOKS) {
  test.describe(`${look.locale}, ${look.colorScheme}`, { tag: "@page" }, () => {
    test.use(look);

    test("a list says which keys it takes, to those who come to it by a key", async ({ makeSite, openAs }) => {
      const site = await makeSite({ users: 3, groups: [{ name: "Desk" }] });
      const page = await openAs({ sites: [site.externalId] }, panelOf(site, site.groups[0]));
      const list = page.getByRole("grid").first();
      const keys = page.getByText(KEYS[look.locale]);
      await expect(list).toHaveAccessibleDescription(new RegExp(KEYS[look.locale]));
      await row(list, "Ann 0001").click();
      await expect(row(list, "Ann 0001")).toHaveAttribute("aria-selected", "true");
      await row(list, "Ann 0001").click();
      await expect(keys).toBeHidden();

      await page.getByRole("searchbox").first().focus();
      await tabTo(page, list);
      await expect(keys).toBeInViewport();
      expect(await findBarriers(page)).toEqual([]);
      await page.keyboard.press("Space");
      await expect(keys).toBeHidden();
    });
  });
}

test("Escape leaves a list for the list of groups, and asks before work is lost", { tag: "@page" }, async ({
  makeSite,
  openAs,
}) => {
  const site = await makeSite({ users: 3, groups: [{ name: "Desk" }] });
  const page = await openAs({ sites: [site.externalId] }, `?site=${site.id}`);
  const question = page.getByRole("alertdialog", { name: "Leave without saving?" });
  const group = page.getByRole("link", { name: "Desk", exact: true });
  await group.click();
  await row(available(page), "Ann 0001").click();
  await page.keyboard.press("Escape");
  await expect(question).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(question).toBeHidden();
  await expect(row(available(page), "Ann 0001")).toHaveAttribute("aria-selected", "true");
  await page.keyboard.press("Space");
  await expect(row(available(page), "Ann 0001")).toHaveAttribute("aria-selected", "false");

  // In a text, it clears what is typed, and no more.
  await searchAvailable(page).fill("ann");
  await page.keyboard.press("Escape");
  await expect(searchAvailable(page)).toHaveValue("");
  await page.keyboard.press("Escape");
  await nameField(page).press("Escape");
  await tabTo(page, available(page));
  await page.keyboard.press("Escape");
  await expect(group).toBeFocused();
});

test("who chooses all, or none of them, goes on from there", { tag: "@page" }, async ({ makeSite, openAs }) => {
  const site = await makeSite({ users: 130, groups: [{ name: "Desk" }] });
  const page = await openAs({ sites: [site.externalId] }, panelOf(site, site.groups[0]));
  const all = page.getByRole("checkbox", { name: "Available: All 130" });
  const clear = page.getByRole("button", { name: "Available: Clear" });
  await expect(all).toBeEnabled();
  const reading = await hold(page, /"first":100\b/);

  await searchAvailable(page).focus();
  await tabTo(page, all);
  await page.keyboard.press("Space");
  await reading.asked;
  await expect(all).toHaveAttribute("aria-readonly", "true");
  await expect(all).toBeFocused();
  reading.release();
  await expect(all).toBeChecked();
  await expect(all).toBeFocused();
  await tabTo(page, clear);
  await page.keyboard.press("Enter");
  await expect(all).not.toBeChecked();
  await expect(all).toBeFocused();

  // Where nobody is found, "All" is hidden.
  await page.keyboard.press("Space");
  await expect(all).toBeChecked();
  await searchAvailable(page).fill("zzz");
  await expect(page.getByText("No available user is found.")).toBeVisible();
  await tabTo(page, clear);
  await page.keyboard.press("Enter");
  await expect(clear).toBeHidden();
  await expect(searchAvailable(page)).toBeFocused();
});
