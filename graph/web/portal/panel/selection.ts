/** The users whose check boxes are ticked, also those that another search has found. */

import type { Key, Selection } from "react-aria-components";

import type { Person } from "./draft";

export type Chosen = ReadonlyMap<string, Person>;

export const NONE: Chosen = new Map();

/** What a list reports, with the users behind the keys: of the rows that are shown, or chosen before. */
export function chosenOf(selection: Selection, rows: readonly Person[], before: Chosen): Chosen {
  const shown = new Map(rows.map((one) => [one.id, one]));
  const keys: Iterable<Key> = selection === "all" ? [...before.keys(), ...shown.keys()] : selection;
  const found = new Map<string, Person>();
  for (const key of keys) {
    const person = shown.get(String(key)) ?? before.get(String(key));
    if (person) {
      found.set(person.id, person);
    }
  }
  return found;
}

/** Text without case and accents, for a search in rows that the server does not have yet. */
export function matches(person: Person, search: string): boolean {
  const fold = (text: string): string => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const { displayName, extension, phoneNumber, email } = person;
  // A draft that an older page has kept has no email.
  const text = fold([displayName, extension ?? "", phoneNumber ?? "", email ?? ""].join("\n"));
  return fold(search)
    .split(/\s+/)
    .every((term) => text.includes(term));
}
