// The views in both languages, light and dark: what a person sees of them at 1280 pixels, at twice the size, and at 360
// pixels. Their pictures lie in the folder of the results; the README's, ../edit.png, is a copy of edit-1280.png there,
// made by hand: `PICKUP_BROWSER_RESULTS=DIR pytest tests/system/browser -k "pictures and sqlite"`, then DIR/pages.

import { join } from "node:path";
import type { Page } from "@playwright/test";
import { findBarriers } from "../support/accessibility";
import { variable } from "../support/environment";
import { expect, test } from "../support/fixtures";
import { LOOKS } from "../support/looks";
import { choose, panelOf, row } from "../support/panel";
import { token } from "../support/tokens";
import { findHidden } from "../support/visibility";

const UPDATE = "mutation($input: UpdatePickupGroupInput!) { updatePickupGroup(input: $input) { violations { rule } } }";

const NAMES = "Ana Ruiz,Bo Lind,Chloé Roy,Dan Fox,Éva Kis,Finn Ode,Gil Paz,Hana Abe,Ian Ross,Jo Tran,Kim Oh,Lea Blum";
const USERS = NAMES.split(",").map((name, place) => {
  const [firstName = "", lastName = ""] = name.split(" ");
  return { firstName, lastName, extension: String(2101 + place), bargeInExempt: place === 2 };
});

const ENGLISH = {
  available: "Available",
  assigned: "Assigned",
  add: "Add the chosen users to Assigned",
  name: "Group name",
  save: "Save",
  exempt: "for Chloé Roy: others can then join their calls under way.",
  inSales: "Is in the group Sales.",
  apply: "Show my changes on the new version",
  joined: "Joined: Ian Ross",
  renamed: "Renamed Reception to Front desk",
  showAll: "Show all groups",
};
const FRENCH: typeof ENGLISH = {
  available: "Disponibles",
  assigned: "Affectés",
  add: "Ajouter les utilisateurs choisis aux affectés",
  name: "Nom du groupe",
  save: "Enregistrer",
  exempt: "pour Chloé Roy\u00a0: d’autres pourront se joindre à ses appels en cours.",
  inSales: "Est dans le groupe Sales.",
  apply: "Montrer mes modifications sur la nouvelle version",
  joined: "Ajout : Ian Ross",
  renamed: "Groupe Reception renommé en Front desk",
  showAll: "Montrer tous les groupes",
};

const FULL = { width: 1280, height: 960 };
const TWICE = { width: 640, height: 480 }; // the same window at 200 %
const NARROW = { width: 360, height: 780 };

async function inspect(page: Page, name: string): Promise<void> {
  for (const size of [FULL, TWICE, NARROW]) {
    await page.setViewportSize(size);
    await expect.poll(() => findHidden(page), `${name} at ${size.width}`).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(size.width);
    await page.evaluate(() => {
      (document.activeElement as HTMLElement).blur();
    });
    if (size === NARROW) {
      const height = await page.evaluate(() => document.documentElement.scrollHeight);
      await page.setViewportSize({ ...NARROW, height });
    }
    await page.screenshot({ path: join(variable("RESULTS_FOLDER"), `${name}-${size.width}.png`) });
  }
  await page.setViewportSize(FULL);
  expect(await findBarriers(page), name).toEqual([]);
}

for (const look of LOOKS) {
  test.describe(`${look.locale}, ${look.colorScheme}`, { tag: "@page" }, () => {
    test.use(look);
    const words = look.locale === "en-CA" ? ENGLISH : FRENCH;

    test("views have no barriers, and nothing is hidden in them", async ({ makeSite, openAs, server }) => {
      const site = await makeSite({
        name: "Montréal – Siège social",
        users: USERS,
        groups: [{ name: "Reception", members: [0, 4, 7, 9] }, { name: "Sales" }],
      });
      const [group] = site.groups;
      const change = (input: object) => server.query(token({ sub: "bob@example.com" }), UPDATE, { input });
      const picture = (view: string) => (look.locale === "en-CA" ? view : `${view}-fr-dark`);

      const page = await openAs({ sites: [site.externalId] }, `?site=${site.id}`);
      await expect(page.getByRole("rowheader")).toHaveText(["Reception", "Sales"]);
      await inspect(page, picture("list"));

      const add = await openAs({ sites: [site.externalId] }, panelOf(site));
      await expect(add.getByRole("textbox", { name: words.name })).toBeFocused();
      await inspect(add, picture("add"));

      const none = await openAs({ sites: [site.externalId] }, `?site=${site.id}&search=night`);
      await expect(none.getByRole("link", { name: words.showAll })).toBeVisible();
      await inspect(none, picture("none-found"));

      await page.goto(panelOf(site, group));
      const available = page.getByRole("grid", { name: words.available });
      const assigned = page.getByRole("grid", { name: words.assigned });
      const name = page.getByRole("textbox", { name: words.name });
      const save = page.getByRole("button", { name: words.save, exact: true });
      await choose(available, "Dan Fox", "Chloé Roy");
      await page.getByRole("button", { name: words.add }).click();
      await choose(available, "Ian Ross", "Kim Oh");
      await expect(page.getByText(words.exempt)).toBeVisible();
      await inspect(page, picture("edit"));

      await name.fill("Sales");
      await change({ id: site.groups[1]?.id, addUserIds: [site.users[3]?.id] });
      await save.click();
      await expect(row(assigned, "Dan Fox")).toContainText(words.inSales);
      await inspect(page, picture("violations"));

      const removeUserIds = [site.users[0]?.id];
      await change({ id: group?.id, name: "Front desk", addUserIds: [site.users[8]?.id], removeUserIds });
      await name.fill("Welcome");
      await save.click();
      await expect(page.getByRole("button", { name: words.apply })).toBeVisible();
      await expect(page.getByText(words.joined)).toBeVisible();
      await inspect(page, picture("conflict"));

      const history = await openAs({ sites: [site.externalId] }, `?site=${site.id}&history=yes`);
      await expect(history.getByText(words.renamed)).toBeVisible();
      await expect(history.getByText(words.joined)).toBeVisible();
      await inspect(history, picture("history"));
    });
  });
}
