// Edit, as the help page describes it, and what this server can say beside it.

import { expect, test } from "../support/fixtures";
import { LOOKS } from "../support/looks";
import type { MadeSite } from "../support/directory";
import {
  assigned,
  available,
  choose,
  nameField,
  panelOf,
  row,
  save,
  searchAvailable,
  toAssigned,
  toAvailable,
} from "../support/panel";
import { findBarriers } from "../support/accessibility";
import { token } from "../support/tokens";

const GROUP = `query($id: ID!) { pickupGroup(id: $id) { name version members(first: 100) { nodes { displayName } } } }`;

interface Group {
  pickupGroup: { name: string; version: number; members: { nodes: { displayName: string }[] } };
}

test("a group is edited: another name, users added and removed, one Save", async ({ makeSite, openAs, server }) => {
  const site = await makeSite({ users: 5, groups: [{ name: "Desk", members: [0, 1] }] });
  const page = await openAs({ sites: [site.externalId] }, panelOf(site, site.groups[0]));
  await expect(save(page)).toBeDisabled();

  await nameField(page).fill("Front desk");
  await choose(available(page), "Ann 0003", "Ann 0004");
  await toAssigned(page).click();
  await choose(assigned(page), "Ann 0001");
  await toAvailable(page).click();
  await expect(row(available(page), "Ann 0001")).toContainText("Leaves");
  await expect(page.getByText("Not saved yet: new name, 2 users joining, 1 user leaving")).toBeVisible();
  await save(page).click();

  await expect(page.getByText("Front desk is saved.")).toBeVisible();
  await expect(row(available(page), "Ann 0001")).not.toContainText("Leaves");
  const { pickupGroup } = await server.query<Group>(token(), GROUP, { id: site.groups[0]?.id });
  expect([pickupGroup.name, pickupGroup.version]).toEqual(["Front desk", 3]);
  expect(pickupGroup.members.nodes.map((one) => one.displayName)).toEqual(["Ann 0002", "Ann 0003", "Ann 0004"]);
});

test("a user who is moved can be moved back before Save", async ({ makeSite, openAs }) => {
  const site = await makeSite({ users: 3, groups: [{ name: "Desk", members: [0] }] });
  const page = await openAs({ sites: [site.externalId] }, panelOf(site, site.groups[0]));

  await choose(available(page), "Ann 0002");
  await toAssigned(page).click();
  await choose(assigned(page), "Ann 0001");
  await toAvailable(page).click();
  await choose(available(page), "Ann 0001");
  await toAssigned(page).click();
  await choose(assigned(page), "Ann 0002");
  await toAvailable(page).click();

  await expect(save(page)).toBeDisabled();
  await expect(assigned(page).getByRole("row")).toHaveCount(1);
  await expect(row(available(page), "Ann 0002")).toBeVisible();
});

test("a user of another group is found by search, and moved", async ({ makeSite, openAs, server }) => {
  const site = await makeSite({
    users: [
      { firstName: "Ann", lastName: "Lee" },
      { firstName: "Bob", lastName: "Lee" },
      { firstName: "Fax", lastName: "Lee", stationType: "FAX" },
    ],
    groups: [{ name: "Desk" }, { name: "Support", members: [1] }],
  });
  const page = await openAs({ sites: [site.externalId] }, panelOf(site, site.groups[0]));

  await searchAvailable(page).fill("lee");
  const elsewhere = page.getByRole("region", { name: "Found, but not available" });
  await expect(elsewhere.getByText("In the group Support")).toBeInViewport();
  await expect(elsewhere.getByText("Station of type Fax: may not be in a pickup group")).toBeVisible();
  await elsewhere.getByRole("button", { name: "Move here: Bob Lee, from Support" }).click();
  await expect(row(assigned(page), "Bob Lee")).toContainText("Moves from Support");
  await save(page).click();

  await expect(page.getByText("Desk is saved.")).toBeVisible();
  const left = await server.query<Group>(token(), GROUP, { id: site.groups[1]?.id });
  expect(left.pickupGroup.members.nodes).toEqual([]);
});

test("the end of an exemption from barge-in is said before Save and after", async ({ makeSite, openAs }) => {
  const site = await makeSite({
    users: [{ firstName: "Ann", lastName: "Lee", bargeInExempt: true }],
    groups: [{ name: "Desk" }],
  });
  const page = await openAs({ sites: [site.externalId] }, panelOf(site, site.groups[0]));

  await choose(available(page), "Ann Lee");
  await toAssigned(page).click();
  await expect(row(assigned(page), "Ann Lee")).toContainText("Loses the exemption from barge-in");
  await expect(page.getByText("Ann Lee is exempt from barge-in. Save ends the exemption")).toBeVisible();
  await save(page).click();

  await expect(page.getByText("Desk is saved. Ann Lee lost the exemption from barge-in.")).toBeVisible();
});

