import "./groupList.css";
import { useCallback, useEffect, useRef, useState } from "react";
import { leftAddress, navigate, useAddress } from "../address";
import { useFormats, useMessages } from "../messages/useMessages";
import { useAnnounce } from "../ui/Announcer";
import { EmptyList } from "./EmptyList";
import { GroupTable } from "./GroupTable";
import type { GroupRowFragment } from "./groups.graphql";
import { NewsNotice } from "./NewsNotice";
import { Pager } from "./Pager";
import { RemoveDialog } from "./RemoveDialog";
import { Toolbar } from "./Toolbar";
import { useGroupPage } from "./useGroupPage";
import { useNews } from "./useNews";

interface GroupListProps {
  readonly siteId: string;
  readonly siteName: string;
  readonly canWrite: boolean;
}

/** The site's pickup groups, a page at a time. */
export function GroupList({ siteId, siteName, canWrite }: GroupListProps) {
  const messages = useMessages();
  const formats = useFormats();
  const announce = useAnnounce();
  const address = useAddress();
  const { site, isLoading, error, reload } = useGroupPage(siteId, address);
  const news = useNews(siteId, site?.revision);
  const [removing, setRemoving] = useState<GroupRowFragment | null>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  const groups = site?.pickupGroups;
  const total = groups?.totalCount ?? 0;
  const [removedId, setRemovedId] = useState<string | null>(null);

  // The row and its button have gone: a keyboard goes on from the head of the list.
  const isRowGone = removedId !== null && groups?.nodes.every(({ id }) => id !== removedId);
  useEffect(() => {
    if (isRowGone) heading.current?.focus();
  }, [isRowGone]);

  // From a group that was open: on with its row.
  const isRead = groups !== undefined;
  useEffect(() => {
    const from = leftAddress()?.group ?? "";
    if (isRead && from !== "") (document.getElementById(from) ?? heading.current)?.focus();
  }, [isRead]);

  const finishRemoval = useCallback(
    (removed: GroupRowFragment | null) => {
      setRemoving(null);
      if (!removed) return;
      announce(messages.wasDeleted(removed.name));
      setRemovedId(removed.id);
      reload();
    },
    [announce, messages, reload],
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
      <NewsNotice news={news} onShow={reload} />
      {error && !site && (
        <div className="notice-box error" role="alert">
          <p>{error.graphQLErrors[0]?.message ?? messages.notLoaded}</p>
          <button type="button" className="button small" onClick={reload}>
            {messages.tryAgain}
          </button>
        </div>
      )}
      {!groups && !error && <p className="quiet">{messages.loading}</p>}
      {groups && total === 0 && <EmptyList search={address.search} canWrite={canWrite} />}
      {groups && total > 0 && (
        <GroupTable
          groups={groups.nodes}
          deleted={news.deleted}
          order={address.order}
          siteName={siteName}
          isLoading={isLoading}
          canWrite={canWrite}
          onRemove={setRemoving}
        />
      )}
      {groups && <Pager address={address} pageInfo={groups.pageInfo} count={groups.nodes.length} total={total} />}
      <p className="visually-hidden" role="status">
        {groups && !isLoading ? messages.found(total, formats.number(total)) : ""}
      </p>
      {removing && <RemoveDialog group={removing} onClose={finishRemoval} />}
    </section>
  );
}
