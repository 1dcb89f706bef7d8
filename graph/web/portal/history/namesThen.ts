/** The name that the group of each change had right after that change, or a deleted one right before. */

import type { ChangeEntryFragment } from "./history.graphql";

/** By the revisions of the changes; `changes` are all of the latest ones, the oldest first. */
export function namesThen(changes: readonly ChangeEntryFragment[]): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  // Of each group, what it was called when the change was made that is looked at: a later change says it.
  const current = new Map<string, string>();
  for (const change of [...changes].reverse()) {
    const { pickupGroupId: id, nameBefore, nameAfter } = change;
    if (id === null) continue;
    const name = nameAfter ?? current.get(id) ?? nameBefore ?? change.pickupGroup?.name;
    if (name !== undefined) {
      names.set(change.revision, name);
      current.set(id, nameBefore ?? name);
    }
  }
  return names;
}
