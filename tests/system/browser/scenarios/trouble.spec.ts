// Nothing is lost: two people at one group, a server that is away, and work that is not saved.

import type { Page } from "@playwright/test";
import { findBarriers } from "../support/accessibility";
import { makeSite } from "../support/directory";
import { expect, test } from "../support/fixtures";
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
  toAssigned,
  toAvailable,
} from "../support/panel";
import type { Server } from "../support/server";
import { type Claims, token } from "../support/tokens";

const GROUP = `query($id: ID!) { pickupGroup(id: $id) { name version members(first: 100) { nodes { displayName } } } }`;

interface Group {
  pickupGroup: { name: string; version: number; members: { nodes: { displayName: string }[] } };
}

test("two people change one group: what the other did is shown, and one's own goes on top", async ({
  makeSite,
  openAs,
  server,
}) => {
  const site = await makeSite({ users: 5, groups: [{ name: "Desk", members: [0] }] });
  const [group] = site.groups;
  const mine = await openAs({ sub: "ann", sites: [site.externalId] }, panelOf(site, group));
  const theirs = await openAs({ sub: "bob", sites: [site.externalId] }, panelOf(site, group));
  await nameField(mine).fill("My desk");
  await choose(available(mine), "Ann 0002", "Ann 0003");
  await toAssigned(mine).click();
  await nameField(theirs).fill("Their desk");
  await choose(available(theirs), "Ann 0003", "Ann 0004");
  await toAssigned(theirs).click();
  await choose(assigned(theirs), "Ann 0001");
  await toAvailable(theirs).click();
  await save(theirs).click();
  await expect(notice(theirs, "Their desk is saved.")).toBeVisible();

  await save(mine).click();

  await expect(notice(mine, "This group was changed meanwhile.")).toBeVisible();
  await expect(mine.getByRole("heading", { name: "Edit Their desk" })).toBeVisible();
  const changed = mine.getByRole("region", { name: "Changed since you opened it" });
  await expect(changed.getByText("Renamed Desk to Their desk")).toBeVisible();
  await expect(changed.getByText("Joined: Ann 0003 and Ann 0004")).toBeVisible();
  await expect(changed.getByText("Left: Ann 0001")).toBeVisible();
  await expect(changed.getByText(/^bob ·/).first()).toBeVisible();
  const own = mine.getByRole("region", { name: "Your changes, not saved yet" });
  await expect(own.getByText("The name becomes My desk, instead of Their desk")).toBeVisible();
  await expect(own.getByText("Joining: Ann 0002")).toBeVisible();
  await expect(own.getByText("Already in the group: Ann 0003")).toBeVisible();
  expect(await findBarriers(mine)).toEqual([]);

  await mine.getByRole("button", { name: "Show my changes on the new version" }).click();
  await expect(row(assigned(mine), "Ann 0002")).toContainText("Joins");
  await expect(row(assigned(mine), "Ann 0004")).toBeVisible();
  await expect(mine.locator(".panel").getByText("are not saved yet. Press Save to keep them.")).toBeVisible();
  await save(mine).click();
  await expect(notice(mine, "My desk is saved.")).toBeVisible();
  const { pickupGroup } = await server.query<Group>(token(), GROUP, { id: group?.id });
  expect([pickupGroup.name, pickupGroup.version]).toEqual(["My desk", 5]);
  expect(pickupGroup.members.nodes.map((one) => one.displayName)).toEqual(["Ann 0002", "Ann 0003", "Ann 0004"]);
});

