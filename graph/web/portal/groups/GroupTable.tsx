import "./groupTable.css";
import type { Order } from "../address";
import { useMessages } from "../messages/useMessages";
import { GroupRow } from "./GroupRow";
import type { GroupRowFragment } from "./groups.graphql";
import { SortableHead } from "./SortableHead";

interface GroupTableProps {
  readonly groups: readonly GroupRowFragment[];
  /** The ids of rows that are deleted since they were read. */
  readonly deleted: ReadonlySet<string>;
  /** The id of the group that was open last. */
  readonly leftId: string;
  readonly order: Order;
  readonly siteName: string;
  readonly isLoading: boolean;
  readonly canWrite: boolean;
  readonly onRemove: (group: GroupRowFragment) => void;
}

export function GroupTable({ groups, deleted, leftId, order, siteName, isLoading, canWrite, onRemove }: GroupTableProps) {
  const messages = useMessages();
  return (
    <table className="table" aria-busy={isLoading}>
      <caption className="visually-hidden">{messages.groupsOf(siteName)}</caption>
      <thead>
        <tr>
          <SortableHead ascending="name" descending="name-desc" order={order} text={messages.name} />
          <th scope="col" className="number">
            {messages.members}
          </th>
          <SortableHead ascending="changed" descending="changed-desc" order={order} text={messages.lastChange} />
          <th scope="col">
            <span className="visually-hidden">{messages.actions}</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {groups.map((group) => (
          <GroupRow
            key={group.id}
            group={group}
            isLeft={group.id === leftId}
            isDeleted={deleted.has(group.id)}
            canWrite={canWrite}
            onRemove={onRemove}
          />
        ))}
      </tbody>
    </table>
  );
}
