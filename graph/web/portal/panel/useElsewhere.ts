/** Users whom a search of the available ones finds, but who are not among them: assigned, in other groups, or not eligible. */

import { useState } from "react";
import { useQuery } from "urql";

import { useUnreachable } from "../api/reachability";
import { type Draft, idsOf, type Person } from "./draft";
import { UnavailableUsersDocument, type UnavailableUsersQuery } from "./people.graphql";
import { matches } from "./selection";

type Found = UnavailableUsersQuery["inGroups"]["nodes"][number];

export type FoundInGroup = Found & { readonly pickupGroup: NonNullable<Found["pickupGroup"]> };

export interface FoundElsewhere {
  readonly isLoading: boolean;
  /** It cannot be read: it was refused, or the server does not answer. */
  readonly isFailed: boolean;
  /** Reads it again after a refusal; null if it was not refused. */
  readonly reload: (() => void) | null;
  readonly inOthers: readonly FoundInGroup[];
  /** Those in Assigned, whether they are saved or only moved there. */
  readonly inThis: readonly Person[];
  readonly notEligible: readonly Found[];
  /** More may be in other groups than in `inOthers`. */
  readonly hasMore: boolean;
  readonly hasMoreInThis: boolean;
  readonly hasMoreNotEligible: boolean;
}

/** Users in other groups who are shown at most, and in this one. */
export const SHOWN = 20;

/** Pages that one search reads at most until it finds a user of another group. */
const MOST_PAGES = 10;

export function useElsewhere(siteId: string, draft: Draft, search: string): FoundElsewhere {
  const isUnreachable = useUnreachable();
  const [place, setPlace] = useState<{ search: string; after: string | null; pages: number } | null>(null);
  const { after, pages } = place?.search === search ? place : { after: null, pages: 1 };
  const [{ data, error, fetching, operation }, read] = useQuery({
    query: UnavailableUsersDocument,
    variables: { siteId, search, after },
    pause: search === "",
    requestPolicy: "network-only",
  });
  // Until there is an answer, the last one is still here.
  const asked = operation?.variables;
  const isAnswered = asked?.search === search && asked.after === after;
  const isRefused = isAnswered && error !== undefined;
  const found = search !== "" && isAnswered && !isRefused ? data : undefined;
  const inGroups = (found?.inGroups.nodes ?? []).flatMap((one) =>
    one.pickupGroup ? [{ ...one, pickupGroup: one.pickupGroup }] : [],
  );
  const { hasNextPage = false, endCursor = null } = found?.inGroups.pageInfo ?? {};
  const isOther = (one: FoundInGroup): boolean => one.pickupGroup.id !== draft.base.id;
  // The members of this group may fill the pages before those with users of other groups.
  const readsOn = hasNextPage && pages < MOST_PAGES && !inGroups.some(isOther);
  if (readsOn) {
    setPlace({ search, after: endCursor, pages: pages + 1 });
  }
  const moved = idsOf([...draft.joining, ...draft.leaving]);
  const unmoved = inGroups.filter((one) => !moved.has(one.id));
  const inOthers = unmoved.filter(isOther);
  const joining = search === "" ? [] : draft.joining.filter((one) => matches(one, search));
  const inThis = [...joining, ...unmoved.filter((one) => !isOther(one))];
  const isLoading = search !== "" && (fetching || !isAnswered || readsOn);
  return {
    isLoading,
    isFailed: (search !== "" && isRefused) || (isLoading && isUnreachable),
    reload: isRefused ? () => read({ requestPolicy: "network-only" }) : null,
    inOthers: inOthers.slice(0, SHOWN),
    inThis: inThis.slice(0, SHOWN),
    notEligible: found?.notEligible.nodes ?? [],
    hasMore: hasNextPage || inOthers.length > SHOWN,
    hasMoreInThis: hasNextPage || pages > 1 || inThis.length > SHOWN,
    hasMoreNotEligible: found?.notEligible.pageInfo.hasNextPage ?? false,
  };
}
