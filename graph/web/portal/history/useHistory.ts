/** The changes read so far, and the earlier ones when they are asked for. */

import { useCallback, useEffect, useState } from "react";
import { useClient } from "urql";

import { type ChangeEntryFragment, GroupHistoryDocument, SiteHistoryDocument } from "./history.graphql";

interface Pages {
  readonly name: string | null;
  /** The oldest come first. */
  readonly changes: readonly ChangeEntryFragment[];
  readonly total: number | null;
  readonly before: string | null;
  readonly hasEarlier: boolean;
}

const NOTHING: Pages = { name: null, changes: [], total: null, before: null, hasEarlier: false };

export interface HistoryPages extends Pages {
  readonly isLoading: boolean;
  readonly hasFailed: boolean;
  readonly loadEarlier: () => void;
}

export function useHistory(siteId: string, groupId?: string): HistoryPages {
  const client = useClient();
  const [pages, setPages] = useState(NOTHING);
  const [hasFailed, setFailed] = useState(false);
  /** The page that is being read: the one before this cursor. */
  const [asked, setAsked] = useState<{ readonly before: string | null } | null>({ before: null });

  useEffect(() => {
    if (!asked) {
      return undefined;
    }
    let isCurrent = true;
    const { before } = asked;
    const options = { requestPolicy: "network-only" } as const;
    const found = groupId
      ? client.query(GroupHistoryDocument, { groupId, before }, options).toPromise()
      : client.query(SiteHistoryDocument, { siteId, before }, options).toPromise();
    void found.then(({ data }) => {
      if (!isCurrent) {
        return;
      }
      setAsked(null);
      const of = data && ("site" in data ? data.site : "pickupGroup" in data ? data.pickupGroup : null);
      setFailed(!of);
      if (of) {
        const { nodes, pageInfo, totalCount } = of.changes;
        setPages((now) => ({
          name: of.name,
          changes: [...nodes, ...(before === null ? [] : now.changes)],
          total: totalCount,
          before: pageInfo.startCursor ?? null,
          hasEarlier: pageInfo.hasPreviousPage,
        }));
      }
    });
    return () => {
      isCurrent = false;
    };
  }, [client, siteId, groupId, asked]);

  return {
    ...pages,
    isLoading: asked !== null,
    hasFailed,
    loadEarlier: useCallback(() => {
      setFailed(false);
      setAsked({ before: pages.before });
    }, [pages.before]),
  };
}
