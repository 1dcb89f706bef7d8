// A real OpenID provider with one client, the pages of Pickup, and its token endpoint at another origin. Its access tokens
// are JWTs with the claims that the server reads; anyone who gives a name is signed in.

import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server as HttpServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Provider } from "oidc-provider";
import type { Claims } from "./tokens";

const CLIENT_ID = "pickup-pages";

/** What the pages must ask for: without it an access token is no JWT. */
const RESOURCE = "urn:pickup";

export interface Grant {
  /** The claims of the access tokens from now on. */
  claims: Pick<Claims, "permissions" | "sites">;
  /** Of the access tokens, likewise. */
  audience: string;
  /** How long an access token is good for. */
  lifetimeS: number;
  /** Whether there are refresh tokens. */
  canRenew: boolean;
}

export class IdentityProvider {
  readonly grant: Grant = {
    claims: {},
    audience: "pickup",
    lifetimeS: 3_600,
    canRenew: true,
  };

  private constructor(
    private readonly http: HttpServer,
    private readonly elsewhere: HttpServer,
    readonly issuer: string,
  ) {}

  /** The origin of the token endpoint, which is not that of the issuer. */
  get tokenOrigin(): string {
    return originOf(this.elsewhere);
  }

  /** For pages at `home`. */
  static async start(home: string): Promise<IdentityProvider> {
    const [http, elsewhere] = await Promise.all([listening(), listening()]);
    const started = new IdentityProvider(http, elsewhere, originOf(http));
    const provider = started.create(home);
    provider.use(async (context, next) => {
      await next();
      if (context.path === "/.well-known/openid-configuration") {
        Object.assign(context.body as object, { token_endpoint: `${started.tokenOrigin}/token` });
      }
    });
    const callback = provider.callback();
    http.on("request", (request: IncomingMessage, response: ServerResponse) => {
      if (request.url?.startsWith("/interaction/")) void interact(provider, request, response);
      else void callback(request, response);
    });
    elsewhere.on("request", (request, response) => void callback(request, response));
    return started;
  }

  /** Everything but the audience, on which the server may insist. */
  reset(): void {
    const claims = { permissions: ["WRITE"], sites: ["*"] } as const;
    Object.assign(this.grant, { claims, lifetimeS: 3_600, canRenew: true });
  }

  /** The settings of a server whose pages sign in here. */
  get settings(): Record<string, string> {
    return {
      PICKUP_JWT_SECRET: "",
      PICKUP_JWKS_URL: `${this.issuer}/jwks`,
      PICKUP_JWT_ISSUER: this.issuer,
      PICKUP_JWT_AUDIENCE: this.grant.audience,
      PICKUP_OIDC_ISSUER: this.issuer,
      PICKUP_OIDC_CLIENT_ID: CLIENT_ID,
      PICKUP_OIDC_SCOPE: "openid",
      PICKUP_OIDC_PARAMETERS: `resource=${RESOURCE}`,
      PICKUP_OIDC_ORIGINS: this.tokenOrigin,
    };
  }

  async stop(): Promise<void> {
    for (const http of [this.http, this.elsewhere]) {
      http.close();
      http.closeAllConnections();
      await once(http, "close");
    }
  }

  private create(home: string): Provider {
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2_048 });
    return new Provider(this.issuer, {
      clientBasedCORS: () => true,
      clients: [
        {
          client_id: CLIENT_ID,
          grant_types: ["authorization_code", "refresh_token"],
          post_logout_redirect_uris: [home],
          redirect_uris: [home],
          response_types: ["code"],
          token_endpoint_auth_method: "none",
        },
      ],
      cookies: { keys: ["a key of the tests"] },
      extraTokenClaims: () => ({ ...this.grant.claims }),
      features: {
        devInteractions: { enabled: false },
        rpInitiatedLogout: {
          logoutSource: (context, form) => {
            context.body = html(`${form}<button form="op.logoutForm" name="logout" value="yes">Leave</button>`);
          },
        },
        resourceIndicators: {
          enabled: true,
          getResourceServerInfo: () => ({
            accessTokenFormat: "jwt",
            accessTokenTTL: this.grant.lifetimeS,
            audience: this.grant.audience,
            scope: "",
          }),
          useGrantedResource: () => true,
        },
      },
      findAccount: (_context, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
      interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
      issueRefreshToken: () => this.grant.canRenew,
      jwks: { keys: [{ ...privateKey.export({ format: "jwk" }), alg: "RS256", use: "sig" }] },
      loadExistingGrant: async (context) => {
        const { client, session } = context.oidc;
        const grant = new context.oidc.provider.Grant({ clientId: client?.clientId, accountId: session?.accountId });
        grant.addOIDCScope("openid offline_access");
        await grant.save();
        return grant;
      },
    });
  }
}

async function listening(): Promise<HttpServer> {
  const http = createServer().listen(0, "127.0.0.1");
  await once(http, "listening");
  return http;
}

function originOf(http: HttpServer): string {
  return `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
}

/** A page with one field, the name. */
async function interact(provider: Provider, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method === "POST") {
    let body = "";
    for await (const piece of request) body += String(piece);
    const accountId = new URLSearchParams(body).get("name") ?? "";
    const denial = { error: "access_denied", error_description: "You may not use Pickup." };
    await provider.interactionFinished(request, response, accountId ? { login: { accountId } } : denial);
    return;
  }
  response.setHeader("Content-Type", "text/html; charset=utf-8");
  response.end(html('<form method="post"><label>Name <input name="name"></label><button>Go on</button></form>'));
}

function html(body: string): string {
  return `<!doctype html><html lang="en"><title>Provider</title><link rel="icon" href="data:,">${body}</html>`;
}
