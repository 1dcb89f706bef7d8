import { lazy, Suspense, useCallback, useState } from "react";
import { FIRST_PAGE, leftAddress, navigate, useAddress } from "./address";
import { History } from "./history/History";
import { useMessages } from "./messages/useMessages";

// A chunk of its own: the list is there before the panel is fetched. The history has none: it opens beside an edit, also if
// the server does not answer just now.
const GroupPanel = lazy(async () => ({ default: (await import("./panel/GroupPanel")).GroupPanel }));

interface OpenGroupProps {
  readonly siteId: string;
  /** "new" while a group is added. */
  readonly groupId: string;
  readonly canWrite: boolean;
}

/** Add or Edit, in the place of the list; below it, if the panel leads there, the history of the group. */
export function OpenGroup({ siteId, groupId, canWrite }: OpenGroupProps) {
  const messages = useMessages();
  const { history } = useAddress();
  // Close leads back to where one came from: the list, or the history of the site.
  const [cameFrom] = useState(leftAddress);
  const hasLeftHistory = cameFrom?.site === siteId && cameFrom.group === "" && cameFrom.history;
  const close = useCallback(() => navigate({ group: "", history: hasLeftHistory }), [hasLeftHistory]);
  const open = useCallback((group: string) => navigate({ group, history: false }), []);
  // A group that has just been made takes the place of "new": Back leads to the list. Its panel stays the same one, with
  // the focus and what is typed.
  const [made, setMade] = useState("");
  const showMade = useCallback((group: string) => {
    setMade(group);
    navigate({ group }, { replace: true });
  }, []);
  const moveToSite = useCallback((of: string) => navigate({ ...FIRST_PAGE, site: of, search: "" }, { replace: true }), []);
  const [missing, setMissing] = useState("");
  const hasHistory = history && groupId !== "new" && groupId !== missing;
  const closeHistory = useCallback(() => navigate({ history: false }), []);
  return (
    <div className="open-group">
      <h1 className="visually-hidden">{messages.title}</h1>
      <div className="card">
        <Suspense fallback={<p className="loading">{messages.loading}</p>}>
          <GroupPanel
            key={groupId === made ? "new" : groupId}
            siteId={siteId}
            groupId={groupId}
            canWrite={canWrite}
            onMade={showMade}
            onClose={close}
            onMissing={setMissing}
            onOpen={open}
            onOtherSite={moveToSite}
          />
        </Suspense>
      </div>
      {hasHistory && <History key={groupId} siteId={siteId} groupId={groupId} onClose={closeHistory} />}
    </div>
  );
}