const rivals = async (site: MadeSite, query: (text: string, variables: object) => Promise<unknown>) => {
  await query(
    "mutation($input: CreatePickupGroupInput!) { createPickupGroup(input: $input) { violations { message } } }",
    { input: { siteId: site.id, name: "Rival", userIds: [site.users[1]?.id] } },
  );
  await query("mutation($input: UpsertUsersInput!) { upsertUsers(input: $input) { violations { message } } }", {
    input: {
      users: [
        {
          externalId: `${site.externalId}-2`,
          siteExternalId: site.externalId,
          firstName: "Ann",
          lastName: "0003",
          stationType: "FAX",
        },
      ],
    },
  });
};

test("all broken rules are shown at once, each beside its field or user", async ({ makeSite, openAs, server }) => {
  const site = await makeSite({ users: 4, groups: [{ name: "Desk", members: [0] }, { name: "Taken" }] });
  const page = await openAs({ sites: [site.externalId] }, panelOf(site, site.groups[0]));
  await nameField(page).fill("taken");
  await choose(available(page), "Ann 0002", "Ann 0003", "Ann 0004");
  await toAssigned(page).click();
  const provisioning = token({ permissions: ["WRITE", "PROVISION"] });
  await rivals(site, (text, variables) => server.query(provisioning, text, variables));

  await save(page).click();

  await expect(page.getByText("Nothing is saved: 3 things are not right.")).toBeVisible();
  await expect(page.getByText("The site has a group named Taken already. Choose another name.")).toBeVisible();
  await expect(row(assigned(page), "Ann 0002")).toContainText("Is in the group Rival.");
  await expect(row(assigned(page), "Ann 0003")).toContainText("has a station of type FAX");
  await expect(row(assigned(page), "Ann 0004")).not.toHaveClass(/broken/);
  await expect(nameField(page)).toHaveValue("taken");
  expect(await findBarriers(page)).toEqual([]);

  await nameField(page).fill("Front");
  await row(assigned(page), "Ann 0002").getByRole("button", { name: "Move from Rival" }).click();
  await choose(assigned(page), "Ann 0003");
  await toAvailable(page).click();
  await save(page).click();
  await expect(page.getByText("Front is saved.")).toBeVisible();
});

test("a group under another site's address leads to its own site", async ({ makeSite, openAs }) => {
  const site = await makeSite({ name: "Lille – Nord", users: 1, groups: [{ name: "Desk", members: [0] }] });
  const other = await makeSite({ name: "Lyon – Sud", users: 1 });

  const claims = { sites: [site.externalId, other.externalId] };
  const page = await openAs(claims, panelOf(other, site.groups[0]));

  await expect(row(assigned(page), "Ann 0001")).toBeVisible();
  await expect(page.getByRole("banner")).toContainText("Lille – Nord");
  expect(new URL(page.url()).search).toBe(panelOf(site, site.groups[0]));
});

test("a caller without WRITE sees everything and can change nothing", async ({ makeSite, openAs }) => {
  const site = await makeSite({ users: 3, groups: [{ name: "Desk", members: [0] }] });
  const page = await openAs({ sites: [site.externalId], permissions: ["READ"] }, panelOf(site, site.groups[0]));

  await expect(row(assigned(page), "Ann 0001")).toBeVisible();
  await expect(page.getByText("You may see this group, but not change it.")).toBeVisible();
  await expect(nameField(page)).not.toBeEditable();
  await expect(save(page)).toHaveCount(0);
  await expect(toAssigned(page)).toHaveCount(0);
});

for (const look of LOOKS) {
  test.describe(`${look.locale}, ${look.colorScheme}`, { tag: "@page" }, () => {
    test.use(look);

    test("the panel has no barriers", async ({ makeSite, openAs }) => {
      const site = await makeSite({
        users: [
          { firstName: "Ann", lastName: "Lee", bargeInExempt: true },
          { firstName: "Bob", lastName: "Lee" },
          { firstName: "Cleo", lastName: "Ray" },
        ],
        groups: [
          { name: "Desk", members: [2] },
          { name: "Support", members: [1] },
        ],
      });
      const page = await openAs({ sites: [site.externalId] }, panelOf(site, site.groups[0]));
      const lists = page.getByRole("grid");
      await row(lists.nth(1), "Cleo Ray").waitFor();
      await page.getByRole("searchbox").nth(0).fill("lee");
      await expect(page.locator(".elsewhere")).toBeVisible();
      await row(lists.nth(0), "Ann Lee").click();
      await page.locator(".arrow").first().click();
      await row(lists.nth(1), "Ann Lee").waitFor();

      expect(await findBarriers(page)).toEqual([]);
      const empty = await openAs({ sites: [site.externalId] }, panelOf(site));
      await expect(empty.locator(".panel input").first()).toBeFocused();
      expect(await findBarriers(empty)).toEqual([]);
    });
  });
}
