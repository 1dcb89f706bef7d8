import "./lists.css";

import { useState } from "react";
import {
  Button,
  Collection,
  GridList,
  GridListLoadMoreItem,
  Input,
  ListLayout,
  SearchField,
  type Selection,
  Virtualizer,
} from "react-aria-components";

import type { Person } from "./draft";
import { PersonRow } from "./PersonRow";
import type { Row } from "./rows";
import type { Broken } from "./save";
import { type Chosen, chosenOf } from "./selection";
import { SelectAll } from "./SelectAll";
import type { People } from "./usePeople";
import { useWords } from "./useWords";

interface PeopleListProps {
  readonly title: string;
  readonly searchLabel: string;
  readonly empty: string;
  readonly noneFound: string;
  readonly rows: readonly Row[];
  readonly total: number;
  readonly people: People;
  readonly search: string;
  readonly onSearch: (search: string) => void;
  readonly chosen: Chosen;
  readonly onChoose: (chosen: Chosen) => void;
  readonly broken: Broken;
  readonly onMove: (person: Person, from: { id: string; name: string }) => void;
  readonly isReadOnly: boolean;
}

/** One of the two lists: searched and paged by the server, with a check box for each user. */
export function PeopleList(props: PeopleListProps) {
  const words = useWords();
  const { title, rows, people, chosen } = props;
  // What the list has reported knows where a range begins, which Shift extends.
  const [reported, setReported] = useState<Selection>(new Set());
  const [layout] = useState(() => ({ estimatedRowHeight: 55, loaderHeight: 40 }));
  return (
    <section className="people" aria-label={title}>
      <header className="people-head">
        <h3>{title}</h3>
        <span className="people-count">{people.isLoading && !rows.length ? "" : words.usersInList(props.total)}</span>
      </header>
      <SearchField className="search" aria-label={props.searchLabel} value={props.search} onChange={props.onSearch}>
        <Input className="input" placeholder={words.searchHint} maxLength={200} />
        <Button className="search-clear" aria-label={words.clear}>
          ×
        </Button>
      </SearchField>
      {!props.isReadOnly && (
        <SelectAll
          title={title}
          rows={rows}
          people={people}
          total={props.total}
          chosen={chosen}
          onChoose={props.onChoose}
        />
      )}
      <Virtualizer layout={ListLayout} layoutOptions={layout}>
        <GridList
          className={`people-rows${rows.length < 4 ? " few" : ""}`}
          aria-label={title}
          selectionMode={props.isReadOnly ? "none" : "multiple"}
          selectionBehavior="toggle"
          escapeKeyBehavior="none"
          selectedKeys={isSame(reported, chosen) ? reported : chosen.keys()}
          onSelectionChange={(selection) => {
            setReported(selection);
            props.onChoose(chosenOf(selection, rows, chosen));
          }}
          renderEmptyState={() => <p className="people-empty">{emptyText(props, words)}</p>}
        >
          {/* A row is made once for each user, however many are loaded: not again with each page. */}
          <Collection items={rows} dependencies={[props.broken, props.isReadOnly, words]}>
            {(row) => (
              <PersonRow
                row={row}
                broken={props.broken.users.get(row.id) ?? []}
                onMove={props.onMove}
                isReadOnly={props.isReadOnly}
              />
            )}
          </Collection>
          <GridListLoadMoreItem
            className="people-more"
            isLoading={people.isLoading && rows.length > 0}
            onLoadMore={people.loadMore}
          >
            {words.loading}
          </GridListLoadMoreItem>
        </GridList>
      </Virtualizer>
      {people.failure && (
        <p className="people-failed" role="alert">
          {words.notLoaded}{" "}
          <Button className="button" onPress={people.reload}>
            {words.tryAgain}
          </Button>
        </p>
      )}
    </section>
  );
}

function isSame(selection: Selection, chosen: Chosen): boolean {
  return selection !== "all" && selection.size === chosen.size && [...chosen.keys()].every((key) => selection.has(key));
}

function emptyText(props: PeopleListProps, words: ReturnType<typeof useWords>): string {
  if (props.people.failure) {
    return "";
  }
  if (props.people.isLoading) {
    return words.loading;
  }
  return props.search ? props.noneFound : props.empty;
}
