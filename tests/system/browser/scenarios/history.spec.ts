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
    directory: "Directory: the site",
  },
  "fr-CA": {
    renamed: "Groupe Desk renommé en Front",
    joined: "Ajout : Ann 0002",
    left: "Retrait : Ann 0001",
    more: "Montrer les modifications antérieures",
    directory: "Annuaire",
  },
};

for (const look of LOOKS) {
  test.describe(`${look.locale}, ${look.colorScheme}`, { tag: "@page" }, () => {
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
      await expect(first.last()).toContainText(words.directory);
      await expect(first.last()).toBeFocused();

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

test("every change shows the name that the group had then, and a deleted group its last", async ({
  makeSite,
  openAs,
  server,
}) => {
  const site = await makeSite({ users: 1, groups: [{ name: "Reception" }, { name: "Billing", members: [0] }] });
  const [reception, billing] = site.groups;
  const [user] = site.users;
  const update = async (input: object) => server.query(token(), UPDATE, { input: { id: reception?.id, ...input } });
  await server.query(token(), UPDATE, { input: { id: billing?.id, removeUserIds: [user?.id] } });
  await server.query(token(), DELETE, { input: { id: billing?.id } });
  await update({ addUserIds: [user?.id] });
  await update({ name: "Front desk" });
  await update({ removeUserIds: [user?.id] });

  const page = await openAs({ sites: [site.externalId] }, `?site=${site.id}&history=yes`);

  await expect(page.locator(".change-what")).toContainText([
    "Changed the users of Front desk",
    "Renamed Reception to Front desk",
    "Changed the users of Reception",
    "Deleted the group Billing",
    "Changed the users of Billing",
    "Made the group Billing",
    "Made the group Reception",
  ]);
});

test("users who were moved are shown with the group that they came from", { tag: "@page" }, async ({
  makeSite,
  openAs,
  server,
}) => {
  const site = await makeSite({ users: 3, groups: [{ name: "Desk" }, { name: "Support", members: [0, 1] }] });
  const addUserIds = site.users.map(({ id }) => id);
  await server.query(token(), UPDATE, { input: { id: site.groups[0]?.id, addUserIds, moveMembers: true } });

  const page = await openAs({ sites: [site.externalId] }, `?site=${site.id}&history=yes`);

  const last = page.getByRole("listitem").filter({ has: page.locator("time") }).first();
  await expect(last).toContainText("Changed the users of Desk");
  await expect(last).toContainText("Joined: Ann 0003");
  await expect(last).toContainText("Moved from Support: Ann 0001 and Ann 0002");
  await expect(page.getByText("Moved to Desk: Ann 0001 and Ann 0002")).toBeVisible();
});

test("the history of a group says where its users came from and went to, long ago and just now", { tag: "@page" }, async ({
  makeSite,
  openAs,
  server,
}) => {
  const site = await makeSite({ users: 2, groups: [{ name: "Desk" }, { name: "Support", members: [0] }, { name: "Other" }] });
  const [desk, support, other] = site.groups;
  const move = async (group: typeof desk, place: number) =>
    server.query(token(), UPDATE, { input: { id: group?.id, addUserIds: [site.users[place]?.id], moveMembers: true } });
  await move(desk, 0);
  for (let number = 0; number < 100; number++) {
    await server.query(token(), UPDATE, { input: { id: other?.id, name: `Other ${number}` } });
  }

  const ofDesk = await openAs({ sites: [site.externalId] }, `?site=${site.id}&group=${desk?.id}&history=yes`);
  const ofSupport = await openAs({ sites: [site.externalId] }, `?site=${site.id}&group=${support?.id}&history=yes`);

  await expect(ofDesk.getByText("Moved from Support: Ann 0001")).toBeVisible();
  await expect(ofSupport.getByText("Moved to Desk: Ann 0001")).toBeVisible();
  await move(support, 1);
  await move(desk, 1);
  await expect(ofDesk.getByText("Moved from Support: Ann 0002")).toBeVisible();
  await expect(ofSupport.getByText("Moved to Desk: Ann 0002")).toBeVisible();
});

test("a change of many users names all of them once that is asked for", { tag: "@page" }, async ({ makeSite, openAs }) => {
  const members = Array.from({ length: 40 }, (_, place) => place);
  const site = await makeSite({ users: 40, groups: [{ name: "Desk", members }] });
  const page = await openAs({ sites: [site.externalId] }, `?site=${site.id}&history=yes`);
  const change = page.getByRole("listitem").filter({ hasText: "Made the group Desk" });
  await expect(change).toContainText(/Ann 0001.*, and 28 more/);
  await expect(change).not.toContainText("Ann 0009");

  const button = change.getByRole("button");
  await expect(button).toHaveText("Show all 40");
  await expect(button).toHaveAttribute("aria-expanded", "false");
  await button.press("Enter");
  await expect(change).toContainText("Ann 0009");
  await expect(change).not.toContainText("more");
  await expect(button).toHaveAttribute("aria-expanded", "true");
  await expect(button).toBeFocused();
  expect(await findBarriers(page)).toEqual([]);
  await button.press("Enter");
  await expect(change).toContainText("and 28 more");
});

test("the history of a site leads to its groups", { tag: "@page" }, async ({ makeSite, openAs, server }) => {
  const site = await makeSite({ groups: [{ name: "Desk" }, { name: "Short" }] });
  await server.query(token(), DELETE, { input: { id: site.groups[1]?.id } });
  const page = await openAs({ sites: [site.externalId] }, `?site=${site.id}&history=yes`);

  await expect(page.getByText("Deleted the group Short")).toBeVisible();
  await expect(page.getByRole("link", { name: "Short" })).toHaveCount(0);
  await page.getByRole("link", { name: "Desk" }).click();
  await expect(page.getByRole("heading", { name: "Edit Desk" })).toBeFocused();
  await page.goBack();
  await expect(page.getByText("Made the group Desk")).toBeVisible();
});

test("a link to the history of a group leads to that history", { tag: "@page" }, async ({ makeSite, openAs }) => {
  const site = await makeSite({ users: 30, groups: [{ name: "Desk", members: [0, 1, 2] }] });
  const page = await openAs({ sites: [site.externalId] }, `?site=${site.id}&group=${site.groups[0]?.id}&history=yes`);
  const title = page.getByRole("heading", { name: "History of Desk" });

  await expect(page.getByRole("grid", { name: "Available" }).getByRole("row").first()).toBeAttached();
  await expect(page.getByText("Made the group Desk")).toBeInViewport();
  await expect(title).toBeInViewport();
  await expect(title).toBeFocused();
  await page.reload();
  await expect(page.getByRole("grid", { name: "Available" }).getByRole("row").first()).toBeAttached();
  await expect(title).toBeInViewport();
  await expect(title).toBeFocused();
});

test("names that cannot be read are not those of former users, and are asked for again", { tag: "@page" }, async ({
  makeSite,
  openAs,
}) => {
  const site = await makeSite({ users: 1, groups: [{ name: "Desk", members: [0] }] });
  const page = await openAs({ sites: [site.externalId] });
  let isBroken = true;
  await page.route("**/graphql", (route) =>
    isBroken && route.request().postData()?.includes("query NamesOfPeople")
      ? route.fulfill({ json: { errors: [{ message: "Too slow.", extensions: { code: "TIMEOUT" } }] } })
      : route.fallback(),
  );
  await page.getByRole("link", { name: "History" }).click();
  await expect(page.getByRole("alert")).toContainText("Some names could not be loaded.");
  await expect(page.getByText("Joined: …")).toBeVisible();
  expect(await findBarriers(page)).toEqual([]);

  isBroken = false;
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(page.getByText("Joined: Ann 0001")).toBeVisible();
  await expect(page.getByRole("alert")).toHaveCount(0);
});

test("an open history shows what is saved under it, by oneself and by others", async ({ makeSite, openAs, server }) => {
  const site = await makeSite({ users: 1, groups: [{ name: "Desk" }, { name: "Other" }] });
  const [desk, other] = site.groups;
  const page = await openAs({ sites: [site.externalId] }, `?site=${site.id}&group=${desk?.id}`);
  const open = page.getByRole("region", { name: "Edit Desk" }).getByRole("button", { name: "History of this group" });
  await expect(open).toBeInViewport();
  await open.click();
  const history = page.getByRole("region", { name: "History of Desk" });
  await expect(history.getByRole("status")).toHaveText("1 of 1 changes");
  await expect(history.getByRole("heading")).toBeInViewport();
  await expect(history.getByRole("button", { name: "Close history" })).toBeVisible();

  await page.getByRole("textbox", { name: "Group name" }).fill("Front");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(page.getByText("Renamed Desk to Front")).toBeVisible();
  await server.query(token(), UPDATE, { input: { id: other?.id, name: "Elsewhere" } });
  await server.query(token({ sub: "bob" }), UPDATE, { input: { id: desk?.id, addUserIds: [site.users[0]?.id] } });
  const renewed = page.getByRole("region", { name: "History of Front" });
  await expect(renewed.getByText("Joined: Ann 0001")).toBeVisible();
  await expect(renewed.getByRole("status")).toHaveText("3 of 3 changes");
  await expect(renewed.getByText("Elsewhere")).toHaveCount(0);
});

test("a history that is closed, or left by Back, leads to what has opened it", { tag: "@page" }, async ({
  makeSite,
  openAs,
}) => {
  const site = await makeSite({ groups: [{ name: "Desk" }] });
  const page = await openAs({ sites: [site.externalId] }, `?site=${site.id}`);
  const ofSite = page.getByRole("link", { name: "History" });
  const ofGroup = page.getByRole("button", { name: "History of this group" });
  const history = (name: string) => page.getByRole("region", { name: `History of ${name}` });

  await ofSite.click();
  await history(site.name).getByRole("button", { name: "Close history" }).click();
  await expect(ofSite).toBeFocused();

  await page.getByRole("link", { name: "Edit Desk" }).click();
  await ofGroup.click();
  await history("Desk").getByRole("button", { name: "Close history" }).click();
  await expect(ofGroup).toBeFocused();

  await ofGroup.click();
  await expect(history("Desk").getByRole("heading")).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(ofGroup).toBeFocused();

  await ofGroup.click();
  await expect(history("Desk").getByRole("heading")).toBeFocused();
  await page.goBack();
  await expect(history("Desk")).toBeHidden();
  await expect(page.getByRole("heading", { name: "Edit Desk" })).toBeVisible();
  await expect(ofGroup).toBeFocused();
});

test("the address of a deleted group says that it was deleted, and offers no history of it", async ({
  makeSite,
  openAs,
  server,
}) => {
  const site = await makeSite({ groups: [{ name: "Billing" }, { name: "Desk" }] });
  const [billing] = site.groups;
  await server.query(token(), DELETE, { input: { id: billing?.id } });

  const page = await openAs({ sites: [site.externalId] }, `?site=${site.id}&group=${billing?.id}`);
  await expect(page.getByRole("alert")).toContainText(/^On .* the group Billing was deleted\.$/);
  await expect(page.getByRole("button", { name: "History of this group" })).toHaveCount(0);

  await page.goto(`?site=${site.id}&group=PickupGroup:0`);
  await expect(page.getByRole("alert")).toContainText("There is no such group, or you cannot see it.");
});

test("of a group that was deleted long ago, its address leads to the history of the site", { tag: "@page" }, async ({
  makeSite,
  openAs,
  server,
}) => {
  const site = await makeSite({ groups: [{ name: "Billing" }, { name: "Desk" }] });
  const [billing, desk] = site.groups;
  await server.query(token(), DELETE, { input: { id: billing?.id } });
  for (let number = 0; number < 100; number++) {
    await server.query(token(), UPDATE, { input: { id: desk?.id, name: `Desk ${number}` } });
  }

  const page = await openAs({ sites: [site.externalId] }, `?site=${site.id}&group=${billing?.id}`);

  await expect(page.getByRole("alert")).toContainText("If it was deleted, the history of its site says when.");
});

test("Close of a group that was opened in the history of the site leads back to that", { tag: "@page" }, async ({
  makeSite,
  openAs,
}) => {
  const site = await makeSite({ groups: [{ name: "Desk" }] });
  const page = await openAs({ sites: [site.externalId] }, `?site=${site.id}&history=yes`);
  await page.locator(".change").getByRole("link", { name: "Desk" }).click();
  await expect(page.getByRole("heading", { name: "Edit Desk" })).toBeVisible();
  await page.getByRole("button", { name: "History of this group" }).click();
  await page.getByRole("button", { name: "Close history" }).click();

  await page.locator(".panel").getByRole("button", { name: "Close" }).click();

  await expect(page.locator(".change").getByRole("link", { name: "Desk" })).toBeVisible();
  expect(new URL(page.url()).search).toBe(`?site=${site.id}&history=yes`);
  await page.getByRole("button", { name: "Close history" }).click();
  await page.getByRole("link", { name: "Edit Desk" }).click();
  await page.locator(".panel").getByRole("button", { name: "Close" }).click();
  await expect(page.getByRole("rowheader")).toHaveText(["Desk"]);
});
