// The list of a site's groups: choosing the site, search, order, pages, and the address that leads back to all of it.

import { findBarriers } from "../support/accessibility";
import { groupNames, row } from "../support/list";
import { expect, test } from "../support/fixtures";
import { LOOKS } from "../support/looks";
import { tabTo } from "../support/panel";

/** Team 001, Team 002 … */
function teams(count: number) {
  return Array.from({ length: count }, (_, place) => ({ name: `Team ${String(place + 1).padStart(3, "0")}` }));
}

test("site is chosen from a drop-down list that the server searches", async ({ makeSite, openAs }) => {
  const lille = await makeSite({ name: "Lille – Gare", groups: [{ name: "Desk" }] });
  const lyon = await makeSite({ name: "Lyon – Bureau", groups: [{ name: "Night shift" }] });
  const page = await openAs({ sites: [lille.externalId, lyon.externalId] });
  await expect(page.getByRole("heading", { level: 1, name: "Choose a site" })).toBeVisible();

  const chooser = page.getByRole("combobox", { name: "Site" });
  await chooser.click();
  await expect(page.getByRole("option")).toHaveCount(2);
  await chooser.fill("bureau LYON");
  await expect(page.getByRole("option")).toHaveText(["Lyon – Bureau"]);
  await page.getByRole("option").click();

  await expect(page.getByRole("rowheader")).toHaveText(["Night shift"]);
  await expect(page.getByRole("heading", { level: 1, name: "Call pickup" })).toBeFocused();
  await expect(chooser).toHaveValue("Lyon – Bureau");
  await expect(page).toHaveTitle("Lyon – Bureau – Call pickup – Pickup");
  await page.goBack();
  await expect(page.getByRole("heading", { level: 1, name: "Choose a site" })).toBeVisible();
});

test("site chooser works by keyboard, and shows what is chosen again if nothing is", { tag: "@page" }, async ({
  makeSite,
  openAs,
}) => {
  const first = await makeSite({ name: "Aix" });
  const second = await makeSite({ name: "Brest", groups: [{ name: "Port" }] });
  const page = await openAs({ sites: [first.externalId, second.externalId] }, `?site=${first.id}`);
  const chooser = page.getByRole("combobox", { name: "Site" });
  await expect(chooser).toHaveValue("Aix");

  await chooser.focus();
  await page.keyboard.type("zzz");
  await expect(page.getByText("No site is found.")).toBeVisible();
  await page.keyboard.press("Escape");
  await page.keyboard.press("Tab");
  await expect(chooser).toHaveValue("Aix");

  await chooser.focus();
  await page.keyboard.type("bre");
  await expect(page.getByRole("option")).toHaveText(["Brest"]);
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("rowheader")).toHaveText(["Port"]);
  await expect(chooser).toHaveValue("Brest");
});

for (const way of ["click", "Tab"] as const) {
  test(`what is typed over the name of the chosen site is kept whole, reached by ${way}`, { tag: "@page" }, async ({
    makeSite,
    openAs,
  }) => {
    const first = await makeSite({ name: "Laval – Centre" });
    const second = await makeSite({ name: "Montréal – Siège", groups: [{ name: "Reception" }] });
    const page = await openAs({ sites: [first.externalId, second.externalId] }, `?site=${first.id}`);
    const chooser = page.getByRole("combobox", { name: "Site" });
    await expect(chooser).toHaveValue("Laval – Centre");

    if (way === "click") await chooser.click();
    else await tabTo(page, chooser);
    for (const letter of "montreal") {
      await page.keyboard.press(letter);
      await expect(page.getByRole("option").first()).toBeVisible();
    }
    await expect(chooser).toHaveValue("montreal");
    await expect(page.getByRole("option")).toContainText(["Montréal – Siège"]);
    await expect(chooser).toHaveValue("montreal");

    await page.keyboard.press("Escape");
    await expect(page.getByRole("listbox")).toHaveCount(0);
    await expect(chooser).toHaveValue("Laval – Centre");

    // Before the answer is there, too.
    await page.keyboard.press("ControlOrMeta+A");
    await page.keyboard.type("montreal");
    await page.keyboard.press("Enter");
    await expect(page.getByRole("rowheader")).toHaveText(["Reception"]);
    await expect(chooser).toHaveValue("Montréal – Siège");
  });
}

test("only site is chosen already", { tag: "@page" }, async ({ makeSite, openAs }) => {
  const site = await makeSite({ users: 3, groups: [{ name: "Desk", members: [0, 2] }] });
  const page = await openAs({ sites: [site.externalId] });

  await expect(row(page, "Desk").getByRole("cell").first()).toHaveText("2", { useInnerText: true });
  expect(new URL(page.url()).searchParams.get("site")).toBe(site.id);
});

