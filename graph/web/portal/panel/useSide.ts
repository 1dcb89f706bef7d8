/** One of the two lists of users: what is searched in it, who is found, and who of them is chosen. */

import { type Dispatch, type SetStateAction, useMemo, useState } from "react";

import { useUnreachable } from "../api/reachability";
import { useDebounced } from "../ui/useDebounced";
import { type Draft, idsOf, type Person } from "./draft";
import { AvailableUsersDocument, MembersDocument } from "./people.graphql";
import { assignedRows, assignedTotal, availableRows, availableTotal, type Row, rowOf } from "./rows";
import type { Chosen } from "./selection";
import { type People, usePeople } from "./usePeople";

/** Of typing, before a search is sent. */
const PAUSE_MS = 150;

const NO_ROWS: readonly Row[] = [];

const SIDES = {
  available: { document: AvailableUsersDocument, rowsOf: availableRows, totalOf: availableTotal },
  assigned: { document: MembersDocument, rowsOf: assignedRows, totalOf: assignedTotal },
} as const;

export interface Side {
  readonly name: keyof typeof SIDES;
  readonly search: string;
  readonly setSearch: (search: string) => void;
  /** The search that is sent. */
  readonly sought: string;
  readonly people: People;
  /** What is typed is not answered yet: the rows are those of the last search, and none if there was a failure. */
  readonly isOutdated: boolean;
  /** The list cannot be read: it was refused, or the server does not answer. */
  readonly isFailed: boolean;
  readonly rows: readonly Row[];
  /** The rows if these were all that the server finds by this search. */
  readonly rowsOf: (people: readonly Person[], foundBy: string) => readonly Row[];
  /** How many are found, with those who are not loaded. */
  readonly total: number;
  /** How many the list has, whatever is searched for; null until that has been read. */
  readonly size: number | null;
  readonly chosen: Chosen;
  readonly choose: (chosen: Chosen) => void;
  /** These are not chosen any more: they have been moved. */
  readonly drop: (people: readonly Person[]) => void;
}

export function useSide(
  name: Side["name"],
  draft: Draft,
  chosen: Chosen,
  choose: Dispatch<SetStateAction<Chosen>>,
): Side {
  const { document, rowsOf, totalOf } = SIDES[name];
  const [search, setSearch] = useState("");
  const sought = useDebounced(search, PAUSE_MS);
  const people = usePeople(document, draft.base.id, sought);
  const { people: read, total: found, all, foundBy } = people;
  const isUnreachable = useUnreachable();
  const isFailed = people.failure !== null || (people.isLoading && isUnreachable);
  const isOutdated = foundBy !== search;
  const isEmpty = isOutdated && isFailed;
  const rows = useMemo(() => rowsOf(draft, read, foundBy), [rowsOf, draft, read, foundBy]);
  const total = useMemo(
    () => totalOf(draft, { people: read, total: found }, foundBy),
    [totalOf, draft, read, found, foundBy],
  );
  const size = useMemo(
    () => (all === null ? null : totalOf(draft, { people: read, total: all }, "")),
    [totalOf, draft, read, all],
  );
  return {
    name,
    search,
    setSearch,
    sought,
    people,
    isOutdated,
    isFailed,
    rows: isEmpty ? NO_ROWS : rows,
    rowsOf: (people, foundBy) => rowsOf(draft, people.map(rowOf), foundBy),
    total: isEmpty ? 0 : total,
    size,
    chosen,
    choose,
    drop: (people) => {
      const moved = idsOf(people);
      choose((now) => new Map([...now].filter(([id]) => !moved.has(id))));
    },
  };
}
