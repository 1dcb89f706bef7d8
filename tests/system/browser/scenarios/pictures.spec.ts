// Pictures of the views, for the README and to be looked at: they lie in the folder of the results.

import { join } from "node:path";
import type { Page } from "@playwright/test";
import { variable } from "../support/environment";
import { expect, test } from "../support/fixtures";
import { assigned, available, choose, nameField, panelOf, row, save, toAssigned } from "../support/panel";
import { token } from "../support/tokens";

const UPDATE = "mutation($input: UpdatePickupGroupInput!) { updatePickupGroup(input: $input) { violations { rule } } }";

const NAMES = "Ana Ruiz,Bo Lind,Chloé Roy,Dan Fox,Éva Kis,Finn Ode,Gil Paz,Hana Abe,Ian Ross,Jo Tran,Kim Oh,Lea Blum";
const USERS = NAMES.split(",").map((name, place) => {
  const [firstName = "", lastName = ""] = name.split(" ");
  return { firstName, lastName, extension: String(2101 + place), bargeInExempt: place === 2 };
});

async function take(page: Page, name: string): Promise<void> {
  for (const [width, height] of [
    [1280, 940],
    [360, 780],
  ] as const) {
    await page.setViewportSize({ width, height });
    await page.evaluate(() => {
      scrollTo(0, 0);
    });
    await page.screenshot({ path: join(variable("RESULTS_FOLDER"), `${name}-${width}.png`), fullPage: width === 360 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
  }
  await page.setViewportSize({ width: 1280, height: 940 });
}

test("edit, violations, conflict and history fit into 1280 and 360 pixels", async ({ makeSite, openAs, server }) => {
  const site = await makeSite({
    name: "Montréal – Siège social",
    users: USERS,
    groups: [{ name: "Reception", members: [0, 4, 7, 9] }, { name: "Sales" }],
  });
  const [group] = site.groups;
  const page = await openAs({ sites: [site.externalId] }, panelOf(site, group));
  await choose(available(page), "Dan Fox", "Chloé Roy");
  await toAssigned(page).click();
  await choose(available(page), "Ian Ross", "Kim Oh");
  await expect(page.getByText("Chloé Roy is exempt from barge-in.")).toBeVisible();
  await take(page, "edit");

  await nameField(page).fill("Sales");
  await server.query(token({ sub: "bob@example.com" }), UPDATE, {
    input: { id: site.groups[1]?.id, addUserIds: [site.users[3]?.id] },
  });
  await save(page).click();
  await expect(row(assigned(page), "Dan Fox")).toContainText("Is in the group Sales.");
  await take(page, "violations");

  await server.query(token({ sub: "bob@example.com" }), UPDATE, {
    input: { id: group?.id, name: "Front desk", addUserIds: [site.users[8]?.id], removeUserIds: [site.users[0]?.id] },
  });
  await nameField(page).fill("Welcome");
  await save(page).click();
  await expect(page.getByRole("button", { name: "Apply my changes on top" })).toBeVisible();
  await expect(page.getByText("Joined: Ian Ross")).toBeVisible();
  await take(page, "conflict");

  const history = await openAs({ sites: [site.externalId] }, `?site=${site.id}&history=yes`);
  await expect(history.getByText("Renamed Reception to Front desk")).toBeVisible();
  await expect(history.getByText("Joined: Ian Ross")).toBeVisible();
  await take(history, "history");
});
