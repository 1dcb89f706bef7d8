import { FIRST_PAGE, navigate, type Order } from "../address";

interface SortableHeadProps {
  readonly ascending: Order;
  readonly descending: Order;
  readonly order: Order;
  readonly text: string;
}

/** The head of a column that the list can be ordered by. */
export function SortableHead({ ascending, descending, order, text }: SortableHeadProps) {
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
        <span>{text}</span>
        <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true" fill="currentColor">
          <path className="sort-arrow sort-up" d="m8 1 4.5 6h-9z" />
          <path className="sort-arrow sort-down" d="m8 15 4.5-6h-9z" />
        </svg>
      </button>
    </th>
  );
}
