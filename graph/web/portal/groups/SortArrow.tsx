export function SortArrow({ direction }: { readonly direction: "ascending" | "descending" | undefined }) {
  return (
    <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true" className="sort-arrow" data-direction={direction}>
      <path d="M8 13V3M4 7l4-4 4 4" fill="none" stroke="currentColor" strokeWidth="1.75" strokeLinecap="round" strokeLinejoin="round" />
    </svg>
  );
}
