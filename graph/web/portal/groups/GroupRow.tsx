import { useFormats, useMessages } from "../messages/useMessages";
import { ViewLink } from "../ui/ViewLink";
import type { GroupRowFragment } from "./groups.graphql";

interface GroupRowProps {
  readonly group: GroupRowFragment;
  /** It was open just now. */
  readonly isLeft: boolean;
  readonly isDeleted: boolean;
  readonly canWrite: boolean;
  readonly onRemove: (group: GroupRowFragment) => void;
}

/** A group. One that is deleted while it is shown stays in its place, so that no other row moves under the cursor. */
export function GroupRow({ group, isLeft, isDeleted, canWrite, onRemove }: GroupRowProps) {
  const messages = useMessages();
  const formats = useFormats();
  const members = formats.number(group.memberCount);
  const instant = formats.instant(group.updatedAt);
  return (
    <tr className="row" data-deleted={isDeleted || undefined} data-left={isLeft || undefined}>
      <th scope="row" className="row-name">
        {isDeleted ? <del>{group.name}</del> : (
          <ViewLink id={group.id} to={{ group: group.id }}>
            {group.name}
          </ViewLink>
        )}
        {isDeleted && <span className="badge">{messages.deleted}</span>}
      </th>
      <td className="row-members number">
        <span className="wide">{members}</span>
        <span className="narrow">{messages.memberCount(group.memberCount, members)}</span>
      </td>
      <td className="row-changed">
        <time dateTime={group.updatedAt}>
          <span className="wide">{instant}</span>
          <span className="narrow">
            {messages.changed(instant)}
          </span>
        </time>
      </td>
      <td className="row-actions">
        {!isDeleted && (
          <>
            <ViewLink
              className="button small"
              to={{ group: group.id }}
              label={canWrite ? messages.editGroup(group.name) : messages.viewGroup(group.name)}
            >
              {canWrite ? messages.edit : messages.view}
            </ViewLink>
            {canWrite && (
              <button
                type="button"
                className="button small danger"
                aria-label={messages.removeGroup(group.name)}
                onClick={() => onRemove(group)}
              >
                {messages.remove}
              </button>
            )}
          </>
        )}
      </td>
    </tr>
  );
}