test.describe("a server that is stopped and started", () => {
  test.use({ expectedErrors: [/ERR_CONNECTION|Failed to load resource|WebSocket/] });

  /** A page of this server with a new name and a new user, not saved yet. */
  async function begin(server: Server, openAs: (claims: Claims, address: string) => Promise<Page>) {
    await server.start();
    const site = await makeSite(server, { users: 3, groups: [{ name: "Desk" }] });
    const [group] = site.groups;
    const page = await openAs({ sites: [site.externalId] }, new URL(panelOf(site, group), server.url).href);
    await nameField(page).fill("Front desk");
    await choose(available(page), "Ann 0002");
    await toAssigned(page).click();
    await expect(row(assigned(page), "Ann 0002")).toBeVisible();
    const members = async () => {
      const { pickupGroup } = await server.query<Group>(token(), GROUP, { id: group?.id });
      return [pickupGroup.name, ...pickupGroup.members.nodes.map((one) => one.displayName)];
    };
    return { page, members };
  }

  test("a Save that fails loses nothing, and goes through once the server is back", { tag: "@page" }, async ({
    openAs,
    otherServer: server,
  }) => {
    const { page, members } = await begin(server, openAs);

    await server.stop();
    await save(page).click();
    await expect(notice(page, "The server cannot be reached. Nothing is lost")).toBeVisible();
    await expect(nameField(page)).toHaveValue("Front desk");
    await expect(row(assigned(page), "Ann 0002")).toContainText("Joins");

    await server.start();
    await save(page).click();
    await expect(notice(page, "Front desk is saved.")).toBeVisible();
    expect(await members()).toEqual(["Front desk", "Ann 0002"]);
  });

  test("a Save that is not answered loses nothing, not even what is typed in the meantime", { tag: "@page" }, async ({
    openAs,
    otherServer: server,
  }) => {
    const { page, members } = await begin(server, openAs);

    server.pause();
    await save(page).click();
    await expect(page.getByText("The server has not answered yet. Nothing is lost")).toBeVisible();
    await nameField(page).fill("Front desk, first floor");
    await choose(available(page), "Ann 0003");
    await toAssigned(page).click();

    server.resume();
    await expect(notice(page, "Front desk is saved.")).toBeVisible();
    await expect(page.getByText("The server has not answered yet.")).toBeHidden();
    expect(await members()).toEqual(["Front desk", "Ann 0002"]);
    await expect(nameField(page)).toHaveValue("Front desk, first floor");
    await expect(row(assigned(page), "Ann 0002")).not.toContainText("Joins");
    await expect(row(assigned(page), "Ann 0003")).toContainText("Joins");

    await save(page).click();
    await expect(notice(page, "Front desk, first floor is saved.")).toBeVisible();
    expect(await members()).toEqual(["Front desk, first floor", "Ann 0002", "Ann 0003"]);
  });

  test("a server that is killed during a Save loses nothing", async ({ openAs, otherServer: server }) => {
    const { page, members } = await begin(server, openAs);

    server.pause();
    const sent = page.waitForRequest((request) => request.postData()?.includes("Front desk") ?? false);
    await save(page).click();
    await sent;
    await server.stop("SIGKILL");
    await expect(notice(page, "The server cannot be reached. Nothing is lost")).toBeVisible();
    await expect(nameField(page)).toHaveValue("Front desk");
    await expect(row(assigned(page), "Ann 0002")).toContainText("Joins");

    await server.start();
    expect(await members()).toEqual(["Desk"]);
    await save(page).click();
    await expect(notice(page, "Front desk is saved.")).toBeVisible();
    expect(await members()).toEqual(["Front desk", "Ann 0002"]);
  });

  test("a search that is not answered shows no users, and says so", { tag: "@page" }, async ({
    openAs,
    otherServer: server,
  }) => {
    const { page } = await begin(server, openAs);
    const list = page.getByRole("region", { name: "Available", exact: true });
    await expect(list.locator(".people-count")).toHaveText("2 users");
    // The time stands still from now on: nothing is sent again by itself.
    await page.clock.install();
    await page.clock.pauseAt(Date.now() + 60_000);

    await server.stop();
    await searchAvailable(page).fill("0003");
    await page.clock.runFor(150);
    await expect(list.getByRole("alert")).toContainText("The list could not be loaded.");
    await expect(list.getByRole("row")).toHaveCount(0);
    await expect(list.locator(".people-count")).toHaveText("");
    await expect(list.getByText("All 2")).toBeHidden();
    await expect(row(assigned(page), "Ann 0002")).toContainText("Joins");
    const sent = page.waitForRequest((request) => request.postData()?.includes("query AvailableUsers") ?? false);
    await list.getByRole("button", { name: "Try again" }).click();
    await sent;
    await page.clock.resume();
    expect(await findBarriers(page)).toEqual([]);

    await server.start();
    await expect(list.getByRole("row")).toHaveCount(1);
    await expect(row(available(page), "Ann 0003")).toBeVisible();
    await expect(list.locator(".people-count")).toHaveText("1 of 2 users");
    await expect(list.getByText("All 1")).toBeVisible();
    await expect(list.getByRole("alert")).toHaveCount(0);
  });

  test("the history opens beside an edit, and is read once the server is back", { tag: "@page" }, async ({
    openAs,
    otherServer: server,
  }) => {
    const { page } = await begin(server, openAs);

    await server.stop();
    await page.getByRole("button", { name: "History of this group" }).click();
    await expect(page.getByRole("heading", { name: "History" })).toBeVisible();
    await expect(page.getByText("The server does not answer. Trying again…")).toBeVisible();
    await expect(nameField(page)).toHaveValue("Front desk");
    await expect(row(assigned(page), "Ann 0002")).toContainText("Joins");

    await server.start();
    await expect(page.getByText("Made the group Desk")).toBeVisible();
    await expect(nameField(page)).toHaveValue("Front desk");
  });

  test("the name of a new group is kept, too", { tag: "@page" }, async ({ openAs, otherServer: server }) => {
    await server.start();
    const site = await makeSite(server, { users: 1 });
    const page = await openAs({ sites: [site.externalId] }, new URL(panelOf(site), server.url).href);
    await nameField(page).fill("Desk");

    server.pause();
    await save(page).click();
    await expect(page.getByText("The server has not answered yet. Nothing is lost")).toBeVisible();
    await nameField(page).fill("Front desk");
    server.resume();

    await expect(row(available(page), "Ann 0001")).toBeVisible();
    await expect(nameField(page)).toHaveValue("Front desk");
    await save(page).click();
    await expect(notice(page, "Front desk is saved.")).toBeVisible();
  });
});

