"""Where the fields of rows lead: to one other row, or to a list. Each is declared once, for both ways of reading it."""

from collections.abc import Sequence
from operator import attrgetter
from typing import Any

from models.queries.filters import UserFilter
from models.queries.pagination import Listing, Window
from models.queries.wanted import Branch
from models.row import Row
from resolvers.connections import load_connection
from resolvers.reading import Reading, load_one, loads

Field = tuple[type[Row], str]
"""The class of a row, and the name of one of its fields."""

ONE_OF: dict[Field, tuple[type[Row], str]] = {}
"""The row that a field leads to, and the column that holds its key."""

LISTS_OF: dict[Field, tuple[Listing, str]] = {}
"""The list that a field leads to, and the column that holds the key of the list's parent."""


def leads_to(parent: type[Row], name: str, row: type[Row], column: str) -> None:
    """Declares that a field leads to one row, or to none where the column is null."""
    ONE_OF[parent, name] = row, column

    @loads(parent, name)
    async def load(reading: Reading, rows: Sequence[Any], branch: Branch) -> None:
        await load_one(reading, rows, branch, row, attrgetter(column))


def has_list(parent: type[Row], name: str, listing: Listing, column: str = "key") -> None:
    """Declares that a field leads to a list."""
    LISTS_OF[parent, name] = listing, column

    @loads(parent, name)
    async def load(reading: Reading, rows: Sequence[Any], branch: Branch) -> None:
        await load_connection(reading, rows, branch, window_of(listing, branch), attrgetter(column))


def window_of(listing: Listing, branch: Branch) -> Window:
    """The window that the arguments of a field ask for. Raises BadInput."""
    chosen: UserFilter | None = branch.arguments.get("filter")
    return Window(listing, branch.arguments["page"], chosen.conditions if chosen is not None else ())
