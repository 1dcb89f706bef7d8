/** One change in words: what was done, to which group, and to which users. */

import type { ChangeEntryFragment } from "./history.graphql";
import type { HistoryWords } from "./words";

export interface Sentence {
  readonly text: string;
  /** Further lines: who joined, who left, who lost an exemption. */
  readonly lines: readonly string[];
}

const MOST_NAMES = 12;

export function describeChange(
  change: ChangeEntryFragment,
  nameOf: (id: string) => string | undefined,
  words: HistoryWords,
): Sentence {
  const names = (ids: readonly string[]): string => {
    const shown = ids.slice(0, MOST_NAMES).map((id) => nameOf(id) ?? words.formerUser);
    return words.list(ids.length > shown.length ? [...shown, words.more(ids.length - shown.length)] : shown);
  };
  const { membersAdded, membersRemoved, bargeInExemptionsCleared } = change;
  const group = change.pickupGroup?.name ?? words.deletedGroup;
  const lines = [
    ...(membersAdded.length ? [words.joined(names(membersAdded))] : []),
    ...(membersRemoved.length ? [words.left(names(membersRemoved))] : []),
    ...(bargeInExemptionsCleared.length ? [words.exemptionsEnded(names(bargeInExemptionsCleared))] : []),
  ];
  const sentences = {
    PICKUP_GROUP_CREATED: words.created(change.nameAfter ?? group),
    PICKUP_GROUP_RENAMED: words.renamed(change.nameBefore ?? "", change.nameAfter ?? ""),
    PICKUP_GROUP_MEMBERS_CHANGED: words.membersChanged(group),
    PICKUP_GROUP_DELETED: words.deleted(change.nameBefore ?? group),
    DIRECTORY_CHANGED: words.directoryChanged,
  } satisfies Record<ChangeEntryFragment["kind"], string>;
  return { text: sentences[change.kind], lines };
}

/** Who made a change, as a person reads it. */
export function describeActor(actor: string, words: HistoryWords): string {
  if (actor === "anonymous") {
    return words.anonymous;
  }
  return actor.startsWith("import:") ? words.byImport(actor.slice("import:".length)) : actor;
}

/** The ids of users that the changes name, each once, as many of each change as are shown. */
export function usersIn(changes: readonly ChangeEntryFragment[]): string[] {
  const named = changes.flatMap((one) =>
    [one.membersAdded, one.membersRemoved, one.bargeInExemptionsCleared].flatMap((ids) => ids.slice(0, MOST_NAMES)),
  );
  return [...new Set(named)];
}
