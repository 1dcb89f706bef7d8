// The portal as a page: what it loads, and its policy.

import { expect, test } from "../support/fixtures";

test("portal opens under its policy", { tag: "@page" }, async ({ makeSite, openAs }) => {
  const site = await makeSite({ users: 3, groups: [{ name: "Desk", members: [0] }] });

  const page = await openAs({ sites: [site.externalId] });

  await expect(page).toHaveTitle(/Pickup/);
  await expect(page.getByRole("main")).toBeVisible();
});

test("the title of the tab tells the list, each group and the histories apart", { tag: "@page" }, async ({
  makeSite,
  openAs,
}) => {
  const site = await makeSite({ name: "Laval", groups: [{ name: "Desk" }] });
  const page = await openAs({ sites: [site.externalId] }, `?site=${site.id}`);
  await expect(page).toHaveTitle("Laval – Call pickup – Pickup");

  await page.getByRole("link", { name: "History" }).click();
  await expect(page).toHaveTitle("History – Laval – Call pickup – Pickup");
  await page.goBack();
  await page.getByRole("link", { name: "Edit Desk" }).click();
  await expect(page).toHaveTitle("Desk – Laval – Call pickup – Pickup");
  await page.getByRole("button", { name: "History of this group" }).click();
  await expect(page).toHaveTitle("History – Desk – Laval – Call pickup – Pickup");

  await page.goto(`?site=${site.id}&group=new`);
  await expect(page).toHaveTitle("New pickup group – Laval – Call pickup – Pickup");
  await page.getByRole("button", { name: "Close" }).click();
  await expect(page).toHaveTitle("Laval – Call pickup – Pickup");
});
