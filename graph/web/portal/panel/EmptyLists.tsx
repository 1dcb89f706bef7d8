import "./lists.css";

import { useWords } from "./useWords";

/** In the place of the lists, until the name of a new group is saved. */
export function EmptyLists() {
  const words = useWords();
  const { available, assigned } = words.sides;
  return (
    <div className="lists">
      <section className="people" aria-label={available.title}>
        <h3>{available.title}</h3>
        <p className="people-empty">{words.fillsAfterSave}</p>
      </section>
      <div className="arrows" />
      <section className="people" aria-label={assigned.title}>
        <h3>{assigned.title}</h3>
        <p className="people-empty">{words.noneAssignedYet}</p>
      </section>
    </div>
  );
}
