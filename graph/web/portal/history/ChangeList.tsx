import "./history.css";

import { useState } from "react";
import { Button, useLocale } from "react-aria-components";

import { ViewLink } from "../ui/ViewLink";
import { describeActor, describeChange, usersIn } from "./describe";
import type { ChangeEntryFragment } from "./history.graphql";
import { readMoves } from "./moves";
import { namesThen } from "./namesThen";
import { useNames } from "./useNames";
import { useHistoryWords } from "./words";

interface ChangeListProps {
  /** The oldest come first, as the server has them; they are shown the other way round. */
  readonly changes: readonly ChangeEntryFragment[];
  /** Those of the whole site, the latest ones, if `changes` are of one group. */
  readonly ofSite?: readonly ChangeEntryFragment[];
  /** Users whose names are known already. */
  readonly people?: readonly { readonly id: string; readonly displayName: string }[];
  /** The names of groups lead to them. */
  readonly hasLinks?: boolean;
}

/** Changes in words, the newest first: who, what, when. */
export function ChangeList({ changes, ofSite = changes, people = [], hasLinks = false }: ChangeListProps) {
  const words = useHistoryWords();
  const { locale } = useLocale();
  const [opened, setOpened] = useState<ReadonlySet<string>>(new Set());
  const groupNames = namesThen(changes);
  const moves = readMoves(ofSite, namesThen(ofSite));
  const { nameOf, hasFailed, tryAgain } = useNames(usersIn(changes, moves, opened), people);
  const time = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });
  const toggle = (key: string): void => {
    setOpened((before) => (before.has(key) ? new Set([...before].filter((one) => one !== key)) : new Set([...before, key])));
  };
  return (
    <>
      {hasFailed && (
        <p role="alert" className="notice-box error notice-line">
          {words.namesNotLoaded}
          <Button className="button small" onPress={tryAgain}>
            {words.tryAgain}
          </Button>
        </p>
      )}
      <ol className="changes">
        {[...changes].reverse().map((change) => {
          const group = groupNames.get(change.revision);
          const { text, lines } = describeChange(change, nameOf, moves, group, words, opened);
          const [before, name, after] = text;
          return (
            <li key={change.id} tabIndex={-1} className="change">
              <p className="change-what">
                {before}
                {hasLinks && name !== "" && change.pickupGroup ? (
                  <ViewLink to={{ group: change.pickupGroup.id, history: false }}>{name}</ViewLink>
                ) : (
                  name
                )}
                {after}
              </p>
              {lines.map(({ key, text, long }) => (
                <p key={key} className="change-line">
                  {text}{" "}
                  {long !== null && (
                    <Button className="button small" aria-expanded={opened.has(key)} onPress={() => toggle(key)}>
                      {opened.has(key) ? words.showFewer : words.showAll(long)}
                    </Button>
                  )}
                </p>
              ))}
              <p className="change-who">
                {`${describeActor(change.actor, words)} · `}
                <time dateTime={change.occurredAt}>{time.format(new Date(change.occurredAt))}</time>
              </p>
            </li>
          );
        })}
      </ol>
    </>
  );
}
