"""Cursors: opaque text for a place in one list in one order."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from models.errors import N_, BadInput

Place = tuple[str | int, ...]
"""The values of a row in the columns of an order; the last one is its key."""

_LONGEST = 4096
_KEY = re.compile("[1-9][0-9]{0,17}")


def encode_cursor(listing: str, place: Sequence[str | int]) -> str:
    """The cursor of `place` in the list and order that `listing` names, in digits that both databases can write."""
    return orjson.dumps([listing, *place]).hex().upper()


def decode_cursor(listing: str, cursor: str, shape: Sequence[type]) -> Place:
    """The place that `cursor` holds, of values of the types in `shape`.

    Raises BadInput where it is no cursor, or one of another list or order.
    """
    found = _decoded(cursor)
    place = tuple(found[1:])
    fits = len(place) == len(shape) and all(type(value) is kind for value, kind in zip(place, shape, strict=True))
    if found[0] != listing or not fits or any(_too_large(value) for value in place):
        raise _of_another_list()
    return place


@dataclass(frozen=True, slots=True)
class Cursor:
    """What a cursor says: a place in the list and order of `listing`, the key of the list's parent taken out.

    `parent` is None where the list has none.
    """

    listing: tuple[str, str]
    parent: int | None
    place: Place

    @property
    def form(self) -> tuple[object, ...]:
        """What another cursor must have in common with it to be of the same kind of list."""
        return (self.listing, self.parent is None, *map(type, self.place))


def read_cursor(cursor: str) -> Cursor:
    """Raises BadInput where it is no cursor, or cannot be one of any list."""
    name, *place = _decoded(cursor)
    parts = str(name).split(":")
    if len(parts) != _PARTS or not (parts[1] == "" or _KEY.fullmatch(parts[1])) or any(map(_too_large, place)):
        raise _of_another_list()
    return Cursor((parts[0], parts[2]), int(parts[1]) if parts[1] else None, tuple(place))


_PARTS = 3
"""Of the name of a list and order: the list's, its parent's key, the order's."""


def _of_another_list() -> BadInput:
    return BadInput(N_("This cursor is of another list or another order. Take one from this list."))


def _decoded(cursor: str) -> list[Any]:
    try:
        if len(cursor) > _LONGEST:
            raise ValueError
        found: list[Any] = orjson.loads(bytes.fromhex(cursor))
        if encode_cursor(found[0], found[1:]) != cursor:
            raise ValueError
    except (ValueError, TypeError, KeyError, IndexError):
        raise BadInput(N_("This is not a cursor. Take one from an edge or from pageInfo.")) from None
    return found


def _too_large(value: object) -> bool:
    """Whether no column holds it, whatever else it is."""
    if isinstance(value, str):
        return "\0" in value
    return isinstance(value, int) and not -(2**63) <= value < 2**63
