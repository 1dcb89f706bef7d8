import { type ReactNode, type RefObject, useEffect, useState } from "react";

import { useWords } from "./useWords";

interface NoticesProps {
  readonly ref: RefObject<HTMLDivElement | null>;
  readonly children: ReactNode;
}

/** The place of the notices, which takes the focus after a Save. If it scrolls, the Tab key leads to it. */
export function Notices({ ref, children }: NoticesProps) {
  const words = useWords();
  const [isScrolling, setScrolling] = useState(false);
  useEffect(() => {
    const box = ref.current;
    if (!box) {
      return;
    }
    const observer = new ResizeObserver(() => setScrolling(box.scrollHeight > box.clientHeight));
    observer.observe(box);
    return () => observer.disconnect();
  }, [ref]);
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- Keys scroll it.
    <div ref={ref} role="group" aria-label={words.notices} tabIndex={isScrolling ? 0 : -1} className="notices">
      {children}
    </div>
  );
}
