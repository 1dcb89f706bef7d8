// Users whom a search finds, but who are not available: where they are, and how they are moved and moved back.

import { expect, test } from "../support/fixtures";
import { hold } from "../support/hold";
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
  toAssigned,
  toAvailable,
} from "../support/panel";
import { token } from "../support/tokens";

const UNAVAILABLE = /query UnavailableUsers\b/;

test.describe("users who are not available", { tag: "@page" }, () => {
  const PEOPLE = {
    users: [
      { firstName: "Ann", lastName: "Lee" },
      { firstName: "Bob", lastName: "Ray" },
      { firstName: "Cleo", lastName: "Ray" },
    ],
    groups: [{ name: "Desk", members: [0] }, { name: "Support", members: [1] }],
  };

  test("are those of a search that is answered, and of no other", async ({ makeSite, openAs }) => {
    const site = await makeSite(PEOPLE);
    const page = await openAs({ sites: [site.externalId] }, panelOf(site, site.groups[0]));
    const others = page.getByRole("region", { name: "In other groups" });
    await searchAvailable(page).fill("bob");
    await expect(others).toContainText("Bob Ray");
    const reading = await hold(page, UNAVAILABLE);

    await searchAvailable(page).fill("cleo");
    await reading.asked;
    await expect(row(available(page), "Cleo Ray")).toBeVisible();
    await expect(others).toBeHidden();
    reading.release();

    await searchAvailable(page).fill("bob");
    await expect(others).toContainText("Bob Ray");
  });

  test("are said to be unknown if the server refuses to tell", async ({ makeSite, openAs }) => {
    const site = await makeSite(PEOPLE);
    const page = await openAs({ sites: [site.externalId] }, panelOf(site, site.groups[0]));
    await row(assigned(page), "Ann Lee").waitFor();
    const refuse = { json: { data: null, errors: [{ message: "Not now.", extensions: { code: "INTERNAL" } }] } };
    let isRefused = true;
    await page.route("**/graphql", (route) =>
      isRefused && UNAVAILABLE.test(route.request().postData() ?? "") ? route.fulfill(refuse) : route.fallback(),
    );

    await searchAvailable(page).fill("bob");
    const others = page.getByRole("region", { name: "In other groups" });
    await expect(others.getByRole("alert")).toContainText("The list could not be loaded.");
    isRefused = false;
    await others.getByRole("button", { name: "Try again" }).click();
    await expect(others).toContainText("Bob Ray");
    await expect(others.getByRole("alert")).toHaveCount(0);
  });

  test("are found after more members of this group than a page has", async ({ makeSite, openAs }) => {
    const members = Array.from({ length: 230 }, (_, place) => place);
    const site = await makeSite({ users: 233, groups: [{ name: "Desk", members }, { name: "Support", members: [231] }] });
    const page = await openAs({ sites: [site.externalId] }, panelOf(site, site.groups[0]));

    await searchAvailable(page).fill("ann");

    await expect(page.getByRole("region", { name: "In other groups" })).toContainText("Ann 0232");
    await expect(page.getByRole("button", { name: "1 found in other groups" })).toBeVisible();
    await expect(page.getByRole("region", { name: "In Assigned already" })).toContainText("Not all are shown");
  });

  test("are no less than found if not all are read", async ({ makeSite, openAs }) => {
    const members = Array.from({ length: 120 }, (_, place) => place + 1);
    const site = await makeSite({ users: 121, groups: [{ name: "Desk", members }, { name: "Support", members: [0] }] });
    const page = await openAs({ sites: [site.externalId] }, panelOf(site, site.groups[0]));

    await searchAvailable(page).fill("ann");

    await expect(page.getByRole("button", { name: "At least 1 found in other groups" })).toBeVisible();
    await expect(page.getByRole("region", { name: "In other groups" })).toContainText("Not all are shown");
  });

  test("are shown to a reader, too", async ({ makeSite, openAs }) => {
    const site = await makeSite(PEOPLE);
    const page = await openAs({ sites: [site.externalId], permissions: ["READ"] }, panelOf(site, site.groups[0]));

    await searchAvailable(page).fill("ray");

    await page.getByRole("button", { name: "1 found in other groups" }).click();
    const others = page.getByRole("region", { name: "In other groups" });
    await expect(others).toBeFocused();
    await expect(others.getByText("In the group Support")).toBeInViewport();
    await expect(others.getByRole("button")).toHaveCount(0);
  });

  test("stay where they are once a move is taken back, and the page says so", async ({ makeSite, openAs }) => {
    const site = await makeSite(PEOPLE);
    const page = await openAs({ sites: [site.externalId] }, panelOf(site, site.groups[0]));
    const said = page.locator("div[role=status].visually-hidden");
    await searchAvailable(page).fill("bob");
    const move = page.getByRole("button", { name: "Move here: Bob Ray, from Support" });
    await move.focus();
    // The ring is not cut off.
    const room = await move.evaluate((button) => {
      const list = button.closest("ul");
      return (list?.getBoundingClientRect().right ?? 0) - button.getBoundingClientRect().right;
    });
    expect(room).toBeGreaterThanOrEqual(5);
    await move.click();
    await expect(said).toHaveText("1 user moved to Assigned. Save keeps the change.");

    await choose(assigned(page), "Bob Ray");
    await toAvailable(page).click();

    await expect(page.locator(".lists").getByText("Bob Ray stays in the group Support.")).toBeVisible();
    await expect(said).toHaveText("Bob Ray stays in the group Support. Nothing is left to save.");
    await expect(searchAvailable(page)).toHaveValue("bob");
    await expect(page.getByRole("region", { name: "In other groups" })).toContainText("Bob Ray");
    await move.click();
    await expect(page.getByText("stays in the group")).toHaveCount(0);
  });
});

