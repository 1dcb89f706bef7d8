// A token that the server refuses during work: one signs in again, as who one was or as another person, or gives up.

import type { Page, Route } from "@playwright/test";
import { findBarriers } from "../support/accessibility";
import type { MadeSite } from "../support/directory";
import { test as base, expect } from "../support/fixtures";
import { assigned, available, choose, nameField, notice, panelOf, row, save, toAssigned } from "../support/panel";
import type { Server } from "../support/server";
import { type Claims, token } from "../support/tokens";

const GROUP = `query($id: ID!) { pickupGroup(id: $id) { name version members(first: 100) { nodes { displayName } } } }`;

interface Group {
  pickupGroup: { name: string; version: number; members: { nodes: { displayName: string }[] } } | null;
}

const again = (page: Page) => page.getByRole("dialog", { name: "Sign in again" });
const tokenField = (page: Page) => page.getByRole("textbox", { name: "Access token" });
const question = (page: Page) => page.getByRole("alertdialog", { name: "Leave without saving?" });

/** Its name, its version, and its members. */
async function stateOf(server: Server, site: MadeSite): Promise<unknown[]> {
  const { pickupGroup } = await server.query<Group>(token(), GROUP, { id: site.groups[0]?.id });
  return [pickupGroup?.name, pickupGroup?.version, ...(pickupGroup?.members.nodes ?? []).map((one) => one.displayName)];
}

/** The server refuses the mutation of this name that `act` sends, as if the token of these claims had expired. */
async function refuse(page: Page, mutation: string, claims: Claims, act: () => Promise<void>): Promise<void> {
  const authorization = `Bearer ${token({ ...claims, expiresIn: -60 })}`;
  const spoil = (route: Route) =>
    route.request().postData()?.includes(`mutation ${mutation}(`)
      ? route.continue({ headers: { ...route.request().headers(), authorization } })
      : route.fallback();
  await page.route("**/graphql", spoil);
  const refused = page.waitForResponse((response) => response.status() === 401);
  await act();
  await refused;
  await page.unroute("**/graphql", spoil);
  await expect(tokenField(page)).toBeFocused();
}

async function signInWith(page: Page, claims: Claims): Promise<void> {
  await tokenField(page).fill(token(claims));
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
}

/** Changes a group, whose Save is refused. */
async function refuseSave(page: Page, claims: Claims): Promise<void> {
  await nameField(page).fill("Front desk");
  await choose(available(page), "Ann 0002");
  await toAssigned(page).click();
  await expect(row(assigned(page), "Ann 0002")).toBeVisible();
  await refuse(page, "SaveGroup", claims, () => save(page).click());
}

/** Someone's edit, whose Save was refused because the token had expired. */
interface RefusedEdit {
  readonly site: MadeSite;
  readonly claims: Claims;
  readonly page: Page;
}

const test = base.extend<{ edit: RefusedEdit }>({
  edit: async ({ makeSite, openAs }, use) => {
    const site = await makeSite({ users: 3, groups: [{ name: "Desk" }] });
    const claims = { sub: "ann", sites: [site.externalId] };
    const page = await openAs(claims, panelOf(site, site.groups[0]));
    await refuseSave(page, claims);
    await use({ site, claims, page });
  },
});

/** The operations of this name that the page sends from now on. */
function watch(page: Page, name: string): string[] {
  const sent: string[] = [];
  page.on("request", (request) => {
    const body = request.postData() ?? "";
    if (body.includes(`mutation ${name}(`)) sent.push(body);
  });
  return sent;
}

