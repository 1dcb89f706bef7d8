import { useCallback } from "react";
import { navigate, useAddress } from "./address";
import { GroupList } from "./groups/GroupList";
import { History } from "./history/History";
import { useMessages } from "./messages/useMessages";
import { OpenGroup } from "./OpenGroup";

interface ViewProps {
  readonly siteName: string;
  readonly canWrite: boolean;
}

/** What the address names of the site: a group, the history, or the list. */
export function View({ siteName, canWrite }: ViewProps) {
  const { site, group, history } = useAddress();
  const messages = useMessages();
  const closeHistory = useCallback(() => navigate({ history: false }), []);
  if (group !== "") return <OpenGroup siteId={site} groupId={group} canWrite={canWrite} />;
  if (!history) return <GroupList key={site} siteId={site} siteName={siteName} canWrite={canWrite} />;
  return (
    <>
      <h1 className="visually-hidden">{messages.title}</h1>
      <History key={site} siteId={site} onClose={closeHistory} />
    </>
  );
}
