// The identity provider: authorization code with PKCE, by oidc-client-ts. Every token stays in this tab.

import { ErrorResponse, UserManager, WebStorageStateStore, type User } from "oidc-client-ts";
import { homeUrl, type OidcSettings } from "./settings";

/** What the page keeps of itself while somebody is away at the provider. */
interface Leaving {
  readonly address: string;
}

/** A wait without end: the page is being left, or its window closed. */
const forever = new Promise<never>(() => undefined);

export class Provider {
  private readonly manager: UserManager;
  private readonly requests = new WebStorageStateStore({ prefix: "pickup.oidc.", store: sessionStorage });

  /** `onExpiring` is called a minute before the access token ends, if it can be renewed. */
  constructor({ issuer, clientId, scope, parameters }: OidcSettings, onExpiring: () => void) {
    this.manager = new UserManager({
      authority: issuer,
      automaticSilentRenew: false, // it would use a frame if there is no refresh token
      client_id: clientId,
      extraQueryParams: parameters,
      post_logout_redirect_uri: homeUrl.href,
      redirect_uri: homeUrl.href,
      scope: scope ?? "openid",
      stateStore: this.requests,
      userStore: new WebStorageStateStore({ prefix: "pickup.oidc.", store: sessionStorage }),
    });
    this.manager.events.addAccessTokenExpiring(() => {
      void this.manager.getUser().then((user) => {
        if (user?.refresh_token) onExpiring();
      });
    });
  }

  /** The token of an earlier sign-in, or of the return from the provider that the address tells of. */
  async restore(): Promise<string | null> {
    const answer = new URLSearchParams(location.search);
    const state = answer.get("state");
    if (state && (answer.has("code") || answer.has("error"))) return this.finish(state);
    const user = await this.manager.getUser();
    return user?.expired ? this.renew() : (user?.access_token ?? null);
  }

  /** Leaves the page, which comes back to the same address. */
  async signInElsewhere(): Promise<never> {
    const state: Leaving = { address: addressOf(location) };
    await this.manager.signinRedirect({ state });
    return forever;
  }

  /** In a window of its own. */
  async signInBeside(prompt?: { prompt: "login" }): Promise<string> {
    return (await this.manager.signinPopup(prompt)).access_token;
  }

  /** A new token without asking, if it is wanted for one that is over or not; null if the provider gives none. */
  async renew(isWanted: (isOver: boolean) => boolean = () => true): Promise<string | null> {
    const user = await this.manager.getUser();
    if (!user?.refresh_token || !isWanted(user.expired === true)) return null;
    try {
      return (await this.manager.signinSilent())?.access_token ?? null;
    } catch (error) {
      if (error instanceof ErrorResponse) return null; // the refresh token has ended too
      throw error;
    }
  }

  async signOut(): Promise<void> {
    if (await this.manager.metadataService.getEndSessionEndpoint()) {
      await this.manager.signoutRedirect();
      await forever;
    }
    await this.manager.removeUser();
  }

  private async finish(state: string): Promise<string | null> {
    if (window.opener !== null && (await this.requests.get(state)) === null) {
      await this.manager.signinPopupCallback();
      return forever;
    }
    try {
      const user = await this.manager.signinRedirectCallback();
      return await this.goBack(user.state, user);
    } catch (error) {
      if (error instanceof ErrorResponse) await this.goBack(error.state, null);
      throw error;
    }
  }

  /** To the address that was left; the code of the provider does not stay in the history. */
  private async goBack(state: unknown, user: User | null): Promise<string | null> {
    const { address } = (state ?? { address: addressOf(homeUrl) }) as Leaving;
    if (new URL(address, location.href).pathname !== location.pathname) {
      location.replace(address);
      await forever;
    }
    history.replaceState(null, "", address);
    dispatchEvent(new PopStateEvent("popstate"));
    return user?.access_token ?? null;
  }
}

function addressOf({ pathname, search, hash }: { pathname: string; search: string; hash: string }): string {
  return pathname + search + hash;
}
