import { Button, Input } from "react-aria-components";

interface SearchBoxProps {
  readonly placeholder: string;
  readonly clearLabel: string;
}

/** What stands in a SearchField: a magnifying glass, the input, and a button that clears it. */
export function SearchBox({ placeholder, clearLabel }: SearchBoxProps) {
  return (
    <div className="search-box">
      <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" className="search-icon">
        <circle cx="7" cy="7" r="4.5" fill="none" stroke="currentColor" strokeWidth="1.5" />
        <path d="m10.5 10.5 3.5 3.5" stroke="currentColor" strokeWidth="1.5" strokeLinecap="round" />
      </svg>
      <Input className="input" placeholder={placeholder} maxLength={200} />
      <Button className="search-clear" aria-label={clearLabel}>
        <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
          <path d="m4 4 8 8m0-8-8 8" stroke="currentColor" strokeWidth="1.75" strokeLinecap="round" />
        </svg>
      </Button>
    </div>
  );
}
