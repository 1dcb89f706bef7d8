// The portal as a page: what it loads, and its policy.

import { expect, test } from "../support/fixtures";

test("portal opens under its policy", async ({ makeSite, openAs }) => {
  const site = await makeSite({ users: 3, groups: [{ name: "Desk", members: [0] }] });

  const page = await openAs({ sites: [site.externalId] });

  await expect(page).toHaveTitle(/Pickup/);
  await expect(page.getByRole("main")).toBeVisible();
});
