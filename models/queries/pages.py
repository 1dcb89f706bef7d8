"""Pages: the rows in a window, of one list or of many in one statement, and what is to be known beside them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from models.database.sessions import Session
from models.queries.cursors import Place, encode_cursor
from models.queries.pagination import Condition, Parent, Window
from models.queries.statement import Dialect, Statement


@dataclass(frozen=True, slots=True)
class Facts:
    """What is to be known of a page beside its rows: each may cost something."""

    total: bool = False
    previous: bool = False
    next: bool = False


@dataclass(slots=True)
class Page:
    """A page of a list, in the order asked for. A fact that was not wanted may be wrong."""

    window: Window
    parent: Parent
    records: list[dict[str, Any]]
    total: int = 0
    has_previous: bool = False
    has_next: bool = False

    def cursor(self, record: dict[str, Any]) -> str:
        return encode_cursor(self.window.name(self.parent), self.window.order.place(record))


async def fetch_pages(
    session: Session,
    window: Window,
    parents: Sequence[Parent],
    columns: Iterable[str] | None,
    facts: Facts,
    *,
    sites: Condition | None = None,
) -> dict[Parent, Page]:
    """The page of each parent: one statement for the rows of all, one more for the facts where SQL must tell them.

    A list without parents has the one parent None. With `sites`, a condition on the table sites, that list is put
    together from the first rows of each of those sites. Without `columns` no rows are read.
    Raises BadInput where a cursor of the window is not of the list of every parent.
    """
    places = window.places(parents)
    pages = {parent: Page(window, parent, []) for parent in parents}
    if not pages:
        return pages
    sites = sites or _sites_for_index(session, window, parents)
    if columns is not None:
        for record in await _Query(session, window, parents, places, sites).rows(columns):
            pages[record["parent"]].records.append(record)
    known = await _Query(session, window, parents, places, sites).facts(facts)
    for parent, page in pages.items():
        more = len(page.records) > window.size
        del page.records[window.size :]
        if window.backward:
            page.records.reverse()
        fact = known.get(parent, {})
        page.total = fact.get("total", 0)
        page.has_previous = (window.backward and more) or bool(fact.get("earlier"))
        page.has_next = (not window.backward and more) or bool(fact.get("later"))
    return pages


def _sites_for_index(session: Session, window: Window, parents: Sequence[Parent]) -> Condition | None:
    return (lambda _: "TRUE") if None in parents and goes_by_site(session.dialect, window) else None


def goes_by_site(dialect: Dialect, window: Window) -> bool:
    """Whether a list over all sites is best read site by site.

    On SQLite the index that has all that search and filter compare goes by site.
    """
    return dialect == "sqlite" and window.selective and not window.looks_up and bool(window.listing.parent)


@dataclass(frozen=True, slots=True)
class _Lists:
    """The lists that a statement reads, in SQL.

    `source` is the table of their keys, "" for a single list; `key` is the key of one, "" where no row has it;
    `parent` is what is told as the parent. `first` begins the order of the rows.
    """

    source: str = ""
    key: str = ""
    parent: str = "NULL"
    first: str = ""


def _lists(statement: Statement, parents: Sequence[Parent], sites: Condition | None) -> _Lists:
    if sites is not None:
        return _Lists(f"(SELECT sites.id FROM sites WHERE {sites(statement)}) AS granted", "granted.id")
    keys = [parent for parent in parents if parent is not None]
    if len(keys) > 1:
        return _Lists(statement.listed(keys), "listed.key", "listed.key", "listed.place, ")
    return _Lists(key=statement.bind(keys[0]), parent=str(keys[0])) if keys else _Lists()


class _Query:
    """One statement over the lists of the parents."""

    def __init__(
        self,
        session: Session,
        window: Window,
        parents: Sequence[Parent],
        places: tuple[Place | None, Place | None],
        sites: Condition | None,
    ) -> None:
        self._session = session
        self._window = window
        self._after, self._before = places
        self._merged = sites is not None
        self._table = f"{window.listing.row.table()} AS x"
        self._statement = session.statement()
        self._lists = _lists(self._statement, parents, sites)

    async def rows(self, columns: Iterable[str]) -> list[dict[str, Any]]:
        """One row more than the page has, of each parent, with its `parent` and the values of its place."""
        window, lists = self._window, self._lists
        row, order = window.listing.row, window.order_by("x.{column}")
        places = [f"x.{column} AS place_{number}" for number, (column, _) in enumerate(window.order.columns)]
        selected = ", ".join([*(f"{row.expression(column)} AS {column}" for column in columns), *places])
        limit = f"LIMIT {window.size + 1}"
        page = f"FROM {self._table} WHERE {self._conditions()} ORDER BY {order} {limit}"
        if not lists.source:
            return await self._fetch(f"SELECT {lists.parent} AS parent, {selected} {page}")
        if self._session.dialect == "postgres":
            joined = f"CROSS JOIN LATERAL (SELECT {selected} {page}) AS page"
            selected, order = "page.*", window.order_by("page.place_{number}")
        else:
            joined = f"JOIN {self._table} ON x.id IN (SELECT x.id {page})"
        return await self._fetch(
            f"SELECT {lists.parent} AS parent, {selected} FROM {lists.source} {joined} "
            f"ORDER BY {lists.first}{order} {limit if self._merged else ''}"
        )

    async def facts(self, wanted: Facts) -> dict[Parent, dict[str, Any]]:
        """Of each parent: how many rows its list has, and whether any lies at or before, at or after the window."""
        told = {}
        if wanted.total:
            told["total"] = f"SELECT count(*) FROM {self._table} WHERE {self._conditions(inside=False)}"
        if wanted.previous and self._after is not None:
            told["earlier"] = self._found(self._after, later=False)
        if wanted.next and self._before is not None:
            told["later"] = self._found(self._before, later=True)
        if not told:
            return {}
        # Of no sites the sum is NULL, and of whole numbers PostgreSQL's is numeric.
        whole = "CAST(coalesce(sum(({fact})), 0) AS BIGINT)" if self._merged else "({fact})"
        facts = ", ".join(f"{whole.format(fact=fact)} AS {name}" for name, fact in told.items())
        source = f"FROM {self._lists.source}" if self._lists.source else ""
        records = await self._fetch(f"SELECT {self._lists.parent} AS parent, {facts} {source}")
        return {record["parent"]: record for record in records}

    def _found(self, place: Place, *, later: bool) -> str:
        """A query of 1 where the list has a row at the place or beyond it, else 0."""
        beyond = self._window.beyond(self._statement, place, later=later, itself=True)
        # An ordered LIMIT 1, since PostgreSQL reads the whole table for EXISTS.
        first = (
            f"SELECT 1 FROM {self._table} WHERE {self._conditions(inside=False)} AND {beyond} "
            f"ORDER BY {self._window.order_by('x.{column}')} LIMIT 1"
        )
        return f"SELECT count(*) FROM ({first}) AS found"

    def _conditions(self, *, inside: bool = True) -> str:
        """What holds for the rows of a list, or just for those between the places."""
        window, statement = self._window, self._statement
        conditions = [window.of_parent(statement, self._lists.key)] if self._lists.key else []
        conditions += window.matching(statement)
        if inside and self._after is not None:
            conditions.append(window.beyond(statement, self._after, later=True))
        if inside and self._before is not None:
            conditions.append(window.beyond(statement, self._before, later=False))
        return " AND ".join(conditions) or "TRUE"

    async def _fetch(self, sql: str) -> list[dict[str, Any]]:
        return await self._session.fetch(sql, self._statement.values)