test.describe("all users of a list that cannot be read", { tag: "@page" }, () => {
  test.use({ expectedErrors: [/ERR_CONNECTION|Failed to load resource|WebSocket/] });

  /** A page of this server with one user chosen of more than a page of the list has. */
  async function begin(server: Server, openAs: (claims: Claims, address: string) => Promise<Page>) {
    await server.start();
    const site = await makeSite(server, { users: 130, groups: [{ name: "Desk" }] });
    const address = new URL(panelOf(site, site.groups[0]), server.url).href;
    const page = await openAs({ sites: [site.externalId] }, address);
    await choose(available(page), "Ann 0002");
    await expect(page.getByText(/^\d+ chosen$/)).toHaveText("1 chosen");
    const chooseAll = () => page.locator(".people-all").first().getByText("All 130").click();
    return { page, chooseAll };
  }

  test("are chosen once the server is back", async ({ openAs, otherServer: server }) => {
    const { page, chooseAll } = await begin(server, openAs);

    await server.stop();
    await chooseAll();
    await expect(page.getByText("The server does not answer. Trying again…")).toBeVisible();
    await expect(page.getByText(/^\d+ chosen$/)).toHaveText("1 chosen");

    await server.start();
    await expect(page.getByText(/^\d+ chosen$/)).toHaveText("130 chosen");
  });

  test("are not chosen if the server refuses, and the list says so", async ({
    openAs,
    otherServer: server,
  }) => {
    const { page, chooseAll } = await begin(server, openAs);

    await server.stop();
    await server.start({ PICKUP_MAX_COST: "1" });
    await chooseAll();
    await expect(page.getByText("The list could not be loaded.")).toBeVisible();
    await expect(page.getByText(/^\d+ chosen$/)).toHaveText("1 chosen");
    await expect(row(available(page), "Ann 0002")).toHaveAttribute("aria-selected", "true");

    await server.stop();
    await server.start({});
    await page.getByRole("button", { name: "Try again" }).click();
    await expect(page.getByText("The list could not be loaded.")).toBeHidden();
    await chooseAll();
    await expect(page.getByText(/^\d+ chosen$/)).toHaveText("130 chosen");
  });
});

test("an answer that gets lost is found again: the changes are in the group already", async ({
  makeSite,
  openAs,
  server,
}) => {
  const site = await makeSite({ users: 3, groups: [{ name: "Desk" }] });
  const [group] = site.groups;
  const page = await openAs({ sites: [site.externalId] }, panelOf(site, group));
  await nameField(page).fill("Front desk");
  await choose(available(page), "Ann 0002");
  await toAssigned(page).click();
  await expect(row(assigned(page), "Ann 0002")).toBeVisible();
  // The same that Save sends, as if its answer had not come back.
  await server.query(
    token({ sub: "ann" }),
    "mutation($input: UpdatePickupGroupInput!) { updatePickupGroup(input: $input) { violations { message } } }",
    { input: { id: group?.id, name: "Front desk", addUserIds: [site.users[1]?.id] } },
  );

  await save(page).click();

  await expect(page.getByText("There is nothing left to save.")).toBeVisible();
  await page.getByRole("button", { name: "Go on" }).click();
  await expect(row(assigned(page), "Ann 0002")).not.toContainText("Joins");
  await expect(save(page)).toBeDisabled();
});

