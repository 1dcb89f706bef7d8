import { type RefObject, useEffect, useRef } from "react";

/** Leads to Save once another token permits it: the button that asked for that token has gone. */
export function usePermitted(isReadOnly: boolean, button: RefObject<HTMLElement | null>): void {
  const wasReadOnly = useRef(isReadOnly);
  useEffect(() => {
    if (wasReadOnly.current && !isReadOnly && document.activeElement === document.body) {
      button.current?.focus();
    }
    wasReadOnly.current = isReadOnly;
  }, [isReadOnly, button]);
}