test.describe("what a move says", { tag: "@page" }, () => {
  test("is true, and gone with the work that it is about", async ({ makeSite, openAs }) => {
    const site = await makeSite({ users: 3, groups: [{ name: "Desk" }] });
    const page = await openAs({ sites: [site.externalId] }, panelOf(site, site.groups[0]));
    const said = page.locator("div[role=status].visually-hidden");
    await choose(available(page), "Ann 0001");
    await toAssigned(page).click();
    await expect(said).toHaveText("1 user moved to Assigned. Save keeps the change.");
    await choose(assigned(page), "Ann 0001");
    await toAvailable(page).click();
    await expect(said).toHaveText("1 user moved to Available. Nothing is left to save.");

    await page.getByRole("button", { name: "Français" }).click();
    await expect(page.getByText("Disponibles", { exact: true })).toBeVisible();
    await expect(said).toHaveText("");
    await page.getByRole("button", { name: "English" }).click();
    await expect(said).toHaveText("");

    await choose(available(page), "Ann 0001");
    await toAssigned(page).click();
    await expect(said).toHaveText("1 user moved to Assigned. Save keeps the change.");
    await save(page).click();
    await expect(notice(page, "Desk is saved.")).toBeVisible();
    await expect(said).toHaveText("The group Desk is saved.");

    await toAssigned(page).click();
    await expect(said).toHaveText("Choose users by their check boxes first.");
    await page.locator(".panel").getByRole("button", { name: "Close" }).click();
    await expect(page.getByRole("link", { name: "Edit Desk" })).toBeVisible();
    await expect(said).toHaveText("");
  });

  test("goes on from the row of a user who has come into another group, and has no exemption any more", async ({
    makeSite,
    openAs,
    server,
  }) => {
    const site = await makeSite({
      users: [{ firstName: "Ann", lastName: "Lee", bargeInExempt: true }],
      groups: [{ name: "Desk" }],
    });
    const page = await openAs({ sites: [site.externalId] }, panelOf(site, site.groups[0]));
    const exemption = page.getByText(/exemption from barge-in|loses the exemption/i);
    await choose(available(page), "Ann Lee");
    await toAssigned(page).click();
    await expect(exemption).toHaveCount(3);
    await server.query(
      token(),
      "mutation($input: CreatePickupGroupInput!) { createPickupGroup(input: $input) { violations { message } } }",
      { input: { siteId: site.id, name: "Rival", userIds: [site.users[0]?.id] } },
    );

    await save(page).click();
    const found = row(assigned(page), "Ann Lee");
    await expect(found).toContainText("Is in the group Rival.");
    await expect(exemption).toHaveCount(0);
    await found.getByRole("button", { name: "Move from Rival" }).click();

    await expect(found).toBeFocused();
    await expect(found).toContainText("Moves from Rival");
    await expect(page.getByText("Not saved yet: 1 moving from Rival", { exact: true })).toBeVisible();
    await expect(exemption).toHaveCount(0);
    await save(page).click();
    await expect(notice(page, "Desk is saved.")).toBeVisible();
    await expect(exemption).toHaveCount(0);
  });
});

test("a list that is searched counts what is found of it", { tag: "@page" }, async ({ makeSite, openAs }) => {
  const site = await makeSite({ users: 6, groups: [{ name: "Desk", members: [0, 1, 2, 3] }] });
  const page = await openAs({ sites: [site.externalId] }, panelOf(site, site.groups[0]));
  const count = page.locator(".people-count").last();
  await expect(count).toHaveText("4 users");

  await page.getByRole("searchbox", { name: "Search assigned users" }).fill("0006");
  await expect(count).toHaveText("0 of 4 users");
});

