"""Cursors: opaque text for a place in one list in one order."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from models.errors import N_, BadInput

CursorValues = tuple[str | int, ...]
"""The values of a row in the columns of an order; the last one is its key."""

OTHER_LIST = N_("This cursor is of another list or another order. Take one from this list.")
NO_CURSOR = N_("This is not a cursor. Take one from an edge or from pageInfo.")

_LONGEST = 4096
_KEY = re.compile("[1-9][0-9]{0,17}")


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in a list: the list's name, the key of the row that it belongs to, the name of its order, the values.

    `parent` is None for a list that belongs to no row.
    """

    name: str
    parent: int | None
    order: str
    values: CursorValues

    @property
    def kind(self) -> tuple[object, ...]:
        """What another cursor of the same kind of list and order has in common with it."""
        return self.name, self.order, self.parent is None, *map(type, self.values)

    def fits(self, name: str, order: str, types: Sequence[type], *, parent: bool) -> bool:
        """Whether it is of a list of this name in this order, whatever row that belongs to."""
        return self.kind == (name, order, not parent, *types)


def encode_cursor(listing: str, values: Sequence[str | int]) -> str:
    """The cursor of a place in the list that `listing` names ("users:6:+NAME"), in digits that SQL can write too."""
    return orjson.dumps([listing, *values]).hex().upper()


def read_cursor(cursor: str) -> Cursor:
    """Raises BadInput for a text that is not a cursor, or cannot be one of any list."""
    listing, *values = _decoded(cursor)
    parts = str(listing).split(":")
    if len(parts) != _PARTS or not (parts[1] == "" or _KEY.fullmatch(parts[1])) or any(map(_too_large, values)):
        raise BadInput(OTHER_LIST)
    return Cursor(parts[0], int(parts[1]) if parts[1] else None, parts[2], tuple(values))


_PARTS = 3
"""Of a listing: the name of the list, the key of the row that it belongs to, the order."""


def _decoded(cursor: str) -> list[Any]:
    try:
        if len(cursor) > _LONGEST:
            raise ValueError
        found: list[Any] = orjson.loads(bytes.fromhex(cursor))
        if encode_cursor(found[0], found[1:]) != cursor:
            raise ValueError
    except (ValueError, TypeError, KeyError, IndexError):
        raise BadInput(NO_CURSOR) from None
    return found


def _too_large(value: object) -> bool:
    """Whether no column can hold the value."""
    if isinstance(value, str):
        return "\0" in value
    return isinstance(value, int) and not -(2**63) <= value < 2**63
