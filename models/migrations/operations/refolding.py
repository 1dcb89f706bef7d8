"""An operation that derives sort and search keys again, after a change of the folding."""

from typing import Final

from tortoise.backends.base.client import BaseDBAsyncClient

from models.migrations.operations.operation import SchemaOperation
from models.queries.search_text import search_key, sort_key

BATCH = 1_000
"""Rows in memory at a time."""

_TABLES: Final[tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...]] = (
    ("sites", ("name",), ("name", "main_number")),
    ("pickup_groups", ("name",), ("name",)),
    ("users", ("last_name", "first_name"), ("first_name", "last_name", "extension", "phone_number", "email")),
)
"""Each table with the columns that its sort key and its search key are derived from."""


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
        for table, sorted_by, searched in _TABLES:
            select = f"SELECT * FROM {table} WHERE {condition} AND id > {marks[1]} ORDER BY id LIMIT {BATCH}"
            update = f"UPDATE {table} SET sort_key = {marks[0]}, search_key = {marks[1]} WHERE id = {marks[2]}"
            last = 0
            while rows := await client.execute_query_dict(select, [pattern, last]):
                keys = [
                    [
                        sort_key(*(row[name] for name in sorted_by)),
                        search_key(*(row[name] for name in searched)),
                        row["id"],
                    ]
                    for row in rows
                ]
                await client.execute_many(update, keys)
                last = rows[-1]["id"]
