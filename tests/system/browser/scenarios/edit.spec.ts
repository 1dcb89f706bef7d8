// Edit, as the help page describes it, and what this server can say beside it.

import { expect, test } from "../support/fixtures";
import { LOOKS } from "../support/looks";
import type { MadeSite } from "../support/directory";
import {
  assigned,
  available,
  choose,
  close,
  nameField,
  notice,
  panelOf,
  row,
  save,
  searchAvailable,
  tabTo,
  toAssigned,
  toAvailable,
} from "../support/panel";
import { findBarriers } from "../support/accessibility";
import { token } from "../support/tokens";

const GROUP = `query($id: ID!) { pickupGroup(id: $id) { name version members(first: 100) { nodes { displayName } } } }`;

const CREATE =
  "mutation($input: CreatePickupGroupInput!) { createPickupGroup(input: $input) { violations { message } } }";

interface Group {
  pickupGroup: { name: string; version: number; members: { nodes: { displayName: string }[] } };
}

test("a group is edited: another name, users added and removed, one Save", async ({ makeSite, openAs, server }) => {
  const site = await makeSite({ users: 5, groups: [{ name: "Desk", members: [0, 1] }] });
  const page = await openAs({ sites: [site.externalId] }, panelOf(site, site.groups[0]));
  await expect(save(page)).toBeDisabled();
  const disabled = await save(page).evaluate((button) => getComputedStyle(button).backgroundColor);

  await nameField(page).fill("Front desk");
  await choose(available(page), "Ann 0003", "Ann 0004");
  await toAssigned(page).click();
  await choose(assigned(page), "Ann 0001");
  await toAvailable(page).click();
  await expect(row(available(page), "Ann 0001")).toContainText("Leaves");
  await expect(page.getByText("Not saved yet: new name, 2 users joining, 1 user leaving")).toBeVisible();
  await save(page).click();

  await expect(notice(page, "Front desk is saved.")).toBeVisible();
  await expect(row(available(page), "Ann 0001")).not.toContainText("Leaves");
  // The pointer still rests on Save, which can no longer be pressed, and looks like it.
  await expect(save(page)).toBeDisabled();
  await expect(save(page)).toHaveCSS("background-color", disabled);
  const { pickupGroup } = await server.query<Group>(token(), GROUP, { id: site.groups[0]?.id });
  expect([pickupGroup.name, pickupGroup.version]).toEqual(["Front desk", 3]);
  expect(pickupGroup.members.nodes.map((one) => one.displayName)).toEqual(["Ann 0002", "Ann 0003", "Ann 0004"]);
});

test("a user who is moved can be moved back before Save", { tag: "@page" }, async ({ makeSite, openAs }) => {
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
      { firstName: "Bob", lastName: "Lee", extension: "2101" },
      { firstName: "Fax", lastName: "Lee", stationType: "FAX" },
      { firstName: "Bob", lastName: "Lee", extension: "2102" },
    ],
    groups: [{ name: "Desk", members: [3] }, { name: "Support", members: [1] }],
  });
  const page = await openAs({ sites: [site.externalId] }, panelOf(site, site.groups[0]));

  await searchAvailable(page).fill("lee");
  const elsewhere = page.getByRole("region", { name: "In other groups" });
  await expect(elsewhere.getByText("ext. 2101 · Premium · In the group Support")).toBeInViewport();
  await expect(page.getByRole("region", { name: "In Assigned already" })).toContainText("ext. 2102");
  await expect(page.getByRole("region", { name: "Cannot be in a group" })).toContainText("Fax Lee");
  await page.getByRole("button", { name: "1 found in other groups" }).click();
  await expect(elsewhere).toBeFocused();
  await searchAvailable(page).fill("bob");
  await expect(page.getByText("No available user matches. See other groups below.")).toBeVisible();
  await elsewhere.getByRole("button", { name: "Move here: Bob Lee, from Support" }).click();
  await expect(page.getByRole("region", { name: "In Assigned already" })).toBeFocused();
  await expect(searchAvailable(page)).toHaveValue("bob");
  await expect(elsewhere).toBeHidden();
  await expect(page.getByRole("region", { name: "In Assigned already" })).toContainText("ext. 2101");
  await expect(row(assigned(page), "Bob Lee, ext. 2101")).toContainText("Moves from Support");
  await expect(page.getByText("Not saved yet: 1 moving from Support")).toBeVisible();
  await save(page).click();

  await expect(notice(page, "Desk is saved. Moved: 1 user from Support.")).toBeVisible();
  const left = await server.query<Group>(token(), GROUP, { id: site.groups[1]?.id });
  expect(left.pickupGroup.members.nodes).toEqual([]);
});

