import { useLayoutEffect, useMemo, useRef, useState } from "react";
import { Button } from "react-aria-components";

import { useDebounced } from "../ui/useDebounced";
import { type Draft, type DraftAction, idsOf, type Person } from "./draft";
import { Elsewhere } from "./Elsewhere";
import { AvailableUsersDocument, MembersDocument } from "./people.graphql";
import { PeopleList } from "./PeopleList";
import { assignedRows, assignedTotal, availableRows, availableTotal } from "./rows";
import type { Broken } from "./save";
import { type Chosen, NONE } from "./selection";
import { type People, usePeople } from "./usePeople";
import { useWords } from "./useWords";

/** Of typing, before a search is sent. */
const PAUSE_MS = 150;

interface ListsProps {
  readonly siteId: string;
  readonly draft: Draft;
  /** The changes that the server has taken: another object whenever the draft starts anew, from what the server has. */
  readonly settled: Draft;
  readonly act: (action: DraftAction) => void;
  readonly announce: (text: string) => void;
  readonly broken: Broken;
  readonly isReadOnly: boolean;
}

/** Available and Assigned side by side, and the arrows that move the chosen users. */
export function Lists({ siteId, draft, settled, act, announce, broken, isReadOnly }: ListsProps) {
  const words = useWords();
  const [search, setSearch] = useState({ available: "", assigned: "" });
  const [chosen, setChosen] = useState<{ available: Chosen; assigned: Chosen }>({ available: NONE, assigned: NONE });
  const sought = useDebounced(search, PAUSE_MS);
  const available = usePeople(AvailableUsersDocument, draft.base.id, sought.available);
  const assigned = usePeople(MembersDocument, draft.base.id, sought.assigned);
  const free = useMemo(
    () => availableRows(draft, available.people, sought.available),
    [draft, available.people, sought.available],
  );
  const members = useMemo(
    () => assignedRows(draft, assigned.people, sought.assigned),
    [draft, assigned.people, sought.assigned],
  );
  useSettled(settled, available, assigned);
  const isFound = (text: string): boolean => text.trim() !== "";

  function assign(people: readonly Person[]): void {
    act({ type: "assigned", people });
    announce(words.moved(people.length));
    setChosen((now) => ({ ...now, available: without(now.available, people) }));
  }
  function release(people: readonly Person[]): void {
    act({ type: "released", people });
    announce(words.movedBack(people.length));
    setChosen((now) => ({ ...now, assigned: without(now.assigned, people) }));
  }
  function move(users: Chosen, to: (people: readonly Person[]) => void): void {
    if (users.size > 0) {
      to([...users.values()]);
    } else {
      announce(words.noneChosen);
    }
  }
  const shared = {
    broken,
    isReadOnly,
    onMove: (person: Person, from: { id: string; name: string }) => {
      act({ type: "moved", id: person.id, from });
    },
  };
  return (
    <div className={`lists${isReadOnly ? " read-only" : ""}`}>
      <div className="side">
        <PeopleList
          {...shared}
          title={words.available}
          searchLabel={words.searchAvailable}
          empty={words.noneAvailable}
          noneFound={words.noneFoundAvailable}
          rows={free}
          total={isFound(sought.available) ? available.total : availableTotal(draft, available.total)}
          people={available}
          search={search.available}
          onSearch={(text) => {
            setSearch((now) => ({ ...now, available: text }));
          }}
          chosen={chosen.available}
          onChoose={(now) => {
            setChosen((all) => ({ ...all, available: now }));
          }}
        />
        <Elsewhere
          siteId={siteId}
          draft={draft}
          search={sought.available.trim()}
          onMove={(person) => {
            assign([person]);
          }}
          isReadOnly={isReadOnly}
        />
      </div>
      {!isReadOnly && (
        <div className="arrows">
          <Button
            className={`button arrow${chosen.available.size ? "" : " idle"}`}
            aria-label={words.add}
            onPress={() => {
              move(chosen.available, assign);
            }}
          >
            <span aria-hidden="true" className="arrow-right" />
          </Button>
          <Button
            className={`button arrow${chosen.assigned.size ? "" : " idle"}`}
            aria-label={words.remove}
            onPress={() => {
              move(chosen.assigned, release);
            }}
          >
            <span aria-hidden="true" className="arrow-left" />
          </Button>
        </div>
      )}
      <div className="side">
        <PeopleList
          {...shared}
          title={words.assigned}
          searchLabel={words.searchAssigned}
          empty={words.noneAssigned}
          noneFound={words.noneFoundAssigned}
          rows={members}
          total={isFound(sought.assigned) ? assigned.total : assignedTotal(draft, assigned.total)}
          people={assigned}
          search={search.assigned}
          onSearch={(text) => {
            setSearch((now) => ({ ...now, assigned: text }));
          }}
          chosen={chosen.assigned}
          onChoose={(now) => {
            setChosen((all) => ({ ...all, assigned: now }));
          }}
        />
      </div>
    </div>
  );
}

/** Once changes are saved, their users stay on their sides while both lists are read again. */
function useSettled(settled: Draft, available: People, assigned: People): void {
  const last = useRef(settled);
  useLayoutEffect(() => {
    if (settled !== last.current) {
      const { joining, leaving } = settled;
      available.settle(
        leaving,
        joining.filter((one) => one.pickupGroup === null),
      );
      assigned.settle(joining, leaving);
    }
    last.current = settled;
  });
}

function without(chosen: Chosen, people: readonly Person[]): Chosen {
  const moved = idsOf(people);
  return new Map([...chosen].filter(([id]) => !moved.has(id)));
}
