// `test` and `expect` of the scenarios. A scenario fails if the page broke its policy, logged an error, threw, or asked
// anything of another host.

import { test as base, expect, type BrowserContext, type Page } from "@playwright/test";
import { type MadeSite, makeSite, type SiteRow } from "./directory";
import { Server } from "./server";
import { type Claims, token } from "./tokens";

interface Options {
  /** Errors in the console that a scenario is about. */
  expectedErrors: RegExp[];
}

interface Fixtures {
  /** A new site with users and groups. */
  makeSite: (row?: SiteRow) => Promise<MadeSite>;
  /** A page at the portal, signed in with a token of these claims, in a browser context of its own. */
  openAs: (claims: Claims, address?: string) => Promise<Page>;
  /** A server of its own on the same database, not started yet, which is stopped at the end. */
  otherServer: Server;
  complaints: string[];
}

interface WorkerFixtures {
  /** One server for all scenarios, which takes tokens signed with the secret. Nobody stops it. */
  server: Server;
}

export const test = base.extend<Fixtures & Options, WorkerFixtures>({
  expectedErrors: [[], { option: true }],

  server: [
    async ({}, use) => {
      const server = await Server.create();
      await server.start();
      await use(server);
      await server.stop();
    },
    { scope: "worker" },
  ],

  baseURL: async ({ server }, use) => use(server.url),

  makeSite: async ({ server }, use) => use((row) => makeSite(server, row)),

  otherServer: async ({}, use) => {
    const server = await Server.create();
    await use(server);
    await server.stop();
  },

  complaints: [
    async ({ expectedErrors }, use) => {
      const complaints: string[] = [];
      await use(complaints);
      expect(complaints.filter((text) => !expectedErrors.some((expected) => expected.test(text)))).toEqual([]);
    },
    { auto: true },
  ],

  context: async ({ context, complaints }, use) => {
    await listen(context, complaints);
    await use(context);
  },

  openAs: async ({ browser, baseURL, complaints, locale, colorScheme, viewport }, use) => {
    const contexts: BrowserContext[] = [];
    await use(async (claims, address = "") => {
      const context = await browser.newContext({ baseURL: baseURL ?? "", locale: locale ?? "en", colorScheme, viewport });
      contexts.push(context);
      await listen(context, complaints);
      const page = await context.newPage();
      await signIn(page, token(claims));
      await page.goto(address);
      return page;
    });
    await Promise.all(contexts.map((context) => context.close()));
  },
});

export { expect };

/** The tab has this token already, as after an earlier sign-in. */
export async function signIn(page: Page, token: string): Promise<void> {
  await page.addInitScript((token) => {
    if (sessionStorage.getItem("pickup.test") === null) {
      sessionStorage.setItem("pickup.test", "signed in");
      sessionStorage.setItem("pickup.token", token);
    }
  }, token);
}

async function listen(context: BrowserContext, complaints: string[]): Promise<void> {
  context.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  context.on("weberror", (error) => complaints.push(error.error().message));
  context.on("request", (request) => {
    const { protocol, hostname } = new URL(request.url());
    if (protocol !== "data:" && hostname !== "127.0.0.1") complaints.push(`another host: ${request.url()}`);
  });
  await context.addInitScript(() => {
    addEventListener("securitypolicyviolation", (event) => {
      console.error(`policy: ${event.effectiveDirective} ${event.blockedURI}`);
    });
  });
}
