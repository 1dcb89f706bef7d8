"""Stored rows, one by one: the types and values of their columns, and the columns derived from others."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from tortoise.fields import BigIntField, BooleanField

from models.change import Change
from models.directory.columns import GROUPS
from models.domain.directory_values import (
    is_stored_form,
    parse_email,
    parse_extension,
    parse_key,
    parse_name,
    parse_station_type,
)
from models.domain.group_names import clean_name, name_faults
from models.domain.phone_numbers import is_e164
from models.pickup_group import PickupGroup
from models.queries.row_keys import group_keys, site_keys, user_keys
from models.row import Row
from models.site import Site
from models.user import User

Record = dict[str, Any]
ColumnTypes = Mapping[str, tuple[type, ...]]


def _types(row: type[Row]) -> ColumnTypes:
    """The types that the database may give for each column of the model but its key."""
    types: dict[str, tuple[type, ...]] = {}
    for name, field in row.model_fields().items():
        if name != "key":
            value = int if isinstance(field, BigIntField | BooleanField) else str
            types[row.column(name)] = (value, type(None)) if field.null else (value,)
    return types


SITE: Final = _types(Site)
USER: Final = _types(User)
PICKUP_GROUP: Final = _types(PickupGroup)
CHANGE: Final = _types(Change)
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
    elif (keys := group_keys(group)) != {key: group[key] for key in keys}:
        yield "has a sort or search key that does not match its name"
    for column in GROUPS.stored_attributes:
        if not column.is_stored_form(group[column.stored_as]):
            yield f"has an invalid {column.name}"


TABLES: Final[tuple[tuple[str, ColumnTypes, Callable[[Record], Iterator[str]]], ...]] = (
    ("sites", SITE, site_problems),
    ("users", USER, user_problems),
    ("pickup_groups", PICKUP_GROUP, group_problems),
)
"""Each table with the types of its columns, and what else is checked of a row."""