test("where not all users in other groups are shown, the page says so", { tag: "@page" }, async ({
  makeSite,
  openAs,
}) => {
  const members = Array.from({ length: 21 }, (_, place) => place);
  const site = await makeSite({ users: 21, groups: [{ name: "Support", members }, { name: "Desk" }] });
  const page = await openAs({ sites: [site.externalId] }, panelOf(site, site.groups[1]));

  await searchAvailable(page).fill("ann");

  await page.getByRole("button", { name: "Many found in other groups" }).click();
  const elsewhere = page.getByRole("region", { name: "In other groups" });
  await expect(elsewhere).toBeFocused();
  await expect(elsewhere).toContainText("Not all are shown: refine the search.");
});

test("a user who is moved is seen in the other list, whatever was searched for there", { tag: "@page" }, async ({
  makeSite,
  openAs,
}) => {
  const site = await makeSite({ users: 3, groups: [{ name: "Desk", members: [0] }] });
  const page = await openAs({ sites: [site.externalId] }, panelOf(site, site.groups[0]));
  await searchAvailable(page).fill("0002");
  await expect(available(page).getByRole("row")).toHaveCount(1);

  await choose(assigned(page), "Ann 0001");
  await toAvailable(page).click();

  await expect(row(available(page), "Ann 0001")).toContainText("Leaves");
  await expect(searchAvailable(page)).toHaveValue("");
});

test("a user is found by the email in either list, saved or not", { tag: "@page" }, async ({ makeSite, openAs }) => {
  const users = ["Lee", "Ray"].map((lastName) => ({ firstName: "Ann", lastName, email: `${lastName}@example.com` }));
  const site = await makeSite({ users, groups: [{ name: "Desk" }] });
  const page = await openAs({ sites: [site.externalId] }, panelOf(site, site.groups[0]));
  await searchAvailable(page).fill("ray@example");
  await expect(available(page).getByRole("row")).toHaveCount(1);
  await choose(available(page), "Ann Ray");
  await toAssigned(page).click();

  await page.getByRole("searchbox", { name: "Search assigned users" }).fill("ray@example");

  await expect(page.locator(".people-count").last()).toHaveText("1 of 1 user");
  await expect(row(assigned(page), "Ann Ray")).toBeVisible();
});

test("the counts of a search take into account who is moved", { tag: "@page" }, async ({ makeSite, openAs }) => {
  // More than a page of the list has.
  const site = await makeSite({ users: 60, groups: [{ name: "Desk" }] });
  const page = await openAs({ sites: [site.externalId] }, panelOf(site, site.groups[0]));
  const count = page.locator(".people-count").first();
  await expect(count).toHaveText("60 users");
  await searchAvailable(page).fill("0060");
  await choose(available(page), "Ann 0060");
  await toAssigned(page).click();
  await expect(count).toHaveText("0 of 59 users");
  await expect(page.locator(".people-all").first().getByText("All 1")).toBeHidden();
  await page.getByRole("searchbox", { name: "Search assigned users" }).fill("0060");
  await expect(page.locator(".people-count").last()).toHaveText("1 of 1 user");
  await expect(assigned(page).getByRole("row")).toHaveCount(1);

  await searchAvailable(page).fill("ann");
  await expect(count).toHaveText("59 of 59 users");
  await page.locator(".people-all").first().getByText("All 59").click();
  await expect(page.getByText("59 chosen", { exact: true })).toBeVisible();
  await expect(page.getByRole("checkbox", { name: "Available: All 59" })).toBeChecked();
});

test("the end of an exemption from barge-in is said before Save and after", async ({ makeSite, openAs }) => {
  const site = await makeSite({
    users: [{ firstName: "Ann", lastName: "Lee", bargeInExempt: true }],
    groups: [{ name: "Desk" }],
  });
  const page = await openAs({ sites: [site.externalId] }, panelOf(site, site.groups[0]));
  const meaning = "Exempt from barge-in: others cannot join their calls under way";
  await expect(row(available(page), meaning)).toContainText("Ann Lee");

  await choose(available(page), "Ann Lee");
  const place = await toAssigned(page).boundingBox();
  await toAssigned(page).click();
  await expect(row(assigned(page), "Ann Lee")).toContainText("Loses the exemption from barge-in");
  await expect(page.getByText("for Ann Lee: others can then join their calls under way. Leaving the group later")).toBeInViewport();
  await expect(page.getByText("Not saved yet: 1 user joining, 1 loses the exemption")).toBeInViewport();
  // The notice does not push the arrow away from the pointer.
  expect(await toAssigned(page).boundingBox()).toEqual(place);
  await save(page).click();

  await expect(notice(page, "Desk is saved. Ann Lee lost the exemption from barge-in.")).toBeVisible();
});

