// What is not saved is asked about before one signs out, and stays if its group is deleted; nothing else of the group does.

import type { Page, Request } from "@playwright/test";
import { findBarriers } from "../support/accessibility";
import { expect, test } from "../support/fixtures";
import { hold } from "../support/hold";
import { close, nameField, notice, panelOf, save, searchAvailable } from "../support/panel";
import { token } from "../support/tokens";

const DELETE = "mutation($input: DeletePickupGroupInput!) { deletePickupGroup(input: $input) { deletedId } }";

const question = (page: Page) => page.getByRole("alertdialog", { name: "Leave without saving?" });
const signOut = (page: Page) => page.getByRole("button", { name: "Sign out" });

test.describe("Sign out", { tag: "@page" }, () => {
  test.use({ expectedErrors: [/401/] });

  test("asks before it throws away what is not saved", async ({ makeSite, openAs }) => {
    const site = await makeSite({ groups: [{ name: "Desk" }] });
    const claims = { sites: [site.externalId] };
    const page = await openAs(claims, panelOf(site, site.groups[0]));
    await nameField(page).fill("Front desk");

    await signOut(page).click();
    await expect(question(page)).toContainText("Not saved yet: new name");
    await question(page).getByRole("button", { name: "Stay here" }).click();
    await expect(nameField(page)).toHaveValue("Front desk");

    await signOut(page).click();
    await question(page).getByRole("button", { name: "Leave without saving" }).click();
    await page.getByRole("textbox", { name: "Access token" }).fill(token({ ...claims, sub: "bob" }));
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(nameField(page)).toHaveValue("Desk");
    await signOut(page).click();
    await expect(page.getByRole("textbox", { name: "Access token" })).toBeVisible();
  });

  test("asks also once the sign-in has expired", async ({ makeSite, openAs }) => {
    const site = await makeSite({ groups: [{ name: "Desk" }] });
    const page = await openAs({ sites: [site.externalId] }, panelOf(site, site.groups[0]));
    await nameField(page).fill("Front desk");
    await page.route("**/graphql", (route) => route.fulfill({ status: 401 }));
    await page.getByRole("button", { name: "Save", exact: true }).click();
    const again = page.getByRole("dialog", { name: "Sign in again" });

    await again.getByRole("button", { name: "Leave without signing in" }).click();
    expect(await findBarriers(page)).toEqual([]);
    await question(page).getByRole("button", { name: "Stay here" }).click();
    await again.getByRole("button", { name: "Leave without signing in" }).click();
    await question(page).getByRole("button", { name: "Leave without saving" }).click();

    await expect(page.getByRole("heading", { name: "Sign in to Pickup" })).toBeVisible();
  });
});

