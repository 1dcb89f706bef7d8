// The parts of the panel that adds and edits a group, by their names in English.

import type { Locator, Page } from "@playwright/test";
import type { MadeSite } from "./directory";

export const nameField = (page: Page) => page.getByRole("textbox", { name: "Group name" });
export const available = (page: Page) => page.getByRole("grid", { name: "Available" });
export const assigned = (page: Page) => page.getByRole("grid", { name: "Assigned" });
export const row = (list: Locator, name: string) => list.getByRole("row", { name });
export const searchAvailable = (page: Page) => page.getByRole("searchbox", { name: "Search available users" });
export const toAssigned = (page: Page) => page.getByRole("button", { name: "Add the chosen users to Assigned" });
export const toAvailable = (page: Page) => page.getByRole("button", { name: "Remove the chosen users from Assigned" });
export const save = (page: Page) => page.getByRole("button", { name: "Save", exact: true });
export const close = (page: Page) => page.locator(".panel").getByRole("button", { name: "Close" });

/** What is said of the work as a whole, where it is seen: the live region says a result too. */
export const notice = (page: Page, text: string) => page.locator(".notices").getByText(text);

/** Where a group of the site is edited; without one, where one is added. */
export function panelOf(site: MadeSite, group?: { readonly id: string }): string {
  return `?site=${site.id}&group=${group?.id ?? "new"}`;
}

/** Chooses users by a press on their check boxes. */
export async function choose(list: Locator, ...names: string[]): Promise<void> {
  for (const name of names) {
    await row(list, name).click();
  }
}

/** Presses Tab until that element has the focus, as a person would who uses the keyboard alone. */
export async function tabTo(page: Page, target: Locator): Promise<void> {
  for (let presses = 0; presses < 40; presses++) {
    await page.keyboard.press("Tab");
    if (
      await target.evaluate((element) => element === document.activeElement || element.contains(document.activeElement))
    ) {
      return;
    }
  }
  throw new Error("The Tab key does not lead there.");
}