test.describe("a token that expires", { tag: "@page" }, () => {
  test.use({ expectedErrors: [/401/] });

  test("during an edit: one signs in again, and the Save goes through", async ({ edit: { claims, page } }) => {
    await signInWith(page, claims);

    await expect(notice(page, "Front desk is saved.")).toBeVisible();
  });

  test("during an edit: another person signs in, in whose name nothing is saved without Save", async ({
    edit: { site, claims, page },
    server,
  }) => {
    await signInWith(page, { ...claims, sub: "bob" });

    const warning = page.getByText("Another person has signed in. Nothing is saved, and nothing is lost");
    await expect(warning).toBeVisible();
    await expect(page.getByRole("banner")).toContainText("bob");
    await expect(nameField(page)).toHaveValue("Front desk");
    expect(await stateOf(server, site)).toEqual(["Desk", 1]);
    await save(page).click();
    await expect(notice(page, "Front desk is saved.")).toBeVisible();
    await nameField(page).fill("Back desk");
    await expect(page.getByText("Not saved yet: new name")).toBeVisible();
    await expect(warning).toBeHidden();
  });

  for (const sub of ["ann", "bob"]) {
    test(`during an edit: ${sub} signs in, may only read, and takes another token`, async ({ edit: { site, claims, page }, server }) => {
      await signInWith(page, { ...claims, sub, permissions: ["READ"] });

      await expect(page.getByText("Your sign-in now only lets you read, so these changes cannot be saved")).toBeVisible();
      await expect(page.getByText("Another person has signed in.")).toBeHidden();
      await expect(notice(page, "It is not saved.")).toBeHidden();
      await expect(save(page)).toBeHidden();
      expect(await findBarriers(page)).toEqual([]);
      const change = page.getByRole("button", { name: "Sign in with another token" });
      const dialog = page.getByRole("dialog", { name: "Sign in with another token" });
      await change.click();
      await dialog.getByRole("button", { name: "Cancel" }).click();
      await expect(dialog).toBeHidden();
      await change.click();
      await tokenField(page).fill("nonsense");
      await page.keyboard.press("Enter");
      await expect(dialog.getByText("This is not a token.")).toBeVisible();
      expect(await findBarriers(page)).toEqual([]);
      await signInWith(page, claims);

      await expect(save(page)).toBeFocused();
      await expect(page.getByText("Another person has signed in.")).toBeHidden();
      await expect(notice(page, "It is not saved.")).toBeHidden();
      await expect(nameField(page)).toHaveValue("Front desk");
      expect(await stateOf(server, site)).toEqual(["Desk", 1]);
      await save(page).click();
      await expect(notice(page, "Front desk is saved.")).toBeVisible();
      expect(await stateOf(server, site)).toEqual(["Front desk", 3, "Ann 0002"]);
    });
  }

  test("during an edit: what one throws away to sign out is not saved after the next sign-in", async ({
    edit: { site, claims, page },
    server,
  }) => {
    const sent = watch(page, "SaveGroup");

    await again(page).getByRole("button", { name: "Leave without signing in" }).click();
    await question(page).getByRole("button", { name: "Leave without saving" }).click();
    await signInWith(page, claims);

    await expect(nameField(page)).toHaveValue("Desk");
    await expect(row(available(page), "Ann 0002")).toBeVisible();
    expect(sent).toEqual([]);
    expect(await stateOf(server, site)).toEqual(["Desk", 1]);
  });

  test("during an edit: after a reload another person does not see it, and its author has it back", async ({
    edit: { site, claims, page },
    server,
  }) => {
    page.once("dialog", (dialog) => void dialog.accept());
    await page.reload();

    await signInWith(page, { ...claims, sub: "bob" });
    await expect(nameField(page)).toHaveValue("Desk");
    await expect(row(available(page), "Ann 0002")).toBeVisible();
    await expect(save(page)).toBeDisabled();
    await page.getByRole("button", { name: "Sign out" }).click();
    await signInWith(page, claims);

    await expect(page.getByText("Your unsaved changes are back.")).toBeVisible();
    await expect(nameField(page)).toHaveValue("Front desk");
    await expect(row(assigned(page), "Ann 0002")).toContainText("Joins");
    expect(await stateOf(server, site)).toEqual(["Desk", 1]);
  });

  test("during an edit: what one throws away by Back is not saved after the next sign-in", async ({
    makeSite,
    openAs,
    server,
  }) => {
    const site = await makeSite({ users: 3, groups: [{ name: "Desk" }] });
    const claims = { sites: [site.externalId] };
    const page = await openAs(claims, `?site=${site.id}`);
    await page.getByRole("link", { name: "Edit Desk" }).click();
    await refuseSave(page, claims);
    const sent = watch(page, "SaveGroup");

    await page.goBack();
    await question(page).getByRole("button", { name: "Leave without saving" }).click();
    await signInWith(page, claims);

    await expect(again(page)).toBeHidden();
    await page.getByRole("link", { name: "Edit Desk" }).click();
    await expect(nameField(page)).toHaveValue("Desk");
    expect(sent).toEqual([]);
    expect(await stateOf(server, site)).toEqual(["Desk", 1]);
  });

  test("during a Delete: it is not done after one has signed out", async ({ makeSite, openAs, server }) => {
    const site = await makeSite({ groups: [{ name: "Desk" }] });
    const claims = { sites: [site.externalId] };
    const page = await openAs(claims, `?site=${site.id}`);
    await page.getByRole("button", { name: "Delete Desk" }).click();
    const confirm = page.getByRole("alertdialog").getByRole("button", { name: "Delete" });
    await refuse(page, "DeleteGroup", claims, () => confirm.click());
    const sent = watch(page, "DeleteGroup");

    await again(page).getByRole("button", { name: "Leave without signing in" }).click();
    await signInWith(page, claims);

    await expect(page.getByRole("link", { name: "Edit Desk" })).toBeVisible();
    expect(sent).toEqual([]);
    expect(await stateOf(server, site)).toEqual(["Desk", 1]);
  });
});
