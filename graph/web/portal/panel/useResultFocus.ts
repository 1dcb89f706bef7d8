/** Where one goes on after a Save, unless the focus is in a field or a list, where the next keys belong. */

import { type RefObject, useEffect, useState } from "react";

import type { Broken } from "./save";

interface SaveEnd {
  readonly refused: Broken;
  /** The group was to be made by it. */
  readonly wasNew: boolean;
}

interface Places {
  readonly field: RefObject<HTMLInputElement | null>;
  readonly notices: RefObject<HTMLElement | null>;
  /** Save. */
  readonly button: RefObject<HTMLElement | null>;
}

/** Takes how a Save has ended: the focus goes to the lists of a group that is made, to a wrong name, or to what is said. */
export function useResultFocus({ field, notices, button }: Places): (end: SaveEnd) => void {
  const [end, setEnd] = useState<SaveEnd | null>(null);
  useEffect(() => {
    if (end && [button.current, document.body].includes(document.activeElement as HTMLElement)) {
      const lists = end.wasNew ? field.current?.closest(".panel")?.querySelector<HTMLElement>(".people-head h3") : null;
      const next = lists ?? (end.refused.name.length > 0 ? field : notices).current;
      // Of itself, the focus scrolls what is not wholly in view to the middle.
      next?.focus({ preventScroll: true });
      next?.scrollIntoView({ block: "nearest" });
    }
  }, [end, field, notices, button]);
  return setEnd;
}
