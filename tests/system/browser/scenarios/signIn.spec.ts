// Signing in: with a token from elsewhere, at a real identity provider, and again when the sign-in has expired.

import type { Page } from "@playwright/test";
import { findBarriers } from "../support/accessibility";
import { expect, test } from "../support/fixtures";
import { IdentityProvider } from "../support/identityProvider";
import { LOOKS } from "../support/looks";
import { nameField, notice, panelOf } from "../support/panel";
import { Server } from "../support/server";
import { token } from "../support/tokens";

// The browser writes each request that fails into the console.
test.use({ expectedErrors: [/status of 401|ERR_CONNECTION_REFUSED/] });

const signedInAs = (page: Page, name: string) => expect(page.getByRole("banner")).toContainText(name);
const signInButton = (page: Page) => page.getByRole("button", { name: "Sign in", exact: true });

const OTHER_SECRET = "another secret, of at least 32 bytes";
const searchField = (page: Page) => page.getByRole("searchbox", { name: /group/i });

/** At the provider's own page. */
async function giveName(page: Page, name: string): Promise<void> {
  await page.getByLabel("Name").fill(name);
  await page.getByRole("button", { name: "Go on" }).click();
}

test("open server asks for nothing", { tag: "@page" }, async ({ otherServer, page }) => {
  await otherServer.start({ PICKUP_JWT_SECRET: "" });

  await page.goto(otherServer.url);

  await expect(page.getByRole("main")).toBeVisible();
  await expect(page.getByText(/sign (in|out)/i)).toHaveCount(0);
});

test.describe("open server that gets a key", { tag: "@page" }, () => {
  test.use({ expectedErrors: [/ERR_CONNECTION|Failed to load resource|WebSocket/] });

  test("asks to load the page again, and is left in peace", async ({ makeSite, otherServer, page }) => {
    const site = await makeSite({ groups: [{ name: "Desk" }] });
    await otherServer.start({ PICKUP_JWT_SECRET: "" });
    await page.goto(`${otherServer.url}?site=${site.id}`);
    await page.getByRole("link", { name: "Edit Desk" }).click();
    await nameField(page).fill("Front desk");
    await otherServer.stop();
    await otherServer.start({});
    let refusals = 0;
    page.on("response", (response) => void (refusals += Number(response.status() === 401)));

    await page.getByRole("button", { name: "Save", exact: true }).click();
    const dialog = page.getByRole("alertdialog", { name: "This server now asks you to sign in" });
    await expect(dialog).toBeVisible();
    expect(await findBarriers(page)).toEqual([]);
    expect(refusals).toBeLessThan(10);
    page.on("dialog", (asked) => void asked.accept());
    await dialog.getByRole("button", { name: "Load the page again" }).click();
    await page.getByLabel("Access token").fill(token({ sites: [site.externalId] }));
    await signInButton(page).click();

    await expect(page.getByText("Your unsaved changes are back.")).toBeVisible();
    await expect(nameField(page)).toHaveValue("Front desk");
  });
});

test.describe("first sign-in", { tag: "@page" }, () => {
  test("leads to the heading of the groups", async ({ page, makeSite }) => {
    const site = await makeSite({ groups: [{ name: "Desk" }] });
    await page.goto("");
    await expect(page.getByText("The administrator of this server gives you a token")).toBeVisible();

    await page.getByLabel("Access token").fill(token({ sites: [site.externalId] }));
    await page.keyboard.press("Enter");

    await expect(page.getByRole("heading", { name: "Call pickup" })).toBeFocused();
    await expect(page.getByText("Desk")).toBeVisible();
    await expect(page.getByRole("heading", { name: "Call pickup" })).toBeFocused();
  });

  test("leads to the heading of the sites", async ({ page, makeSite }) => {
    const sites = [(await makeSite()).externalId, (await makeSite()).externalId];
    await page.goto("");

    await page.getByLabel("Access token").fill(token({ sites }));
    await page.keyboard.press("Enter");

    await expect(page.getByRole("heading", { name: "Choose a site" })).toBeFocused();
  });
});