test("groups are found by the search at the top of the page", async ({ makeSite, openAs }) => {
  const site = await makeSite({ groups: [...teams(30), { name: "Hélène’s desk" }] });
  const page = await openAs({ sites: [site.externalId] });
  await expect(page.getByText("1–25 of 31")).toBeVisible();

  const search = page.getByRole("searchbox", { name: "Search groups and users" });
  await search.pressSequentially("helene's");
  await expect(page.getByRole("rowheader")).toHaveText(["Hélène’s desk"]);
  await expect(page.getByRole("navigation", { name: "Pages" }).getByText("1 group")).toBeVisible();
  // What was typed until a pause may have found it already.
  await expect.poll(() => new URL(page.url()).searchParams.get("search")).toBe("helene's");

  await search.fill("no such group");
  await expect(page.getByText("No group is found for “no such group”.")).toBeVisible();
  await page.goBack();
  await expect(search).toHaveValue("");
  await expect(page.getByText("1–25 of 31")).toBeVisible();

  await search.fill("no such group");
  await page.getByRole("link", { name: "Show all groups" }).click();
  await expect(search).toHaveValue("");
  await expect(page.getByText("1–25 of 31")).toBeVisible();
});

test("answer that comes late does not take the place of a newer one", { tag: "@page" }, async ({
  makeSite,
  openAs,
}) => {
  const site = await makeSite({ groups: [{ name: "Alpha" }, { name: "Beta" }] });
  const page = await openAs({ sites: [site.externalId] });
  await expect(page.getByRole("rowheader")).toHaveText(["Alpha", "Beta"]);
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  await page.route("**/graphql", async (route) => {
    if (route.request().postDataJSON().variables.search === "alpha") await held;
    // The page may have given the request up.
    await route.continue().catch(() => undefined);
  });
  const search = page.getByRole("searchbox", { name: "Search groups and users" });

  const asked = page.waitForRequest((request) => request.postData()?.includes('"alpha"') ?? false);
  await search.fill("alpha");
  await asked;
  await search.fill("beta");
  await expect(page.getByRole("rowheader")).toHaveText(["Beta"]);
  release();
  await page.unrouteAll({ behavior: "wait" });

  await expect(page.getByRole("rowheader")).toHaveText(["Beta"]);
  await expect(page.getByRole("table")).toHaveAttribute("aria-busy", "false");
});

test("pages lead through all groups, both ways", async ({ makeSite, openAs }) => {
  const site = await makeSite({ groups: teams(60) });
  const page = await openAs({ sites: [site.externalId] });
  const pages = page.getByRole("navigation", { name: "Pages" });
  const next = pages.getByRole("button", { name: "Next" });
  const previous = pages.getByRole("button", { name: "Previous" });
  await expect(pages).toContainText("1–25 of 60");
  await expect(previous).toHaveAttribute("aria-disabled", "true");

  await next.click();
  await expect(pages).toContainText("26–50 of 60");
  await expect(page.getByRole("rowheader").first()).toHaveText("Team 026");
  await next.click();
  await expect(pages).toContainText("51–60 of 60");
  await expect(next).toHaveAttribute("aria-disabled", "true");
  await previous.click();
  await expect(pages).toContainText("26–50 of 60");
  expect(await groupNames(page)).toEqual(teams(50).slice(25).map(({ name }) => name));
  await previous.click();
  await expect(pages).toContainText("1–25 of 60");
  await expect(page.getByRole("rowheader").first()).toHaveText("Team 001");
});

test("Back, reload and a shared link show the same view", { tag: "@page" }, async ({ makeSite, openAs }) => {
  const site = await makeSite({ groups: [...teams(60), { name: "Other" }] });
  const claims = { sites: [site.externalId] };
  const page = await openAs(claims);
  const pages = page.getByRole("navigation", { name: "Pages" });
  await page.getByRole("searchbox", { name: "Search groups and users" }).fill("team");
  await expect(pages).toContainText("1–25 of 60");
  await page.getByRole("button", { name: "Name" }).click();
  await expect(page.getByRole("rowheader").first()).toHaveText("Team 060");
  await pages.getByRole("button", { name: "Next" }).click();
  await expect(page.getByRole("rowheader").first()).toHaveText("Team 035");

  await page.reload();
  await expect(pages).toContainText("26–50 of 60");
  await expect(page.getByRole("rowheader").first()).toHaveText("Team 035");

  const shared = await openAs(claims, page.url());
  await expect(shared.getByRole("navigation", { name: "Pages" })).toContainText("26–50 of 60");
  await expect(shared.getByRole("rowheader").first()).toHaveText("Team 035");
  await expect(shared.getByRole("searchbox", { name: "Search groups and users" })).toHaveValue("team");

  await page.goBack();
  await expect(page.getByRole("rowheader").first()).toHaveText("Team 060");
  await page.goBack();
  await expect(page.getByRole("rowheader").first()).toHaveText("Team 001");
  await page.goForward();
  await expect(page.getByRole("rowheader").first()).toHaveText("Team 060");
});

