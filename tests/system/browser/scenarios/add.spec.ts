// Add, as the help page describes it, and by the keyboard alone.

import { findBarriers } from "../support/accessibility";
import { expect, test } from "../support/fixtures";
import {
  assigned,
  available,
  choose,
  nameField,
  notice,
  panelOf,
  row,
  save,
  searchAvailable,
  tabTo,
  toAssigned,
} from "../support/panel";
import { token } from "../support/tokens";

const GROUPS = `query($id: ID!) { site(id: $id) { pickupGroups { nodes { name version members(first: 100) {
  totalCount nodes { displayName } } } } } }`;

interface Groups {
  site: {
    pickupGroups: {
      nodes: { name: string; version: number; members: { totalCount: number; nodes: { displayName: string }[] } }[];
    };
  };
}

test("a group is added: its name, Save, its users, the right arrow, Save", async ({ makeSite, openAs, server }) => {
  const site = await makeSite({ users: 4 });
  const groups = async () => (await server.query<Groups>(token(), GROUPS, { id: site.id })).site.pickupGroups.nodes;
  const page = await openAs({ sites: [site.externalId] }, panelOf(site));
  await expect(nameField(page)).toBeFocused();
  await expect(page.getByText("Save the name first.")).toBeVisible();

  await save(page).click();
  await expect(page.getByText("Type a name for the group first.")).toBeVisible();
  await expect(nameField(page)).toBeFocused();
  expect(await groups()).toEqual([]);

  await nameField(page).fill("Night shift");
  await save(page).click();
  await expect(row(available(page), "Ann 0001")).toBeVisible();
  expect((await groups()).map(({ name }) => name)).toEqual(["Night shift"]);

  await choose(available(page), "Ann 0001", "Ann 0003");
  await toAssigned(page).click();
  await expect(row(assigned(page), "Ann 0001")).toContainText("Joins");
  await expect(row(available(page), "Ann 0001")).toHaveCount(0);
  await expect(page.getByText("2 users moved to Assigned.")).toBeAttached();
  expect((await groups())[0]?.members.totalCount).toBe(0);

  await save(page).click();
  await expect(notice(page, "Night shift is saved.")).toBeVisible();
  const [group] = await groups();
  expect(group?.members.nodes.map((one) => one.displayName)).toEqual(["Ann 0001", "Ann 0003"]);
});

test("a group is added by the keyboard alone", { tag: "@page" }, async ({ makeSite, openAs, server }) => {
  const site = await makeSite({ users: 4 });
  const page = await openAs({ sites: [site.externalId] }, panelOf(site));
  const { keyboard } = page;

  await expect(nameField(page)).toBeFocused();
  await keyboard.type("Night shift");
  await keyboard.press("Enter");
  await expect(row(available(page), "Ann 0001")).toBeVisible();
  await tabTo(page, available(page));
  await keyboard.press("Space");
  await keyboard.press("ArrowDown");
  await keyboard.press("Space");
  await keyboard.press("Shift+ArrowDown");
  await expect(page.getByText("3 chosen", { exact: true })).toBeVisible();
  await tabTo(page, toAssigned(page));
  await keyboard.press("Enter");
  await expect(page.getByText("3 users moved to Assigned.")).toBeAttached();
  await expect(toAssigned(page)).toBeFocused();
  await tabTo(page, save(page));
  await keyboard.press("Enter");

  await expect(notice(page, "Night shift is saved.")).toBeVisible();
  await expect(page.locator(".notices")).toBeFocused();
  const { site: found } = await server.query<Groups>(token(), GROUPS, { id: site.id });
  expect(found.pickupGroups.nodes[0]?.members.totalCount).toBe(3);
});

test.describe("on a phone", { tag: "@page" }, () => {
  test.use({ viewport: { width: 390, height: 780 } });

  test("what to do once a group is made is seen, and who can join", async ({ makeSite, openAs }) => {
    const site = await makeSite({ users: 30 });
    const page = await openAs({ sites: [site.externalId] }, panelOf(site));
    await nameField(page).fill("Night shift");
    await save(page).click();

    await expect(notice(page, "The group Night shift is created. Now choose")).toBeInViewport({ ratio: 1 });
    await expect(page.getByText("Only users with these station types can join: Premium,")).toBeInViewport();
    await choose(available(page), "Ann 0001");
    await expect(toAssigned(page)).toBeInViewport({ ratio: 1 });
    const [arrow, bar] = [await toAssigned(page).boundingBox(), await page.locator(".panel-bar").boundingBox()];
    expect((arrow?.y ?? 0) + (arrow?.height ?? 0)).toBeLessThanOrEqual(bar?.y ?? 0);
    expect(await findBarriers(page)).toEqual([]);
  });
});

