// The session of somebody who has a token from elsewhere and pastes it into the page, which keeps it for the tab.

import type { Session, SessionState, SignInProblem } from "./session";
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
    const { status: before } = this.get();
    const problem = await findProblem(token);
    const { status, token: held } = this.get();
    // Cancelled meanwhile: the token of before is kept.
    if (before === "changing" && status !== before) return;
    if (problem) {
      if (status === "changing") this.set({ status, token: held, problem });
      else this.set({ status: status === "expired" ? status : "signed-out", token: null, problem });
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
async function findProblem(token: string): Promise<SignInProblem | null> {
  // Of a JWT: a header takes no other characters.
  if (!/^[\w-]+\.[\w-]+\.[\w-]+$/.test(token)) return { kind: "not-a-token" };
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
