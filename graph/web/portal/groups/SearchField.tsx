import { useEffect, useRef, useState } from "react";
import { Button, Input, Label, SearchField as Field } from "react-aria-components";
import { FIRST_PAGE, navigate } from "../address";
import { useMessages } from "../messages/useMessages";
import { useDebounced } from "../ui/useDebounced";

const PAUSE_MS = 200;

/** Searches as one types. The first letter makes an entry of the browser's history: Back leads to the whole list. */
export function SearchField({ search }: { readonly search: string }) {
  const messages = useMessages();
  const [typed, setTyped] = useState(search);
  const settled = useDebounced(typed, PAUSE_MS);
  const asked = useRef(search);

  // The address was changed by another than this field: Back, or a link.
  useEffect(() => {
    if (search !== asked.current) {
      asked.current = search;
      setTyped(search);
    }
  }, [search]);

  useEffect(() => {
    const next = settled.trim();
    if (settled !== typed || next === asked.current) return;
    const replace = asked.current !== "";
    asked.current = next;
    navigate({ ...FIRST_PAGE, search: next }, { replace });
  }, [settled, typed]);

  return (
    <Field className="search" value={typed} onChange={setTyped}>
      <Label className="toolbar-label">{messages.search}</Label>
      <div className="search-field">
        <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" className="search-icon">
          <circle cx="7" cy="7" r="4.5" fill="none" stroke="currentColor" strokeWidth="1.5" />
          <path d="m10.500 10.500 3.500 3.500" stroke="currentColor" strokeWidth="1.500" strokeLinecap="round" />
        </svg>
        <Input className="input" placeholder={messages.searchPlaceholder} maxLength={200} />
        {typed !== "" && (
          <Button className="search-clear" aria-label={messages.clearSearch}>
            <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
              <path d="m4 4 8 8m0-8-8 8" stroke="currentColor" strokeWidth="1.75" strokeLinecap="round" />
            </svg>
          </Button>
        )}
      </div>
    </Field>
  );
}
