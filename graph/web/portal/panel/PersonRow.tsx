import "./person.css";

import { Button, CheckboxButton, CheckboxField, GridListItem } from "react-aria-components";

import type { BrokenRule } from "./save";
import { CheckMark } from "./CheckMark";
import type { Person } from "./draft";
import { detailsOf, type Row } from "./rows";
import { useWords } from "./useWords";

interface PersonRowProps {
  readonly row: Row;
  readonly broken: readonly BrokenRule[];
  readonly onMove: (person: Person, from: { id: string; name: string }) => void;
  readonly isReadOnly: boolean;
}

/** A user with a check box, what is not saved of them yet, and the rules that they break. */
export function PersonRow({ row, broken, onMove, isReadOnly }: PersonRowProps) {
  const words = useWords();
  const from = row.mark === "joins" && row.pickupGroup ? row.pickupGroup.name : null;
  const details = detailsOf(row, words);
  const faults = broken.map((one) => ({
    ...one,
    // The server's message also names the argument that a program would set.
    message: one.__typename === "MemberInAnotherGroup" ? words.isInGroup(one.pickupGroup.name) : one.message,
  }));
  const exemption =
    row.mark === "joins"
      ? { text: words.losesExemption, meaning: words.losesExemption }
      : { text: words.exempt, meaning: words.exemptMeaning };
  const spoken = [row.displayName, ...details, ...(row.bargeInExempt ? [exemption.meaning] : []), ...faults.map((one) => one.message)].join(", ");
  return (
    <GridListItem id={row.id} textValue={spoken} className={`person${broken.length ? " broken" : ""}`}>
      {!isReadOnly && (
        <CheckboxField slot="selection">
          <CheckboxButton className="check">
            <CheckMark />
          </CheckboxButton>
        </CheckboxField>
      )}
      <div className="person-text">
        <span className="person-name">{row.displayName}</span>
        <span className="person-details">{details.join(" · ")}</span>
        {(row.mark !== null || row.bargeInExempt) && (
          <span className="person-badges">
            {row.mark === "joins" && <span className="tag new">{from ? words.movesFrom(from) : words.joins}</span>}
            {row.mark === "leaves" && <span className="tag old">{words.leaves}</span>}
            {row.bargeInExempt && (
              <span className="tag warn" title={exemption.meaning}>
                {exemption.text}
              </span>
            )}
          </span>
        )}
        {faults.map((one) => (
          <span key={one.rule} className="violation">
            {one.message}
            {one.__typename === "MemberInAnotherGroup" && (
              <Button
                className="button small"
                onPress={({ target }) => {
                  // The button goes: a keyboard goes on from its row.
                  target.closest<HTMLElement>("[role=row]")?.focus();
                  onMove(row, one.pickupGroup);
                }}
              >
                {words.moveFrom(one.pickupGroup.name)}
              </Button>
            )}
          </span>
        ))}
      </div>
    </GridListItem>
  );
}
