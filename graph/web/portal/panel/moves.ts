/** What a move of users between the two lists comes to, before it is saved. */

import { type Draft, type DraftAction, idsOf, isChanged, type Person, reduceDraft } from "./draft";
import type { Words } from "./words.en";

export type Move = Extract<DraftAction, { readonly type: "assigned" | "released" }>;

export interface MoveOutcome {
  /** How many are in the other list now. */
  readonly moved: number;
  /** Users of other groups who were to move here, and do not. */
  readonly stay: readonly Person[];
  /** The move takes back earlier ones alone. */
  readonly isUndone: boolean;
  readonly isUnsaved: boolean;
}

export function outcomeOf(draft: Draft, move: Move): MoveOutcome {
  const ids = idsOf(move.people);
  const undone = (move.type === "released" ? draft.joining : draft.leaving).filter((one) => ids.has(one.id));
  const stay = move.type === "released" ? undone.filter((one) => one.pickupGroup !== null) : [];
  return {
    moved: move.people.length - stay.length,
    stay,
    isUndone: undone.length === move.people.length,
    isUnsaved: isChanged(reduceDraft(draft, move)),
  };
}

export function stayText(stay: readonly Person[], words: Words): string {
  const groups = new Map<string, { name: string; names: string[] }>();
  for (const { displayName, pickupGroup } of stay) {
    if (pickupGroup) {
      const { id, name } = pickupGroup;
      groups.set(id, { name, names: [...(groups.get(id)?.names ?? []), displayName] });
    }
  }
  return [...groups.values()].map(({ name, names }) => words.staysIn(names, name)).join(" ");
}

/** For a screen reader. */
export function moveText(move: Move, { moved, stay, isUndone, isUnsaved }: MoveOutcome, words: Words): string {
  const { available, assigned } = words.sides;
  return [
    ...(moved > 0 ? [(move.type === "assigned" ? available : assigned).moved(moved)] : []),
    ...(stay.length > 0 ? [stayText(stay, words)] : []),
    ...(!isUnsaved ? [words.nothingToSave] : isUndone ? [] : [words.saveKeeps]),
  ].join(" ");
}
