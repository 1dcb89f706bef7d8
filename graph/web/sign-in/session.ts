// Who uses the page: anyone on an open server, else the holder of an access token.
//
// A client sends `session.get().token` with each request. If the answer is UNAUTHENTICATED it calls `session.expire` with
// the token that it sent, waits for `session.renewed()`, and may send the request again. The page stays as it is: if the
// identity provider gives no new token by itself, the status becomes `expired`, and a dialog asks to sign in. A person
// whose token may not do enough can sign in with another one in the same way: while the status is `changing`.

import { OpenSession } from "./openSession";
import { ProviderSession } from "./providerSession";
import { settings } from "./settings";
import { TokenSession } from "./tokenSession";

export type SessionState =
  /** The server is open. No token. */
  | { readonly status: "open"; readonly token: null }
  /** The server was open when the page was loaded, and asks for a token now: the page must be loaded again. */
  | { readonly status: "closed"; readonly token: null }
  /** An earlier sign-in, or a return from the identity provider, is being looked at. */
  | { readonly status: "starting"; readonly token: null }
  | { readonly status: "signed-in"; readonly token: string }
  /** Signed in, and asked for another token: this one is used until there is another. */
  | { readonly status: "changing"; readonly token: string; readonly problem?: SignInProblem }
  /** Not signed in yet; or the server no longer takes the token. */
  | { readonly status: "signed-out" | "expired"; readonly token: null; readonly problem?: SignInProblem };

/** Why the last attempt to sign in did not work. */
export type SignInProblem =
  | { readonly kind: "not-a-token" | "token-refused" }
  | { readonly kind: "server-unreachable" }
  /** `detail` is what the provider, or the library that talks to it, says; not translated. */
  | { readonly kind: "provider-failed"; readonly detail: string };

export interface Session {
  /** The same object until something changes: fit for useSyncExternalStore. */
  readonly get: () => SessionState;
  /** Calls `listener` after each change; returns how to stop. */
  readonly subscribe: (listener: () => void) => () => void;
  /** How one signs in: at an identity provider, or with a token from elsewhere. */
  readonly method: "none" | "provider" | "token";
  /**
   * Leads to the identity provider and back to this address, in a window of its own if the page must stay; or takes a
   * token, which is kept for this tab. Does not reject: the state has the problem.
   */
  signIn(token?: string): Promise<void>;
  /** At the identity provider too, if it offers that. */
  signOut(): Promise<void>;
  /** Asks for another token, or no longer. The page stays as it is. */
  change(isWanted: boolean): void;
  /** `token` was answered UNAUTHENTICATED. Does nothing if the session has another one by now. */
  expire(token: string | null): void;
  /** Resolves with the token, at once or after the next sign-in; with null if there is none, as after a sign-out. */
  renewed(): Promise<string | null>;
}

export const session: Session = create();

function create(): Session {
  if (settings.open) return new OpenSession();
  return settings.oidc ? new ProviderSession(settings.oidc) : new TokenSession();
}
