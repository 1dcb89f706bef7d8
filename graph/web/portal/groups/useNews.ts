import { useEffect, useReducer } from "react";
import { useClient } from "urql";
import { pollWhileDown } from "../api/live";
import { GroupChangesDocument, RecentChangesDocument, type GroupChangeFragment } from "./live.graphql";

/** Changes since the list was read. Names and numbers of the rows have changed in the cache, and need no more. */
export interface News {
  readonly created: ReadonlySet<string>;
  readonly deleted: ReadonlySet<string>;
  /** There were more changes than could be followed. */
  readonly isIncomplete: boolean;
}

const NONE: News = { created: new Set(), deleted: new Set(), isIncomplete: false };

type Event = "read" | "missed" | GroupChangeFragment;

/** The news of a site since this revision of it: by the subscription, by polling while there is no connection. */
export function useNews(siteId: string, revision: number | undefined): News {
  const client = useClient();
  const [news, report] = useReducer(follow, NONE);

  useEffect(() => {
    report("read");
    if (revision === undefined) return undefined;
    const variables = { siteId, afterRevision: revision };
    const stream = client.subscription(GroupChangesDocument, variables).subscribe(({ data }) => {
      if (data) report(data.changes);
    });

    const poll = async (): Promise<void> => {
      const { data } = await client
        .query(RecentChangesDocument, { siteId }, { requestPolicy: "network-only" })
        .toPromise();
      const changes = data?.site?.changes.nodes ?? [];
      if ((changes[0]?.revision ?? 0) > revision + 1) report("missed");
      for (const change of changes) if (change.revision > revision) report(change);
    };
    const stopPolling = pollWhileDown(() => void poll());
    return () => {
      stream.unsubscribe();
      stopPolling();
    };
  }, [client, siteId, revision]);

  return news;
}

function follow(news: News, event: Event): News {
  if (event === "read") return NONE;
  if (event === "missed") return news.isIncomplete ? news : { ...news, isIncomplete: true };
  const { kind, pickupGroupId: id } = event;
  if (id === null) return news;
  if (kind === "PICKUP_GROUP_CREATED" && !news.created.has(id) && !news.deleted.has(id))
    return { ...news, created: new Set([...news.created, id]) };
  if (kind === "PICKUP_GROUP_DELETED" && !news.deleted.has(id)) {
    const created = new Set([...news.created].filter((one) => one !== id));
    return { ...news, created, deleted: new Set([...news.deleted, id]) };
  }
  return news;
}
