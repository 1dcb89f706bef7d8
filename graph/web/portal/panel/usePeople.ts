/** A list of users that the server searches and pages: the pages read so far, and the next one when it is scrolled to. */

import { useCallback, useEffect, useReducer } from "react";
import { type TypedDocumentNode, useClient } from "urql";

import type { Person } from "./draft";
import { type Failure, failureOf } from "./failure";
import { allRead, noPeople, type Page, PAGE_SIZE, LARGEST_PAGE, reducePeople } from "./people";
import type { Row } from "./rows";

export type PeopleDocument = TypedDocumentNode<
  { pickupGroup?: { people: Page } | null },
  { groupId: string; search?: string | null; first: number; after?: string | null }
>;

export interface People {
  readonly people: readonly Row[];
  /** The search that has found them: not the wanted one until that is answered. */
  readonly foundBy: string;
  readonly total: number;
  /** How many there are without a search; null until that has been read. */
  readonly all: number | null;
  readonly isLoading: boolean;
  readonly failure: Failure | null;
  readonly loadMore: () => void;
  /** Read again from the start. Until the answer is here, these users are shown as come and gone. */
  readonly settle: (came: readonly Person[], went: readonly Person[]) => void;
  readonly reload: () => void;
  /** All that are found, the first `most` of them; null if they could not be read, which `failure` then says. */
  readonly loadAll: (most: number) => Promise<readonly Person[] | null>;
}

export function usePeople(document: PeopleDocument, groupId: string, search: string): People {
  const client = useClient();
  const [state, dispatch] = useReducer(reducePeople, noPeople);
  const { asked, of, people } = state;
  // Another search begins at the first page, with what was found before still in view.
  if (of !== search) {
    dispatch({ type: "searched", search });
  }

  const read = useCallback(
    async (after: string | null, first: number): Promise<Page> => {
      const variables = { groupId, search: search || null, first, after };
      const result = await client.query(document, variables, { requestPolicy: "network-only" }).toPromise();
      if (result.error) {
        throw result.error;
      }
      return result.data?.pickupGroup?.people ?? { totalCount: 0, pageInfo: { hasNextPage: false }, nodes: [] };
    },
    [client, document, groupId, search],
  );

  useEffect(() => {
    if (!asked) {
      return undefined;
    }
    let isCurrent = true;
    read(asked.after, PAGE_SIZE).then(
      (page) => {
        if (isCurrent) {
          dispatch({ type: "page", page, isFirst: asked.after === null });
        }
      },
      (error: unknown) => {
        if (isCurrent) {
          dispatch({ type: "failed", search, failure: failureOf(error) });
        }
      },
    );
    return () => {
      isCurrent = false;
    };
  }, [read, asked, search]);

  const loadAll = useCallback(
    async (most: number): Promise<readonly Person[] | null> => {
      const all = allRead(state);
      if (all) {
        return all;
      }
      const found: Person[] = [];
      let page: Page | null = null;
      try {
        while (found.length < most && page?.pageInfo.hasNextPage !== false) {
          page = await read(page?.pageInfo.endCursor ?? null, Math.min(LARGEST_PAGE, most - found.length));
          found.push(...page.nodes);
        }
      } catch (error) {
        dispatch({ type: "failed", search, failure: failureOf(error) });
        return null;
      }
      return found;
    },
    [read, search, state],
  );

  return {
    people,
    foundBy: state.foundBy,
    total: state.total,
    all: state.all,
    failure: state.failure,
    isLoading: asked !== null,
    loadMore: useCallback(() => {
      dispatch({ type: "more" });
    }, []),
    reload: useCallback(() => {
      dispatch({ type: "again" });
    }, []),
    settle: useCallback((came: readonly Person[], went: readonly Person[]) => {
      dispatch({ type: "settled", came, went });
    }, []),
    loadAll,
  };
}
