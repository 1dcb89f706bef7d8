import { useFormats, useMessages } from "../messages/useMessages";
import type { GroupRowFragment } from "./groups.graphql";

/** What is different in a group since it was seen. */
export function ConflictText({ before, now }: { readonly before: GroupRowFragment; readonly now: GroupRowFragment }) {
  const messages = useMessages();
  const formats = useFormats();
  const isRenamed = now.name !== before.name;
  const isResized = now.memberCount !== before.memberCount;
  return (
    <div className="notice-box warn">
      <p>{messages.removeConflict}</p>
      <ul>
        {isRenamed && <li>{messages.nameChanged(before.name, now.name)}</li>}
        {isResized && (
          <li>{messages.countChanged(formats.number(before.memberCount), formats.number(now.memberCount))}</li>
        )}
        {!isRenamed && !isResized && <li>{messages.otherChange}</li>}
      </ul>
    </div>
  );
}
