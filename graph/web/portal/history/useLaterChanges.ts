import { useEffect } from "react";
import { useClient } from "urql";

import { pollWhileDown } from "../api/live";
import { LaterChangesDocument } from "./history.graphql";
import type { Report } from "./pages";

interface LaterChanges {
  readonly siteId: string;
  /** Of this group alone. */
  readonly groupId: string | undefined;
  /** Changes after this revision of the site; null for none yet. */
  readonly revision: number | null;
  readonly onChange: (report: Report) => void;
  /** While there is no connection, now and then. */
  readonly onPoll: () => Promise<void>;
}

/** Reports the changes that are made while a history is shown, by oneself or by others. */
export function useLaterChanges({ siteId, groupId, revision, onChange, onPoll }: LaterChanges): void {
  const client = useClient();
  useEffect(() => {
    if (revision === null) {
      return undefined;
    }
    const stream = client
      .subscription(LaterChangesDocument, { siteId, afterRevision: revision })
      .subscribe(({ data }) => {
        if (data && (!groupId || data.changes.pickupGroupId === groupId)) {
          onChange({ type: "later", changes: [data.changes] });
        }
      });
    const stopPolling = pollWhileDown(() => void onPoll());
    return () => {
      stream.unsubscribe();
      stopPolling();
    };
  }, [client, siteId, groupId, revision, onChange, onPoll]);
}
