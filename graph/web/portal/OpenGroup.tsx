import { lazy, Suspense, useCallback } from "react";
import { FIRST_PAGE, navigate, useAddress } from "./address";
import { useMessages } from "./messages/useMessages";
import { OpenHistory } from "./OpenHistory";

// A chunk of its own: the list is there before the panel is fetched.
const GroupPanel = lazy(async () => ({ default: (await import("./panel/GroupPanel")).GroupPanel }));

interface OpenGroupProps {
  readonly siteId: string;
  /** "new" while a group is added. */
  readonly groupId: string;
  readonly canWrite: boolean;
}

/** Add or Edit, in the place of the list; below it, on request, the history of the group. */
export function OpenGroup({ siteId, groupId, canWrite }: OpenGroupProps) {
  const messages = useMessages();
  const { history } = useAddress();
  const close = useCallback(() => navigate({ group: "", history: false }), []);
  // A group that has just been made takes the place of "new": Back leads to the list.
  const open = useCallback(
    (group: string) => navigate({ group, history: false }, { replace: groupId === "new" }),
    [groupId],
  );
  const moveToSite = useCallback((of: string) => navigate({ ...FIRST_PAGE, site: of, search: "" }, { replace: true }), []);
  const hasHistory = history && groupId !== "new";
  const closeHistory = useCallback(() => navigate({ history: false }, { replace: true }), []);
  return (
    <div className="open-group">
      <h1 className="visually-hidden">{messages.title}</h1>
      <div className="card">
        <Suspense fallback={<p className="quiet">{messages.loading}</p>}>
          <GroupPanel
            siteId={siteId}
            groupId={groupId}
            canWrite={canWrite}
            onClose={close}
            onOpen={open}
            onOtherSite={moveToSite}
          />
        </Suspense>
      </div>
      {hasHistory && <OpenHistory siteId={siteId} groupId={groupId} onClose={closeHistory} />}
      {!hasHistory && groupId !== "new" && (
        <button type="button" className="button" onClick={() => navigate({ history: true }, { replace: true })}>
          {messages.groupHistory}
        </button>
      )}
    </div>
  );
}
