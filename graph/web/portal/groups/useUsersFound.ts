import { useCallback } from "react";
import { useQuery } from "urql";
import { UsersFoundDocument, type UserFoundFragment } from "./usersFound.graphql";

const MOST = 8;

export interface UsersFound {
  /** Those in a group come first. While another search is read, still those of the last. */
  readonly users: readonly UserFoundFragment[];
  readonly hasMore: boolean;
  readonly isLoading: boolean;
  /** The search was refused. */
  readonly isFailed: boolean;
  readonly reload: () => void;
}

/** The first users of the site that a search of its groups finds too; null if nothing is searched or read yet. */
export function useUsersFound(siteId: string, search: string): UsersFound | null {
  const [{ data, error, fetching, stale }, read] = useQuery({
    query: UsersFoundDocument,
    variables: { siteId, search, most: MOST },
    pause: search === "",
    requestPolicy: "cache-and-network",
  });
  const reload = useCallback(() => read({ requestPolicy: "network-only" }), [read]);
  if (search === "" || (!data && !error)) return null;
  const pages = data ? [data.inGroups, data.inNone, data.notEligible] : [];
  const users = pages.flatMap(({ nodes }) => nodes);
  return {
    users: users.slice(0, MOST),
    hasMore: users.length > MOST || pages.some(({ pageInfo }) => pageInfo.hasNextPage),
    isLoading: fetching || stale,
    isFailed: error !== undefined,
    reload,
  };
}
