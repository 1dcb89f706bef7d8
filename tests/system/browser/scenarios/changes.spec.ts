// What changes in the list: by its own Delete, by others, and while the server is away.

import { findBarriers } from "../support/accessibility";
import type { MadeSite } from "../support/directory";
import { expect, test } from "../support/fixtures";
import { groupNames, row } from "../support/list";
import type { Server } from "../support/server";
import { token } from "../support/tokens";

/** Another person's changes, made beside the browser. */
class Colleague {
  constructor(
    private readonly server: Server,
    private readonly site: MadeSite,
  ) {}

  create(name: string): Promise<unknown> {
    return this.change("createPickupGroup", "CreatePickupGroupInput", { siteId: this.site.id, name });
  }

  rename(place: number, name: string): Promise<unknown> {
    return this.change("renamePickupGroup", "RenamePickupGroupInput", { id: this.id(place), name });
  }

  addMembers(place: number, users: readonly number[]): Promise<unknown> {
    const userIds = users.map((user) => this.site.users[user]?.id);
    return this.change("addPickupGroupMembers", "ChangePickupGroupMembersInput", { id: this.id(place), userIds });
  }

  remove(place: number): Promise<unknown> {
    return this.change("deletePickupGroup", "DeletePickupGroupInput", { id: this.id(place) });
  }

  private change(field: string, type: string, input: object): Promise<unknown> {
    const query = `mutation($input: ${type}!) { ${field}(input: $input) { violations { message } } }`;
    return this.server.query(token({ sub: "colleague", sites: [this.site.externalId] }), query, { input });
  }

  private id(place: number): string | undefined {
    return this.site.groups[place]?.id;
  }
}

const GROUPS = [{ name: "Alpha", members: [0] }, { name: "Beta" }, { name: "Gamma" }];

test("Delete asks, deletes, and leaves the focus at the head of the list", async ({ makeSite, openAs }) => {
  const site = await makeSite({ users: 2, groups: [{ name: "Alpha", members: [0, 1] }, { name: "Beta" }] });
  const page = await openAs({ sites: [site.externalId] });

  await page.getByRole("button", { name: "Delete Alpha" }).click();
  const dialog = page.getByRole("alertdialog", { name: "Delete Alpha?" });
  await expect(dialog).toContainText("Its 2 members become available for other groups.");
  await expect(dialog).toContainText("Members: Ann 0001 and Ann 0002.");
  await expect(dialog).toContainText("The people and their telephones stay");
  await dialog.getByRole("button", { name: "Cancel" }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByRole("button", { name: "Delete Alpha" })).toBeFocused();

  await page.keyboard.press("Enter");
  await dialog.getByRole("button", { name: "Delete" }).click();
  await expect(page.getByRole("rowheader")).toHaveText(["Beta"]);
  await expect(page.getByRole("navigation", { name: "Pages" }).getByText("1 group")).toBeVisible();
  await expect(page.getByRole("heading", { level: 1 })).toBeFocused();
  await expect(
    page.getByRole("status").getByText("The group Alpha is deleted. 2 people are available for other groups now."),
  ).toBeVisible();
});

test("Delete names all members once that is asked for", { tag: "@page" }, async ({ makeSite, openAs }) => {
  const members = Array.from({ length: 105 }, (_, place) => place);
  const site = await makeSite({ users: 105, groups: [{ name: "Alpha", members }] });
  const page = await openAs({ sites: [site.externalId] });
  await page.getByRole("button", { name: "Delete Alpha" }).click();
  const dialog = page.getByRole("alertdialog");
  await expect(dialog).toContainText("Ann 0005, and 100 more.");
  // Each sentence stands apart from the next.
  const sentences = await dialog.getByRole("paragraph").all();
  const [first, second, third] = await Promise.all(sentences.map((sentence) => sentence.boundingBox()));
  expect(second!.y - (first!.y + first!.height)).toBeGreaterThan(8);
  expect(third!.y - (second!.y + second!.height)).toBeGreaterThan(8);

  const button = dialog.getByRole("button", { expanded: false });
  await expect(button).toHaveText("Show all 105");
  await button.press("Enter");
  await expect(dialog).toContainText("Ann 0104, and Ann 0105.");
  await expect(dialog.getByRole("button", { name: "Show fewer", expanded: true })).toBeFocused();
  expect(await findBarriers(page)).toEqual([]);
  await page.keyboard.press("Enter");
  await expect(dialog).toContainText("Ann 0005, and 100 more.");
});

