import { useFormats, useMessages } from "../messages/useMessages";
import type { Removed } from "./RemoveDialog";

/** Says which group is deleted, and how many users are free again. */
export function RemovedNotice({ removed }: { readonly removed: Removed | null }) {
  const messages = useMessages();
  const formats = useFormats();
  return (
    <div role="status" className="removed">
      {removed && (
        <p className="notice-box good">
          {messages.wasDeleted(removed.name)}{" "}
          {removed.released > 0 && messages.nowAvailable(removed.released, formats.number(removed.released))}
        </p>
      )}
    </div>
  );
}
