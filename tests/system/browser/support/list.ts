// The list of groups, as a scenario reads it.

import type { Locator, Page } from "@playwright/test";

/** The row of a group. */
export function row(page: Page, name: string): Locator {
  return page.getByRole("row").filter({ has: page.getByRole("rowheader", { name }) });
}

export async function groupNames(page: Page): Promise<string[]> {
  return page.getByRole("rowheader").allTextContents();
}
