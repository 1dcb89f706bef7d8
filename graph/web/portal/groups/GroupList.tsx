import "./groupList.css";
import { useCallback, useState } from "react";
import { navigate, useAddress } from "../address";
import { useUnreachable } from "../api/reachability";
import { useFormats, useMessages } from "../messages/useMessages";
import { EmptyList } from "./EmptyList";
import { FoundUsers } from "./FoundUsers";
import { GroupTable } from "./GroupTable";
import type { GroupRowFragment } from "./groups.graphql";
import { NewsNotice } from "./NewsNotice";
import { Pager } from "./Pager";
import { RemovedNotice } from "./RemovedNotice";
import { RemoveDialog, type Removed } from "./RemoveDialog";
import { Toolbar } from "./Toolbar";
import { UnseenNotice } from "./UnseenNotice";
import { useGroupPage } from "./useGroupPage";
import { useListFocus } from "./useListFocus";
import { useNews } from "./useNews";
import { useUsersFound } from "./useUsersFound";

interface GroupListProps {
  readonly siteId: string;
  readonly siteName: string;
  readonly canWrite: boolean;
}

/** The site's pickup groups, a page at a time. */
export function GroupList({ siteId, siteName, canWrite }: GroupListProps) {
  const messages = useMessages();
  const formats = useFormats();
  const address = useAddress();
  const page = useGroupPage(siteId, address);
  const { site, foundBy, isOld, isLoading, error, reload } = page;
  const news = useNews(siteId, site?.revision);
  const found = useUsersFound(siteId, address.search);
  const reloadUsers = found?.reload;
  const [removing, setRemoving] = useState<GroupRowFragment | null>(null);
  const [removed, setRemoved] = useState<Removed | null>(null);
  const { leftId, unseen, heading } = useListFocus(siteId, page, found, removed?.id ?? "");
  const isUnreachable = useUnreachable();
  const groups = site?.pickupGroups;
  const failure = site ? undefined : error;
  const total = groups?.totalCount ?? 0;
  const counts = [messages.found(total, formats.number(total))];
  if (found && !found.isFailed) {
    const number = formats.number(found.users.length);
    counts.push(found.hasMore ? messages.moreUsersThan(number) : messages.usersFound(found.users.length, number));
  }

  const finishRemoval = useCallback(
    (gone: Removed | null) => {
      setRemoving(null);
      if (!gone) return;
      setRemoved(gone);
      reload();
      reloadUsers?.();
    },
    [reload, reloadUsers],
  );

  return (
    <section aria-labelledby="groups-title" className="groups">
      <header className="groups-head">
        <div>
          <h1 id="groups-title" ref={heading} tabIndex={-1}>
            {messages.title}
          </h1>
          <p className="groups-site">{siteName}</p>
        </div>
        {canWrite && (
          <button type="button" className="button primary" onClick={() => navigate({ group: "new" })}>
            {messages.add}
          </button>
        )}
      </header>
      <Toolbar address={address} />
      <RemovedNotice removed={removed} />
      <UnseenNotice name={unseen?.name ?? null} search={address.search} />
      <NewsNotice
        news={news}
        onShow={() => {
          reload();
          reloadUsers?.();
        }}
      />
      <div role="status" className="news">
        {groups && isOld && isUnreachable && <p className="notice-box warn">{messages.notAnswered}</p>}
      </div>
      {failure && (
        <div className="notice-box error notice-line" role="alert">
          <p>{failure.graphQLErrors[0]?.message ?? messages.notLoaded}</p>
          <button type="button" className="button small" onClick={reload}>
            {messages.tryAgain}
          </button>
        </div>
      )}
      {!groups && !error && <p className="loading">{messages.loading}</p>}
      {groups && total === 0 && <EmptyList search={foundBy} canWrite={canWrite} />}
      {groups && total > 0 && (
        <GroupTable
          groups={groups.nodes}
          deleted={news.deleted}
          leftId={leftId}
          order={address.order}
          siteName={siteName}
          isLoading={isLoading}
          canWrite={canWrite}
          onRemove={setRemoving}
        />
      )}
      {groups && <Pager address={address} pageInfo={groups.pageInfo} count={groups.nodes.length} total={total} />}
      {found && !(failure && found.isFailed) && <FoundUsers found={found} />}
      <p className="visually-hidden" role="status">
        {groups && !isLoading && !found?.isLoading && formats.list(counts)}
      </p>
      {removing && <RemoveDialog group={removing} onClose={finishRemoval} />}
    </section>
  );
}