test.describe("a group that is deleted", () => {
  test("by oneself is not shown again by Back", { tag: "@page" }, async ({ makeSite, openAs }) => {
    const site = await makeSite({ users: 1, groups: [{ name: "Desk", members: [0] }, { name: "Support" }] });
    const page = await openAs({ sites: [site.externalId] }, `?site=${site.id}`);
    await page.getByRole("link", { name: "Edit Desk" }).click();
    await expect(nameField(page)).toHaveValue("Desk");
    await page.getByRole("link", { name: "Pickup" }).click();
    await page.getByRole("button", { name: "Delete Desk" }).click();
    await page.getByRole("alertdialog").getByRole("button", { name: "Delete" }).click();
    await expect(page.getByText("The group Desk is deleted.")).toBeVisible();
    // From here on the page knows of the deletion by itself.
    const reading = await hold(page, /query OpenGroup\b/);

    await page.goBack();
    await expect(page.getByRole("alert")).toContainText("the group Desk was deleted.");
    await expect(nameField(page)).toHaveCount(0);
    reading.release();
    await page.locator(".panel").getByRole("button", { name: "Close" }).click();
    await expect(page.getByRole("link", { name: "Edit Support" })).toBeVisible();
  });

  test("by another person is not led to in the list", async ({ makeSite, openAs, server }) => {
    const site = await makeSite({ groups: [{ name: "Desk" }, { name: "Support" }] });
    const page = await openAs({ sites: [site.externalId] }, `?site=${site.id}`);
    await page.getByRole("link", { name: "Edit Desk" }).click();
    await expect(nameField(page)).toHaveValue("Desk");
    await hold(page, /query OpenGroup\b/);
    await server.query(token({ sub: "bob" }), DELETE, { input: { id: site.groups[0]?.id } });

    await close(page).click();

    await expect(page.getByRole("rowheader")).toHaveText(["Support"]);
    await expect(page.getByRole("heading", { level: 1 })).toBeFocused();
    expect(await page.getByText("Desk is on another page of the list.").count()).toBe(0);
  });

  test("by another person stays only with what is not saved", async ({ makeSite, openAs, server }) => {
    const site = await makeSite({ groups: [{ name: "Desk" }] });
    const page = await openAs({ sites: [site.externalId] }, `?site=${site.id}`);
    await page.getByRole("link", { name: "Edit Desk" }).click();
    await expect(nameField(page)).toHaveValue("Desk");
    await page.goBack();
    await expect(page.getByRole("link", { name: "Edit Desk" })).toBeVisible();
    const reading = await hold(page, /query OpenGroup\b/);

    await page.goForward();
    await nameField(page).fill("Front desk");
    await server.query(token({ sub: "bob" }), DELETE, { input: { id: site.groups[0]?.id } });
    const answered = page.waitForResponse((response) =>
      /query OpenGroup\b/.test(response.request().postData() ?? ""),
    );
    reading.release();
    await (await answered).finished();
    await expect(page.getByText("What you typed is still here, but there is no group to save it in.")).toBeVisible();
    await expect(save(page)).toBeDisabled();
    await expect(nameField(page)).toHaveValue("Front desk");

    await nameField(page).fill("Desk");
    await expect(page.getByRole("alert")).toContainText("the group Desk was deleted.");
    await expect(nameField(page)).toHaveCount(0);
  });
});

test("Close during a Save says that it is on its way, until it is answered", { tag: "@page" }, async ({
  makeSite,
  openAs,
}) => {
  const site = await makeSite({ groups: [{ name: "Desk" }] });
  const page = await openAs({ sites: [site.externalId] }, panelOf(site, site.groups[0]));
  await nameField(page).fill("Front desk");
  const sent = await hold(page, /mutation SaveGroup\b/);
  await save(page).click();
  await sent.asked;

  await close(page).click();
  await expect(question(page)).toContainText("A Save is on its way: leaving does not stop it.");
  expect(await findBarriers(page)).toEqual([]);
  sent.release();

  await expect(question(page)).toBeHidden();
  await expect(notice(page, "Front desk is saved.")).toBeVisible();
  await expect(close(page)).toBeFocused();
});

test("work that is thrown away while a move is tried is not saved", { tag: "@page" }, async ({ makeSite, openAs }) => {
  const site = await makeSite({
    users: [{ firstName: "Bob", lastName: "Ray" }],
    groups: [{ name: "Desk" }, { name: "Support", members: [0] }],
  });
  const page = await openAs({ sites: [site.externalId] }, `?site=${site.id}`);
  const isSave = (request: Request) => /mutation SaveGroup\b/.test(request.postData() ?? "");
  const saves: Request[] = [];
  page.on("request", (request) => isSave(request) && saves.push(request));
  await page.getByRole("link", { name: "Edit Desk" }).click();
  await searchAvailable(page).fill("bob");
  await page.getByRole("button", { name: "Move here: Bob Ray, from Support" }).click();

  const trial = await hold(page, /mutation SaveGroup\b/);
  const answered = page.waitForResponse((response) => isSave(response.request()));
  await save(page).click();
  await trial.asked;
  await page.goBack();
  await question(page).getByRole("button", { name: "Leave without saving" }).click();
  trial.release();
  await (await answered).finished();

  await page.getByRole("searchbox", { name: "Search groups and users" }).fill("bob");
  await expect(page.getByRole("region", { name: "Users found" })).toContainText("in Support");
  expect(saves).toHaveLength(1);
});
