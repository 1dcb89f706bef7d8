// How the page asks: queries and mutations by POST, subscriptions over graphql-transport-ws, to one address.

import { getOperationAST, parse } from "graphql";
import { createClient } from "graphql-ws";

/**
 * GraphiQL's fetcher for the server at `address`, the page's own location. A request has the token of the session unless
 * it has one in its headers; if that of the session is refused, the session has expired.
 */
export function createFetcher(address, session) {
  const http = new URL(address.pathname, address.href);
  const socket = new URL(http);
  socket.protocol = http.protocol === "https:" ? "wss:" : "ws:";
  return (request, { headers = {} } = {}) =>
    isSubscription(request) ? subscribe(socket, request, headers, session) : post(http, request, headers, session);
}

/** Read from the text itself: GraphiQL's own reading of it comes a moment after the last key. */
function isSubscription({ query, operationName }) {
  try {
    return getOperationAST(parse(query), operationName)?.operation === "subscription";
  } catch {
    return false; // the server says what is wrong with it
  }
}

async function post(url, request, headers, session) {
  const own = authorization(headers);
  const { token } = session.get();
  const response = await fetch(url, {
    method: "POST",
    headers: {
      Accept: "application/graphql-response+json, application/json",
      "Content-Type": "application/json",
      ...(own ? {} : bearer(token)),
      ...headers,
    },
    body: JSON.stringify(request),
  });
  if (response.status === 401 && !own) session.expire(token);
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    // The answer of a proxy, not of the server.
    return failure(`HTTP ${response.status} ${response.statusText}`.trim(), text.slice(0, 500));
  }
}

/** An observable: GraphiQL shows each result that it gives, and unsubscribes when the user stops it. */
function subscribe(url, request, headers, session) {
  return {
    subscribe(observer) {
      const client = createClient({
        url: url.href,
        connectionParams: authorization(headers) ?? bearer(session.get().token),
        retryAttempts: 0, // a stream begun anew would repeat or miss changes
      });
      const stop = client.subscribe(request, {
        next: (result) => observer.next(result),
        error(error) {
          observer.next(explained(error));
          observer.complete();
        },
        complete: () => observer.complete(),
      });
      return { unsubscribe: stop };
    },
  };
}

/** A browser's socket sends no headers, so the token goes into the first message. */
function authorization(headers) {
  const name = Object.keys(headers).find((key) => key.toLowerCase() === "authorization");
  return name && { Authorization: headers[name] };
}

function bearer(token) {
  return token === null ? undefined : { Authorization: `Bearer ${token}` };
}

function explained(error) {
  if (Array.isArray(error)) return { errors: error };
  if (error instanceof CloseEvent) return failure(`The server closed the socket: ${error.code} ${error.reason}`.trim());
  return failure(error instanceof Error ? error.message : "The socket failed; is the server running?");
}

function failure(message, body) {
  return { errors: [body ? { message, body } : { message }] };
}