test("group is opened and left by keyboard, and the focus comes back to it", { tag: "@page" }, async ({
  makeSite,
  openAs,
}) => {
  const site = await makeSite({ users: 1, groups: teams(3) });
  const page = await openAs({ sites: [site.externalId] });
  const link = page.getByRole("rowheader").getByRole("link", { name: "Team 002" });
  await link.press("Enter");
  await expect(page.getByRole("textbox", { name: "Group name" })).toHaveValue("Team 002");
  expect(new URL(page.url()).searchParams.get("group")).toBe(site.groups[1]?.id);

  await page.getByRole("button", { name: "Close" }).press("Enter");
  await expect(link).toBeFocused();
  await expect(page.locator("[data-left]")).toContainText("Team 002");
  await page.goBack();
  await expect(page.getByRole("textbox", { name: "Group name" })).toHaveValue("Team 002");
  await page.goBack();
  await expect(link).toBeFocused();
});

test("a row that does nothing does not look as if it did", { tag: "@page" }, async ({ makeSite, openAs }) => {
  const site = await makeSite({ groups: [{ name: "Desk" }] });
  const page = await openAs({ sites: [site.externalId] });
  const cell = row(page, "Desk").getByRole("cell").first();
  const colour = () => cell.evaluate((element) => getComputedStyle(element).backgroundColor);
  const before = await colour();

  await cell.hover();

  expect(await colour()).toBe(before);
});

test("second click of a double-click on Close does nothing in the list", { tag: "@page" }, async ({
  makeSite,
  openAs,
}) => {
  const site = await makeSite({ groups: [{ name: "Desk" }] });
  const page = await openAs({ sites: [site.externalId] });
  const remove = await page.getByRole("button", { name: "Delete Desk" }).boundingBox();
  if (!remove) throw new Error("no button");
  const press = () => page.mouse.click(remove.x + remove.width / 2, remove.y + remove.height / 2);
  await page.getByRole("link", { name: "Edit Desk" }).click();
  const end = page.locator(".panel").getByRole("button", { name: "Close" });
  await end.focus();

  await page.keyboard.press("Enter");
  await page.getByRole("row", { name: "Desk" }).waitFor();
  await press();
  await expect(page.getByRole("alertdialog")).toHaveCount(0);
  await expect(async () => {
    await press();
    await expect(page.getByRole("alertdialog")).toBeVisible({ timeout: 100 });
  }).toPass();
});

test("groups are ordered by name or last change", async ({ makeSite, openAs }) => {
  const site = await makeSite({ groups: [{ name: "Beta" }, { name: "alpha" }, { name: "Gamma" }] });
  const page = await openAs({ sites: [site.externalId] });
  const names = page.getByRole("rowheader");
  await expect(names).toHaveText(["alpha", "Beta", "Gamma"]);
  await expect(page.getByRole("columnheader", { name: "Name" })).toHaveAttribute("aria-sort", "ascending");

  await page.getByRole("button", { name: "Last change" }).click();
  await expect(names).toHaveText(["Gamma", "alpha", "Beta"]);
  await expect(page.getByRole("columnheader", { name: "Last change" })).toHaveAttribute("aria-sort", "descending");
  await page.getByRole("button", { name: "Last change" }).click();
  await expect(names).toHaveText(["Beta", "alpha", "Gamma"]);
  await page.getByRole("button", { name: "Name" }).click();
  await expect(names).toHaveText(["alpha", "Beta", "Gamma"]);
});

test("cursor that is not one leads to the first page", { tag: "@page" }, async ({ makeSite, openAs }) => {
  const site = await makeSite({ groups: [{ name: "Desk" }] });
  const page = await openAs({ sites: [site.externalId] }, `?site=${site.id}&page=3&after=nonsense`);

  await expect(page.getByRole("navigation", { name: "Pages" }).getByText("1 group")).toBeVisible();
  await expect.poll(() => new URL(page.url()).search).toBe(`?site=${site.id}`);
});

