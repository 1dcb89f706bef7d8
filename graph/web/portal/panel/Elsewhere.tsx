import "./elsewhere.css";

import { Button } from "react-aria-components";
import { useQuery } from "urql";

import { type Draft, idsOf, type Person } from "./draft";
import { UnavailableUsersDocument } from "./people.graphql";
import { useWords } from "./useWords";

interface ElsewhereProps {
  readonly siteId: string;
  readonly draft: Draft;
  readonly search: string;
  readonly onMove: (person: Person) => void;
  readonly isReadOnly: boolean;
}

/** Users that a search finds but that are not available: why not, and an offer to move them from their group. */
export function Elsewhere({ siteId, draft, search, onMove, isReadOnly }: ElsewhereProps) {
  const words = useWords();
  const [{ data }] = useQuery({
    query: UnavailableUsersDocument,
    variables: { siteId, search },
    pause: search === "",
    requestPolicy: "network-only",
  });
  const chosen = idsOf([...draft.joining, ...draft.leaving]);
  const inGroups = (data?.inGroups.nodes ?? []).flatMap((one) =>
    one.pickupGroup && !chosen.has(one.id) ? [{ ...one, pickupGroup: one.pickupGroup }] : [],
  );
  const notEligible = data?.notEligible.nodes ?? [];
  if (search === "" && !isReadOnly) {
    return <p className="people-hint">{words.elsewhereHint}</p>;
  }
  if (search === "" || inGroups.length + notEligible.length === 0) {
    return null;
  }
  return (
    <section className="elsewhere" aria-label={words.elsewhere}>
      <h4>{words.elsewhere}</h4>
      <ul>
        {inGroups.map((one) => (
          <li key={one.id}>
            <span className="person-name">{one.displayName}</span>
            <span className="person-details">
              {one.pickupGroup.id === draft.base.id ? words.inThisGroup : words.inGroup(one.pickupGroup.name)}
            </span>
            {!isReadOnly && one.pickupGroup.id !== draft.base.id && (
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
          </li>
        ))}
        {notEligible.map((one) => (
          <li key={one.id}>
            <span className="person-name">{one.displayName}</span>
            <span className="person-details">{words.notEligible(words.stations[one.stationType] ?? "")}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
