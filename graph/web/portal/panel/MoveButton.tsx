import { Button } from "react-aria-components";

import { useAnnounce } from "../ui/Announcer";
import type { Person } from "./draft";
import type { Side } from "./useSide";
import { useWords } from "./useWords";

interface MoveButtonProps {
  /** Where the chosen users are. */
  readonly side: Side;
  readonly onMove: (side: Side, people: readonly Person[]) => void;
}

/** The arrow that moves the chosen users of a list to the other one. */
export function MoveButton({ side, onMove }: MoveButtonProps) {
  const words = useWords();
  const announce = useAnnounce();
  const people = [...side.chosen.values()];
  return (
    <Button
      className={`button arrow ${people.length > 0 ? "primary" : "idle"}`}
      aria-label={words.sides[side.name].move}
      onPress={() => (people.length > 0 ? onMove(side, people) : announce(words.noneChosen))}
    >
      <svg viewBox="0 0 16 16" width="20" height="20" aria-hidden="true" data-from={side.name}>
        <path d="M3 8h10M9 4l4 4-4 4" fill="none" stroke="currentColor" strokeWidth="1.75" strokeLinecap="round" strokeLinejoin="round" />
      </svg>
      {words.sides[side.name].arrow}
    </Button>
  );
}
