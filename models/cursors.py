"""Cursors: opaque text for a place in one list in one order."""

import re
from collections.abc import Sequence
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
        raise BadInput(N_("This cursor is of another list or another order. Take one from this list."))
    return place


def parent_of(cursor: str) -> int:
    """The key of the parent whose list a cursor is of, 0 where the list has none. Raises BadInput."""
    parent = str(_decoded(cursor)[0]).split(":")[1:2]
    return int(parent[0]) if parent and _KEY.fullmatch(parent[0]) else 0


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


def _too_large(value: str | int) -> bool:
    if isinstance(value, str):
        return "\0" in value
    return not -(2**63) <= value < 2**63