test("of many who lose the exemption from barge-in, five are named", { tag: "@page" }, async ({ makeSite, openAs }) => {
  const users = Array.from({ length: 7 }, (_, place) => ({ firstName: "Ann", lastName: `${place}`, bargeInExempt: true }));
  const site = await makeSite({ users, groups: [{ name: "Desk" }] });
  const page = await openAs({ sites: [site.externalId] }, panelOf(site, site.groups[0]));
  await page.locator(".people-all").first().getByText("All 7").click();
  await toAssigned(page).click();
  await expect(page.getByText("for Ann 0, Ann 1, Ann 2, Ann 3, Ann 4, and 2 more: others can then join")).toBeVisible();

  await save(page).click();

  await expect(notice(page, "Ann 3, Ann 4, and 2 more lost the exemption from barge-in.")).toBeVisible();
});

test.describe("in a low window", { tag: "@page" }, () => {
  test.use({ viewport: { width: 760, height: 600 } });

  test("many notices do not lie over the lists, and can be scrolled by a key", async ({ makeSite, openAs }) => {
    const users = Array.from({ length: 6 }, (_, place) => ({
      firstName: `Ann ${"Lee ".repeat(15)}`,
      lastName: `${place}`,
      bargeInExempt: true,
    }));
    const site = await makeSite({ users, groups: [{ name: "Desk" }] });
    const page = await openAs({ sites: [site.externalId] }, panelOf(site, site.groups[0]));
    const notices = page.getByRole("group", { name: "Notices" });
    await page.locator(".people-all").first().getByText("All 6").click();
    await toAssigned(page).click();
    await expect(page.getByText("others can then join their calls under way.")).toBeVisible();
    await page.reload();
    await expect(page.getByText("Your unsaved changes are back.")).toBeVisible();

    await expect(notices).toHaveAttribute("tabindex", "0");
    expect((await notices.boundingBox())?.height).toBeLessThanOrEqual(180);
    await tabTo(page, notices);
    await page.keyboard.press("End");
    await expect.poll(() => notices.evaluate((box) => box.scrollTop)).toBeGreaterThan(0);
    expect(await findBarriers(page)).toEqual([]);
  });
});

const rivals = async (site: MadeSite, query: (text: string, variables: object) => Promise<unknown>) => {
  await query(CREATE, { input: { siteId: site.id, name: "Rival", userIds: [site.users[1]?.id] } });
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

  await expect(notice(page, "Nothing is saved: 3 things are not right.")).toBeVisible();
  await expect(page.getByText("The site has a group named Taken already. Choose another name.")).toBeVisible();
  await expect(row(assigned(page), "Ann 0002")).toContainText("Is in the group Rival.");
  await expect(row(assigned(page), "Ann 0003")).toContainText("has a station of type FAX");
  await expect(row(assigned(page), "Ann 0004")).not.toHaveClass(/broken/);
  await expect(nameField(page)).toHaveValue("taken");
  expect(await findBarriers(page)).toEqual([]);

  await nameField(page).fill("Front");
  await expect(page.getByText("The site has a group named Taken already.")).toBeHidden();
  await expect(notice(page, "Nothing is saved: 2 things are not right.")).toBeVisible();
  await row(assigned(page), "Ann 0002").getByRole("button", { name: "Move from Rival" }).click();
  await choose(assigned(page), "Ann 0003");
  await toAvailable(page).click();
  await expect(notice(page, "Nothing is saved")).toBeHidden();
  await save(page).click();
  await expect(notice(page, "Front is saved.")).toBeVisible();
});

test("a user who is refused is seen, whatever was searched for", async ({ makeSite, openAs, server }) => {
  const site = await makeSite({ users: 4, groups: [{ name: "Desk", members: [0] }] });
  const page = await openAs({ sites: [site.externalId] }, panelOf(site, site.groups[0]));
  const search = page.getByRole("searchbox", { name: "Search assigned users" });
  await choose(available(page), "Ann 0002");
  await toAssigned(page).click();
  const provisioning = token({ permissions: ["WRITE", "PROVISION"] });
  await rivals(site, (text, variables) => server.query(provisioning, text, variables));

  for (const text of ["0001", "zzz"]) {
    await search.fill(text);
    await expect(row(assigned(page), "Ann 0002")).toHaveCount(0);
    await save(page).click();
    await expect(row(assigned(page), "Ann 0002")).toContainText("Is in the group Rival.");
    await expect(search).toHaveValue("");
  }
});

