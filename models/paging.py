"""Lists and the windows on them: orders, sizes, cursors and search, checked and written as SQL conditions."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from models.cursors import Place, decode_cursor, parent_of
from models.errors import N_, BadInput
from models.row import Row
from models.sql import Statement
from models.text import terms

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


@dataclass(frozen=True, slots=True)
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


Condition = Callable[[Statement], str]
"""A condition on the row x, written into a statement when that is put together."""


class Window:
    """A page request made ready for one list: sizes checked, cursors decoded for each parent, terms folded."""

    def __init__(self, listing: Listing, request: PageRequest, conditions: Sequence[Condition] = ()) -> None:
        self.listing = listing
        self.size = request.size
        self.backward = request.backward
        self.descending = request.descending
        self.order = listing.orders[request.order]
        self.terms = terms(request.search or "")
        self.conditions = conditions
        self._after = request.after
        self._before = request.before

    def name(self, parent: Parent) -> str:
        """What a cursor of this list in this order is bound to."""
        before, after = self.name_around()
        return f"{before}{'' if parent is None else parent}{after}"

    def name_around(self) -> tuple[str, str]:
        """What stands in `name` before the parent's key, and after it."""
        return f"{self.listing.name}:", f":{'-' if self.descending else '+'}{self.order.name}"

    @property
    def has_cursor(self) -> bool:
        return self._after is not None or self._before is not None

    def parent_of_cursor(self) -> int:
        """The key of the parent whose list a cursor of the window says that it is of. Raises BadInput."""
        cursor = self._after if self._after is not None else self._before
        assert cursor is not None
        return parent_of(cursor)

    def places(self, parents: Iterable[Parent]) -> tuple[Place | None, Place | None]:
        """Where the window begins and ends, both excluded. Raises BadInput unless the cursors are of every parent."""
        after = before = None
        for parent in parents:
            if self._after is not None:
                after = decode_cursor(self.name(parent), self._after, self.order.shape)
            if self._before is not None:
                before = decode_cursor(self.name(parent), self._before, self.order.shape)
        return after, before

    def matching(self, statement: Statement) -> list[str]:
        """The conditions that a row of the list meets, wherever its place."""
        if self.terms is None:
            return ["FALSE"]
        own = [self.listing.condition] if self.listing.condition else []
        searched = [statement.contains("x.search_key", term) for term in self.terms]
        return [*own, *(write(statement) for write in self.conditions), *searched]

    def beyond(self, statement: Statement, place: Place, *, later: bool, itself: bool = False) -> str:
        """True of the rows that come later (or earlier) than `place` in the order asked for."""
        sign = ">" if later != self.descending else "<"
        columns = ", ".join(f"x.{column}" for column, _ in self.order.columns)
        values = ", ".join(statement.bind(value) for value in place)
        return f"({columns}) {sign}{'=' if itself else ''} ({values})"

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
