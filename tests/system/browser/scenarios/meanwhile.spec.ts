// What is typed and chosen while the server has not answered yet: it is neither lost nor counted twice.

import type { Page } from "@playwright/test";
import { expect, test } from "../support/fixtures";
import { assigned, available, choose, nameField, panelOf, row, save, toAssigned } from "../support/panel";
import { token } from "../support/tokens";

const RENAME = "mutation($input: RenamePickupGroupInput!) { renamePickupGroup(input: $input) { violations { rule } } }";

/** Holds the requests with such a body: `asked` resolves at the first of them, `release` sends them on. */
async function hold(page: Page, body: RegExp) {
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  await page.route("**/graphql", async (route) => {
    if (body.test(route.request().postData() ?? "")) {
      await released;
    }
    // The page may have given the request up.
    await route.fallback().catch(() => undefined);
  });
  const asked = page.waitForRequest((request) => body.test(request.postData() ?? ""));
  return { asked, release };
}

const saving = /mutation SaveGroup\b/;
const count = (page: Page, list: string) => page.getByRole("region", { name: list, exact: true }).locator(".people-count");

test.describe("meanwhile", () => {
  test("users chosen while a conflict is read are in it", async ({ makeSite, openAs, server }) => {
    const site = await makeSite({ users: 3, groups: [{ name: "Desk" }] });
    const [group] = site.groups;
    const page = await openAs({ sites: [site.externalId] }, panelOf(site, group));
    await choose(available(page), "Ann 0001");
    await toAssigned(page).click();
    await server.query(token(), RENAME, { input: { id: group?.id, name: "Front desk" } });
    const reading = await hold(page, /query ChangesSince\b/);

    await save(page).click();
    await reading.asked;
    await choose(available(page), "Ann 0002");
    await toAssigned(page).click();
    await expect(row(assigned(page), "Ann 0002")).toContainText("Joins");
    reading.release();

    await expect(page.getByText("Joining: Ann 0001 and Ann 0002")).toBeVisible();
    await page.getByRole("button", { name: "Apply my changes on top" }).click();
    await expect(row(assigned(page), "Ann 0001")).toContainText("Joins");
    await expect(row(assigned(page), "Ann 0002")).toContainText("Joins");
    await save(page).click();
    await expect(page.getByText("Front desk is saved.")).toBeVisible();
  });

  test("users chosen during a Save are counted once", { tag: "@page" }, async ({ makeSite, openAs }) => {
    const site = await makeSite({ users: 3, groups: [{ name: "Desk" }] });
    const page = await openAs({ sites: [site.externalId] }, panelOf(site, site.groups[0]));
    await choose(available(page), "Ann 0001");
    await toAssigned(page).click();
    await expect(count(page, "Assigned")).toHaveText("1 user");
    const sent = await hold(page, saving);

    await save(page).click();
    await sent.asked;
    await choose(available(page), "Ann 0002");
    await toAssigned(page).click();
    await expect(count(page, "Assigned")).toHaveText("2 users");
    const lists = await hold(page, /query (Members|AvailableUsers)\b/);
    sent.release();
    await lists.asked;

    await expect(page.getByText("Desk is saved.")).toBeVisible();
    await expect(count(page, "Assigned")).toHaveText("2 users");
    await expect(count(page, "Available")).toHaveText("1 user");
    lists.release();
    await expect(row(assigned(page), "Ann 0001")).not.toContainText("Joins");
    await expect(row(assigned(page), "Ann 0002")).toContainText("Joins");
  });

  test("a name that is typed on during a Save keeps the focus", { tag: "@page" }, async ({ makeSite, openAs }) => {
    const site = await makeSite({ groups: [{ name: "Desk" }] });
    const page = await openAs({ sites: [site.externalId] }, panelOf(site, site.groups[0]));
    await nameField(page).fill("Front desk");
    const sent = await hold(page, saving);

    await nameField(page).press("Enter");
    await sent.asked;
    await page.keyboard.type(", first ");
    sent.release();
    await expect(page.getByText("Front desk is saved.")).toBeVisible();
    await expect(page.getByRole("button", { name: "Saving…" })).toBeHidden();
    await page.keyboard.type("floor");

    await expect(nameField(page)).toHaveValue("Front desk, first floor");
  });

  test("a user who is moved while all are read is not chosen with them", { tag: "@page" }, async ({ makeSite, openAs }) => {
    const site = await makeSite({ users: 130, groups: [{ name: "Desk" }] });
    const page = await openAs({ sites: [site.externalId] }, panelOf(site, site.groups[0]));
    await expect(row(available(page), "Ann 0001")).toBeVisible();
    const reading = await hold(page, /"first":100\b/);

    await page.locator(".people-all").first().getByText("All 130").click();
    await reading.asked;
    await choose(available(page), "Ann 0001");
    await toAssigned(page).click();
    await expect(row(assigned(page), "Ann 0001")).toContainText("Joins");
    reading.release();

    await expect(page.getByText(/\d chosen/)).toHaveText("129 chosen");
  });

  test("each Save is given time before it is said to be slow", { tag: "@page" }, async ({ makeSite, openAs }) => {
    const site = await makeSite({ groups: [{ name: "Desk" }] });
    const page = await openAs({ sites: [site.externalId] }, panelOf(site, site.groups[0]));
    const slow = page.getByText("The server has not answered yet.");
    await expect(nameField(page)).toHaveValue("Desk");
    // The time stands still from now on.
    await page.clock.install();
    await page.clock.pauseAt(Date.now() + 60_000);

    for (const name of ["Front desk", "Back desk"]) {
      await nameField(page).fill(name);
      const sent = await hold(page, saving);
      await save(page).click();
      await sent.asked;
      await expect(page.getByRole("button", { name: "Saving…" })).toBeVisible();
      expect(await slow.count()).toBe(0);
      await page.clock.runFor(5_000);
      await expect(slow).toBeVisible();
      sent.release();
      await expect(page.getByText(`${name} is saved.`)).toBeVisible();
      await expect(slow).toBeHidden();
    }
  });
});
