// Requests to the API: with the token of the session, in the language of the page, and again after a failure that passes.

import { session } from "../../sign-in/session";
import { locale } from "../messages/language";
import { persist } from "./reachability";

const REVISION = "Pickup-Revision";
const GATEWAY_FAILURES = [502, 503, 504];

/** The revisions that this page has made, by site: a query that carries them reads no older state from a replica. */
const written = new Map<string, string>();

/**
 * Sends a mutation. If the token has expired it waits for the next sign-in; nothing was done, so it may be sent again.
 * If the server does not answer, the failure is the caller's: the change may have been made.
 */
export async function fetchOnce(input: RequestInfo | URL, init: RequestInit = {}): Promise<Response> {
  for (;;) {
    const { token } = session.get();
    const response = await fetch(input, { ...init, headers: headers(init, token) });
    if (response.status !== 401) {
      remember(response.headers.get(REVISION));
      return response;
    }
    session.expire(token);
    await session.renewed();
  }
}

/** Sends a query, until there is an answer. */
export async function fetchUntilAnswered(input: RequestInfo | URL, init: RequestInit = {}): Promise<Response> {
  return persist(async () => {
    let response: Response;
    try {
      response = await fetchOnce(input, init);
    } catch (error) {
      if (init.signal?.aborted) throw error;
      return { retryAfterS: null };
    }
    if (!(await isUnavailable(response))) return { result: response };
    return { retryAfterS: Number(response.headers.get("Retry-After")) || null };
  }, init.signal);
}

async function isUnavailable(response: Response): Promise<boolean> {
  if (GATEWAY_FAILURES.includes(response.status)) return true;
  try {
    const { errors } = (await response.clone().json()) as { errors?: { extensions?: { code?: string } }[] };
    return errors?.some(({ extensions }) => extensions?.code === "UNAVAILABLE") ?? false;
  } catch {
    return false;
  }
}

function headers(init: RequestInit, token: string | null): Headers {
  const all = new Headers(init.headers);
  all.set("Accept-Language", locale());
  if (token !== null) all.set("Authorization", `Bearer ${token}`);
  if (written.size > 0) all.set(REVISION, [...written].slice(-100).map((pair) => pair.join("=")).join(", "));
  return all;
}

function remember(revisions: string | null): void {
  for (const pair of revisions?.split(",") ?? []) {
    const [site, revision] = pair.trim().split("=");
    if (site && revision) written.set(site, revision);
  }
}
