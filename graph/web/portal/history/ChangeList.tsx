import "./history.css";

import { useLocale } from "react-aria-components";

import { describeActor, describeChange, usersIn } from "./describe";
import type { ChangeEntryFragment } from "./history.graphql";
import { useNames } from "./useNames";
import { useHistoryWords } from "./words";

interface ChangeListProps {
  /** The oldest come first, as the server has them; they are shown the other way round. */
  readonly changes: readonly ChangeEntryFragment[];
  /** Users whose names are known already. */
  readonly people?: readonly { readonly id: string; readonly displayName: string }[];
}

/** Changes in words, the newest first: who, what, when. */
export function ChangeList({ changes, people = [] }: ChangeListProps) {
  const words = useHistoryWords();
  const { locale } = useLocale();
  const nameOf = useNames(usersIn(changes), people);
  const time = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });
  return (
    <ol className="changes">
      {[...changes].reverse().map((change) => {
        const { text, lines } = describeChange(change, nameOf, words);
        return (
          <li key={change.id} className="change">
            <p className="change-what">{text}</p>
            {lines.map((line) => (
              <p key={line} className="change-line">
                {line}
              </p>
            ))}
            <p className="change-who">
              {describeActor(change.actor, words)} ·{" "}
              <time dateTime={change.occurredAt}>{time.format(new Date(change.occurredAt))}</time>
            </p>
          </li>
        );
      })}
    </ol>
  );
}
