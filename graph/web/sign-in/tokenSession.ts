// The session of somebody who has a token from elsewhere and pastes it into the page, which keeps it for the tab.

import type { Session, SessionState } from "./session";
import { SessionStore } from "./sessionStore";
import { graphqlUrl } from "./settings";

const KEY = "pickup.token";

export class TokenSession extends SessionStore implements Session {
  readonly method = "token";

  constructor() {
    super(stored());
  }

  async signIn(text = ""): Promise<void> {
    const token = text.trim().replace(/^Bearer\s+/i, "");
    const problem = await findProblem(token);
    const { status } = this.get();
    if (problem) {
      this.set({ status: status === "expired" ? status : "signed-out", token: null, problem });
      return;
    }
    sessionStorage.setItem(KEY, token);
    this.set({ status: "signed-in", token });
  }

  signOut(): Promise<void> {
    sessionStorage.removeItem(KEY);
    this.set({ status: "signed-out", token: null });
    return Promise.resolve();
  }

  expire(token: string | null): void {
    if (token === null || this.get().token !== token) return;
    sessionStorage.removeItem(KEY);
    this.set({ status: "expired", token: null });
  }
}

function stored(): SessionState {
  const token = sessionStorage.getItem(KEY);
  return token === null ? { status: "signed-out", token } : { status: "signed-in", token };
}

/** Asks the server whether it takes the token. */
async function findProblem(token: string): Promise<{ kind: "token-refused" | "server-unreachable" } | null> {
  // A header takes no other characters, and a token has none.
  if (!/^[\w.~+/=-]+$/.test(token)) return { kind: "token-refused" };
  try {
    const response = await fetch(graphqlUrl, {
      method: "POST",
      headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
      body: JSON.stringify({ query: "{ __typename }" }),
    });
    if (response.status === 401) return { kind: "token-refused" };
    return response.ok ? null : { kind: "server-unreachable" };
  } catch {
    return { kind: "server-unreachable" };
  }
}
