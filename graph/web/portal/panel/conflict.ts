/** What another person has done to a group since it was opened, and what that leaves of one's own changes. */

import type { Client } from "urql";

import type { ChangeEntryFragment } from "../history/history.graphql";
import { ChangesSinceDocument, PeopleNowDocument } from "./conflict.graphql";
import type { Draft, Group, Person } from "./draft";
import { type Failure, failureOf } from "./failure";
import { type Merge, mergeDraft } from "./merge";

const MOST = 100;

export interface Conflict {
  readonly current: Group;
  /** The newest come last. */
  readonly changes: readonly ChangeEntryFragment[];
  readonly merge: Merge;
}

export async function readConflict(client: Client, draft: Draft): Promise<Conflict | Failure | { kind: "gone" }> {
  try {
    const found = await client
      .query(ChangesSinceDocument, { id: draft.base.id, last: MOST }, { requestPolicy: "network-only" })
      .toPromise();
    if (found.error) {
      return failureOf(found.error);
    }
    const group = found.data?.pickupGroup;
    if (!group) {
      return { kind: "gone" };
    }
    // Each change of a group raises its version by one.
    const since = Math.min(group.version - draft.base.version, group.changes.nodes.length);
    const people = await readPeople(
      client,
      [...draft.joining, ...draft.leaving].map((one) => one.id),
    );
    return {
      current: group,
      changes: since > 0 ? group.changes.nodes.slice(-since) : [],
      merge: mergeDraft(draft, group, people),
    };
  } catch (error) {
    return failureOf(error);
  }
}

async function readPeople(client: Client, ids: readonly string[]): Promise<Person[]> {
  const people: Person[] = [];
  for (let first = 0; first < ids.length; first += MOST) {
    const chunk = ids.slice(first, first + MOST);
    const found = await client.query(PeopleNowDocument, { ids: chunk }, { requestPolicy: "network-only" }).toPromise();
    if (found.error) {
      throw found.error;
    }
    for (const node of found.data?.nodes ?? []) {
      if (node?.__typename === "User") {
        people.push(node);
      }
    }
  }
  return people;
}