test("a new group that is left without its users stays, which the page says", { tag: "@page" }, async ({ makeSite, openAs }) => {
  const site = await makeSite({ users: 2 });
  const page = await openAs({ sites: [site.externalId] }, panelOf(site));
  await nameField(page).fill("Night shift");
  await save(page).click();
  await choose(available(page), "Ann 0001");
  await toAssigned(page).click();

  await page.getByRole("link", { name: "Pickup" }).click();

  const question = page.getByRole("alertdialog", { name: "Leave without saving?" });
  await expect(question).toContainText("The group Night shift is created already: it stays, without users.");
});

test("the name of a new group is not lost: it is taken, and the group that has it can be opened", async ({
  makeSite,
  openAs,
}) => {
  const site = await makeSite({ groups: [{ name: "Desk" }] });
  const page = await openAs({ sites: [site.externalId] }, panelOf(site));

  await nameField(page).fill("DESK");
  await save(page).click();
  await expect(page.getByText("The site has a group named Desk already. Choose another name.")).toBeVisible();
  await expect(nameField(page)).toHaveValue("DESK");

  await page.getByRole("button", { name: "Open Desk" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Leave without saving" }).click();
  await expect(page.getByRole("heading", { name: "Edit Desk" })).toBeVisible();
});

test("lists are read as they are scrolled, searched by the server, and chosen as a whole", async ({
  makeSite,
  openAs,
  server,
}) => {
  const site = await makeSite({ users: 130, groups: [{ name: "All" }] });
  const page = await openAs({ sites: [site.externalId] }, `?site=${site.id}`);
  const read: string[] = [];
  page.on("request", (request) => {
    const body = request.postData() ?? "";
    if (/query AvailableUsers\b/.test(body)) read.push(body);
  });
  await page.getByRole("link", { name: "Edit All" }).click();

  await row(available(page), "Ann 0002").click();
  await row(available(page), "Ann 0005").click({ modifiers: ["Shift"] });
  await expect(page.getByText("4 chosen", { exact: true })).toBeVisible();
  expect(read).toHaveLength(1);
  await expect(async () => {
    await available(page).evaluate((list) => {
      list.scrollTop = list.scrollHeight;
    });
    await expect(row(available(page), "Ann 0130")).toBeVisible({ timeout: 500 });
  }).toPass();

  await searchAvailable(page).fill("ann");
  await expect.poll(() => available(page).evaluate((list) => list.scrollTop)).toBe(0);
  await searchAvailable(page).fill("0042");
  await expect(available(page).getByRole("row")).toHaveCount(1);
  await searchAvailable(page).fill("");
  await expect(page.getByRole("checkbox", { name: "Available: All 130" })).toBeEnabled();
  await page.locator(".people-all").first().getByText("All 130").click();
  await expect(page.getByText("130 chosen", { exact: true })).toBeVisible();
  await toAssigned(page).click();
  await save(page).click();

  await expect(notice(page, "All is saved.")).toBeVisible();
  const { site: found } = await server.query<Groups>(token(), GROUPS, { id: site.id });
  expect(found.pickupGroups.nodes[0]?.members.totalCount).toBe(130);
});

test("names are shown as text, whatever is in them", { tag: "@page" }, async ({ makeSite, openAs }) => {
  const name = "<img src=x onerror=alert(1)>";
  const site = await makeSite({
    users: [
      { firstName: name, lastName: "Free" },
      { firstName: name, lastName: "Member" },
    ],
    groups: [{ name, members: [1] }],
  });

  const page = await openAs({ sites: [site.externalId] }, panelOf(site, site.groups[0]));

  await expect(page.getByRole("heading", { name: `Edit ${name}` })).toBeVisible();
  await expect(available(page).getByText(`${name} Free`)).toBeVisible();
  await expect(assigned(page).getByText(`${name} Member`)).toBeVisible();
});
