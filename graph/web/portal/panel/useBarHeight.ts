/** Gives CSS the height of the bar at the foot, above which the arrows of a small window stand. */

import { type RefObject, useLayoutEffect, useRef } from "react";

export function useBarHeight(): RefObject<HTMLDivElement | null> {
  const bar = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const element = bar.current;
    if (!element) {
      return;
    }
    const panel = element.closest<HTMLElement>(".panel");
    const observer = new ResizeObserver(() => panel?.style.setProperty("--bar-height", `${element.offsetHeight}px`));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return bar;
}
