"""Global ids: the name of a type and the key of a row of it, as in `User:42`. Opaque to clients."""

import re

_ID = re.compile(r"(Site|User|PickupGroup|Change):([1-9][0-9]{0,18})", re.ASCII)
_LARGEST_KEY = 2**63 - 1


def decode_id(text: str) -> tuple[str, int] | None:
    """The type's name and the key that an id holds; None where it is no id."""
    match = _ID.fullmatch(text)
    if match is None or int(match[2]) > _LARGEST_KEY:
        return None
    return match[1], int(match[2])


def decode_key(type_name: str, text: str) -> int | None:
    """The key that an id of that type holds; None where it is not the id of one."""
    decoded = decode_id(text)
    return decoded[1] if decoded is not None and decoded[0] == type_name else None
