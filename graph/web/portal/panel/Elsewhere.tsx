import "./elsewhere.css";

import type { ReactNode, Ref } from "react";
import { Button } from "react-aria-components";

import { tryNow } from "../api/reachability";
import type { Person } from "./draft";
import { NotLoaded } from "./NotLoaded";
import { detailsOf } from "./rows";
import type { FoundElsewhere } from "./useElsewhere";
import { useWords } from "./useWords";

interface ElsewhereProps {
  readonly found: FoundElsewhere;
  /** It could not be read, and nothing else says so. */
  readonly isFailed: boolean;
  readonly onMove: (person: Person) => void;
  readonly isReadOnly: boolean;
  /** The users in other groups. */
  readonly othersRef: Ref<HTMLElement>;
  /** Those in Assigned. */
  readonly inThisRef: Ref<HTMLElement>;
}

/** Users that a search finds but that are not available: why not, and an offer to move them from their group. */
export function Elsewhere({ found, isFailed, onMove, isReadOnly, othersRef, inThisRef }: ElsewhereProps) {
  const words = useWords();
  const { inOthers, inThis, notEligible, hasMore, hasMoreInThis, hasMoreNotEligible } = found;
  return (
    <>
      {isFailed && (
        <section className="elsewhere" aria-label={words.inOtherGroups}>
          <h4>{words.inOtherGroups}</h4>
          <NotLoaded onTryAgain={found.reload ?? tryNow} />
        </section>
      )}
      {(inOthers.length > 0 || hasMore) && (
        <FoundPeople title={words.inOtherGroups} hasMore={hasMore} sectionRef={othersRef}>
          {inOthers.map((one) => (
            <FoundPerson key={one.id} person={one} why={words.inGroup(one.pickupGroup.name)}>
              {!isReadOnly && (
                <Button
                  className="button small"
                  aria-label={words.moveHereName(one.displayName, one.pickupGroup.name)}
                  onPress={() => {
                    onMove(one);
                  }}
                >
                  {words.moveHere}
                </Button>
              )}
            </FoundPerson>
          ))}
        </FoundPeople>
      )}
      {inThis.length > 0 && (
        <FoundPeople title={words.inThisGroup} hasMore={hasMoreInThis} sectionRef={inThisRef}>
          {inThis.map((one) => (
            <FoundPerson key={one.id} person={one} />
          ))}
        </FoundPeople>
      )}
      {notEligible.length > 0 && (
        <FoundPeople title={words.notEligible} hasMore={hasMoreNotEligible}>
          {notEligible.map((one) => (
            <FoundPerson key={one.id} person={one} />
          ))}
        </FoundPeople>
      )}
    </>
  );
}

interface FoundPeopleProps {
  readonly title: string;
  /** More are found than these. */
  readonly hasMore: boolean;
  readonly sectionRef?: Ref<HTMLElement>;
  readonly children: readonly ReactNode[];
}

/** Users who are not available for one reason. */
function FoundPeople({ title, hasMore, sectionRef, children }: FoundPeopleProps) {
  const words = useWords();
  return (
    <section ref={sectionRef} tabIndex={-1} className="elsewhere" aria-label={title}>
      <h4>{title}</h4>
      {children.length > 0 && <ul>{children}</ul>}
      {hasMore && <p className="elsewhere-more">{words.notAllShown}</p>}
    </section>
  );
}

interface FoundPersonProps {
  readonly person: Person;
  readonly why?: string;
  /** What can be done with them. */
  readonly children?: ReactNode;
}

/** A user with the same details as in the lists: they tell two of one name apart. */
function FoundPerson({ person, why, children }: FoundPersonProps) {
  const words = useWords();
  return (
    <li>
      <span className="person-name">{person.displayName}</span>
      <span className="person-details">
        {[...detailsOf(person, words), ...(why === undefined ? [] : [why])].join(" · ")}
      </span>
      {children}
    </li>
  );
}
