/** A list of users that the server searches and pages: the pages read so far, and the next one when it is scrolled to. */

import { useCallback, useEffect, useReducer } from "react";
import { type TypedDocumentNode, useClient } from "urql";

import type { Person } from "./draft";
import { type Failure, failureOf } from "./failure";
import { noPeople, type Page, PAGE_SIZE, LARGEST_PAGE, reducePeople } from "./people";
import type { Row } from "./rows";

export type PeopleDocument = TypedDocumentNode<
  { pickupGroup?: { people: Page } | null },
  { groupId: string; search?: string | null; first: number; after?: string | null }
>;

export interface People {
  readonly people: readonly Row[];
  readonly total: number;
  /** Where the next page begins; null on the last one. */
  readonly next: string | null;
  readonly isLoading: boolean;
  readonly failure: Failure | null;
  readonly loadMore: () => void;
  /** Read again from the start. Until the answer is here, these users are shown as come and gone. */
  readonly settle: (came: readonly Person[], went: readonly Person[]) => void;
  readonly reload: () => void;
  /** All that are found, the first `most` of them. */
  readonly loadAll: (most: number) => Promise<readonly Person[]>;
}

export function usePeople(document: PeopleDocument, groupId: string, search: string): People {
  const client = useClient();
  const [state, dispatch] = useReducer(reducePeople, noPeople);
  const { asked, of } = state;
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
          dispatch({ type: "failed", failure: failureOf(error) });
        }
      },
    );
    return () => {
      isCurrent = false;
    };
  }, [read, asked]);

  const loadAll = useCallback(
    async (most: number): Promise<readonly Person[]> => {
      const found: Person[] = [];
      let page: Page | null = null;
      while (found.length < most && page?.pageInfo.hasNextPage !== false) {
        page = await read(page?.pageInfo.endCursor ?? null, Math.min(LARGEST_PAGE, most - found.length));
        found.push(...page.nodes);
      }
      return found;
    },
    [read],
  );

  return {
    people: state.people,
    total: state.total,
    next: state.next,
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
