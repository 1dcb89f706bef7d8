/** A draft brought onto another version of its group, which somebody else has saved in the meantime. */

import type { Draft, Group, Person } from "./draft";
import { idsOf } from "./draft";

export interface Merge {
  /** The changes that are left to save, on the current version. */
  readonly draft: Draft;
  /** Both have changed the name, each to another one. */
  readonly bothRenamed: boolean;
  /** Who was to join and has joined already. */
  readonly joined: readonly Person[];
  /** Who was to leave and has left already. */
  readonly left: readonly Person[];
  /** Who was to join and is no user of the site any more. */
  readonly gone: readonly Person[];
}

/**
 * `people` are the users of the draft as they are now; one who is missing there no longer exists.
 *
 * A user who was to be moved from another group still is, from that group alone: if they are in a third one by now, the
 * server refuses them, and the administrator decides again.
 */
export function mergeDraft(draft: Draft, current: Group, people: readonly Person[]): Merge {
  const now = new Map(people.map((one) => [one.id, one]));
  const isMember = (one: Person): boolean => now.get(one.id)?.pickupGroup?.id === current.id;
  const joined = draft.joining.filter(isMember);
  const gone = draft.joining.filter((one) => !now.has(one.id));
  const left = draft.leaving.filter((one) => !isMember(one));
  const dropped = idsOf([...joined, ...gone]);
  const name = draft.name.trim();
  const renamed = name !== draft.base.name;
  return {
    draft: {
      base: current,
      name: renamed ? draft.name : current.name,
      joining: draft.joining
        .filter((one) => !dropped.has(one.id))
        .map((one) => ({ ...one, ...now.get(one.id), pickupGroup: one.pickupGroup })),
      leaving: draft.leaving.filter(isMember),
    },
    bothRenamed: renamed && current.name !== draft.base.name && current.name !== name,
    joined,
    left,
    gone,
  };
}
