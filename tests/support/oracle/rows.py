"""All rows of a database, read once by plain SELECTs: dicts with the scalar fields of their types."""

import json
import re
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from models.database.url import parse_database_url
from tests.support.databases import connected

Row = dict[str, Any]
"""The fields by their names in the schema, `__typename` included.

Beside these: `key`, `siteKey` and `groupKey`, and the stored `sortKey`, `searchKey` and `extensionKey`.
"""

TABLES = {"Site": "sites", "User": "users", "PickupGroup": "pickup_groups", "Change": "changes"}
ELIGIBLE = {"PREMIUM", "STANDARD", "BASIC", "HOSTED_SQUARE_KEY", "HOSTED_PRI"}


@dataclass(frozen=True)
class Rows:
    """The rows of each type, by their keys."""

    of: dict[str, dict[int, Row]]

    def get(self, type_name: str, key: int | None) -> Row | None:
        return None if key is None else self.of[type_name].get(key)

    def where(self, type_name: str, **values: object) -> list[Row]:
        """Those with these values."""
        return [row for row in self.of[type_name].values() if all(row[name] == value for name, value in values.items())]


async def read_rows(url: str) -> Rows:
    """Those of the database at `url`, which must not change while they are used."""
    found = {}
    for type_name, table in TABLES.items():
        records = await _select(url, f"SELECT * FROM {table} ORDER BY id")
        rows = [_row(type_name, record) for record in records]
        found[type_name] = {row["key"]: row for row in rows}
    return Rows(found)


async def _select(url: str, sql: str) -> Iterable[dict[str, Any]]:
    path = parse_database_url(url).path
    if not path:
        async with connected(url) as connection:
            return [dict(record) for record in await connection.fetch(sql)]
    with closing(sqlite3.connect(path)) as connection:
        cursor = connection.execute(sql)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, values, strict=True)) for values in cursor]


def _row(type_name: str, record: dict[str, Any]) -> Row:
    row: Row = {re.sub("_([a-z])", lambda found: found[1].upper(), name): value for name, value in record.items()}
    row["__typename"] = type_name
    row["key"] = row.pop("id")
    row["id"] = f"{type_name}:{row['key']}"
    row["siteKey"] = row.pop("siteId", row["key"])
    row["groupKey"] = row.pop("pickupGroupId", None)
    if type_name == "User":
        _complete_user(row)
    if type_name == "Change":
        _complete_change(row)
    return row


def _complete_user(row: Row) -> None:
    row["displayName"] = " ".join(name for name in (row["firstName"], row["lastName"]) if name)
    row["bargeInExempt"] = bool(row["bargeInExempt"])
    row["pickupStatus"] = "AVAILABLE" if row["stationType"] in ELIGIBLE else "STATION_NOT_ELIGIBLE"
    if row["groupKey"] is not None:
        row["pickupStatus"] = "ASSIGNED"


def _complete_change(row: Row) -> None:
    row["pickupGroupId"] = None if row["groupKey"] is None else f"PickupGroup:{row['groupKey']}"
    for name, column in (
        ("membersAdded", "addedKeys"),
        ("membersRemoved", "removedKeys"),
        ("bargeInExemptionsCleared", "clearedKeys"),
    ):
        row[name] = [f"User:{key}" for key in json.loads(row[column])]