test("pasted token is kept for the tab alone", { tag: "@page" }, async ({ page, context, makeSite }) => {
  const site = await makeSite({ groups: [{ name: "Desk" }] });
  await page.goto("");

  await page.getByLabel("Access token").fill(`Bearer ${token({ sub: "ann", sites: [site.externalId] })}`);
  await signInButton(page).click();
  await signedInAs(page, "ann");
  await page.reload();
  await signedInAs(page, "ann");
  await expect(page.getByText("Desk")).toBeVisible();

  const otherTab = await context.newPage();
  await otherTab.goto("");
  await expect(signInButton(otherTab)).toBeVisible();

  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(signInButton(page)).toBeVisible();
  expect(await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }))).not.toContain("eyJ");
});

const SIGN_IN = { "en-CA": "Sign in", "fr-CA": "Se connecter" };

for (const look of LOOKS) {
  test.describe(`${look.locale}, ${look.colorScheme}`, { tag: "@page" }, () => {
    test.use(look);

    test("page of the sign-in has no barriers", async ({ page }) => {
      await page.goto("");
      expect(await findBarriers(page)).toEqual([]);

      await page.getByRole("button", { name: SIGN_IN[look.locale], exact: true }).click();
      await expect(page.getByRole("textbox")).toHaveAttribute("aria-invalid", "true");
      expect(await findBarriers(page)).toEqual([]);

      await page.getByRole("textbox").fill("nonsense");
      await page.keyboard.press("Enter");
      await expect(page.getByRole("alert")).toBeVisible();
      expect(await findBarriers(page)).toEqual([]);
    });
  });
}

test("nothing moves for a person who wants less motion", { tag: "@page" }, async ({ page }) => {
  await page.goto("");
  await expect(signInButton(page)).toBeVisible();

  const seconds = await page
    .getByRole("button")
    .evaluateAll((buttons) => buttons.map((button) => parseFloat(getComputedStyle(button).transitionDuration)));

  expect(Math.max(...seconds)).toBeLessThan(0.001);
});

test("token that the server does not take is refused at once", { tag: "@page" }, async ({ page }) => {
  await page.goto("");
  const field = page.getByLabel("Access token");
  await expect(field).toBeFocused();
  await signInButton(page).click();
  await expect(page.getByText("Paste a token first.")).toBeVisible();
  await expect(field).toBeFocused();

  await field.fill("nonsense");
  await signInButton(page).click();
  await expect(page.getByText("This is not a token.")).toBeVisible();
  await field.fill(token({ expiresIn: -3_600 }));
  await signInButton(page).click();

  await expect(page.getByText("The server does not take this token.")).toBeVisible();
  await expect(signInButton(page)).toBeVisible();
});

test.describe("while the server starts again", { tag: "@page" }, () => {
  test.use({ expectedErrors: [/ERR_CONNECTION|Failed to load resource|WebSocket/] });

  test("expired token is renewed above the page, which stays as it is", async ({ page, otherServer, makeSite }) => {
    const site = await makeSite({ groups: [{ name: "Desk" }] });
    const claims = { sub: "ann", sites: [site.externalId] };
    await otherServer.start();
    await page.goto(otherServer.url);
    await page.getByLabel("Access token").fill(token(claims));
    await signInButton(page).click();
    await searchField(page).fill("Des");
    await otherServer.stop();
    await otherServer.start({ PICKUP_JWT_SECRET: OTHER_SECRET });

    const dialog = page.getByRole("dialog", { name: "Sign in again" });
    await expect(dialog).toBeVisible();
    expect(await findBarriers(page)).toEqual([]);
    await dialog.getByLabel("Access token").fill(token(claims, OTHER_SECRET));
    await signInButton(page).click();

    await expect(dialog).toBeHidden();
    await expect(searchField(page)).toHaveValue("Des");
    await expect(page.getByText("Desk")).toBeVisible();
  });
});

