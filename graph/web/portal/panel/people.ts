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
  /** The search that they are of. */
  readonly of: string;
  /** The same object for a user until they are read again: what is drawn of them stays as it is. */
  readonly people: readonly Row[];
  readonly total: number;
  readonly next: string | null;
  /** The page that is being read: the one after this cursor. */
  readonly asked: { readonly after: string | null } | null;
  readonly failure: Failure | null;
}

export type PeopleAction =
  | { readonly type: "searched"; readonly search: string }
  | { readonly type: "more" | "again" }
  | { readonly type: "page"; readonly page: Page; readonly isFirst: boolean }
  | { readonly type: "failed"; readonly failure: Failure }
  | { readonly type: "settled"; readonly came: readonly Person[]; readonly went: readonly Person[] };

const FIRST = { after: null };

export const noPeople: PeopleState = { of: "", people: [], total: 0, next: null, asked: FIRST, failure: null };

export function reducePeople(state: PeopleState, action: PeopleAction): PeopleState {
  switch (action.type) {
    case "searched":
      return { ...state, of: action.search, asked: FIRST, failure: null };
    case "again":
      return { ...state, asked: { ...FIRST }, failure: null };
    case "more":
      return state.next === null || state.asked ? state : { ...state, asked: { after: state.next }, failure: null };
    case "failed":
      return { ...state, asked: null, failure: action.failure };
    case "settled": {
      const went = new Set(action.went.map((one) => one.id));
      return {
        ...state,
        people: [...action.came.map(rowOf), ...state.people.filter((one) => !went.has(one.id))],
        total: state.total + action.came.length - action.went.length,
        asked: { ...FIRST },
      };
    }
    case "page": {
      const known = action.isFirst ? [] : state.people;
      const ids = new Set(known.map((one) => one.id));
      return {
        ...state,
        people: [...known, ...action.page.nodes.filter((one) => !ids.has(one.id)).map(rowOf)],
        total: action.page.totalCount,
        next: action.page.pageInfo.hasNextPage ? (action.page.pageInfo.endCursor ?? null) : null,
        asked: null,
        failure: null,
      };
    }
  }
}
