"""Stored rows, one by one: the types and values of their columns, and the columns derived from others."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from models.domain.directory_values import (
    is_stored_form,
    parse_email,
    parse_extension,
    parse_key,
    parse_name,
    parse_station_type,
    site_keys,
    user_keys,
)
from models.domain.group_names import clean_name, name_faults, name_key
from models.domain.phone_numbers import is_e164
from models.queries.search_text import search_key, sort_key

Record = dict[str, Any]
ColumnTypes = Mapping[str, tuple[type, ...]]

_TEXT: Final = (str,)
_NUMBER: Final = (int,)
_NOTHING: Final = (type(None),)

SITE: Final[ColumnTypes] = {
    "external_id": _TEXT,
    "name": _TEXT,
    "main_number": _TEXT + _NOTHING,
    "revision": _NUMBER,
    "sort_key": _TEXT,
    "search_key": _TEXT,
}
USER: Final[ColumnTypes] = {
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
PICKUP_GROUP: Final[ColumnTypes] = {
    "site_id": _NUMBER,
    "name": _TEXT,
    "name_key": _TEXT,
    "sort_key": _TEXT,
    "search_key": _TEXT,
    "version": _NUMBER,
    "created_at": _TEXT,
    "updated_at": _TEXT,
}
CHANGE: Final[ColumnTypes] = {
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
"""The columns of each table that are checked, with their types."""

_INSTANT: Final = re.compile(
    r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3])(:[0-5][0-9]){2}\.[0-9]{6}Z", re.ASCII
)


def unreadable(record: Record, types: ColumnTypes) -> str:
    """Return the columns whose values have the wrong type, with these; empty if there are none.

    A record that lacks columns is one that the database could not read.
    """
    if len(record) < len(types):
        return "a text in it is not UTF-8"
    return ", ".join(
        f"{name} is {record[name]!r}" for name, kinds in types.items() if not isinstance(record[name], kinds)
    )


def is_instant(text: str) -> bool:
    return _INSTANT.fullmatch(text) is not None


def site_problems(site: Record) -> Iterator[str]:
    """Yield what is wrong with a record of SITE, each as the end of a sentence about it."""
    name, number = site["name"], site["main_number"]
    if not is_stored_form(parse_key, site["external_id"]):
        yield "has an invalid key"
    if not name:
        yield "has no name"
    elif not is_stored_form(parse_name, name):
        yield "has an invalid name"
    if number is not None and not is_e164(number):
        yield f"has the main number {number}, which is not in E.164"
    if (site["sort_key"], site["search_key"]) != site_keys(name, number):
        yield "has a sort or search key that does not match its name"


def user_problems(user: Record) -> Iterator[str]:
    """Yield what is wrong with a record of USER."""
    first, last, extension = user["first_name"], user["last_name"], user["extension"]
    number, email = user["phone_number"], user["email"]
    if not is_stored_form(parse_key, user["external_id"]):
        yield "has an invalid key"
    if not (first or last):
        yield "has no name"
    elif not (is_stored_form(parse_name, first) and is_stored_form(parse_name, last)):
        yield "has an invalid name"
    if number is not None and not is_e164(number):
        yield f"has the phone number {number}, which is not in E.164"
    if email is not None and not is_stored_form(parse_email, email):
        yield f"has the email {email}, which is not an address"
    if not is_stored_form(parse_station_type, user["station_type"]):
        yield f"has the unknown station type {user['station_type']}"
    if user["barge_in_exempt"] not in (0, 1):
        yield f"has the barge-in exemption {user['barge_in_exempt']}"
    if extension is not None and not is_stored_form(parse_extension, extension):
        yield f"has the extension {extension!r}, which is not 1 to 15 digits"
    elif (user["sort_key"], user["extension_key"], user["search_key"]) != user_keys(
        first, last, extension, number, email
    ):
        yield "has a sort or search key that does not match their name or numbers"


def group_problems(group: Record) -> Iterator[str]:
    """Yield what is wrong with a record of PICKUP_GROUP."""
    name = group["name"]
    if group["version"] < 1:
        yield f"has the version {group['version']}"
    if not (is_instant(group["created_at"]) and is_instant(group["updated_at"])):
        yield "has a time that is not an instant"
    if name != clean_name(name) or name_faults(name):
        yield "has an invalid name"
    elif (group["name_key"], group["sort_key"], group["search_key"]) != (
        name_key(name),
        sort_key(name),
        search_key(name),
    ):
        yield "has a sort or search key that does not match its name"


TABLES: Final[tuple[tuple[str, ColumnTypes, Callable[[Record], Iterator[str]]], ...]] = (
    ("sites", SITE, site_problems),
    ("users", USER, user_problems),
    ("pickup_groups", PICKUP_GROUP, group_problems),
)
"""Each table with the types of its columns, and what else is checked of a row."""