test("names are text", { tag: "@page" }, async ({ makeSite, openAs }) => {
  const name = "<img src=x onerror=alert(1)>";
  const site = await makeSite({ name: `${name}<b>`, groups: [{ name }] });
  const page = await openAs({ sites: [site.externalId] });

  await expect(page.getByRole("rowheader")).toHaveText([name]);
  await expect(page.getByRole("combobox", { name: "Site" })).toHaveValue(`${name}<b>`);
  expect(await page.locator("img").count()).toBe(0);
});

test("page speaks French", { tag: "@page" }, async ({ makeSite, openAs }) => {
  const site = await makeSite({ users: 1, groups: [{ name: "Accueil", members: [0] }] });
  const page = await openAs({ sites: [site.externalId] });
  await page.getByRole("button", { name: "Français" }).click();

  await expect(page.getByRole("heading", { level: 1, name: "Interception d’appels" })).toBeVisible();
  await expect(page.locator("html")).toHaveAttribute("lang", "fr");
  await expect(page.getByRole("navigation", { name: "Pages" }).getByText("1 groupe")).toBeVisible();
  await page.getByRole("button", { name: "Supprimer Accueil" }).click();
  await expect(page.getByText("Son membre devient disponible pour d’autres groupes.")).toBeVisible();
  await page.getByRole("button", { name: "Annuler" }).click();
  await page.reload();
  await expect(page.getByRole("heading", { level: 1, name: "Interception d’appels" })).toBeVisible();
});

test.describe("in a French browser", { tag: "@page" }, () => {
  test.use({ locale: "fr-CA" });

  test("page speaks French, and asks the server for it", async ({ makeSite, openAs }) => {
    const site = await makeSite({ groups: [{ name: "Accueil" }] });
    const page = await openAs({ sites: [site.externalId] });
    await expect(page.getByRole("heading", { level: 1, name: "Interception d’appels" })).toBeVisible();

    const asked = page.waitForRequest("**/graphql");
    await page.getByRole("searchbox", { name: "Rechercher un groupe ou un utilisateur" }).fill("a b c d e f g h i j k");
    expect((await asked).headers()["accept-language"]).toBe("fr-CA");
    await expect(page.getByRole("alert").filter({ hasText: "10" })).toBeVisible();
    await expect(page.getByRole("alert")).toHaveCount(1);
  });
});

test("caller without WRITE sees everything, can change nothing, and reads so", { tag: "@page" }, async ({
  makeSite,
  openAs,
}) => {
  const site = await makeSite({ users: 2, groups: [{ name: "Desk", members: [0, 1] }] });
  const page = await openAs({ sites: [site.externalId], permissions: ["READ"] });

  await expect(page.getByRole("rowheader")).toHaveText(["Desk"]);
  await expect(page.getByText("You can see everything here, but you may not change it.")).toBeVisible();
  await expect(page.getByRole("button", { name: "Add group" })).toHaveCount(0);
  await expect(page.getByRole("button", { name: /Delete/ })).toHaveCount(0);
  await page.getByRole("link", { name: "View Desk" }).click();
  await expect(page.getByText("Ann 0001")).toBeVisible();
  await expect(page.getByRole("button", { name: "Save" })).toHaveCount(0);
});

const ADD = { "en-CA": "Add group", "fr-CA": "Ajouter un groupe" };

for (const look of LOOKS) {
  test.describe(`${look.locale}, ${look.colorScheme}`, { tag: "@page" }, () => {
    test.use(look);

    test("list, chooser, dialog and narrow list have no barriers", async ({ makeSite, openAs }) => {
      const site = await makeSite({ users: 2, groups: [...teams(30), { name: "Accueil", members: [0] }] });
      const other = await makeSite();
      const page = await openAs({ sites: [site.externalId, other.externalId] });
      await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
      await expect(page.getByRole("listitem")).toHaveCount(2);
      expect(await findBarriers(page)).toEqual([]);

      await page.goto(`?site=${site.id}`);
      await expect(page.getByRole("button", { name: ADD[look.locale] })).toBeVisible();
      await expect(page.getByRole("rowheader").first()).toHaveText("Accueil");
      expect(await findBarriers(page)).toEqual([]);

      await page.getByRole("button", { name: /Accueil/ }).click();
      await expect(page.getByRole("alertdialog")).toBeVisible();
      expect(await findBarriers(page)).toEqual([]);
      await page.keyboard.press("Escape");

      await page.setViewportSize({ width: 360, height: 740 });
      await expect(page.getByRole("combobox").last()).toBeVisible();
      expect(await findBarriers(page)).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
    });
  });
}
