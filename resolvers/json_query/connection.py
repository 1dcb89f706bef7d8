"""A page as JSON text, which the database puts together."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from tortoise.fields import BigIntField, BooleanField

from models.queries.json_text import JsonText, Pieces, Verbatim
from models.queries.pagination import AskedPlace, Window
from models.queries.statement import Asked, Dialect, Statement
from models.queries.wanted import Branch, Wanted
from models.row import Row
from resolvers.connections import facts_wanted, nodes_wanted


@dataclass(frozen=True, slots=True)
class Parent:
    """Whose list it is: the key in SQL, where there is a row that has it, and the key that the query names.

    That may be the key of another row: `found` begins the query that finds the parent's by it. A key that is named is
    preferred: PostgreSQL would plan for a parent of the usual size.
    """

    sql: str = ""
    key: Asked | None = None
    found: str = ""

    def written(self, statement: Statement) -> str:
        if self.key is None or self.found:
            return self.sql
        return statement.number(self.key)


@dataclass(frozen=True, slots=True)
class Level:
    """A row that is told of: its class, its name in SQL, and its key where the query names it.

    `many` where it is one of a list, `shared` where several of a list may lead to it.
    """

    row: type[Row]
    name: str
    key: Asked | None = None
    many: bool = False
    shared: bool = False


_REMEMBERED = 500
"""Pieces of SQL that depend on nothing but what is selected."""

_ENDS = {"start_cursor", "end_cursor"}

TellRow = Callable[[Level, Wanted], Pieces]
"""Writes what is told of a row."""


class WholePage:
    """Writes what is told of one page, whose rows stand under `name`.

    Where anything depends on it they have a number `n`, counted from 1 in the order in which they are read, and `many`,
    how many were.
    """

    def __init__(
        self,
        json: JsonText,
        statement: Statement,
        row: TellRow,
        window: Window,
        parent: Parent | None,
        places: tuple[AskedPlace | None, AskedPlace | None],
        wanted: Wanted,
        name: str,
    ) -> None:
        self._json, self._statement, self._row = json, statement, row
        self._window = window
        self._parent = parent
        self._after, self._before = places
        self._wanted = wanted
        self._name = name
        self._branches = {branch.key: branch for branch in wanted.branches}
        facts = facts_wanted(wanted)
        more = facts.previous if window.backward else facts.next
        ends = window.size > 0 and any(
            not _ENDS.isdisjoint(branch.wanted.fields) for branch in wanted.branches if branch.name == "page_info"
        )
        # Where conditions leave few rows of many, to look for these again would cost more than to number them.
        self._numbered = (more or ends) and (window.selective or bool(window.listing.condition))
        self._more = self._numbered and more
        self.has_rows = self._numbered or any(branch.name != "page_info" for branch in wanted.branches)
        self._table = f"{window.listing.row.table()} AS x"

    def entry(self, key: str, name: str, type_name: str) -> Pieces:
        """What stands under a key of the connection."""
        if name == "__typename":
            return [Verbatim(f'"{type_name}"')]
        if name == "total_count":
            return [self._json.number(f"SELECT count(*) FROM {self._table} WHERE {self._conditions(inside=False)}")]
        branch = self._branches[key]
        level = Level(self._window.listing.row, self._name, many=True)
        within = f"{self._name}.n <= {self._window.size}" if self._more else ""
        if name == "nodes":
            return self._json.list(self._row(level, branch.wanted), within)
        if name == "edges":
            return self._json.list(self._json.object(self._edge(level, branch)), within)
        return self._json.object((one, self._info(field)) for one, field in branch.wanted.told)

    def _edge(self, level: Level, branch: Branch) -> Iterator[tuple[str, Pieces]]:
        nodes = {node.key: node for node in branch.wanted.branches}
        for key, name in branch.wanted.told:
            if key in nodes:
                yield key, self._row(level, nodes[key].wanted)
            elif name == "cursor":
                yield key, self._cursor(self._name)
            else:
                (type_name,) = branch.of
                yield key, [Verbatim(f'"{type_name}"')]

    def _info(self, name: str) -> Pieces:
        window, row = self._window, self._name
        if name == "__typename":
            return [Verbatim('"PageInfo"')]
        if name in ("has_previous_page", "has_next_page"):
            later = name == "has_next_page"
            place = self._before if later else self._after
            beyond = [f"{self._many()} > {window.size}"] if later != window.backward else []
            beyond += [self._found(place, later=later)] if place is not None else []
            return [self._json.boolean(" OR ".join(beyond))] if beyond else [Verbatim("false")]
        if window.size == 0:
            return [Verbatim("null")]
        first = (name == "start_cursor") != window.backward
        if not self._numbered:
            return [f"coalesce({self._place(first=first)}, 'null')"]
        last = f"CASE WHEN {row}.many < {window.size} THEN {row}.many ELSE {window.size} END"
        cursor = self._json.join(self._cursor(row))
        return [f"coalesce(max(CASE WHEN {row}.n = {1 if first else last} THEN {cursor} END), 'null')"]

    def _many(self) -> str:
        """How many rows there are, counted up to one more than the page has."""
        if self._numbered:
            return f"coalesce(max({self._name}.many), 0)"
        return f"(SELECT count(*) FROM ({self._ordered('1', self._window.size + 1)}) AS counted)"

    def _place(self, *, first: bool) -> str:
        """The cursor of the row that is read first or last."""
        if first:
            return self._cursor_at(self._ordered(self._places(), 1))
        # The last of a full page; or else there are no rows beyond it, and the first one that is found from there.
        full = self._ordered(self._places(), 1, offset=self._window.size - 1)
        return f"{self._cursor_at(full)}, {self._cursor_at(self._ordered(self._places(), 1, reverse=True))}"

    def _cursor_at(self, place: str) -> str:
        return f"(SELECT {self._json.join(self._cursor('edge'))} FROM ({place}) AS edge)"

    def _places(self) -> str:
        columns = enumerate(self._window.order.columns)
        return ", ".join(f"x.{column} AS place_{number}" for number, (column, _) in columns)

    def _ordered(self, selected: str, limit: int, *, offset: int = 0, reverse: bool = False) -> str:
        order = self._window.order_by("x.{column}", reverse=reverse)
        rows = f"SELECT {selected} FROM {self._table} WHERE {self._conditions()} ORDER BY {order} LIMIT {limit}"
        return f"{rows} OFFSET {offset}" if offset else rows

    def _cursor(self, name: str) -> Pieces:
        window = self._window
        before, after = window.name_around()
        parent: Pieces = [] if self._parent is None else [self._parent.written(self._statement)]
        place = [(f"{name}.place_{number}", kind) for number, kind in enumerate(window.order.shape)]
        return self._json.cursor([Verbatim(before), *parent, Verbatim(after)], place)

    def _found(self, place: AskedPlace, *, later: bool) -> str:
        beyond = self._window.beyond(self._statement, place, later=later, itself=True)
        return (
            f"(SELECT count(*) FROM (SELECT 1 FROM {self._table} WHERE {self._conditions(inside=False)} AND {beyond} "
            f"ORDER BY {self._window.order_by('x.{column}')} LIMIT 1) AS found) > 0"
        )

    def rows(self) -> str:
        """The rows of the page, and one more where it is to be known whether there is one."""
        window = self._window
        read = columns(window.listing.row, nodes_wanted(self._wanted))
        limit = window.size + self._more
        rows = self._ordered(f"{read}, {self._places()}", limit)
        if self._numbered:
            rows = f"SELECT row_number() OVER () AS n, count(*) OVER () AS many, page.* FROM ({rows}) AS page"
        if window.backward:
            # With a limit, since an order without one may be left out of a subquery.
            back = window.order_by("page.place_{number}", reverse=True)
            rows = f"SELECT * FROM ({rows}) AS page ORDER BY {back} LIMIT {limit}"
        return f"({rows})"

    def _conditions(self, *, inside: bool = True) -> str:
        window, statement = self._window, self._statement
        conditions = [window.of_parent(statement, self._parent.written(statement))] if self._parent is not None else []
        conditions += window.matching(statement)
        if inside and self._after is not None:
            conditions.append(window.beyond(statement, self._after, later=True))
        if inside and self._before is not None:
            conditions.append(window.beyond(statement, self._before, later=False))
        return " AND ".join(conditions) or "TRUE"


def columns(row: type[Row], wanted: Iterable[Wanted]) -> str:
    """What is read of the row x for all that is wanted, each under its name."""
    return _columns(row, tuple((one.fields, tuple(branch.name for branch in one.branches)) for one in wanted))


@lru_cache(_REMEMBERED)
def _columns(row: type[Row], wanted: tuple[tuple[frozenset[str], tuple[str, ...]], ...]) -> str:
    names = dict.fromkeys(("key",))
    for fields, branches in wanted:
        names.update(dict.fromkeys(sorted(fields - {"id"})))
        for branch in branches:
            names.update(dict.fromkeys(row.NEEDS.get(branch, ())))
    return ", ".join(f"{row.TOLD.get(name) or row.expression(name)} AS {name}" for name in names)


@lru_cache(_REMEMBERED)
def leaves(dialect: Dialect, row: type[Row], of: str, told: tuple[tuple[str, str], ...]) -> str:
    """The object of a row that leads nowhere, read as `columns` says under the name `of`."""
    json = JsonText(dialect)
    return json.join(json.object((key, leaf(json, row, of, name)) for key, name in told))


def leaf(json: JsonText, row: type[Row], of: str, name: str) -> Pieces:
    """One value of it."""
    value = f"{of}.{name}"
    if name == "__typename":
        return [Verbatim(f'"{row.__name__}"')]
    if name == "id":
        return [Verbatim(f'"{row.__name__}:'), f"{of}.key", Verbatim('"')]
    field = row.field(name)
    if name in row.COMPUTED or isinstance(field, BigIntField):
        return [json.number(value)]
    if isinstance(field, BooleanField):
        return [json.boolean(value)]
    return [json.text(value, nullable=field is not None and field.null)]
