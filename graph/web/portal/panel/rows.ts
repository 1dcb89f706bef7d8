/** The rows of the two lists: what is not saved yet first, then what the server has. */

import type { Draft, Person } from "./draft";
import { idsOf } from "./draft";
import { matches } from "./selection";

export type Mark = "joins" | "leaves" | null;

export interface Row extends Person {
  readonly mark: Mark;
}

/** The row of a user as the server has them. */
export function rowOf(person: Person): Row {
  return { ...person, mark: null };
}

export function availableRows(draft: Draft, people: readonly Row[], search: string): Row[] {
  return rowsOf(draft.leaving, "leaves", people, draft.joining, search);
}

export function assignedRows(draft: Draft, people: readonly Row[], search: string): Row[] {
  return rowsOf(draft.joining, "joins", people, draft.leaving, search);
}

function rowsOf(
  own: readonly Person[],
  mark: Mark,
  people: readonly Row[],
  away: readonly Person[],
  search: string,
): Row[] {
  const passed = idsOf([...own, ...away]);
  return [
    ...own.filter((one) => matches(one, search)).map((one) => ({ ...one, mark })),
    ...people.filter((one) => !passed.has(one.id)),
  ];
}

/** How many rows a list has if nothing is searched for: its count by the server, and what is moved. */
export function availableTotal(draft: Draft, found: number): number {
  return found + draft.leaving.length - draft.joining.filter((one) => one.pickupGroup === null).length;
}

export function assignedTotal(draft: Draft, found: number): number {
  return found + draft.joining.length - draft.leaving.length;
}
