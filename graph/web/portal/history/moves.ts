/** Between which groups users were moved. */

import type { ChangeEntryFragment } from "./history.graphql";

/** The name of another group that a change moved a user from or to; undefined for none, or if that is not known. */
export type OtherGroup = (change: ChangeEntryFragment, userId: string) => string | undefined;

export interface Moves {
  readonly from: OtherGroup;
  readonly to: OtherGroup;
}

/** A move is recorded as one change of each group, made at the same instant: `changes` must have both. */
export function readMoves(changes: readonly ChangeEntryFragment[], groupNames: ReadonlyMap<number, string>): Moves {
  const left = new Map<string, string>();
  const joined = new Map<string, string>();
  for (const { occurredAt, revision, membersAdded, membersRemoved } of changes) {
    const name = groupNames.get(revision);
    if (name === undefined) continue;
    membersRemoved.forEach((id) => left.set(`${occurredAt} ${id}`, name));
    membersAdded.forEach((id) => joined.set(`${occurredAt} ${id}`, name));
  }
  return {
    from: ({ occurredAt }, userId) => left.get(`${occurredAt} ${userId}`),
    to: ({ occurredAt }, userId) => joined.get(`${occurredAt} ${userId}`),
  };
}
