/** The changes read so far: the earlier ones when they are asked for, the later ones when they are made. */

import { useCallback, useEffect, useReducer, useState } from "react";
import { useClient } from "urql";

import { GroupHistoryDocument, SiteHistoryDocument } from "./history.graphql";
import { NO_PAGES, type Pages, type PageRead, readPages } from "./pages";
import { useLaterChanges } from "./useLaterChanges";

export interface HistoryPages extends Pages {
  readonly isLoading: boolean;
  readonly hasFailed: boolean;
  readonly loadEarlier: () => void;
}

export function useHistory(siteId: string, groupId?: string, pageSize = 25): HistoryPages {
  const client = useClient();
  const [pages, report] = useReducer(readPages, NO_PAGES);
  const [hasFailed, setFailed] = useState(false);
  /** The page that is being read: the one before this cursor. */
  const [asked, setAsked] = useState<{ readonly before: string | null } | null>({ before: null });

  const read = useCallback(
    async (before: string | null): Promise<PageRead | null> => {
      const options = { requestPolicy: "network-only" } as const;
      if (groupId) {
        const { data } = await client.query(GroupHistoryDocument, { groupId, before, last: pageSize }, options).toPromise();
        const group = data?.pickupGroup;
        return group ? { name: group.name, revision: group.site.revision, page: group.changes } : null;
      }
      const { data } = await client.query(SiteHistoryDocument, { siteId, before, last: pageSize }, options).toPromise();
      return data?.site ? { name: data.site.name, revision: data.site.revision, page: data.site.changes } : null;
    },
    [client, siteId, groupId, pageSize],
  );

  useEffect(() => {
    if (!asked) {
      return undefined;
    }
    let isCurrent = true;
    void read(asked.before).then((found) => {
      if (!isCurrent) {
        return;
      }
      setAsked(null);
      setFailed(!found);
      if (found) {
        report({ type: "earlier", ...found });
      }
    });
    return () => {
      isCurrent = false;
    };
  }, [read, asked]);

  const readAgain = useCallback(async () => {
    const found = await read(null);
    if (found) {
      report({ type: "later", changes: found.page.nodes });
    }
  }, [read]);
  useLaterChanges({ siteId, groupId, revision: pages.revision, onChange: report, onPoll: readAgain });

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
