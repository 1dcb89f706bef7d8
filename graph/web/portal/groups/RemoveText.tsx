import { useState } from "react";
import { Button } from "react-aria-components";
import { useFormats, useMessages } from "../messages/useMessages";
import type { GroupRowFragment } from "./groups.graphql";
import { FEW, useMemberNames } from "./useMemberNames";

export const REMOVE_TEXT_ID = "remove-text";

/** What Delete does, to whom, and what it leaves alone. */
export function RemoveText({ group }: { readonly group: GroupRowFragment }) {
  const messages = useMessages();
  const formats = useFormats();
  const count = group.memberCount;
  const { names, readAll } = useMemberNames(group);
  const [isOpen, setOpen] = useState(false);
  const shown = isOpen ? names : names.slice(0, FEW);
  const more = count - shown.length;
  const list = more > 0 ? [...shown, messages.moreMembers(formats.number(more))] : shown;
  const toggle = (): void => {
    setOpen(!isOpen);
    if (!isOpen) void readAll();
  };
  return (
    <div id={REMOVE_TEXT_ID} className="dialog-text">
      <p>{messages.removeText(count, formats.number(count))}</p>
      {shown.length > 0 && (
        <p>
          {messages.removedMembers(count, formats.list(list))}{" "}
          {count > FEW && (
            <Button className="button small" aria-expanded={isOpen} onPress={toggle}>
              {isOpen ? messages.showFewerMembers : messages.showAllMembers(formats.number(count))}
            </Button>
          )}
        </p>
      )}
      <p>{messages.removeKeeps}</p>
    </div>
  );
}
