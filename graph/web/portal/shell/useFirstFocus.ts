import { useEffect, useRef } from "react";

/** Leads from the sign-in page, which has gone with its focus, to the heading of what is shown, once that is known. */
export function useFirstFocus(isWanted: boolean, isKnown: boolean): void {
  const isDone = useRef(!isWanted);
  useEffect(() => {
    if (isDone.current || !isKnown) return;
    isDone.current = true;
    if (document.activeElement === document.body) document.querySelector<HTMLElement>("main h1")?.focus();
  }, [isKnown]);
}
