/** The rows of the two lists: what is not saved yet first, then what the server has. */

import type { Draft, Person } from "./draft";
import { idsOf } from "./draft";
import { matches } from "./selection";
import type { Words } from "./words.en";

export type Mark = "joins" | "leaves" | null;

export interface Row extends Person {
  readonly mark: Mark;
}

/** What tells two users of one name apart: a number, and the type of the station. */
export function detailsOf({ extension, phoneNumber, stationType }: Person, words: Words): string[] {
  const number = extension ? words.extension(extension) : phoneNumber;
  return [number, words.stations[stationType]].flatMap((one) => (one ? [one] : []));
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

/** Users that the server has found, as far as they are read, and how many they are. */
export interface Found {
  readonly people: readonly Row[];
  readonly total: number;
}

/** How many rows a list has, with those that are not read. */
export function availableTotal(draft: Draft, found: Found, search: string): number {
  const { leaving, joining } = draft;
  return totalOf(leaving, found, joining.filter((one) => one.pickupGroup === null), search);
}

export function assignedTotal(draft: Draft, found: Found, search: string): number {
  return totalOf(draft.joining, found, draft.leaving, search);
}

function totalOf(own: readonly Person[], found: Found, away: readonly Person[], search: string): number {
  const read = idsOf(found.people);
  const came = own.filter((one) => !read.has(one.id) && matches(one, search));
  const went = away.filter((one) => read.has(one.id) || matches(one, search));
  return found.total + came.length - went.length;
}
