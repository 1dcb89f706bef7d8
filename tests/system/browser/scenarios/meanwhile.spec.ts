// What is typed and chosen while the server has not answered yet: it is neither lost nor counted twice.

import type { Page } from "@playwright/test";
import { expect, test } from "../support/fixtures";
import { hold } from "../support/hold";
import { assigned, available, choose, close, nameField, notice, panelOf, row, save, searchAvailable, toAssigned } from "../support/panel";
import { token } from "../support/tokens";

const RENAME = "mutation($input: RenamePickupGroupInput!) { renamePickupGroup(input: $input) { violations { rule } } }";

const saving = /mutation SaveGroup\b/;
const creating = /mutation CreateGroup\b/;
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
    await page.getByRole("button", { name: "Show my changes on the new version" }).click();
    await expect(row(assigned(page), "Ann 0001")).toContainText("Joins");
    await expect(row(assigned(page), "Ann 0002")).toContainText("Joins");
    await save(page).click();
    await expect(notice(page, "Front desk is saved.")).toBeVisible();
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

    await expect(notice(page, "Desk is saved.")).toBeVisible();
    await expect(count(page, "Assigned")).toHaveText("2 users");
    await expect(count(page, "Available")).toHaveText("1 user");
    lists.release();
    await expect(row(assigned(page), "Ann 0001")).not.toContainText("Joins");
    await expect(row(assigned(page), "Ann 0002")).toContainText("Joins");
  });

  test("a search that is not answered yet does not offer what the last one has found", { tag: "@page" }, async ({
    makeSite,
    openAs,
  }) => {
    const site = await makeSite({ users: 3, groups: [{ name: "Desk" }] });
    const page = await openAs({ sites: [site.externalId] }, panelOf(site, site.groups[0]));
    const list = page.getByRole("region", { name: "Available", exact: true });
    await choose(available(page), "Ann 0001");
    await toAssigned(page).click();
    await expect(count(page, "Available")).toHaveText("2 users");
    await expect(list).toHaveAttribute("aria-busy", "false");
    const reading = await hold(page, /query AvailableUsers\b/);

    await searchAvailable(page).fill("0003");
    await reading.asked;
    await expect(list).toHaveAttribute("aria-busy", "true");
    await expect(list.locator(".people-rows")).toHaveCSS("opacity", "0.6");
    await expect(list.getByRole("checkbox", { name: "Available: All 2" })).toBeDisabled();
    await expect(count(page, "Available")).toHaveText("2 users");
    reading.release();

    await expect(count(page, "Available")).toHaveText("1 of 2 users");
    await expect(list.getByRole("checkbox", { name: "Available: All 1" })).toBeEnabled();
    await expect(list).toHaveAttribute("aria-busy", "false");
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
    await expect(notice(page, "Front desk is saved.")).toBeVisible();
    await expect(page.getByRole("button", { name: "Saving…" })).toBeHidden();
    await page.keyboard.type("floor");

    await expect(nameField(page)).toHaveValue("Front desk, first floor");
  });

  test("a name that is typed on while its group is made keeps its field and the focus", { tag: "@page" }, async ({
    makeSite,
    openAs,
  }) => {
    const site = await makeSite({ users: 1 });
    const page = await openAs({ sites: [site.externalId] }, `?site=${site.id}`);
    await page.getByRole("button", { name: "Add group" }).click();
    await expect(nameField(page)).toBeFocused();
    await page.keyboard.type("Front desk");
    const field = await nameField(page).elementHandle();
    const sent = await hold(page, creating);

    await page.keyboard.press("Enter");
    await sent.asked;
    await page.keyboard.type(", first ");
    sent.release();
    await expect(row(available(page), "Ann 0001")).toBeVisible();
    await page.keyboard.type("floor");

    await expect(page.getByRole("heading", { name: "Edit Front desk" })).toBeVisible();
    await expect(nameField(page)).toHaveValue("Front desk, first floor");
    expect(await field?.evaluate((input) => input === document.activeElement)).toBe(true);
    await expect(page.getByText("Not saved yet: new name")).toBeVisible();
    await close(page).click();
    await page.getByRole("alertdialog").getByRole("button", { name: "Stay here" }).click();
    await nameField(page).press("Enter");
    await expect(notice(page, "Front desk, first floor is saved.")).toBeVisible();
    await expect(nameField(page)).toBeFocused();
    await page.goBack();
    await expect(page.getByRole("link", { name: "Edit Front desk, first floor" })).toBeVisible();
  });

  test("a group that is made after one has left does not call back", { tag: "@page" }, async ({ makeSite, openAs }) => {
    const site = await makeSite();
    const page = await openAs({ sites: [site.externalId] }, panelOf(site));
    await nameField(page).fill("Desk");
    const sent = await hold(page, creating);

    await save(page).click();
    await sent.asked;
    await close(page).click();
    await page.getByRole("alertdialog").getByRole("button", { name: "Leave without saving" }).click();
    await expect(page.getByText("This site has no pickup groups yet.")).toBeVisible();
    sent.release();

    await page.getByRole("button", { name: "Show", exact: true }).click();
    await expect(page.getByRole("link", { name: "Edit Desk" })).toBeVisible();
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

    await expect(page.getByText(/^\d+ chosen$/)).toHaveText("129 chosen");
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
      await expect(notice(page, `${name} is saved.`)).toBeVisible();
      await expect(slow).toBeHidden();
    }
  });
});
