// Requests to the API: with the token of the session, in the language of the page, and again after a failure that passes.

import { session } from "../../sign-in/session";
import { subjectOf } from "../../sign-in/subject";
import { locale } from "../messages/language";
import { persist } from "./reachability";

const REVISION = "Pickup-Revision";
const GATEWAY_FAILURES = [502, 503, 504];

/** Aborted when refused mutations are dropped; then the next ones get another. */
let dropping = new AbortController();

/** The revisions that this page has made, by site: a query that carries them reads no older state from a replica. */
const written = new Map<string, string>();

/** Aborted once the unsaved work is thrown away. Whoever sends one mutation after another looks at it in between. */
export function droppedSignal(): AbortSignal {
  return dropping.signal;
}

/** Ends mutations with their refusal that would be sent again after the next sign-in: their work is thrown away. */
export function dropRefused(): void {
  dropping.abort();
  dropping = new AbortController();
}

/**
 * Sends a mutation. If the server does not answer, the failure is the caller's: the change may have been made.
 * After `dropRefused` it is not sent again.
 */
export function fetchOnce(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  return send(input, init, dropping.signal);
}

/** Sends a query, until there is an answer. */
export async function fetchUntilAnswered(input: RequestInfo | URL, init: RequestInit = {}): Promise<Response> {
  return persist(async () => {
    let response: Response;
    try {
      response = await send(input, init);
    } catch (error) {
      if (init.signal?.aborted) throw error;
      return { retryAfterS: null };
    }
    if (!(await isUnavailable(response))) return { result: response };
    return { retryAfterS: Number(response.headers.get("Retry-After")) || null };
  }, init.signal);
}

/**
 * If the token is refused, waits for the next sign-in; nothing was done, so the request may be sent again, but not in the
 * name of another person. The refusal is the answer if there is no other token.
 */
async function send(
  input: RequestInfo | URL,
  init: RequestInit = {},
  dropped = new AbortController().signal,
): Promise<Response> {
  let { token } = session.get();
  for (;;) {
    const response = await fetch(input, { ...init, headers: headers(init, token) });
    if (response.status !== 401) {
      remember(response.headers.get(REVISION));
      return response;
    }
    session.expire(token);
    const renewed = await Promise.race([aborted(dropped), session.renewed()]);
    if (renewed === null || renewed === token) return response;
    if (token !== null && subjectOf(token) !== subjectOf(renewed)) return response;
    token = renewed;
  }
}

function aborted(signal: AbortSignal): Promise<null> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(null);
    else signal.addEventListener("abort", () => resolve(null));
  });
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
