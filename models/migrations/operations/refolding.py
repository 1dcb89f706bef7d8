"""An operation that derives sort and search keys again, after a change of the folding."""

from collections.abc import Callable
from typing import Any, Final

from tortoise.backends.base.client import BaseDBAsyncClient

from models.migrations.operations.operation import SchemaOperation
from models.queries.row_keys import group_keys, site_keys, user_keys

BATCH = 1_000
"""Rows in memory at a time."""


def _site_keys(site: dict[str, Any]) -> tuple[str, str]:
    return site_keys(site["name"], site["main_number"])


def _user_keys(user: dict[str, Any]) -> tuple[str, str]:
    texts = (user[name] for name in ("first_name", "last_name", "extension", "phone_number", "email"))
    sort_key, _, search_key = user_keys(*texts)
    return sort_key, search_key


def _group_keys(group: dict[str, Any]) -> tuple[str, str]:
    keys = group_keys(group)
    return keys["sort_key"], keys["search_key"]


_TABLES: Final[tuple[tuple[str, Callable[[dict[str, Any]], tuple[str, str]]], ...]] = (
    ("sites", _site_keys),
    ("pickup_groups", _group_keys),
    ("users", _user_keys),
)
"""Each table with the function that derives the sort key and the search key of a row."""


class RefoldKeys(SchemaOperation):
    """Derive sort_key and search_key of the rows whose search key holds one of the characters, as this version does.

    `characters` are those that the folding let stand before, and replaces now: no key holds one afterwards, so the
    operation finds nothing the second time.
    """

    def __init__(self, characters: str) -> None:
        self._characters = characters

    async def on_sqlite(self, client: BaseDBAsyncClient) -> None:
        await self._refold(client, "search_key GLOB ?", f"*[{self._characters}]*", ("?", "?", "?"))

    async def on_postgres(self, client: BaseDBAsyncClient) -> None:
        await self._refold(client, "search_key ~ $1", f"[{self._characters}]", ("$1", "$2", "$3"))

    async def _refold(
        self, client: BaseDBAsyncClient, condition: str, pattern: str, marks: tuple[str, str, str]
    ) -> None:
        for table, derive in _TABLES:
            select = f"SELECT * FROM {table} WHERE {condition} AND id > {marks[1]} ORDER BY id LIMIT {BATCH}"
            update = f"UPDATE {table} SET sort_key = {marks[0]}, search_key = {marks[1]} WHERE id = {marks[2]}"
            last = 0
            while rows := await client.execute_query_dict(select, [pattern, last]):
                await client.execute_many(update, [[*derive(row), row["id"]] for row in rows])
                last = rows[-1]["id"]
