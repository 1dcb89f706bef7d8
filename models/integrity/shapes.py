"""Rows by themselves: what each column may hold, and those that are worked out from others."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from models.directory.parsing import is_address, is_extension, is_key
from models.domain.group_names import clean_name, name_faults, name_key
from models.queries.search_text import search_key, sort_key
from models.user import MISSING_EXTENSION, StationType

Record = dict[str, Any]
Shape = Mapping[str, tuple[type, ...]]

_TEXT: Final = (str,)
_NUMBER: Final = (int,)
_NOTHING: Final = (type(None),)

SITE: Final[Shape] = {
    "external_id": _TEXT,
    "name": _TEXT,
    "main_number": _TEXT + _NOTHING,
    "revision": _NUMBER,
    "sort_key": _TEXT,
    "search_key": _TEXT,
}
USER: Final[Shape] = {
    "external_id": _TEXT,
    "site_id": _NUMBER,
    "first_name": _TEXT,
    "last_name": _TEXT,
    "extension": _TEXT + _NOTHING,
    "phone_number": _TEXT + _NOTHING,
    "email": _TEXT + _NOTHING,
    "station_type": _TEXT,
    "barge_in_exempt": _NUMBER,
    "pickup_group_id": _NUMBER + _NOTHING,
    "sort_key": _TEXT,
    "extension_key": _NUMBER,
    "search_key": _TEXT,
}
PICKUP_GROUP: Final[Shape] = {
    "site_id": _NUMBER,
    "name": _TEXT,
    "name_key": _TEXT,
    "sort_key": _TEXT,
    "search_key": _TEXT,
    "version": _NUMBER,
    "created_at": _TEXT,
    "updated_at": _TEXT,
}
CHANGE: Final[Shape] = {
    "site_id": _NUMBER,
    "revision": _NUMBER,
    "kind": _TEXT,
    "actor": _TEXT,
    "occurred_at": _TEXT,
    "pickup_group_id": _NUMBER + _NOTHING,
    "name_before": _TEXT + _NOTHING,
    "name_after": _TEXT + _NOTHING,
    "added_keys": _TEXT,
    "removed_keys": _TEXT,
    "cleared_keys": _TEXT,
}
"""The columns of each table that are looked at, with the types that they may be of."""

_E164: Final = re.compile(r"\+[1-9][0-9]{1,14}", re.ASCII)
_INSTANT: Final = re.compile(
    r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3])(:[0-5][0-9]){2}\.[0-9]{6}Z", re.ASCII
)
_STATIONS: Final = frozenset(station.value for station in StationType)


def unreadable(record: Record, shape: Shape) -> str:
    """The columns that hold what they never can, with what that is; empty where there are none.

    A record that lacks columns is one that the database could not give.
    """
    if len(record) < len(shape):
        return "a text in it is not UTF-8"
    return ", ".join(
        f"{name} is {record[name]!r}" for name, kinds in shape.items() if not isinstance(record[name], kinds)
    )


def is_instant(text: str) -> bool:
    return _INSTANT.fullmatch(text) is not None


def site_faults(site: Record) -> Iterator[str]:
    """What is wrong with a record of SITE, each as the end of a sentence about it."""
    if not is_key(site["external_id"]):
        yield "has a key that no site can have"
    if not site["name"]:
        yield "has no name"
    if not _is_number(site["main_number"]):
        yield f"has the main number {site['main_number']}, which is not in E.164"
    if (site["sort_key"], site["search_key"]) != (
        sort_key(site["name"]),
        search_key(site["name"], site["main_number"]),
    ):
        yield "has keys of order or search that are not those of its name"


def user_faults(user: Record) -> Iterator[str]:
    """What is wrong with a record of USER."""
    first, last, extension, email = user["first_name"], user["last_name"], user["extension"], user["email"]
    if not is_key(user["external_id"]):
        yield "has a key that no user can have"
    if not (first or last):
        yield "has no name"
    if not _is_number(user["phone_number"]):
        yield f"has the phone number {user['phone_number']}, which is not in E.164"
    if email is not None and not is_address(email):
        yield f"has the email {email}, which is no address"
    if user["station_type"] not in _STATIONS:
        yield f"has the unknown station type {user['station_type']}"
    if user["barge_in_exempt"] not in (0, 1):
        yield f"is exempt from barge-in to the degree of {user['barge_in_exempt']}"
    if extension is not None and not is_extension(extension):
        yield f"has the extension {extension!r}, which is not 1 to 15 digits"
    elif (user["sort_key"], user["extension_key"], user["search_key"]) != (
        sort_key(last, first),
        int(extension) if extension else MISSING_EXTENSION,
        search_key(first, last, extension, user["phone_number"], email),
    ):
        yield "has keys of order or search that are not those of their texts"


def group_faults(group: Record) -> Iterator[str]:
    """What is wrong with a record of PICKUP_GROUP."""
    name = group["name"]
    if group["version"] < 1:
        yield f"has the version {group['version']}"
    if not (is_instant(group["created_at"]) and is_instant(group["updated_at"])):
        yield "was made or changed at a time that is none"
    if name != clean_name(name) or name_faults(name):
        yield "has a name that no group can have"
    elif (group["name_key"], group["sort_key"], group["search_key"]) != (
        name_key(name),
        sort_key(name),
        search_key(name),
    ):
        yield "has keys of order or search that are not those of its name"


def _is_number(text: str | None) -> bool:
    return text is None or _E164.fullmatch(text) is not None


FAULTS: Final[tuple[tuple[str, Shape, Callable[[Record], Iterator[str]]], ...]] = (
    ("sites", SITE, site_faults),
    ("users", USER, user_faults),
    ("pickup_groups", PICKUP_GROUP, group_faults),
)
"""By table, what its columns may hold and what else may be wrong with a row."""
