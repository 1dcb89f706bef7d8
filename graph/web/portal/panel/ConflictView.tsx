import "./conflict.css";

import { Button } from "react-aria-components";

import { ChangeList } from "../history/ChangeList";
import type { Conflict } from "./conflict";
import type { Draft, Person } from "./draft";
import { isChanged } from "./draft";
import { useWords } from "./useWords";

interface ConflictViewProps {
  readonly conflict: Conflict;
  readonly draft: Draft;
  readonly onSettle: (how: "apply" | "drop") => void;
}

const namesOf = (people: readonly Person[]): string[] => people.map((one) => one.displayName);

/** What another person has saved in the meantime, what one has changed oneself, and the choice between them. */
export function ConflictView({ conflict, draft, onSettle }: ConflictViewProps) {
  const words = useWords();
  const { merge, current } = conflict;
  const mine = merge.draft;
  const isLeft = isChanged(mine);
  const name = mine.name.trim();
  const lines = [
    ...(name === current.name
      ? []
      : [merge.bothRenamed ? words.yourNameOver(name, current.name) : words.yourName(name)]),
    ...(mine.joining.length ? [words.yourJoining(namesOf(mine.joining))] : []),
    ...(mine.leaving.length ? [words.yourLeaving(namesOf(mine.leaving))] : []),
    ...(merge.joined.length ? [words.alreadyJoined(namesOf(merge.joined))] : []),
    ...(merge.left.length ? [words.alreadyLeft(namesOf(merge.left))] : []),
    ...(merge.gone.length ? [words.noUsers(namesOf(merge.gone))] : []),
  ];
  return (
    <div className="conflict">
      <section className="conflict-side" aria-labelledby="conflict-theirs">
        <h3 id="conflict-theirs">{words.theirs}</h3>
        <ChangeList changes={conflict.changes} people={[...draft.joining, ...draft.leaving]} />
      </section>
      <section className="conflict-side" aria-labelledby="conflict-yours">
        <h3 id="conflict-yours">{words.yours}</h3>
        <ul className="conflict-mine">
          {lines.map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
        {!isLeft && <p>{words.nothingLeft}</p>}
      </section>
      <div className="panel-buttons">
        {isLeft ? (
          <>
            <Button
              className="button primary"
              onPress={() => {
                onSettle("apply");
              }}
            >
              {words.applyMine}
            </Button>
            <Button
              className="button"
              onPress={() => {
                onSettle("drop");
              }}
            >
              {words.dropMine}
            </Button>
          </>
        ) : (
          <Button
            className="button primary"
            onPress={() => {
              onSettle("drop");
            }}
          >
            {words.goOn}
          </Button>
        )}
      </div>
    </div>
  );
}
