import { useEffect, useLayoutEffect, useRef, useState } from "react";
import { Button } from "react-aria-components";
import { flushSync } from "react-dom";

import { useAnnounce } from "../ui/Announcer";
import type { Draft, DraftAction, Person } from "./draft";
import { Elsewhere } from "./Elsewhere";
import { MoveButton } from "./MoveButton";
import { type Move, moveText, outcomeOf, stayText } from "./moves";
import { PeopleList } from "./PeopleList";
import type { Broken } from "./save";
import type { ChosenUsers } from "./useChosen";
import { SHOWN, useElsewhere } from "./useElsewhere";
import { type Side, useSide } from "./useSide";
import { useWords } from "./useWords";

interface ListsProps {
  readonly siteId: string;
  readonly draft: Draft;
  /** The changes that the server has taken: another object whenever the draft starts anew, from what the server has. */
  readonly settled: Draft;
  readonly act: (action: DraftAction) => void;
  readonly chosen: ChosenUsers;
  readonly broken: Broken;
  /** The rules that the last Save has broken; null if it has broken none. */
  readonly refusal: Broken | null;
  readonly isReadOnly: boolean;
}

/** Available and Assigned side by side, and the arrows that move the chosen users. */
export function Lists({ siteId, draft, settled, act, chosen, broken, refusal, isReadOnly }: ListsProps) {
  const words = useWords();
  const announce = useAnnounce();
  const available = useSide("available", draft, chosen.available, chosen.chooseAvailable);
  const assigned = useSide("assigned", draft, chosen.assigned, chosen.chooseAssigned);
  useSettled(settled, available, assigned);
  const elsewhere = useElsewhere(siteId, draft, available.sought.trim());
  const { inOthers, inThis, notEligible, hasMore } = elsewhere;
  const others = useRef<HTMLElement>(null);
  const moved = useRef<HTMLElement>(null);
  const side = useRef<HTMLDivElement>(null);
  const isFoundBelow = inThis.length + notEligible.length > 0 || hasMore;
  const below = inOthers.length > 0 ? words.othersBelow : isFoundBelow ? words.foundBelow : null;
  const foundIn = !hasMore ? words.foundInGroups : inOthers.length < SHOWN ? words.atLeastInGroups : words.manyInGroups;
  // Who was to move here and does not is in neither of the lists.
  const [stayed, setStayed] = useState<{ readonly of: Draft; readonly people: readonly Person[] } | null>(null);
  const stay = stayed?.of === settled ? stayText(stayed.people, words) : "";

  // Those who are refused are seen, whatever has been searched for. All are to join.
  const { setSearch } = assigned;
  useEffect(() => {
    if (refusal && refusal.users.size > 0) {
      setSearch("");
    }
  }, [refusal, setSearch]);

  // What has been said of the lists is not read out of another view.
  useEffect(() => () => announce(""), [announce]);

  function move(from: Side, people: readonly Person[]): void {
    const action: Move = { type: from.name === "available" ? "assigned" : "released", people };
    const outcome = outcomeOf(draft, action);
    // Those who are moved are seen in the other list, whatever has been searched for there.
    if (outcome.moved > 0) {
      (from === available ? assigned : available).setSearch("");
    }
    act(action);
    setStayed({ of: settled, people: outcome.stay });
    announce(moveText(action, outcome, words));
    from.drop(people);
  }
  /** A user of another group, whose row goes with its button: one goes on from where they are shown then, near by. */
  function moveHere(person: Person): void {
    flushSync(() => {
      move(available, [person]);
    });
    (moved.current ?? side.current?.querySelector("input"))?.focus();
  }
  const shared = {
    broken,
    isReadOnly,
    onMove: (person: Person, from: { id: string; name: string }) => act({ type: "moved", id: person.id, from }),
  };
  return (
    <div className="lists">
      {!isReadOnly && <p className="people-hint">{`${words.elsewhereHint} ${words.stationsHint}`}</p>}
      <div className="side" ref={side}>
        <PeopleList {...shared} side={available} below={below} isSearching={elsewhere.isLoading && !elsewhere.isFailed}>
          {inOthers.length > 0 && (
            <Button className="button quiet people-elsewhere" onPress={() => others.current?.focus()}>
              {foundIn(inOthers.length)}
            </Button>
          )}
        </PeopleList>
        <Elsewhere
          found={elsewhere}
          isFailed={elsewhere.isFailed && !available.isFailed}
          onMove={moveHere}
          isReadOnly={isReadOnly}
          othersRef={others}
          inThisRef={moved}
        />
      </div>
      {!isReadOnly && (
        <div className="arrows">
          <MoveButton side={available} onMove={move} />
          <MoveButton side={assigned} onMove={move} />
        </div>
      )}
      <div className="side">
        <PeopleList {...shared} side={assigned} />
        {stay !== "" && <p className="people-hint">{stay}</p>}
      </div>
    </div>
  );
}

/** Once changes are saved, their users stay on their sides while both lists are read again. */
function useSettled(settled: Draft, available: Side, assigned: Side): void {
  const last = useRef(settled);
  useLayoutEffect(() => {
    if (settled !== last.current) {
      const { joining, leaving } = settled;
      available.people.settle(
        leaving,
        joining.filter((one) => one.pickupGroup === null),
      );
      assigned.people.settle(joining, leaving);
    }
    last.current = settled;
  });
}
