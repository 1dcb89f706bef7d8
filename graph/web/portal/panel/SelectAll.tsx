import { useLayoutEffect, useRef, useState } from "react";
import { Button, CheckboxButton, CheckboxField } from "react-aria-components";

import { CheckMark } from "./CheckMark";
import { type Chosen, NONE } from "./selection";
import type { Row } from "./rows";
import type { People } from "./usePeople";
import { useWords } from "./useWords";

/** Users that one Save takes: no more are chosen at once. */
export const MOST = 1000;

interface SelectAllProps {
  readonly title: string;
  readonly rows: readonly Row[];
  readonly people: People;
  readonly total: number;
  readonly chosen: Chosen;
  readonly onChoose: (chosen: Chosen) => void;
}

/** Chooses all that are found, whether they are on the page or not, and says how many are chosen. */
export function SelectAll({ title, rows, people, total, chosen, onChoose }: SelectAllProps) {
  const words = useWords();
  const [isBusy, setBusy] = useState(false);
  // One goes on choosing and moving while all are read.
  const latest = useRef({ rows, people, chosen });
  useLayoutEffect(() => {
    latest.current = { rows, people, chosen };
  });
  const label = total > MOST ? words.firstFound(MOST) : words.allFound(total);
  const isAll = rows.length > 0 && chosen.size >= Math.min(total, MOST) && rows.every((one) => chosen.has(one.id));

  async function chooseAll(): Promise<void> {
    setBusy(true);
    try {
      const loaded = people.next === null ? null : await people.loadAll(MOST);
      const now = latest.current;
      // Rows that have been moved stand on the other side, although the server still has them here.
      const shown = new Set(now.rows.map((one) => one.id));
      const own = now.rows.filter((one) => one.mark !== null);
      const found = loaded ? [...own, ...loaded] : now.rows;
      const away = new Set(now.people.people.filter((one) => !shown.has(one.id)).map((one) => one.id));
      const all = found.filter((one) => !away.has(one.id)).slice(0, MOST);
      onChoose(new Map([...now.chosen, ...all.map((one) => [one.id, one] as const)]));
    } finally {
      setBusy(false);
    }
  }

  return (
    <div className={`people-all${total > 0 ? "" : " none"}`}>
      <CheckboxField
        isDisabled={isBusy || rows.length === 0}
        isSelected={isAll}
        isIndeterminate={chosen.size > 0 && !isAll}
        aria-label={`${title}: ${label}`}
        onChange={(isOn) => {
          if (isOn) {
            void chooseAll();
          } else {
            onChoose(NONE);
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
      </span>
      {chosen.size > 0 && (
        <Button
          className="button quiet"
          aria-label={`${title}: ${words.clear}`}
          onPress={() => {
            onChoose(NONE);
          }}
        >
          {words.clear}
        </Button>
      )}
    </div>
  );
}
