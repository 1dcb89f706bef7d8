import { useEffect, useRef } from "react";
import { tryNow, useUnreachable } from "../api/reachability";
import { useMessages } from "../messages/useMessages";
import { useAnnounce } from "../ui/Announcer";

/** Says that the server does not answer, for as long as a request waits for it. */
export function Unreachable() {
  const isUnreachable = useUnreachable();
  const messages = useMessages();
  const announce = useAnnounce();
  const was = useRef(false);
  useEffect(() => {
    if (was.current && !isUnreachable) announce(messages.reachable);
    was.current = isUnreachable;
  }, [isUnreachable, announce, messages]);
  return (
    <div role="status">
      {isUnreachable && (
        <p className="unreachable">
          <span>{messages.unreachable}</span>
          <button type="button" className="button small" onClick={tryNow}>
            {messages.tryNow}
          </button>
        </p>
      )}
    </div>
  );
}
