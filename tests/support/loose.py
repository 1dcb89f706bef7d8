"""A database without constraints: it holds rows that break any rule."""

import asyncio
import sqlite3
from contextlib import closing

from models.database.opening import opened_database
from models.database.url import parse_database_url
from models.integrity.check import find_problems
from tests.support.databases import TABLES, execute

AT = "2026-01-02T03:04:05.000006Z"
GROUP_COLUMNS = "id, site_id, name, name_key, sort_key, search_key, version, created_at, updated_at"
CHANGE_COLUMNS = (
    "id, site_id, revision, kind, actor, occurred_at, pickup_group_id, name_before, name_after, added_keys, "
    "removed_keys, cleared_keys"
)
VALID_ROWS = (
    """INSERT INTO sites (id, external_id, name, main_number, revision, sort_key, search_key) VALUES
        (1, 'A', 'Ay', '+15145550100', 3, 'ay', 'ay\n+15145550100'), (2, 'B', 'Bee', NULL, 0, 'bee', 'bee')""",
    f"""INSERT INTO pickup_groups ({GROUP_COLUMNS})
        VALUES (1, 1, 'Sales', 'sales', 'sales', 'sales', 2, '{AT}', '{AT}')""",
    """INSERT INTO users (id, external_id, site_id, first_name, last_name, extension, phone_number, email, station_type,
            barge_in_exempt, pickup_group_id, sort_key, extension_key, search_key) VALUES
        (1, 'u1', 1, 'Ann', 'Lee', '007', '+15145550142', 'a@b', 'BASIC', FALSE, 1, 'lee\x01ann', 7,
            'ann\nlee\n007\n+15145550142\na@b'),
        (2, 'u2', 1, 'Bob', 'Lee', NULL, NULL, NULL, 'FAX', TRUE, NULL, 'lee\x01bob', 9223372036854775807,
            'bob\nlee')""",
    f"""INSERT INTO changes ({CHANGE_COLUMNS}) VALUES
        (1, 1, 1, 'DIRECTORY_CHANGED', 'me', '{AT}', NULL, NULL, NULL, '[]', '[]', '[]'),
        (2, 1, 2, 'PICKUP_GROUP_CREATED', 'me', '{AT}', 1, NULL, 'Old', '[1]', '[]', '[1]'),
        (3, 1, 3, 'PICKUP_GROUP_RENAMED', 'me', '{AT}', 1, 'Old', 'Sales', '[]', '[]', '[]')""",
)
"""Rows that keep every rule, in an order that keeps the references."""

LOOSE = tuple(
    statement
    for table in TABLES
    for statement in (
        f"CREATE TABLE loose AS SELECT * FROM {table}",
        f"DROP TABLE {table}{{cascade}}",
        f"ALTER TABLE loose RENAME TO {table}",
    )
)
"""Statements that replace the tables by ones without constraints."""


def change(url: str, *statements: str) -> None:
    """Commit statements."""
    if not url.startswith("sqlite"):
        asyncio.run(execute(url, *statements))
        return
    with closing(sqlite3.connect(url.removeprefix("sqlite://"))) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def problems_after(url: str, *statements: str) -> list[str]:
    async def find() -> list[str]:
        async with opened_database(parse_database_url(url)) as database:
            return await find_problems(database)

    change(url, *statements)
    return asyncio.run(find())
