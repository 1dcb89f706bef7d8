/** The button that opens the history: a keyboard goes on from it once the history, which took the focus, is closed. */

import { type RefObject, useEffect, useRef } from "react";

export function useHistoryOpener(isOpen: boolean): RefObject<HTMLButtonElement | null> {
  const opener = useRef<HTMLButtonElement>(null);
  const wasOpen = useRef(isOpen);
  useEffect(() => {
    if (wasOpen.current && !isOpen) {
      opener.current?.focus();
    }
    wasOpen.current = isOpen;
  }, [isOpen]);
  return opener;
}
