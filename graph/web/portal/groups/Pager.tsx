import { FIRST_PAGE, navigate, type Address } from "../address";
import { useFormats, useMessages } from "../messages/useMessages";
import { PAGE_SIZE } from "./useGroupPage";

interface PagerProps {
  readonly address: Address;
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string | null;
    readonly endCursor: string | null;
  };
  /** Rows on this page. */
  readonly count: number;
  /** Rows of the whole list. */
  readonly total: number;
}

/** "26–50 of 143", or "3 groups" if these are all, and the pages before and after. */
export function Pager({ address, pageInfo, count, total }: PagerProps) {
  const messages = useMessages();
  const formats = useFormats();
  const { hasNextPage, hasPreviousPage, startCursor, endCursor } = pageInfo;
  const first = firstRow(address.page, pageInfo, count, total);
  const showPrevious = (): void => {
    if (!hasPreviousPage) return;
    const page = Math.max(1, address.page - 1);
    navigate(page === 1 ? FIRST_PAGE : { page, before: startCursor ?? "", after: "" });
    toTop();
  };
  const showNext = (): void => {
    if (!hasNextPage) return;
    navigate({ page: address.page + 1, after: endCursor ?? "", before: "" });
    toTop();
  };
  const isAll = count === total;
  if (count === 0) return null;
  return (
    <nav className="pager" aria-label={messages.pages}>
      {/* The list itself announces how many there are. */}
      <p role={isAll ? undefined : "status"}>
        {isAll
          ? messages.found(total, formats.number(total))
          : messages.range(formats.number(first), formats.number(first + count - 1), formats.number(total))}
      </p>
      {(hasPreviousPage || hasNextPage) && (
        <div className="pager-buttons">
          {/* aria-disabled, not disabled: the focus stays on the button that led to the last page. */}
          <button type="button" className="button" aria-disabled={!hasPreviousPage} onClick={showPrevious}>
            {messages.previous}
          </button>
          <button type="button" className="button" aria-disabled={!hasNextPage} onClick={showNext}>
            {messages.next}
          </button>
        </div>
      )}
    </nav>
  );
}

/** Cursors do not count rows; the ends of the list are known, and set right what came and went on the way. */
function firstRow(page: number, pageInfo: PagerProps["pageInfo"], count: number, total: number): number {
  if (!pageInfo.hasPreviousPage) return 1;
  if (!pageInfo.hasNextPage) return Math.max(1, total - count + 1);
  return Math.max(2, Math.min((page - 1) * PAGE_SIZE + 1, total - count));
}

function toTop(): void {
  scrollTo({ top: 0 });
}
