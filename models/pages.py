"""Pages: the rows in a window, of one parent or of many in one statement, and what is to be known beside them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from models.cursors import Place, encode_cursor
from models.paging import Condition, Parent, Window
from models.session import Session
from models.sql import Statement


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
    """
    query = _Query(session, window, parents, window.places(parents), sites)
    pages = {parent: Page(window, parent, []) for parent in parents}
    if columns is not None:
        for record in await query.rows(columns):
            pages[record["parent"]].records.append(record)
    known = await query.facts(facts)
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


class _Query:
    """The two statements of a page."""

    def __init__(
        self,
        session: Session,
        window: Window,
        parents: Sequence[Parent],
        places: tuple[Place | None, Place | None],
        sites: Condition | None,
    ) -> None:
        self.session = session
        self.window = window
        self.parents = parents
        self.places = places
        self.sites = sites
        self.table = window.listing.row.table()

    async def rows(self, columns: Iterable[str]) -> list[dict[str, Any]]:
        """One row more than the page has, of each parent, with its `parent` and the values of its place."""
        statement = self.session.statement()
        row, window = self.window.listing.row, self.window
        selected = ", ".join(
            [f"{row.expression(column)} AS {column}" for column in columns]
            + [f"x.{column} AS place_{number}" for number, (column, _) in enumerate(window.order.columns)]
        )
        source, key, parent, first = self._source(statement)
        inside = window.inside(statement, key, self.places)
        inner = f"WHERE {inside} ORDER BY {window.reading_order} LIMIT {window.size + 1}"
        if not source:
            sql = f"SELECT {parent} AS parent, {selected} FROM {self.table} AS x {inner}"
        elif self.session.dialect == "postgres":
            sql = (
                f"SELECT {parent} AS parent, page.* FROM {source} CROSS JOIN LATERAL (SELECT {selected} "
                f"FROM {self.table} AS x {inner}) AS page ORDER BY {first}{self._outer_order}"
            )
        else:
            sql = (
                f"SELECT {parent} AS parent, {selected} FROM {source} JOIN {self.table} AS x "
                f"ON x.id IN (SELECT x.id FROM {self.table} AS x {inner}) ORDER BY {first}{window.reading_order}"
            )
        if self.sites is not None:
            sql = f"{sql} LIMIT {window.size + 1}"
        return await self.session.fetch(sql, statement.values)

    async def facts(self, wanted: Facts) -> dict[Parent, dict[str, Any]]:
        """Of each parent: how many rows its list has, and whether any lies at or before, at or after the window."""
        after, before = self.places
        asked = {
            "total": wanted.total,
            "earlier": wanted.previous and after is not None,
            "later": wanted.next and before is not None,
        }
        if not any(asked.values()):
            return {}
        statement = self.session.statement()
        source, key, parent, _ = self._source(statement)
        told = [f"({self._fact(statement, fact, key)}) AS {fact}" if asked[fact] else f"0 AS {fact}" for fact in asked]
        if self.sites is not None:
            # PostgreSQL's sums are numeric: back to a whole number.
            told = [
                f"CAST(sum({fact.rsplit(' AS ', 1)[0]}) AS BIGINT) AS {name}"
                for fact, name in zip(told, asked, strict=True)
            ]
        sql = f"SELECT {parent} AS parent, {', '.join(told)}" + (f" FROM {source}" if source else "")
        return {record["parent"]: record for record in await self.session.fetch(sql, statement.values)}

    def _fact(self, statement: Statement, fact: str, key: str) -> str:
        window = self.window
        conditions = [f"x.{window.listing.parent} = {key}"] if key else []
        conditions += window.matching(statement)
        after, before = self.places
        if fact == "total":
            return f"SELECT count(*) FROM {self.table} AS x WHERE {' AND '.join(conditions) or 'TRUE'}"
        place = after if fact == "earlier" else before
        assert place is not None
        conditions.append(window.beyond(statement, place, later=fact == "later", itself=True))
        # An ordered LIMIT 1, where PostgreSQL reads the whole table for EXISTS.
        found = (
            f"SELECT 1 FROM {self.table} AS x WHERE {' AND '.join(conditions)} ORDER BY {window.reading_order} LIMIT 1"
        )
        return f"SELECT count(*) FROM ({found}) AS found"

    def _source(self, statement: Statement) -> tuple[str, str, str, str]:
        """Where the parents come from, the key of one, how `parent` is told, what the rows are ordered by first."""
        if self.sites is not None:
            return (
                f"(SELECT sites.id FROM sites WHERE {self.sites(statement)}) AS granted",
                "granted.id",
                "NULL",
                "",
            )
        if len(self.parents) > 1:
            keys = [parent for parent in self.parents if parent is not None]
            return statement.listed(keys), "listed.key", "listed.key", "listed.place, "
        (only,) = self.parents
        if only is None:
            return "", "", "NULL", ""
        key = statement.bind(only)
        return "", key, str(only), ""

    @property
    def _outer_order(self) -> str:
        direction = "DESC" if self.window.descending != self.window.backward else "ASC"
        return ", ".join(f"page.place_{number} {direction}" for number in range(len(self.window.order.columns)))
