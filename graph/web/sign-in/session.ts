// Who uses the page: nobody in particular on an open server, else the holder of an access token.
//
// A client sends `session.get().token` with each request, and calls `session.expire(token)` with the token that it sent
// if the answer is UNAUTHENTICATED. It then waits for `session.renewed()` and may send the request again. The page stays
// as it is: a dialog asks to sign in above it.

import { settings } from "./settings";

export type SessionState =
  /** The server is open. No token. */
  | { readonly status: "open"; readonly token: null }
  /** An earlier sign-in, or a return from the identity provider, is being looked at. */
  | { readonly status: "starting"; readonly token: null }
  | { readonly status: "signed-out"; readonly token: null }
  | { readonly status: "signed-in"; readonly token: string }
  /** The server no longer takes the token. */
  | { readonly status: "expired"; readonly token: null };

export interface Session {
  /** The same object until something changes: fit for useSyncExternalStore. */
  readonly get: () => SessionState;
  /** Calls `listener` after each change; returns how to stop. */
  readonly subscribe: (listener: () => void) => () => void;
  /** How one signs in: at an identity provider, or with a token from elsewhere. */
  readonly method: "none" | "provider" | "token";
  /** Leads to the identity provider and back to this address; or takes a token and keeps it for this tab. */
  signIn(token?: string): Promise<void>;
  signOut(): Promise<void>;
  /** `token` was answered UNAUTHENTICATED. Does nothing if the session has another one by now. */
  expire(token: string | null): void;
  /** Resolves with the token once there is one (null: the server is open), at once or after the next sign-in. */
  renewed(): Promise<string | null>;
}

const KEY = "pickup.token";

class TokenSession implements Session {
  readonly method = settings.open ? "none" : settings.oidc ? "provider" : "token";
  private state: SessionState = initialState();
  private readonly listeners = new Set<() => void>();

  readonly get = (): SessionState => this.state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  signIn(token?: string): Promise<void> {
    if (token !== undefined) {
      sessionStorage.setItem(KEY, token);
      this.set({ status: "signed-in", token });
    }
    return Promise.resolve();
  }

  signOut(): Promise<void> {
    sessionStorage.removeItem(KEY);
    this.set({ status: "signed-out", token: null });
    return Promise.resolve();
  }

  expire(token: string | null): void {
    if (this.state.status === "signed-in" && this.state.token === token) {
      sessionStorage.removeItem(KEY);
      this.set({ status: "expired", token: null });
    }
  }

  async renewed(): Promise<string | null> {
    while (this.state.status !== "open" && this.state.status !== "signed-in") await this.changed();
    return this.state.token;
  }

  private changed(): Promise<void> {
    return new Promise((resolve) => {
      const stop = this.subscribe(() => {
        stop();
        resolve();
      });
    });
  }

  private set(state: SessionState): void {
    this.state = state;
    for (const listener of [...this.listeners]) listener();
  }
}

function initialState(): SessionState {
  if (settings.open) return { status: "open", token: null };
  const token = sessionStorage.getItem(KEY);
  return token === null ? { status: "signed-out", token: null } : { status: "signed-in", token };
}

export const session: Session = new TokenSession();
