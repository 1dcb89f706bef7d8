// Finding a group: by a user who is in it, and after it was saved.

import { findBarriers } from "../support/accessibility";
import { expect, test } from "../support/fixtures";
import { notice } from "../support/panel";

test("a search of the groups finds users too, and leads to the group that each is in", { tag: "@page" }, async ({
  makeSite,
  openAs,
}) => {
  const named = (firstName: string, extension: string) => ({ firstName, lastName: "Roy", extension });
  const site = await makeSite({
    users: [named("Juliette", "1001"), named("Karim", "1002"), { ...named("Lobby", "1003"), stationType: "FAX" }],
    groups: [{ name: "Marketing", members: [1] }, { name: "Roy’s desk" }],
  });
  const page = await openAs({ sites: [site.externalId] });
  const search = page.getByRole("searchbox", { name: "Search groups and users" });
  const users = page.getByRole("region", { name: "Users found" });
  await expect(page.getByRole("rowheader")).toHaveCount(2);
  await expect(users).toHaveCount(0);

  await search.fill("roy");
  await expect(page.getByRole("rowheader")).toHaveText(["Roy’s desk"]);
  await expect(users.getByRole("listitem")).toHaveText([
    "Karim Royext. 1002in Marketing",
    "Juliette Royext. 1001in no group",
    "Lobby Royext. 1003cannot be in a group",
  ]);
  await expect(page.getByRole("status").filter({ hasText: "1 group and 3 users" })).toHaveCount(1);
  expect(await findBarriers(page)).toEqual([]);

  await search.fill("1002");
  await expect(page.getByText("No group is found for “1002”.")).toBeVisible();
  await users.getByRole("link", { name: "Marketing" }).click();
  await expect(page.getByRole("heading", { name: "Edit Marketing" })).toBeFocused();
  await page.getByRole("button", { name: "Close" }).click();
  await expect(users.getByRole("link", { name: "Marketing" })).toBeFocused();

  await search.fill("nobody");
  await expect(page.getByText("No user is found.")).toBeVisible();
  await search.fill("");
  await expect(page.getByRole("rowheader")).toHaveCount(2);
  await expect(page.getByText("No user is found.")).toHaveCount(0);
});

test("a user who is found is in no group once it is deleted", { tag: "@page" }, async ({ makeSite, openAs }) => {
  const site = await makeSite({
    users: [{ firstName: "Juliette", lastName: "Roy" }],
    groups: [{ name: "Roy’s desk", members: [0] }],
  });
  const page = await openAs({ sites: [site.externalId] });
  const users = page.getByRole("region", { name: "Users found" });
  await page.getByRole("searchbox", { name: "Search groups and users" }).fill("roy");
  await expect(users.getByRole("listitem")).toContainText("in Roy’s desk");

  await page.getByRole("button", { name: "Delete Roy’s desk" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Delete" }).click();

  await expect(users.getByRole("listitem")).toContainText("in no group");
});

test.describe("users that cannot be read", { tag: "@page" }, () => {
  test.use({ expectedErrors: [/UsersFound/] });

  test("are not said to be none", async ({ makeSite, openAs }) => {
    const site = await makeSite({ users: [{ firstName: "Juliette", lastName: "Roy" }] });
    const page = await openAs({ sites: [site.externalId] });
    let isRefused = true;
    const refusal = { errors: [{ message: "No.", extensions: { code: "TIMEOUT" } }], data: null };
    await page.route("**/graphql", (route) =>
      isRefused && /query UsersFound\b/.test(route.request().postData() ?? "")
        ? route.fulfill({ json: refusal })
        : route.fallback(),
    );
    await page.getByRole("searchbox", { name: "Search groups and users" }).fill("roy");
    const alert = page.getByRole("alert").filter({ hasText: "The users could not be loaded." });
    await expect(alert).toBeVisible();

    isRefused = false;
    await alert.getByRole("button", { name: "Try again" }).click();
    await expect(page.getByRole("region", { name: "Users found" })).toContainText("Juliette Roy");
  });
});

test("of many users that a search finds the first are shown", { tag: "@page" }, async ({ makeSite, openAs }) => {
  const site = await makeSite({ users: 12, groups: [{ name: "Desk", members: [9, 10, 11] }] });
  const page = await openAs({ sites: [site.externalId] }, `?site=${site.id}&search=ann`);
  const users = page.getByRole("region", { name: "Users found" });

  await expect(users.getByRole("listitem")).toHaveCount(8);
  await expect(users.getByRole("listitem").first()).toContainText("Ann 0010");
  await expect(users.getByText("And more: type more of the name or number.")).toBeVisible();
  await expect(page.getByRole("status").filter({ hasText: "more than 8 users" })).toHaveCount(1);
});

test("a group that is saved on another page of the list is led to", { tag: "@page" }, async ({ makeSite, openAs }) => {
  const site = await makeSite({ groups: Array.from({ length: 30 }, (_, place) => ({ name: `Team ${place + 10}` })) });
  const page = await openAs({ sites: [site.externalId] });
  await page.setViewportSize({ width: 360, height: 640 });
  await page.getByRole("button", { name: "Add group" }).click();
  await page.getByRole("textbox", { name: "Group name" }).fill("Zone test");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(notice(page, "The group Zone test is created.")).toBeVisible();

  await page.getByRole("button", { name: "Close" }).click();
  await expect(page.getByText("Zone test is on another page of the list.")).toBeVisible();
  const show = page.getByRole("link", { name: "Show Zone test" });
  await expect(show).toBeFocused();
  expect(await findBarriers(page)).toEqual([]);
  await show.press("Enter");
  const zone = page.getByRole("rowheader").getByRole("link", { name: "Zone test" });
  await expect(zone).toBeFocused();
  await expect(show).toHaveCount(0);

  await page.getByRole("searchbox").fill("");
  await page.getByRole("link", { name: "Edit Team 34" }).click();
  await page.getByRole("textbox", { name: "Group name" }).fill("Team 34½");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(notice(page, "The group Team 34½ is saved.")).toBeVisible();
  await page.getByRole("button", { name: "Close" }).click();
  await expect(page.getByRole("rowheader").getByRole("link", { name: "Team 34½" })).toBeFocused();
  await expect(page.getByRole("row", { name: "Team 34½" }).getByRole("link", { name: "Edit" })).toBeInViewport();
});

for (const way of ["mouse", "keyboard"]) {
  test(`a search that finds nothing is left for the whole list by ${way}`, { tag: "@page" }, async ({
    makeSite,
    openAs,
  }) => {
    const site = await makeSite({ groups: [{ name: "Desk" }] });
    const page = await openAs({ sites: [site.externalId] }, `?site=${site.id}&search=zzz`);

    const all = page.getByRole("link", { name: "Show all groups" });
    await (way === "mouse" ? all.click() : all.press("Enter"));

    await expect(page.getByRole("rowheader")).toHaveText(["Desk"]);
    await expect(page.getByRole("heading", { level: 1 })).toBeFocused();
  });
}
