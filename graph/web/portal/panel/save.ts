/** One Save: the name, who joins and who leaves, as one transaction; of a new group the name. */

import type { Client } from "urql";

import { CreateGroupDocument, SaveGroupDocument, type SaveGroupMutation } from "./saving.graphql";
import { changesOf, type Draft, type Group, isNew, movers } from "./draft";
import { droppedSignal } from "../api/fetch";
import { type Failure, failureOf } from "./failure";
import { type PlacedViolations, placeViolations } from "./violations";

export type BrokenRule = SaveGroupMutation["updatePickupGroup"]["violations"][number];

export type Broken = PlacedViolations<BrokenRule>;

export type Outcome =
  | { readonly kind: "saved"; readonly group: Group; readonly exemptionsEnded: readonly string[] }
  | { readonly kind: "refused"; readonly broken: Broken }
  | { readonly kind: "conflict" }
  | { readonly kind: "gone" }
  | Failure;

/**
 * `moveMembers` lets any user leave another group, but an administrator has agreed to single ones. So a call that moves
 * users is tried before, and is made only if each of them is still in the group that was named.
 */
export async function saveGroup(client: Client, siteId: string, draft: Draft): Promise<Outcome> {
  if (isNew(draft)) {
    return create(client, siteId, draft);
  }
  const changes = changesOf(draft);
  const input = { ...changes, id: draft.base.id, expectedVersion: draft.base.version };
  const dropped = droppedSignal();
  if (changes.moveMembers) {
    const tried = await update(client, draft, { ...input, moveMembers: false, dryRun: true });
    if (tried.kind !== "saved") {
      return tried;
    }
    if (dropped.aborted) {
      return { kind: "signedOut" };
    }
  }
  return update(client, draft, input);
}

async function create(client: Client, siteId: string, draft: Draft): Promise<Outcome> {
  const { name = "" } = changesOf(draft);
  const result = await client.mutation(CreateGroupDocument, { input: { siteId, name } }).toPromise();
  if (!result.data) {
    return failureOf(result.error);
  }
  const { pickupGroup, violations } = result.data.createPickupGroup;
  return pickupGroup
    ? { kind: "saved", group: pickupGroup, exemptionsEnded: [] }
    : { kind: "refused", broken: placeViolations(violations, {}) };
}

async function update(
  client: Client,
  draft: Draft,
  input: {
    id: string;
    name?: string;
    addUserIds: string[];
    removeUserIds: string[];
    expectedVersion: number;
    moveMembers: boolean;
    dryRun?: boolean;
  },
): Promise<Outcome> {
  const result = await client.mutation(SaveGroupDocument, { input }).toPromise();
  if (!result.data) {
    return failureOf(result.error);
  }
  const { pickupGroup, violations, bargeInExemptionsCleared } = result.data.updatePickupGroup;
  if (!pickupGroup) {
    return { kind: "gone" };
  }
  const agreed = new Map(movers(draft).map((one) => [one.id, one.pickupGroup?.id]));
  const open = violations.filter(
    (one) => one.__typename !== "MemberInAnotherGroup" || agreed.get(one.user.id) !== one.pickupGroup.id,
  );
  if (open.some((one) => one.__typename === "VersionConflict")) {
    return { kind: "conflict" };
  }
  if (open.length > 0) {
    return {
      kind: "refused",
      broken: placeViolations(open, { addUserIds: input.addUserIds, removeUserIds: input.removeUserIds }),
    };
  }
  return {
    kind: "saved",
    group: pickupGroup,
    exemptionsEnded: bargeInExemptionsCleared.map((one) => one.displayName),
  };
}

/** The users who are in other groups by now. */
export function groupedIn({ users }: Broken): Set<string> {
  const isGrouped = (rules: readonly BrokenRule[]) => rules.some((one) => one.__typename === "MemberInAnotherGroup");
  return new Set([...users].filter(([, rules]) => isGrouped(rules)).map(([id]) => id));
}
