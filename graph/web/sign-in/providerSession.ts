// The session of somebody who signs in at an identity provider. The code for that is fetched when it is needed.

import type { Provider } from "./provider";
import type { Session } from "./session";
import { SessionStore } from "./sessionStore";
import type { OidcSettings } from "./settings";

export class ProviderSession extends SessionStore implements Session {
  readonly method = "provider";
  private readonly provider: Promise<Provider>;
  private renewal: Promise<void> | null = null;

  constructor(oidc: OidcSettings) {
    super({ status: "starting", token: null });
    this.provider = import("./provider").then(({ Provider }) => new Provider(oidc, () => void this.renewEarly()));
    void this.attempt("signed-out", (provider) => provider.restore());
  }

  async signIn(): Promise<void> {
    // What was typed into the page is still there, so the page must not be left.
    if (this.get().status === "expired") await this.attempt("expired", (provider) => provider.signInBeside());
    else await this.attempt("signed-out", (provider) => provider.signInElsewhere());
  }

  async signOut(): Promise<void> {
    await this.attempt("signed-out", async (provider) => {
      await provider.signOut();
      return null;
    });
  }

  expire(token: string | null): void {
    if (token !== null && this.get().token === token) void this.renew();
  }

  override async renewed(): Promise<string | null> {
    await this.renewal;
    return super.renewed();
  }

  /** The old token stays until there is a new one, or it is certain that there is none. */
  private renew(): Promise<void> {
    this.renewal ??= this.attempt("expired", (provider) => provider.renew()).finally(() => {
      this.renewal = null;
    });
    return this.renewal;
  }

  /** Before the token ends: if that does not work, it is used until it is refused. */
  private async renewEarly(): Promise<void> {
    try {
      const token = await (await this.provider).renew();
      if (token !== null) this.set({ status: "signed-in", token });
    } catch {
      // The provider is away.
    }
  }

  /** Signed in with the token that comes of it; without one, `otherwise`. */
  private async attempt(
    otherwise: "signed-out" | "expired",
    run: (provider: Provider) => Promise<string | null>,
  ): Promise<void> {
    try {
      const token = await run(await this.provider);
      this.set(token === null ? { status: otherwise, token } : { status: "signed-in", token });
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      this.set({ status: otherwise, token: null, problem: { kind: "provider-failed", detail } });
    }
  }
}
