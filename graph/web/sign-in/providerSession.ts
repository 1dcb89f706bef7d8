// The session of somebody who signs in at an identity provider. The code for that is fetched when it is needed.

import type { Provider } from "./provider";
import type { Session } from "./session";
import { SessionStore } from "./sessionStore";
import type { OidcSettings } from "./settings";

export class ProviderSession extends SessionStore implements Session {
  readonly method = "provider";
  private readonly provider: Promise<Provider>;
  private renewal: Promise<void> | null = null;
  /** The token that took the place of one that was refused. */
  private replacement: string | null = null;

  constructor(oidc: OidcSettings) {
    super({ status: "starting", token: null });
    this.provider = import("./provider").then(({ Provider }) => new Provider(oidc, () => void this.renewEarly()));
    void this.attempt("signed-out", (provider) => provider.restore());
  }

  async signIn(): Promise<void> {
    const { status } = this.get();
    // What was typed into the page is still there, so the page must not be left.
    if (status === "expired") await this.attempt("expired", (provider) => provider.signInBeside());
    else if (status === "changing") await this.attempt("expired", (provider) => provider.signInBeside({ prompt: "login" }));
    else await this.attempt("signed-out", (provider) => provider.signInElsewhere());
  }

  async signOut(): Promise<void> {
    await this.renewal;
    await this.attempt("signed-out", async (provider) => {
      await provider.signOut();
      return null;
    });
  }

  expire(token: string | null): void {
    if (token !== null && this.get().token === token) void this.renew(token);
  }

  override async renewed(): Promise<string | null> {
    await this.renewal;
    return super.renewed();
  }

  /** The old token stays until there is a new one, or it is certain that there is none. */
  private renew(token: string): Promise<void> {
    // If a replacement is refused before its end, the next one would be, too.
    const isWanted = (isOver: boolean): boolean => isOver || token !== this.replacement;
    this.renewal ??= this.attempt("expired", (provider) => provider.renew(isWanted)).finally(() => {
      this.renewal = null;
      this.replacement = this.get().token;
    });
    return this.renewal;
  }

  /** Before the token ends: if that does not work, it is used until it is refused. */
  private async renewEarly(): Promise<void> {
    try {
      const token = await (await this.provider).renew();
      const { status } = this.get();
      if (token !== null) this.set({ status: status === "changing" ? status : "signed-in", token });
    } catch {
      // The provider is away.
    }
  }

  /** Signed in with the token that comes of it; without one, `otherwise`. */
  private async attempt(
    otherwise: "signed-out" | "expired",
    run: (provider: Provider) => Promise<string | null>,
  ): Promise<void> {
    const { status: before } = this.get();
    // Then the token of before is kept.
    const isCancelled = (): boolean => before === "changing" && this.get().status !== before;
    try {
      const token = await run(await this.provider);
      if (!isCancelled()) this.set(token === null ? { status: otherwise, token } : { status: "signed-in", token });
    } catch (error) {
      if (isCancelled()) return;
      const detail = error instanceof Error ? error.message : String(error);
      const problem = { kind: "provider-failed", detail } as const;
      const { status, token } = this.get();
      // Another token was asked for in vain.
      if (status === "changing") this.set({ status, token, problem });
      else this.set({ status: otherwise, token: null, problem });
    }
  }
}
