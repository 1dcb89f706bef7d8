// The session on a server without a key: there is nothing to sign in to.

import type { Session } from "./session";
import { SessionStore } from "./sessionStore";

export class OpenSession extends SessionStore implements Session {
  readonly method = "none";

  constructor() {
    super({ status: "open", token: null });
  }

  signIn(): Promise<void> {
    return Promise.resolve();
  }

  signOut(): Promise<void> {
    return Promise.resolve();
  }

  expire(): void {
    this.set({ status: "closed", token: null });
  }
}
