import { useEffect } from "react";

import type { ChangeEntryFragment } from "./history.graphql";
import { useHistory } from "./useHistory";

const PAGE = 100;
const MOST = 1_000;

/** The latest changes of a site, back to an instant, RFC 3339, but at most so many; the oldest come first. */
export function useSiteChanges(siteId: string, since: string | null): readonly ChangeEntryFragment[] {
  const { changes, hasEarlier, isLoading, hasFailed, loadEarlier } = useHistory(siteId, undefined, PAGE);
  const oldest = changes[0]?.occurredAt ?? "";
  const isEnough = since === null || oldest < since || changes.length >= MOST;
  const isNeeded = hasEarlier && !isEnough && !isLoading && !hasFailed;
  useEffect(() => {
    if (isNeeded) loadEarlier();
  }, [isNeeded, loadEarlier]);
  return changes;
}
