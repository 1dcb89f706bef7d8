import { useEffect, useRef } from "react";
import { Button } from "react-aria-components";

import { ChangeList } from "./ChangeList";
import { useHistory } from "./useHistory";
import { useHistoryWords } from "./words";

interface HistoryProps {
  readonly siteId: string;
  /** Of this group alone; without it, of the whole site. */
  readonly groupId?: string | undefined;
  readonly onClose?: (() => void) | undefined;
}

/** The history of a site or of one of its groups, newest first, page by page. */
export function History({ siteId, groupId, onClose }: HistoryProps) {
  const words = useHistoryWords();
  const history = useHistory(siteId, groupId);
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => title.current?.focus(), []);
  const name = history.name && (groupId ? words.ofGroup(history.name) : words.ofSite(history.name));
  return (
    <section className="history" aria-labelledby="history-title">
      <header className="history-head">
        <h2 id="history-title" ref={title} tabIndex={-1}>
          {name ?? words.title}
        </h2>
        {onClose && (
          <Button className="button" onPress={onClose}>
            {words.close}
          </Button>
        )}
      </header>
      {history.total === 0 && <p>{words.none}</p>}
      <ChangeList changes={history.changes} />
      {history.hasFailed && (
        <p role="alert" className="notice-box error">
          {words.notLoaded}{" "}
          <Button className="button small" onPress={history.loadEarlier}>
            {words.tryAgain}
          </Button>
        </p>
      )}
      <footer className="history-foot">
        <p role="status">
          {history.isLoading ? words.loading : history.total ? words.shown(history.changes.length, history.total) : ""}
        </p>
        {history.hasEarlier && (
          <Button className="button" isDisabled={history.isLoading} onPress={history.loadEarlier}>
            {words.earlier}
          </Button>
        )}
      </footer>
    </section>
  );
}