test.describe("at a provider", { tag: "@page" }, () => {
  // One after the other: they share the server, and what the provider grants.
  test.describe.configure({ mode: "default" });

  let server: Server;
  let provider: IdentityProvider;

  test.beforeAll(async () => {
    server = await Server.create();
    provider = await IdentityProvider.start(server.url);
    await server.start(provider.settings);
  });

  test.beforeEach(() => provider.reset());

  test.afterAll(async () => {
    await server.stop();
    await provider.stop();
  });

  test("signs in, returns to the same address, and signs out", async ({ page, makeSite }) => {
    const site = await makeSite({ groups: [{ name: "Desk" }, { name: "Night" }] });
    provider.grant.claims = { permissions: ["READ"], sites: [site.externalId] };
    await page.goto(`${server.url}?search=desk`);

    await signInButton(page).click();
    await giveName(page, "bea");

    await signedInAs(page, "bea");
    await expect(page.getByText("Desk")).toBeVisible();
    await expect(page.getByText("Night")).toHaveCount(0);
    expect(new URL(page.url()).searchParams.get("search")).toBe("desk");
    expect(new URL(page.url()).searchParams.has("code")).toBe(false);
    await page.reload();
    await signedInAs(page, "bea");

    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("button", { name: "Leave" }).click();
    await expect(signInButton(page)).toBeVisible();
    expect(page.url()).toBe(server.url);
  });

  test("says why the provider refuses", async ({ page }) => {
    await page.goto(`${server.url}?search=desk`);

    await signInButton(page).click();
    await giveName(page, "");

    await expect(page.getByText("You may not use Pickup.")).toBeVisible();
    await expect(signInButton(page)).toBeVisible();
    expect(new URL(page.url()).search).toBe("?search=desk");
  });

  test("token is renewed before it ends, unnoticed", async ({ page }) => {
    provider.grant.lifetimeS = 61; // the page renews it a minute before its end
    await page.goto(server.url);
    await signInButton(page).click();
    await page.route(`${provider.tokenOrigin}/token`, (route) => {
      // The next token is good for longer, or another one takes its place a second later.
      if (route.request().postData()?.includes("refresh_token")) provider.grant.lifetimeS = 3_600;
      return route.fallback();
    });
    const renewed = page.waitForRequest((request) => request.postData()?.includes("refresh_token") ?? false);
    await giveName(page, "bea");
    await signedInAs(page, "bea");

    const answer = await (await renewed).response();
    const { access_token: renewedToken } = (await answer?.json()) as { access_token: string };

    // The portal uses it, too, until it is left.
    const request = page.waitForRequest(
      (sent) => sent.headers()["authorization"] === `Bearer ${renewedToken}` && sent.frame().url().endsWith("/graphql"),
    );
    await page.goto(`${server.url}graphql`);
    expect((await (await request).response())?.status()).toBe(200);
  });

  test("token that is refused is renewed once, unnoticed", async ({ page }) => {
    await page.goto(server.url);
    await signInButton(page).click();
    await giveName(page, "bea");
    await signedInAs(page, "bea");

    // The page is not there meanwhile: it would try the server itself, and renew the token.
    await page.goto("about:blank");
    await takeOtherTokens(server, provider);
    const refused = page.waitForResponse((response) => response.status() === 401);
    await page.goto(server.url);
    await refused;

    await signedInAs(page, "bea");
    await expect(page.getByRole("dialog")).toHaveCount(0);
  });

  test("token that is refused once more is not renewed again: the page asks", async ({ page, makeSite }) => {
    const site = await makeSite({ groups: [{ name: "Desk" }] });
    await page.goto(`${server.url}?site=${site.id}`);
    await signInButton(page).click();
    await giveName(page, "bea");
    await signedInAs(page, "bea");
    let renewals = 0;
    page.on("request", (request) => void (renewals += Number(request.postData()?.includes("refresh_token") ?? false)));

    await server.stop();
    await server.start({ ...provider.settings, PICKUP_JWT_AUDIENCE: "others" });

    await expect(page.getByRole("dialog", { name: "Sign in again" })).toBeVisible();
    expect(renewals).toBe(1);
    await server.stop();
    await server.start(provider.settings);
  });

  test("a person who may only read signs in with another account, and loses nothing", async ({ page, makeSite }) => {
    const site = await makeSite({ groups: [{ name: "Desk" }] });
    provider.grant.claims = { permissions: ["WRITE"], sites: [site.externalId] };
    provider.grant.canRenew = false;
    await page.goto(server.url + panelOf(site, site.groups[0]));
    await signInButton(page).click();
    await giveName(page, "bea");
    await nameField(page).fill("Front desk");

    provider.grant.claims = { permissions: ["READ"], sites: [site.externalId] };
    await takeOtherTokens(server, provider);
    await page.getByRole("button", { name: "Save", exact: true }).click();
    let window = page.waitForEvent("popup");
    await page.getByRole("dialog", { name: "Sign in again" }).getByRole("button", { name: "Sign in" }).click();
    await expect.poll(async () => (await window).isClosed()).toBe(true);
    provider.grant.claims = { permissions: ["WRITE"], sites: [site.externalId] };
    await page.getByRole("button", { name: "Sign in with another account" }).click();
    window = page.waitForEvent("popup");
    await page.getByRole("dialog").getByRole("button", { name: "Sign in", exact: true }).click();
    await giveName(await window, "ann");

    await expect(page.getByText("Another person has signed in.")).toBeVisible();
    await signedInAs(page, "ann");
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await expect(notice(page, "Front desk is saved.")).toBeVisible();
  });

  test("expired sign-in is renewed in a window beside the page", async ({ page, makeSite }) => {
    const site = await makeSite({ groups: [{ name: "Desk" }] });
    provider.grant.claims = { permissions: ["WRITE"], sites: [site.externalId] };
    provider.grant.canRenew = false;
    await page.goto(server.url);
    await signInButton(page).click();
    await giveName(page, "bea");
    await expect(page.getByText("Desk")).toBeVisible();
    await page.evaluate(() => Object.assign(globalThis, { untouched: true }));

    await takeOtherTokens(server, provider);
    const dialog = page.getByRole("dialog", { name: "Sign in again" });
    const window = page.waitForEvent("popup");
    await dialog.getByRole("button", { name: "Sign in" }).click();
    // The provider knows who it is still, and asks nothing.
    await expect.poll(async () => (await window).isClosed()).toBe(true);

    await expect(dialog).toBeHidden();
    await expect(page.getByText("Desk")).toBeVisible();
    expect(await page.evaluate(() => "untouched" in globalThis)).toBe(true);
  });

  test("GraphiQL signs in by the same way", async ({ page }) => {
    await page.goto(`${server.url}graphql`);

    await signInButton(page).click();
    const schema = page.waitForResponse((response) => response.request().method() === "POST" && response.ok());
    await giveName(page, "bea");

    await expect(page.getByRole("button", { name: "Sign out" })).toBeVisible();
    expect(page.url()).toBe(`${server.url}graphql`);
    await schema;
    await page.goto(server.url);
    await signedInAs(page, "bea");
  });
});

/** From now on the server takes tokens for another audience alone, which the provider then gives. */
async function takeOtherTokens(server: Server, provider: IdentityProvider): Promise<void> {
  await server.stop();
  provider.grant.audience += "-2";
  await server.start(provider.settings);
}

test("GraphiQL takes a token", { tag: "@page" }, async ({ page }) => {
  await page.goto("graphql");

  await signInButton(page).click();
  await page.getByLabel("Token").fill("nonsense");
  await signInButton(page).last().click();
  await expect(page.getByRole("dialog").getByRole("alert")).toHaveText("This is not a token.");
  await page.getByLabel("Token").fill(token());
  await signInButton(page).last().click();

  await expect(page.getByRole("button", { name: "Sign out" })).toBeVisible();
});
