import { type RefObject, useEffect } from "react";

const ACTIONS = ["keydown", "pointerdown", "touchstart", "wheel"];

/** Scrolls to an element, and again while what is above it is still loaded, until the person does anything. */
export function useKeptInView(element: RefObject<HTMLElement | null>, isWanted: boolean): void {
  useEffect(() => {
    if (!isWanted) return undefined;
    const observer = new ResizeObserver(() => element.current?.scrollIntoView());
    const stop = (): void => observer.disconnect();
    observer.observe(document.body);
    for (const action of ACTIONS) addEventListener(action, stop, { passive: true });
    return () => {
      stop();
      for (const action of ACTIONS) removeEventListener(action, stop);
    };
  }, [element, isWanted]);
}
