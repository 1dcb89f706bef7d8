/** One change in words: what was done, to which group, and to which users. */

import type { ChangeEntryFragment } from "./history.graphql";
import type { Moves } from "./moves";
import type { NameOf } from "./useNames";
import type { HistoryWords } from "./words";

export interface Sentence {
  /** The name of the group stands in the middle, empty for none. */
  readonly text: readonly [before: string, group: string, after: string];
  /** Further lines: who joined, from where, who left, who lost an exemption. */
  readonly lines: readonly Line[];
}

export interface Line {
  readonly key: string;
  readonly text: string;
  /** The number of users if they are more than are named unless the line is opened; else null. */
  readonly long: number | null;
}

const MOST_NAMES = 12;
/** In the place of a group's name: no name has this character. */
const GROUP = "\0";

export function describeChange(
  change: ChangeEntryFragment,
  nameOf: NameOf,
  moves: Moves,
  /** What the group was called then; undefined if nothing tells it. */
  group: string | undefined,
  words: HistoryWords,
  /** The keys of lines that name all of their users. */
  opened: ReadonlySet<string> = new Set(),
): Sentence {
  const named = (ids: readonly string[], most: number): string | undefined => {
    const shown = ids.slice(0, most).map(nameOf);
    if (shown.includes(undefined)) return undefined;
    const known = shown.map((name) => name ?? words.formerUser);
    return words.list(ids.length > known.length ? [...known, words.more(ids.length - known.length)] : known);
  };
  const place = group === undefined ? undefined : GROUP;
  const sentences = {
    PICKUP_GROUP_CREATED: words.created(place ?? ""),
    PICKUP_GROUP_RENAMED: words.renamed(change.nameBefore ?? "", GROUP),
    PICKUP_GROUP_MEMBERS_CHANGED: words.membersChanged(place),
    PICKUP_GROUP_DELETED: words.deleted(place ?? ""),
    DIRECTORY_CHANGED: words.directoryChanged,
  } satisfies Record<ChangeEntryFragment["kind"], string>;
  const name = (change.kind === "PICKUP_GROUP_RENAMED" ? change.nameAfter : group) ?? "";
  const [before = "", after] = sentences[change.kind].split(GROUP);
  return {
    text: [before, after === undefined ? "" : name, after ?? ""],
    lines: partsOf(change, moves).map(({ key, ids, say }) => ({
      key,
      text: say(words, (opened.has(key) ? named(ids, ids.length) : undefined) ?? named(ids, MOST_NAMES) ?? "…"),
      long: ids.length > MOST_NAMES ? ids.length : null,
    })),
  };
}

interface Part {
  readonly key: string;
  readonly ids: readonly string[];
  readonly say: (words: HistoryWords, names: string) => string;
}

/** The users whom a change names, by what it did to them. */
function partsOf(change: ChangeEntryFragment, { from, to }: Moves): Part[] {
  const { revision, membersAdded, membersRemoved, bargeInExemptionsCleared } = change;
  const parts: Part[] = [
    ...split(membersAdded, (id) => from(change, id)).map(([group, ids]) => ({
      key: `${revision} joined ${group ?? ""}`,
      ids,
      say: (words: HistoryWords, names: string) =>
        group === undefined ? words.joined(names) : words.movedFrom(group, names),
    })),
    ...split(membersRemoved, (id) => to(change, id)).map(([group, ids]) => ({
      key: `${revision} left ${group ?? ""}`,
      ids,
      say: (words: HistoryWords, names: string) => (group === undefined ? words.left(names) : words.movedTo(group, names)),
    })),
    {
      key: `${revision} exemptions`,
      ids: bargeInExemptionsCleared,
      say: (words, names) => words.exemptionsEnded(names),
    },
  ];
  return parts.filter(({ ids }) => ids.length > 0);
}

/** The users by their other group; those without one come first. */
function split(ids: readonly string[], groupOf: (id: string) => string | undefined): [string | undefined, string[]][] {
  const groups = new Set([undefined, ...ids.map(groupOf)]);
  return [...groups].map((group) => [group, ids.filter((id) => groupOf(id) === group)]);
}

/** Who made a change, as a person reads it. It has no name if the server asked for no sign-in then. */
export function describeActor(actor: string, words: HistoryWords): string {
  if (actor === "anonymous") {
    return words.noSignIn;
  }
  return actor.startsWith("import:") ? words.byImport(actor.slice("import:".length)) : actor;
}

/** The ids of users that the changes name, each once, as many of each change as are shown. */
export function usersIn(
  changes: readonly ChangeEntryFragment[],
  moves: Moves,
  opened: ReadonlySet<string> = new Set(),
): string[] {
  const parts = changes.flatMap((one) => partsOf(one, moves));
  return [...new Set(parts.flatMap(({ key, ids }) => (opened.has(key) ? ids : ids.slice(0, MOST_NAMES))))];
}
