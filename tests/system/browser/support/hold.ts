// Requests of a page that are held back, as if the server took its time.

import type { Page } from "@playwright/test";

/** Holds the requests with such a body: `asked` resolves at the first of them, `release` sends them on. */
export async function hold(page: Page, body: RegExp) {
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
  // A scenario need not wait for it.
  asked.catch(() => undefined);
  return { asked, release };
}