test("a group that is deleted while it is edited can be saved no more", { tag: "@page" }, async ({
  makeSite,
  openAs,
  server,
}) => {
  const site = await makeSite({ groups: [{ name: "Desk" }] });
  const page = await openAs({ sites: [site.externalId] }, panelOf(site, site.groups[0]));
  await nameField(page).fill("Front desk");
  await server.query(
    token(),
    "mutation($input: DeletePickupGroupInput!) { deletePickupGroup(input: $input) { deletedId } }",
    { input: { id: site.groups[0]?.id } },
  );

  await save(page).click();

  await expect(page.getByText("What you typed is still here, but there is no group to save it in.")).toBeVisible();
  await expect(save(page)).toBeDisabled();
  await expect(nameField(page)).toHaveValue("Front desk");
  await expect(page.getByRole("button", { name: "History of this group" })).toHaveCount(0);

  await page.getByRole("link", { name: "See in the history of the site" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Leave without saving" }).click();
  await expect(page.getByText("Deleted the group Desk")).toBeVisible();
});

test("a group that does not exist is not waited for", { tag: "@page" }, async ({ makeSite, openAs }) => {
  const site = await makeSite();
  const page = await openAs({ sites: [site.externalId] }, panelOf(site, { id: "PickupGroup:2000000000" }));

  await expect(page.getByText("There is no such group, or you cannot see it.")).toBeVisible();
  await close(page).click();
  await expect(page.getByText("This site has no pickup groups yet.")).toBeVisible();
});

test.describe("work that is not saved", { tag: "@page" }, () => {
  async function edited(page: Page): Promise<void> {
    await nameField(page).fill("Front desk");
    await expect(page.getByText("Not saved yet: new name")).toBeVisible();
  }
  const question = (page: Page) => page.getByRole("alertdialog", { name: "Leave without saving?" });

  test("Close asks first, and Back does", async ({ makeSite, openAs }) => {
    const site = await makeSite({ users: 1, groups: [{ name: "Desk" }] });
    const page = await openAs({ sites: [site.externalId] }, `?site=${site.id}`);
    await page.getByRole("link", { name: "Edit Desk" }).click();
    await edited(page);

    await close(page).click();
    await expect(question(page)).toBeVisible();
    expect(await findBarriers(page)).toEqual([]);
    await question(page).getByRole("button", { name: "Stay here" }).click();
    await expect(nameField(page)).toHaveValue("Front desk");

    await page.goBack();
    await expect(question(page)).toBeVisible();
    await page.keyboard.press("Escape");
    await expect(nameField(page)).toHaveValue("Front desk");
    expect(new URL(page.url()).searchParams.get("group")).toBe(site.groups[0]?.id);

    await page.goBack();
    await question(page).getByRole("button", { name: "Leave without saving" }).click();
    await expect(nameField(page)).toHaveCount(0);
    await expect(page.getByRole("link", { name: "Edit Desk" })).toBeVisible();
  });

  test("users who are chosen but not added are asked about", async ({ makeSite, openAs }) => {
    const site = await makeSite({ users: 3, groups: [{ name: "Desk" }] });
    const page = await openAs({ sites: [site.externalId] }, panelOf(site, site.groups[0]));
    await choose(available(page), "Ann 0001", "Ann 0002", "Ann 0003");
    await expect(page.getByText("Press Add to add the 3 chosen.")).toBeVisible();
    await expect(save(page)).toBeDisabled();

    await close(page).click();
    await expect(question(page)).toContainText("Users are chosen, but not moved to the other list");
    await question(page).getByRole("button", { name: "Stay here" }).click();
    await toAssigned(page).click();
    await expect(page.getByText("Press Add")).toBeHidden();
    await expect(page.getByText("Not saved yet: 3 users joining")).toBeVisible();
    await choose(assigned(page), "Ann 0001");
    await close(page).click();
    await expect(question(page)).toContainText("Not saved yet: 3 users joining");
    await expect(question(page)).toContainText("Users are chosen, but not moved to the other list");
  });

  test("closing the tab asks, and a reload brings the changes back to be saved", async ({ makeSite, openAs }) => {
    const site = await makeSite({ users: 3, groups: [{ name: "Desk", members: [0, 2] }] });
    const page = await openAs({ sites: [site.externalId] }, panelOf(site, site.groups[0]));
    await choose(available(page), "Ann 0002");
    await toAssigned(page).click();
    await choose(assigned(page), "Ann 0001");
    await toAvailable(page).click();
    await edited(page);

    const asked = page.waitForEvent("dialog");
    const reloaded = page.reload();
    const dialog = await asked;
    expect(dialog.type()).toBe("beforeunload");
    await dialog.accept();
    await reloaded;

    await expect(page.getByText("Your unsaved changes are back.")).toBeVisible();
    await expect(nameField(page)).toHaveValue("Front desk");
    await expect(row(assigned(page), "Ann 0002")).toContainText("Joins");
    await expect(row(available(page), "Ann 0001")).toContainText("Leaves");

    await save(page).click();
    await expect(notice(page, "Front desk is saved.")).toBeVisible();
    await expect(row(available(page), "Ann 0001")).not.toContainText("Leaves");
    await expect(row(assigned(page), "Ann 0002")).not.toContainText("Joins");
    await expect(assigned(page).getByRole("row")).toHaveCount(2);
    await expect(available(page).getByRole("row")).toHaveCount(1);
  });
});
