/** Reads the next page of a list whenever its end is near: by wheel, key or scroll bar, and whatever the size of its rows. */

import { type RefObject, useEffect } from "react";

/** `rows` is another object with each page that has come: it may not fill the list. */
export function useLoadMore(list: RefObject<HTMLElement | null>, rows: readonly unknown[], loadMore: () => void): void {
  useEffect(() => {
    const element = list.current;
    if (!element) {
      return undefined;
    }
    function check(): void {
      if (element && element.scrollHeight - element.scrollTop < 2 * element.clientHeight) {
        loadMore();
      }
    }
    element.addEventListener("scroll", check, { passive: true });
    // It reports first once the rows that have come are laid out: until then the end seems near.
    const observer = new ResizeObserver(check);
    for (const observed of [element, ...element.children]) {
      observer.observe(observed);
    }
    return () => {
      element.removeEventListener("scroll", check);
      observer.disconnect();
    };
  }, [list, rows, loadMore]);
}