test("last group of the last page leads to the first page", { tag: "@page" }, async ({ makeSite, openAs }) => {
  const groups = Array.from({ length: 26 }, (_, place) => ({ name: `Team ${String(place + 1).padStart(2, "0")}` }));
  const site = await makeSite({ groups });
  const page = await openAs({ sites: [site.externalId] });
  await page.getByRole("button", { name: "Next" }).click();
  await expect(page.getByRole("rowheader")).toHaveText(["Team 26"]);

  await page.getByRole("button", { name: "Delete Team 26" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Delete" }).click();

  await expect(page.getByRole("navigation", { name: "Pages" }).getByText("25 groups")).toBeVisible();
});

test("Delete shows what another person has changed in the meantime", async ({ makeSite, openAs, server }) => {
  const site = await makeSite({ users: 3, groups: GROUPS });
  const colleague = new Colleague(server, site);
  const page = await openAs({ sites: [site.externalId] });
  await page.getByRole("button", { name: "Delete Alpha" }).click();
  await colleague.rename(0, "Alpha team");
  await colleague.addMembers(0, [1, 2]);

  const dialog = page.getByRole("alertdialog");
  await dialog.getByRole("button", { name: "Delete" }).click();
  await expect(dialog).toContainText("The name was Alpha, and is Alpha team now.");
  await expect(dialog).toContainText("Members: 1 before, 3 now.");
  expect(await findBarriers(page)).toEqual([]);
  await dialog.getByRole("button", { name: "Delete it all the same" }).click();

  await expect(page.getByRole("rowheader")).toHaveText(["Beta", "Gamma"]);
});

test("Delete of a group that is gone says so", async ({ makeSite, openAs, server }) => {
  const site = await makeSite({ users: 1, groups: GROUPS });
  const page = await openAs({ sites: [site.externalId] });
  await page.getByRole("button", { name: "Delete Beta" }).click();
  await new Colleague(server, site).remove(1);

  const dialog = page.getByRole("alertdialog");
  await dialog.getByRole("button", { name: "Delete" }).click();
  await expect(dialog).toContainText("This group is deleted already.");
  await dialog.getByRole("button", { name: "Close" }).click();
  await expect(page.getByRole("rowheader")).toHaveText(["Alpha", "Gamma"]);
});

test("changes by others appear without a row moving", async ({ makeSite, openAs, server }) => {
  const site = await makeSite({ users: 3, groups: GROUPS });
  const colleague = new Colleague(server, site);
  const page = await openAs({ sites: [site.externalId] });
  await expect(page.getByRole("rowheader")).toHaveText(["Alpha", "Beta", "Gamma"]);
  const place = await row(page, "Gamma").boundingBox();

  await colleague.rename(0, "Zeta");
  await colleague.addMembers(2, [1, 2]);
  await colleague.remove(1);
  await expect(page.getByRole("rowheader")).toHaveText(["Zeta", "BetaDeleted", "Gamma"]);
  await expect(row(page, "Gamma").getByRole("cell").first()).toHaveText("2", { useInnerText: true });
  await expect(page.getByRole("button", { name: "Delete Beta" })).toHaveCount(0);
  expect(await row(page, "Gamma").boundingBox()).toEqual(place);

  await colleague.create("Epsilon");
  await colleague.create("Eta");
  await expect(page.getByRole("status").filter({ hasText: "2 new groups" })).toBeVisible();
  expect(await groupNames(page)).toEqual(["Zeta", "BetaDeleted", "Gamma"]);
  await page.getByRole("button", { name: "Show", exact: true }).click();
  await expect(page.getByRole("rowheader")).toHaveText(["Epsilon", "Eta", "Gamma", "Zeta"]);
  await expect(page.getByText("2 new groups")).toHaveCount(0);
});

test("changes appear by polling where no WebSocket passes", { tag: "@page" }, async ({ makeSite, openAs, server }) => {
  const site = await makeSite({ users: 1, groups: GROUPS });
  const page = await openAs({ sites: [site.externalId] });
  await page.routeWebSocket("**/graphql", (socket) => socket.close());
  await page.clock.install();
  await page.reload();
  await expect(page.getByRole("rowheader")).toHaveText(["Alpha", "Beta", "Gamma"]);

  await new Colleague(server, site).rename(0, "Zeta");

  // The page asks ten seconds after it was last refused a WebSocket, which it wants after longer and longer pauses.
  await expect(async () => {
    await page.clock.fastForward(10_000);
    await expect(page.getByRole("rowheader")).toHaveText(["Zeta", "Beta", "Gamma"], { timeout: 500 });
  }).toPass();
});

test.describe("while the server is away", { tag: "@page" }, () => {
  test.use({ expectedErrors: [/ERR_CONNECTION_REFUSED|WebSocket|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE/] });

  test("list waits for it, and is live again afterwards", async ({ makeSite, openAs, otherServer: server }) => {
    await server.start();
    const site = await makeSite({ users: 1, groups: [...GROUPS, { name: "Delta" }] });
    const page = await openAs({ sites: [site.externalId] }, server.url);
    await expect(page.getByRole("rowheader")).toHaveText(["Alpha", "Beta", "Delta", "Gamma"]);

    await server.stop();
    await page.getByRole("searchbox", { name: "Search groups and users" }).fill("ta");
    await expect(page.getByText("The server does not answer. Trying again…")).toBeVisible();
    await expect(page.getByText("what you see here is still the list from before")).toBeVisible();
    await expect(page.getByRole("rowheader")).toHaveText(["Alpha", "Beta", "Delta", "Gamma"]);
    await page.getByRole("button", { name: "Delete Alpha" }).click();
    await page.getByRole("alertdialog").getByRole("button", { name: "Delete" }).click();
    await expect(page.getByRole("alertdialog")).toContainText("The server does not answer.");
    await expect(page.getByRole("alertdialog")).toContainText("It is not known whether the group was deleted");

    await server.start();
    await expect(page.getByRole("rowheader")).toHaveText(["Beta", "Delta"]);
    await expect(page.getByText("The server does not answer. Trying again…")).toBeHidden();
    await expect(page.getByText("what you see here is still the list from before")).toBeHidden();
    await page.getByRole("alertdialog").getByRole("button", { name: "Try again" }).click();
    await expect(page.getByText("Alpha is deleted.")).toBeAttached();

    await new Colleague(server, site).rename(1, "Beta two");
    await expect(page.getByRole("rowheader")).toHaveText(["Beta two", "Delta"]);
  });
});
