import { FIRST_PAGE, navigate, type Order } from "../address";
import { useMessages } from "../messages/useMessages";
import { Chevron } from "../ui/Chevron";

/** The order of the list, as a drop-down list: the heads of the columns do the same on a wide screen. */
export function OrderChoice({ order }: { readonly order: Order }) {
  const messages = useMessages();
  const names: Record<Order, string> = {
    name: messages.byName,
    "name-desc": messages.byNameDescending,
    "changed-desc": messages.byChangeDescending,
    changed: messages.byChange,
  };
  return (
    <label className="order">
      <span className="toolbar-label">{messages.order}</span>
      <span className="order-field">
        <select
          className="input"
          value={order}
          onChange={(event) => navigate({ ...FIRST_PAGE, order: event.target.value as Order })}
        >
          {Object.entries(names).map(([value, name]) => (
            <option key={value} value={value}>
              {name}
            </option>
          ))}
        </select>
        <Chevron />
      </span>
    </label>
  );
}
