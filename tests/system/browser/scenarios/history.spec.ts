// The history of a site and of a group: who, what, when.

import { findBarriers } from "../support/accessibility";
import { expect, test } from "../support/fixtures";
import { LOOKS } from "../support/looks";
import { token } from "../support/tokens";

const CREATE = "mutation($input: CreatePickupGroupInput!) { createPickupGroup(input: $input) { pickupGroup { id } } }";
const UPDATE = "mutation($input: UpdatePickupGroupInput!) { updatePickupGroup(input: $input) { violations { rule } } }";
const DELETE = "mutation($input: DeletePickupGroupInput!) { deletePickupGroup(input: $input) { deletedId } }";

const WORDS = {
  "en-CA": {
    renamed: "Renamed Desk to Front",
    joined: "Joined: Ann 0002",
    left: "Left: Ann 0001",
    more: "Show earlier changes",
  },
  "fr-CA": {
    renamed: "A renommé Desk en Front",
    joined: "Entrés : Ann 0002",
    left: "Sortis : Ann 0001",
    more: "Montrer les changements antérieurs",
  },
};

for (const look of LOOKS) {
  test.describe(`${look.locale}, ${look.colorScheme}`, () => {
    test.use(look);
    const words = WORDS[look.locale];

    test("the history says who, what and when, page by page", async ({ makeSite, openAs, server }) => {
      const site = await makeSite({ users: 2, groups: [{ name: "Desk", members: [0] }, { name: "Other" }] });
      const [desk, other] = site.groups;
      for (let number = 0; number < 26; number++) {
        await server.query(token({ sub: "cleo" }), UPDATE, { input: { id: other?.id, name: `Other ${number}` } });
      }
      await server.query(token({ sub: "bob" }), UPDATE, {
        input: { id: desk?.id, name: "Front", addUserIds: [site.users[1]?.id], removeUserIds: [site.users[0]?.id] },
      });

      const page = await openAs({ sites: [site.externalId] }, `?site=${site.id}&history=yes`);
      const first = page.getByRole("listitem").filter({ has: page.locator("time") });
      await expect(first).toHaveCount(25);
      await expect(first.nth(0)).toContainText(words.joined);
      await expect(first.nth(0)).toContainText(words.left);
      await expect(first.nth(1)).toContainText(words.renamed);
      await expect(first.nth(1)).toContainText("bob");
      await expect(first.nth(1).locator("time")).toContainText(String(new Date().getFullYear()));
      expect(await findBarriers(page)).toEqual([]);
      await page.getByRole("button", { name: words.more }).click();
      await expect(first).not.toHaveCount(25);
      await expect(first.last()).toContainText("directory");

      await page.goto(`?site=${site.id}&group=${desk?.id}&history=yes`);
      await expect(first).toHaveCount(3);
      await expect(first.nth(1)).toContainText(words.renamed);
    });
  });
}

test("a group that is deleted is still in the history of its site", async ({ makeSite, openAs, server }) => {
  const site = await makeSite({ users: 1 });
  const made = await server.query<{ createPickupGroup: { pickupGroup: { id: string } } }>(token(), CREATE, {
    input: { siteId: site.id, name: "Short", userIds: [site.users[0]?.id] },
  });
  await server.query(token(), DELETE, { input: { id: made.createPickupGroup.pickupGroup.id } });

  const page = await openAs({ sites: [site.externalId] }, `?site=${site.id}&history=yes`);

  await expect(page.getByText("Deleted the group Short")).toBeVisible();
  await expect(page.getByText("Made the group Short")).toBeVisible();
});
