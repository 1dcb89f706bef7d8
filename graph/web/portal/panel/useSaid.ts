/** Says a result of the work once, wherever the focus is: a notice that appears with its text is not heard by itself. */

import { useEffect, useRef } from "react";

import { useAnnounce } from "../ui/Announcer";

/** Another object is another result; nothing is said of null, or if the text is empty. */
export function useSaid(result: object | null, text: string): void {
  const announce = useAnnounce();
  const last = useRef<object | null>(null);
  useEffect(() => {
    if (result !== null && result !== last.current && text !== "") {
      announce(text);
    }
    last.current = result;
  }, [result, text, announce]);
}
