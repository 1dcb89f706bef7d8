import { lazy, Suspense, useCallback } from "react";
import { navigate } from "./address";
import { useMessages } from "./messages/useMessages";

// A chunk of its own: the list is there before the panel is fetched.
const GroupPanel = lazy(async () => ({ default: (await import("./panel/GroupPanel")).GroupPanel }));

interface OpenGroupProps {
  readonly siteId: string;
  /** "new" while a group is added. */
  readonly groupId: string;
  readonly canWrite: boolean;
}

/** Add or Edit, in the place of the list. */
export function OpenGroup({ siteId, groupId, canWrite }: OpenGroupProps) {
  const messages = useMessages();
  const close = useCallback(() => navigate({ group: "" }), []);
  // A group that has just been made takes the place of "new": Back leads to the list.
  const open = useCallback((group: string) => navigate({ group }, { replace: groupId === "new" }), [groupId]);
  return (
    <Suspense fallback={<p className="quiet">{messages.loading}</p>}>
      <GroupPanel siteId={siteId} groupId={groupId} canWrite={canWrite} onClose={close} onOpen={open} />
    </Suspense>
  );
}
