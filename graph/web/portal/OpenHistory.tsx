import { lazy, Suspense } from "react";
import { useMessages } from "./messages/useMessages";

const History = lazy(async () => ({ default: (await import("./history/History")).History }));

interface OpenHistoryProps {
  readonly siteId: string;
  /** Of this group alone; without it, of the whole site. */
  readonly groupId?: string;
  readonly onClose: () => void;
}

export function OpenHistory({ siteId, groupId, onClose }: OpenHistoryProps) {
  const messages = useMessages();
  return (
    <div className="card">
      <Suspense fallback={<p className="quiet">{messages.loading}</p>}>
        <History siteId={siteId} groupId={groupId} onClose={onClose} />
      </Suspense>
    </div>
  );
}
