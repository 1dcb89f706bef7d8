import { useEffect, useRef } from "react";
import { Button } from "react-aria-components";

import { useTitle } from "../ui/useTitle";
import { ChangeList } from "./ChangeList";
import { GroupChangeList } from "./GroupChangeList";
import { namesThen } from "./namesThen";
import { useHistory } from "./useHistory";
import { useKeptInView } from "./useKeptInView";
import { useHistoryWords } from "./words";

interface HistoryProps {
  readonly siteId: string;
  /** Of this group alone; without it, of the whole site. */
  readonly groupId?: string;
  readonly onClose: () => void;
}

/** The history of a site or of one of its groups, newest first, page by page. */
export function History({ siteId, groupId, onClose }: HistoryProps) {
  const words = useHistoryWords();
  const history = useHistory(siteId, groupId);
  const title = useRef<HTMLHeadingElement>(null);
  const isRead = history.total !== null;
  useTitle("history", words.title);
  useEffect(() => title.current?.focus(), []);
  // Below a group it is out of sight.
  useKeptInView(title, groupId !== undefined);
  // With the last page the button goes that asked for it.
  const section = useRef<HTMLElement>(null);
  const { hasEarlier } = history;
  useEffect(() => {
    if (isRead && !hasEarlier && document.activeElement === document.body)
      section.current?.querySelector<HTMLElement>(".change:last-child")?.focus();
  }, [isRead, hasEarlier]);
  const last = history.changes.at(-1);
  // A group may have got another name since it was read.
  const name = (groupId && last && namesThen(history.changes).get(last.revision)) ?? history.name;
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- The button Close history does the same.
    <section
      ref={section}
      className="card history"
      aria-labelledby="history-title"
      onKeyDown={({ key }) => {
        if (key === "Escape") onClose();
      }}
    >
      <header className="history-head">
        <h2 id="history-title" ref={title} tabIndex={-1}>
          {!name ? words.title : groupId ? words.ofGroup(name) : words.ofSite(name)}
        </h2>
        <Button className="button" onPress={onClose}>
          {words.close}
        </Button>
      </header>
      {history.total === 0 && <p>{words.none}</p>}
      {history.changes.some((one) => one.bargeInExemptionsCleared.length > 0) && (
        <p className="quiet">{words.bargeIn}</p>
      )}
      {groupId ? (
        <GroupChangeList siteId={siteId} changes={history.changes} />
      ) : (
        <ChangeList changes={history.changes} hasLinks />
      )}
      {history.hasFailed && (
        <p role="alert" className="notice-box error notice-line">
          {words.notLoaded}
          <Button className="button small" onPress={history.loadEarlier}>
            {words.tryAgain}
          </Button>
        </p>
      )}
      <footer className="history-foot">
        <p role="status">
          {history.isLoading ? words.loading : history.total ? words.shown(history.changes.length, history.total) : ""}
        </p>
        {hasEarlier && (
          <Button className="button" isPending={history.isLoading} onPress={history.loadEarlier}>
            {words.earlier}
          </Button>
        )}
      </footer>
    </section>
  );
}
