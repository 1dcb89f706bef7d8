// Sites with users and groups, made through the API: each scenario has one of its own.

import { randomUUID } from "node:crypto";
import type { Server } from "./server";
import { token } from "./tokens";

export interface UserRow {
  readonly firstName?: string;
  readonly lastName?: string;
  readonly extension?: string;
  readonly email?: string;
  readonly stationType?: string;
  readonly bargeInExempt?: boolean;
}

export interface GroupRow {
  readonly name: string;
  /** Places in the list of users. */
  readonly members?: readonly number[];
}

export interface SiteRow {
  readonly name?: string;
  /** A number: so many users Ann 0001, Ann 0002 … with premium stations. */
  readonly users?: number | readonly UserRow[];
  readonly groups?: readonly GroupRow[];
}

export interface MadeSite {
  readonly id: string;
  /** The site's key, for the claim `sites` of a token. */
  readonly externalId: string;
  readonly name: string;
  /** In the order of the rows. */
  readonly users: readonly { readonly id: string; readonly displayName: string }[];
  readonly groups: readonly { readonly id: string; readonly name: string; readonly version: number }[];
}

const ROWS = 500; // of one call at most

export async function makeSite(server: Server, { name, users = 0, groups = [] }: SiteRow = {}): Promise<MadeSite> {
  const provisioning = token({ sub: "directory", permissions: ["WRITE", "PROVISION"] });
  const externalId = randomUUID();
  const row = { externalId, name: name ?? `Site ${externalId}` };
  const { upsertSites } = await server.query<{ upsertSites: { sites: [{ id: string }] } }>(
    provisioning,
    "mutation($input: UpsertSitesInput!) { upsertSites(input: $input) { sites { id } } }",
    { input: { sites: [row] } },
  );
  const [{ id }] = upsertSites.sites;
  const made = await makeUsers(server, provisioning, externalId, users);
  const madeGroups = [];
  for (const { name, members = [] } of groups) {
    const { createPickupGroup } = await server.query<{
      createPickupGroup: { pickupGroup: MadeSite["groups"][number] | null; violations: unknown };
    }>(
      provisioning,
      `mutation($input: CreatePickupGroupInput!) {
        createPickupGroup(input: $input) { pickupGroup { id name version } violations { message } } }`,
      { input: { siteId: id, name, userIds: members.map((place) => made[place]?.id) } },
    );
    if (!createPickupGroup.pickupGroup) throw new Error(JSON.stringify(createPickupGroup.violations));
    madeGroups.push(createPickupGroup.pickupGroup);
  }
  return { id, ...row, users: made, groups: madeGroups };
}

async function makeUsers(server: Server, provisioning: string, siteExternalId: string, users: number | readonly UserRow[]) {
  const given: readonly UserRow[] =
    typeof users === "number"
      ? Array.from({ length: users }, (_, place) => ({
          firstName: "Ann",
          lastName: String(place + 1).padStart(4, "0"),
          extension: String(1_001 + place),
        }))
      : users;
  const rows = given.map((row, place) => ({
    stationType: "PREMIUM",
    ...row,
    externalId: `${siteExternalId}-${place}`,
    siteExternalId,
  }));
  const made: { id: string; displayName: string }[] = [];
  for (let first = 0; first < rows.length; first += ROWS) {
    const { upsertUsers } = await server.query<{
      upsertUsers: { users: typeof made; violations: { message: string }[] };
    }>(
      provisioning,
      `mutation($input: UpsertUsersInput!) {
        upsertUsers(input: $input) { users { id displayName } violations { message } } }`,
      { input: { users: rows.slice(first, first + ROWS) } },
    );
    if (upsertUsers.violations.length > 0) throw new Error(JSON.stringify(upsertUsers.violations));
    made.push(...upsertUsers.users);
  }
  return made;
}
