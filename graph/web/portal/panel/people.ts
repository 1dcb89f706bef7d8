/** The pages of a list of users, and which one is being read. */

import type { Person } from "./draft";
import type { Failure } from "./failure";
import { type Row, rowOf } from "./rows";

export const PAGE_SIZE = 50;
export const LARGEST_PAGE = 100;

export interface Page {
  readonly totalCount: number;
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor?: string | null };
  readonly nodes: readonly Person[];
}

export interface PeopleState {
  /** The search that is wanted. */
  readonly of: string;
  /** The one that has found `people`: until another one is answered, they are still in view. */
  readonly foundBy: string;
  /** The same object for a user until they are read again: what is drawn of them stays as it is. */
  readonly people: readonly Row[];
  readonly total: number;
  /** The total without a search; null until that has been read. */
  readonly all: number | null;
  readonly next: string | null;
  /** The page that is being read: the one after this cursor. */
  readonly asked: { readonly after: string | null } | null;
  readonly failure: Failure | null;
}

export type PeopleAction =
  | { readonly type: "searched"; readonly search: string }
  | { readonly type: "more" | "again" }
  | { readonly type: "page"; readonly page: Page; readonly isFirst: boolean }
  | { readonly type: "failed"; readonly search: string; readonly failure: Failure }
  | { readonly type: "settled"; readonly came: readonly Person[]; readonly went: readonly Person[] };

const FIRST = { after: null };

export const noPeople: PeopleState = { of: "", foundBy: "", people: [], total: 0, all: null, next: null, asked: FIRST, failure: null };

/** All that are found, if every page has been read; while a search is being read, the last one is still in view. */
export function allRead({ people, next, asked, failure }: PeopleState): readonly Row[] | null {
  return next === null && asked === null && failure === null ? people : null;
}

export function reducePeople(state: PeopleState, action: PeopleAction): PeopleState {
  switch (action.type) {
    case "searched":
      return { ...state, of: action.search, asked: FIRST, failure: null };
    case "again":
      return { ...state, asked: { ...FIRST }, failure: null };
    case "more":
      return state.next === null || state.asked || state.failure ? state : { ...state, asked: { after: state.next } };
    case "failed":
      // A request for another search may fail when this one is being read.
      return state.of === action.search ? { ...state, asked: null, failure: action.failure } : state;
    case "settled": {
      const went = new Set(action.went.map((one) => one.id));
      return {
        ...state,
        people: [...action.came.map(rowOf), ...state.people.filter((one) => !went.has(one.id))],
        total: state.total + action.came.length - action.went.length,
        all: state.all === null ? null : state.all + action.came.length - action.went.length,
        asked: { ...FIRST },
      };
    }
    case "page": {
      const known = action.isFirst ? [] : state.people;
      const ids = new Set(known.map((one) => one.id));
      return {
        ...state,
        foundBy: state.of,
        people: [...known, ...action.page.nodes.filter((one) => !ids.has(one.id)).map(rowOf)],
        total: action.page.totalCount,
        all: state.of.trim() === "" ? action.page.totalCount : state.all,
        next: action.page.pageInfo.hasNextPage ? (action.page.pageInfo.endCursor ?? null) : null,
        asked: null,
        failure: null,
      };
    }
  }
}
