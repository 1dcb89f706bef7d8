/** Where each broken rule is shown: beside the name, beside a user, or above both. */

import { type DraftAction, idsOf } from "./draft";

export interface Violation {
  readonly rule: string;
  readonly message: string;
  readonly path: readonly string[];
  readonly __typename?: string;
}

/** The lists of a call, by the names of their arguments: a violation refers to a user by place. */
export type SentUsers = Readonly<Record<string, readonly string[]>>;

export interface PlacedViolations<V extends Violation> {
  readonly name: readonly V[];
  readonly users: ReadonlyMap<string, readonly V[]>;
  readonly group: readonly V[];
}

export function placeViolations<V extends Violation>(violations: readonly V[], sent: SentUsers): PlacedViolations<V> {
  const name: V[] = [];
  const group: V[] = [];
  const users = new Map<string, V[]>();
  for (const violation of violations) {
    const [, argument = "", place = ""] = violation.path;
    const user = sent[argument]?.[Number(place)];
    if (argument === "name") {
      name.push(violation);
    } else if (place !== "" && user !== undefined) {
      users.set(user, [...(users.get(user) ?? []), violation]);
    } else {
      group.push(violation);
    }
  }
  return { name, users, group };
}

/** Those that an action leaves: what they are about has not been changed by it. */
export function violationsAfter<V extends Violation>(
  placed: PlacedViolations<V>,
  action: DraftAction,
): PlacedViolations<V> {
  switch (action.type) {
    case "named":
      return placed.name.length > 0 ? { ...placed, name: [] } : placed;
    case "assigned":
    case "released":
      return without(placed, idsOf(action.people));
    case "moved":
      return without(placed, new Set([action.id]));
    default:
      return placed;
  }
}

function without<V extends Violation>(placed: PlacedViolations<V>, ids: ReadonlySet<string>): PlacedViolations<V> {
  const users = new Map([...placed.users].filter(([id]) => !ids.has(id)));
  return users.size < placed.users.size ? { ...placed, users } : placed;
}

export function noViolations<V extends Violation>(): PlacedViolations<V> {
  return { name: [], users: new Map(), group: [] };
}

export function countViolations<V extends Violation>(placed: PlacedViolations<V>): number {
  return placed.name.length + placed.group.length + [...placed.users.values()].reduce((sum, of) => sum + of.length, 0);
}
