"""Global ids: the name of a type and the key of a row of it, as in `User:42`. Opaque to clients."""

import re

from models.domain.rules import NodeReference
from models.row import Row
from resolvers.nodes import NODE_TYPES

_ID = re.compile(rf"({'|'.join(NODE_TYPES)}):([1-9][0-9]{{0,18}})", re.ASCII)
_LARGEST_KEY = 2**63 - 1


def decode_id(text: str) -> tuple[type[Row], int] | None:
    """The model and the key that an id holds; None if it is not an id."""
    match = _ID.fullmatch(text)
    if match is None or int(match[2]) > _LARGEST_KEY:
        return None
    return NODE_TYPES[match[1]], int(match[2])


def decode_key(type_name: str, text: str) -> int | None:
    """The key that an id of that type holds; None if it is not the id of one."""
    decoded = decode_id(text)
    return decoded[1] if decoded is not None and decoded[0] is NODE_TYPES[type_name] else None


def reference(type_name: str, text: str) -> NodeReference:
    """The object of that type that a client names by an id."""
    return NodeReference(text, decode_key(type_name, text))
