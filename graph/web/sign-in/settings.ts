// What the server says of itself in the page: graph/web/pages.py writes it.

export interface ClientSettings {
  /** No key is set: every request is anonymous and may do everything. */
  readonly open: boolean;
  /** Whether GraphiQL is served at `graphql`. */
  readonly graphiql: boolean;
  readonly oidc: OidcSettings | null;
}

export interface OidcSettings {
  readonly issuer: string;
  readonly clientId: string;
  /** As set; null means `openid`. */
  readonly scope: string | null;
  /** More parameters of the authorization request. */
  readonly parameters: Readonly<Record<string, string>>;
}

export const settings = read();

/** The address of the API. */
export const graphqlUrl = new URL(location.pathname.replace(/(graphql\/?)?$/, "graphql"), location.origin);

/** The address of the portal, to which an identity provider returns. */
export const homeUrl = new URL(".", graphqlUrl);

function read(): ClientSettings {
  const text = document.querySelector<HTMLMetaElement>('meta[name="pickup-settings"]')?.content;
  if (text === undefined) throw new Error("The page lacks its settings.");
  return JSON.parse(text) as ClientSettings;
}