test("what Save has led to is said once, also if the focus stays in the name", { tag: "@page" }, async ({
  makeSite,
  openAs,
}) => {
  const site = await makeSite({ users: 1, groups: [{ name: "Desk" }, { name: "Taken" }] });
  const page = await openAs({ sites: [site.externalId] }, panelOf(site, site.groups[0]));
  const region = page.locator("div[role=status].visually-hidden");
  await row(available(page), "Ann 0001").waitFor();
  const said = await region.evaluateHandle((element) => {
    const texts: string[] = [];
    const note = () => element.textContent !== "" && texts.push(element.textContent);
    new MutationObserver(note).observe(element, { characterData: true, childList: true, subtree: true });
    return texts;
  });
  const refused = "Nothing is saved: one thing is not right. See the marked places.";

  await nameField(page).fill("Front desk");
  await nameField(page).press("Enter");
  await expect(region).toHaveText("The group Front desk is saved.");
  await expect(notice(page, "The group Front desk is saved.")).toBeVisible();
  await nameField(page).fill("taken");
  for (const times of [1, 2]) {
    await nameField(page).press("Enter");
    await expect.poll(() => said.jsonValue()).toEqual(["The group Front desk is saved.", ...Array<string>(times).fill(refused)]);
  }

  await expect(region).toHaveText(refused);
  await expect(nameField(page)).toBeFocused();
  await expect(page.locator(".notices [role]")).toHaveCount(0);
});

test.describe("after Save", { tag: "@page" }, () => {
  test.use({ viewport: { width: 1280, height: 560 } });

  test("a name that is wrong comes into view, to be typed anew", async ({ makeSite, openAs }) => {
    const site = await makeSite({ users: 1, groups: [{ name: "Desk" }, { name: "Taken" }] });
    const page = await openAs({ sites: [site.externalId] }, panelOf(site, site.groups[0]));
    await nameField(page).fill("taken");
    await row(available(page), "Ann 0001").waitFor();
    await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
    await expect(nameField(page)).not.toBeInViewport();

    await save(page).click();

    await expect(page.getByText("The site has a group named Taken already.")).toBeInViewport();
    await expect(nameField(page)).toBeFocused();
  });
});

test("rows lie close together, also once the window is narrower", { tag: "@page" }, async ({ makeSite, openAs }) => {
  const site = await makeSite({
    users: [
      { firstName: "Ann", lastName: "Lee" },
      { firstName: "Bob", lastName: "Lee", bargeInExempt: true },
    ],
    groups: [{ name: "Desk", members: [0] }],
  });
  const page = await openAs({ sites: [site.externalId] }, panelOf(site, site.groups[0]));
  await choose(available(page), "Bob Lee");
  await toAssigned(page).click();
  const [first, second] = [row(assigned(page), "Bob Lee"), row(assigned(page), "Ann Lee")];
  const gap = async () => {
    const [above, below] = [await first.boundingBox(), await second.boundingBox()];
    return above && below ? below.y - above.y - above.height : Infinity;
  };
  await expect.poll(gap).toBeLessThan(1);

  await page.setViewportSize({ width: 360, height: 780 });

  // The tag of the first row goes to a line of its own.
  await expect.poll(async () => (await first.boundingBox())?.height).toBeGreaterThan(90);
  await expect.poll(gap).toBeLessThan(1);
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

test("a caller without WRITE sees everything and can change nothing", { tag: "@page" }, async ({
  makeSite,
  openAs,
}) => {
  const site = await makeSite({ users: 3, groups: [{ name: "Desk", members: [0] }] });
  const page = await openAs({ sites: [site.externalId], permissions: ["READ"] }, panelOf(site, site.groups[0]));

  await expect(row(assigned(page), "Ann 0001")).toBeVisible();
  await expect(page.getByText("You may see this group, but not change it.")).toBeVisible();
  await expect(page.getByRole("heading", { name: "Desk", exact: true })).toBeVisible();
  await expect(nameField(page)).not.toBeEditable();
  await expect(save(page)).toHaveCount(0);
  await expect(toAssigned(page)).toHaveCount(0);

  await page.goto(panelOf(site));
  await expect(page.getByText("You may not add groups.")).toBeVisible();
  await expect(nameField(page)).toHaveCount(0);
  await close(page).click();
  await expect(page.getByRole("link", { name: "View Desk" })).toBeVisible();
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