test("all that a search finds are chosen, also if another one is typed while they are read", { tag: "@page" }, async ({
  makeSite,
  openAs,
}) => {
  const site = await makeSite({
    users: [
      { firstName: "Zoe", lastName: "Ray" },
      ...Array.from({ length: 60 }, (_, place) => ({ firstName: "Ann", lastName: `Lee ${place}` })),
    ],
    groups: [{ name: "Desk", members: [0] }],
  });
  const page = await openAs({ sites: [site.externalId] }, panelOf(site, site.groups[0]));
  await choose(assigned(page), "Zoe Ray");
  await toAvailable(page).click();
  await searchAvailable(page).fill("ann");
  await expect(page.getByRole("checkbox", { name: "Available: All 60" })).toBeEnabled();
  const reading = await hold(page, /"first":60\b|"first":100\b/);

  await page.locator(".people-all").first().getByText("All 60").click();
  await reading.asked;
  await searchAvailable(page).fill("");
  await expect(row(available(page), "Zoe Ray")).toBeVisible();
  reading.release();

  await expect(page.getByText(/^\d+ chosen$/)).toHaveText("60 chosen");
});

test.describe("a Save that fails", { tag: "@page" }, () => {
  test.use({ expectedErrors: [/ERR_FAILED|Failed to load resource/] });

  test("is not spoken of beside a name that is missing", async ({ makeSite, openAs }) => {
    const site = await makeSite({ groups: [{ name: "Desk" }] });
    const page = await openAs({ sites: [site.externalId] }, panelOf(site, site.groups[0]));
    await page.route("**/graphql", (route) =>
      /mutation SaveGroup\b/.test(route.request().postData() ?? "") ? route.abort() : route.fallback(),
    );
    await nameField(page).fill("Front desk");
    await save(page).click();
    await expect(notice(page, "The server cannot be reached.")).toBeVisible();

    await nameField(page).fill("");
    await save(page).click();

    await expect(page.getByText("Type a name for the group first.")).toBeVisible();
    await expect(notice(page, "The server cannot be reached.")).toHaveCount(0);
  });

  test("leads to the group that it has made, if the answer got lost", async ({ makeSite, openAs }) => {
    const site = await makeSite({ users: 1 });
    const page = await openAs({ sites: [site.externalId] }, panelOf(site));
    let isLost = true;
    await page.route("**/graphql", async (route) => {
      if (!isLost || !/mutation CreateGroup\b/.test(route.request().postData() ?? "")) return route.fallback();
      isLost = false;
      await route.fetch();
      return route.abort();
    });
    await nameField(page).fill("Desk");
    await save(page).click();
    await expect(notice(page, "The server cannot be reached.")).toBeVisible();

    await save(page).click();
    await expect(page.getByText("If your Save made it, whose answer did not arrive, open it")).toBeVisible();
    await page.getByRole("button", { name: "Open Desk" }).click();
    await page.getByRole("alertdialog").getByRole("button", { name: "Leave without saving" }).click();

    await expect(page.getByRole("heading", { name: "Edit Desk" })).toBeVisible();
    await expect(row(available(page), "Ann 0001")).toBeVisible();
  });
});

test.describe("on a telephone", { tag: "@page" }, () => {
  test.use({ viewport: { width: 360, height: 780 } });

  test("a group that is made leads to the users who are available", async ({ makeSite, openAs }) => {
    const site = await makeSite({ users: 2 });
    const page = await openAs({ sites: [site.externalId] }, panelOf(site));
    await nameField(page).fill("Desk");
    await save(page).click();

    await expect(page.getByRole("heading", { name: "Available" })).toBeFocused();
    await expect(row(available(page), "Ann 0001")).toBeInViewport();
  });
});

test("a user who is chosen and not found by the next search is counted, and Clear keeps the focus", {
  tag: "@page",
}, async ({ makeSite, openAs }) => {
  const site = await makeSite({ users: 3, groups: [{ name: "Desk" }] });
  const page = await openAs({ sites: [site.externalId] }, panelOf(site, site.groups[0]));
  await choose(available(page), "Ann 0001");

  await searchAvailable(page).fill("0002");

  await expect(page.getByText("1 chosen, 1 not shown")).toBeVisible();
  await page.getByRole("button", { name: "Available: Clear" }).click();
  await expect(page.getByRole("checkbox", { name: "Available: All 1" })).toBeFocused();
  await expect(page.getByText("1 chosen")).toHaveCount(0);
});
