"""Lists and the windows on them: orders, sizes, cursors and search, checked and written as SQL conditions."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from models.errors import N_, BadInput
from models.queries.cursors import Cursor, Place, decode_cursor, read_cursor
from models.queries.search_text import terms
from models.queries.statement import SHORTEST_TRIGRAM, Asked, Statement
from models.row import Row

DEFAULT_PAGE = 25
LARGEST_PAGE = 100

Parent = int | None
"""The key of the row that a list belongs to; None where it belongs to no row."""


@dataclass(frozen=True, slots=True)
class Order:
    """An order of a list: columns whose values, in one direction, are unique because the key is the last."""

    name: str
    columns: tuple[tuple[str, type], ...]

    @property
    def shape(self) -> tuple[type, ...]:
        return tuple(kind for _, kind in self.columns)

    def place(self, record: dict[str, Any]) -> Place:
        """The place of a row read with the columns of this order."""
        return tuple(record[f"place_{number}"] for number in range(len(self.columns)))


@dataclass(frozen=True, slots=True)
class Listing:
    """A list that can be paged: which rows, in which orders, and whose they are.

    `parent` is the column that holds the parent's key, "" where there is none. `condition` holds for every row.
    In SQL the row stands under the name x.
    """

    name: str
    row: type[Row]
    orders: dict[str, Order]
    parent: str = ""
    condition: str = ""


@dataclass(frozen=True)
class PageRequest:
    """Which page of a list is asked for, as a client asks."""

    first: int | None = None
    after: str | None = None
    last: int | None = None
    before: str | None = None
    search: str | None = None
    order: str = "NAME"
    descending: bool = False

    @property
    def backward(self) -> bool:
        return self.last is not None

    @property
    def size(self) -> int:
        """How many rows the page may have. Raises BadInput."""
        if self.first is not None and self.last is not None:
            raise BadInput(N_("Give either first or last, not both."))
        name, size = ("first", self.first) if self.first is not None else ("last", self.last)
        if size is None:
            return DEFAULT_PAGE
        if size < 0:
            raise BadInput(N_("{name} is {size}, but may not be negative."), name=name, size=size)
        if size > LARGEST_PAGE:
            raise BadInput(
                N_("{name} is {size}, but a page has at most {largest} rows. Ask for the rest with a cursor."),
                name=name,
                size=size,
                largest=LARGEST_PAGE,
            )
        return size

    @cached_property
    def terms(self) -> tuple[str, ...] | None:
        """Those of the search, folded; None for one that finds nothing. Raises BadInput."""
        return terms(self.search or "")

    @cached_property
    def cursors(self) -> tuple[Cursor | None, Cursor | None]:
        """What `after` and `before` say. Raises BadInput."""
        return (
            None if self.after is None else read_cursor(self.after),
            None if self.before is None else read_cursor(self.before),
        )

    @property
    def form(self) -> tuple[object, ...]:
        """All that the SQL of its page depends on, but for the values in it. Raises BadInput."""
        short = None if self.terms is None else tuple(len(term) < SHORTEST_TRIGRAM for term in self.terms)
        places = tuple(cursor and cursor.form for cursor in self.cursors)
        return self.first, self.last, self.order, self.descending, short, places


Condition = Callable[[Statement], str]
"""A condition on the row x, written into a statement when that is put together."""


@dataclass(frozen=True, slots=True)
class LookUp:
    """A condition that finds its few rows by an index of its own, whatever list they are of."""

    write: Condition

    def __call__(self, statement: Statement) -> str:
        return self.write(statement)


AskedPlace = tuple[Asked, ...]
"""A place that is read of a page request."""


class Window:
    """A page request made ready for one list: sizes checked, cursors decoded for each parent, terms folded."""

    def __init__(self, listing: Listing, request: PageRequest, conditions: Sequence[Condition] = ()) -> None:
        self.listing = listing
        self.size = request.size
        self.backward = request.backward
        self.descending = request.descending
        self.order = listing.orders[request.order]
        self.terms = request.terms
        self.conditions = conditions
        self._request = request

    def name(self, parent: Parent) -> str:
        """What a cursor of this list in this order is bound to."""
        before, after = self.name_around()
        return f"{before}{'' if parent is None else parent}{after}"

    def name_around(self) -> tuple[str, str]:
        """What stands in `name` before the parent's key, and after it."""
        return f"{self.listing.name}:", f":{'-' if self.descending else '+'}{self.order.name}"

    def places(self, parents: Iterable[Parent]) -> tuple[Place | None, Place | None]:
        """Where the window begins and ends, both excluded. Raises BadInput unless the cursors are of every parent."""
        after = before = None
        for parent in parents:
            if self._request.after is not None:
                after = decode_cursor(self.name(parent), self._request.after, self.order.shape)
            if self._request.before is not None:
                before = decode_cursor(self.name(parent), self._request.before, self.order.shape)
        return after, before

    def asked_places(self, *, of_parent: bool) -> tuple[AskedPlace | None, AskedPlace | None]:
        """The same, to be asked for. Raises BadInput unless the cursors are of such a list, whoever its parent is."""
        return self._asked_place(0, of_parent), self._asked_place(1, of_parent)

    def _asked_place(self, which: int, of_parent: bool) -> AskedPlace | None:
        cursor = self._request.cursors[which]
        if cursor is None:
            return None
        before, after = self.name_around()
        if cursor.form != ((before[:-1], after[1:]), not of_parent, *self.order.shape):
            raise BadInput(N_("This cursor is of another list or another order. Take one from this list."))

        def value(number: int) -> Asked:
            return Asked(self._request, lambda request: request.cursors[which].place[number])

        return tuple(value(number) for number in range(len(self.order.shape)))

    def asked_parents(self) -> list[Asked]:
        """The keys of the parents whose lists the cursors say that they are of."""

        def parent(which: int) -> Asked:
            return Asked(self._request, lambda request: request.cursors[which].parent)

        return [parent(which) for which, cursor in enumerate(self._request.cursors) if cursor is not None]

    def matching(self, statement: Statement) -> list[str]:
        """The conditions that a row of the list meets, wherever its place."""
        if self.terms is None:
            return ["FALSE"]

        def contains(number: int) -> str:
            term = Asked(self._request, lambda request: request.terms[number])
            return statement.contains("x.search_key", term)

        own = [self.listing.condition] if self.listing.condition else []
        searched = [contains(number) for number in range(len(self.terms))]
        return [*own, *(write(statement) for write in self.conditions), *searched]

    def beyond(self, statement: Statement, place: Place | AskedPlace, *, later: bool, itself: bool = False) -> str:
        """True of the rows that come later (or earlier) than `place` in the order asked for."""
        sign = ">" if later != self.descending else "<"
        columns = ", ".join(f"x.{column}" for column, _ in self.order.columns)
        values = ", ".join(statement.bind(value) for value in place)
        return f"({columns}) {sign}{'=' if itself else ''} ({values})"

    @property
    def looks_up(self) -> bool:
        """Whether its rows are found by a LookUp."""
        return any(isinstance(condition, LookUp) for condition in self.conditions)

    def of_parent(self, statement: Statement, key: str) -> str:
        """The condition that a row is of the list of the parent with that key.

        SQLite would walk the whole list in its order, where a few rows are to be looked up: it shall not use its index.
        """
        shunned = "+" if self.looks_up and statement.dialect == "sqlite" else ""
        return f"{shunned}x.{self.listing.parent} = {key}"

    @property
    def selective(self) -> bool:
        """Whether not every row of the list is asked for."""
        return bool(self.terms or self.conditions)

    def order_by(self, column: str, *, reverse: bool = False) -> str:
        """The order in which the rows of the page are read: from its start, or backward from its end; or its reverse.

        `column` is how one is written, with its {column} or its {number} in the order.
        """
        direction = "DESC" if (self.descending != self.backward) != reverse else "ASC"
        names = (name for name, _ in self.order.columns)
        return ", ".join(
            f"{column.format(column=name, number=number)} {direction}" for number, name in enumerate(names)
        )
