import { useEffect, useRef, useState } from "react";
import { Label, SearchField as Field } from "react-aria-components";
import { FIRST_PAGE, navigate } from "../address";
import { useMessages } from "../messages/useMessages";
import { SearchBox } from "../ui/SearchBox";
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
      <SearchBox placeholder={messages.searchPlaceholder} clearLabel={messages.clearSearch} />
    </Field>
  );
}
