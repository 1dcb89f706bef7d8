import "./groupTable.css";
import { FIRST_PAGE, navigate, type Order } from "../address";
import { useMessages } from "../messages/useMessages";
import { GroupRow } from "./GroupRow";
import type { GroupRowFragment } from "./groups.graphql";
import { SortArrow } from "./SortArrow";

interface GroupTableProps {
  readonly groups: readonly GroupRowFragment[];
  /** The ids of rows that are deleted since they were read. */
  readonly deleted: ReadonlySet<string>;
  readonly order: Order;
  readonly siteName: string;
  readonly isLoading: boolean;
  readonly canWrite: boolean;
  readonly onRemove: (group: GroupRowFragment) => void;
}

export function GroupTable({ groups, deleted, order, siteName, isLoading, canWrite, onRemove }: GroupTableProps) {
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
            isDeleted={deleted.has(group.id)}
            canWrite={canWrite}
            onRemove={onRemove}
          />
        ))}
      </tbody>
    </table>
  );
}

interface SortableHeadProps {
  readonly ascending: Order;
  readonly descending: Order;
  readonly order: Order;
  readonly text: string;
}

function SortableHead({ ascending, descending, order, text }: SortableHeadProps) {
  const direction = order === ascending ? "ascending" : order === descending ? "descending" : undefined;
  // Names begin with A, changes with the newest; a second press turns the order round.
  const first = ascending === "name" ? ascending : descending;
  const second = first === ascending ? descending : ascending;
  return (
    <th scope="col" aria-sort={direction ?? "none"}>
      <button
        type="button"
        className="sort"
        onClick={() => navigate({ ...FIRST_PAGE, order: order === first ? second : first })}
      >
        {text}
        <SortArrow direction={direction} />
      </button>
    </th>
  );
}
