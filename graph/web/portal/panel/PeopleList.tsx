import "./lists.css";

import { type ReactNode, useLayoutEffect, useRef, useState } from "react";
import {
  Collection,
  GridList,
  GridListLoadMoreItem,
  ListLayout,
  SearchField,
  type Selection,
  Virtualizer,
} from "react-aria-components";

import { tryNow } from "../api/reachability";
import { SearchBox } from "../ui/SearchBox";
import type { Person } from "./draft";
import { NotLoaded } from "./NotLoaded";
import { PersonRow } from "./PersonRow";
import type { Broken } from "./save";
import { type Chosen, chosenOf } from "./selection";
import { SelectAll } from "./SelectAll";
import { useLoadMore } from "./useLoadMore";
import type { Side } from "./useSide";
import { useWords } from "./useWords";
import type { Words } from "./words.en";

/** Of a row without a broken rule, in CSS pixels. */
const ROW_HEIGHT = 55;

/** Of the text that says which keys a list takes. */
export const KEYS_ID = "list-keys";

interface PeopleListProps {
  readonly side: Side;
  readonly broken: Broken;
  readonly onMove: (person: Person, from: { id: string; name: string }) => void;
  readonly isReadOnly: boolean;
  /** What an empty list says if the search finds users outside of it, below. */
  readonly below?: string | null;
  /** It is not known yet whether it does. */
  readonly isSearching?: boolean;
  /** Stands in the head of the rows. */
  readonly children?: ReactNode;
}

/** One of the two lists: searched and paged by the server, with a check box for each user. */
export function PeopleList({
  side,
  broken,
  onMove,
  isReadOnly,
  below = null,
  isSearching = false,
  children,
}: PeopleListProps) {
  const words = useWords();
  const { title, search, none, noneFound } = words.sides[side.name];
  const { rows, people, chosen, isFailed } = side;
  const emptyText = side.sought === "" ? none : (below ?? noneFound);
  // What the list has reported knows where a range begins, which Shift extends.
  const [reported, setReported] = useState<Selection>(new Set());
  // What another search finds is read from its start.
  const list = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    list.current?.scrollTo(0, 0);
  }, [side.sought]);
  useLoadMore(list, rows, people.loadMore);
  const [layout] = useState(() => ({ estimatedRowHeight: ROW_HEIGHT, loaderHeight: 40 }));
  return (
    <section className="people" aria-label={title} aria-busy={side.isOutdated && !isFailed}>
      <header className="people-head">
        <h3 tabIndex={-1}>{title}</h3>
        <span className="people-count">
          {(people.isLoading || isFailed) && !rows.length ? "" : countOf(side, words)}
        </span>
      </header>
      <SearchField aria-label={search} value={side.search} onChange={side.setSearch}>
        <SearchBox placeholder={words.searchHint} clearLabel={words.clearSearch} />
      </SearchField>
      {isReadOnly ? (
        children && <div className="people-all">{children}</div>
      ) : (
        <SelectAll side={side}>{children}</SelectAll>
      )}
      {isFailed && rows.length === 0 ? (
        <div className="people-rows">
          <NotLoaded onTryAgain={people.failure ? people.reload : tryNow} />
        </div>
      ) : (
        // Rows are measured again when the width of the list changes.
        <Virtualizer layout={ListLayout} layoutOptions={layout} shouldObserveItemSize>
          <GridList
            ref={list}
            className={`people-rows${rows.length < 4 ? " few" : ""}`}
            aria-label={title}
            {...(isReadOnly ? {} : { "aria-describedby": KEYS_ID })}
            selectionMode={isReadOnly ? "none" : "multiple"}
            selectionBehavior="toggle"
            escapeKeyBehavior="none"
            selectedKeys={isSame(reported, chosen) ? reported : chosen.keys()}
            onSelectionChange={(selection) => {
              setReported(selection);
              side.choose(chosenOf(selection, rows, chosen));
            }}
            renderEmptyState={() => (
              <p className="people-empty">{people.isLoading || isSearching ? words.loading : emptyText}</p>
            )}
          >
            {/* A row is made once for each user, however many are loaded: not again with each page. */}
            <Collection items={rows} dependencies={[broken, isReadOnly, words]}>
              {(row) => (
                <PersonRow
                  row={row}
                  broken={broken.users.get(row.id) ?? []}
                  onMove={onMove}
                  isReadOnly={isReadOnly}
                />
              )}
            </Collection>
            <GridListLoadMoreItem className="people-more" isLoading={people.isLoading && rows.length > 0}>
              {words.loading}
            </GridListLoadMoreItem>
          </GridList>
        </Virtualizer>
      )}
      {isFailed && rows.length > 0 && <NotLoaded onTryAgain={people.failure ? people.reload : tryNow} />}
    </section>
  );
}

/** How many a list has; of a search how many it finds of them. */
function countOf({ people, total, size }: Side, words: Words): string {
  if (people.foundBy.trim() === "") {
    return words.usersInList(total);
  }
  return size === null ? words.usersFound(total) : words.usersFoundOf(total, size);
}

function isSame(selection: Selection, chosen: Chosen): boolean {
  return selection !== "all" && selection.size === chosen.size && [...chosen.keys()].every((key) => selection.has(key));
}
