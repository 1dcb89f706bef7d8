import "./selectAll.css";

import { type ReactNode, useLayoutEffect, useRef, useState } from "react";
import { Button, CheckboxButton, CheckboxField } from "react-aria-components";

import { CheckMark } from "./CheckMark";
import { NONE } from "./selection";
import type { Side } from "./useSide";
import { useWords } from "./useWords";

/** Users that one Save takes: no more are chosen at once. */
export const MOST = 1000;

/** Chooses all that are found, whether they are on the page or not, and says how many are chosen. */
export function SelectAll({ side, children }: { readonly side: Side; readonly children: ReactNode }) {
  const words = useWords();
  const { title } = words.sides[side.name];
  const { rows, people, isOutdated, total, chosen, choose } = side;
  const [isBusy, setBusy] = useState(false);
  // One goes on choosing and moving while all are read.
  const latest = useRef(side);
  useLayoutEffect(() => {
    latest.current = side;
  });
  const box = useRef<HTMLDivElement>(null);
  const shown = new Set(rows.map((one) => one.id));
  // If not all that are found are read, those who are chosen may be among the rest.
  const isAllRead = side.sought !== "" && rows.length >= total;
  const notShown = isAllRead ? [...chosen.keys()].filter((id) => !shown.has(id)).length : 0;
  const label = total > MOST ? words.firstFound(MOST) : words.allFound(total);
  const isAll = rows.length > 0 && chosen.size >= Math.min(total, MOST) && rows.every((one) => chosen.has(one.id));

  async function chooseAll(): Promise<void> {
    setBusy(true);
    const loaded = await people.loadAll(MOST);
    setBusy(false);
    if (!loaded) {
      return; // The list says so.
    }
    const now = latest.current;
    // Those whom that search has found: another one may have been typed since.
    const all = now.rowsOf(loaded, side.sought).slice(0, MOST);
    choose(new Map([...now.chosen, ...all.map((one) => [one.id, one] as const)]));
  }

  /** The button that was pressed goes. A check box that is hidden or disabled takes no focus. */
  function goOn(): void {
    const all = box.current?.querySelector("input");
    all?.focus();
    if (document.activeElement !== all) {
      box.current?.closest(".people")?.querySelector<HTMLElement>("input[type=search]")?.focus();
    }
  }

  return (
    <div ref={box} className={`people-all${total > 0 ? "" : " none"}`}>
      <CheckboxField
        isDisabled={isOutdated || rows.length === 0}
        // Not disabled, or it would lose the focus.
        isReadOnly={isBusy}
        isSelected={isAll}
        isIndeterminate={chosen.size > 0 && !isAll}
        aria-label={words.labelOf(title, label)}
        onChange={(isOn) => {
          if (isOn) {
            void chooseAll();
          } else {
            choose(NONE);
          }
        }}
      >
        <CheckboxButton className="check">
          <CheckMark />
          {label}
        </CheckboxButton>
      </CheckboxField>
      <span className="people-chosen" aria-live="polite">
        {chosen.size > 0 && words.chosen(chosen.size)}
        {notShown > 0 && words.notShown(notShown)}
      </span>
      {chosen.size > 0 && (
        <Button
          className="button quiet"
          aria-label={words.labelOf(title, words.clear)}
          onPress={() => {
            choose(NONE);
            goOn();
          }}
        >
          {words.clear}
        </Button>
      )}
      {children}
    </div>
  );
}
