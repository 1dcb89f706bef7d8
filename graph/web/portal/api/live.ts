// Subscriptions over a WebSocket. A connection that is lost is made again, for as long as somebody listens.

import { createClient, type SubscribePayload } from "graphql-ws";
import type { SubscriptionForwarder } from "urql";
import { graphqlUrl } from "../../sign-in/settings";
import { session } from "../../sign-in/session";
import { locale } from "../messages/language";

const REFUSED = [4401, 4403];
const LONGEST_PAUSE_MS = 30_000;
const POLL_AFTER_MS = 10_000;

const address = new URL(graphqlUrl);
address.protocol = address.protocol === "https:" ? "wss:" : "ws:";

let sent: string | null = null;

const socket = createClient({
  url: address.href,
  connectionParams: async () => {
    sent = await session.renewed();
    return { "Accept-Language": locale(), ...(sent === null ? {} : { Authorization: `Bearer ${sent}` }) };
  },
  on: {
    closed: (event) => {
      if (REFUSED.includes((event as CloseEvent).code)) session.expire(sent);
    },
  },
  retryAttempts: Number.POSITIVE_INFINITY,
  retryWait: (retries) =>
    new Promise((resolve) => setTimeout(resolve, Math.min(1_000 * 2 ** retries, LONGEST_PAUSE_MS))),
  shouldRetry: () => true,
});

/** Calls `poll` now and then after the connection is lost, until it is up again. */
export function pollWhileDown(poll: () => void): () => void {
  let timer: ReturnType<typeof setInterval> | undefined;
  const stops = [
    socket.on("connected", () => clearInterval(timer)),
    socket.on("closed", () => {
      clearInterval(timer);
      timer = setInterval(poll, POLL_AFTER_MS);
    }),
  ];
  return () => {
    clearInterval(timer);
    for (const stop of stops) stop();
  };
}

export const forwardSubscription: SubscriptionForwarder = (request) => ({
  subscribe: (sink) => ({
    unsubscribe: socket.subscribe(request as SubscribePayload, {
      next: (result) => sink.next(result as Parameters<typeof sink.next>[0]),
      error: (error) => sink.error(error),
      complete: () => sink.complete(),
    }),
  }),
});
