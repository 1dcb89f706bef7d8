"""An operation that makes an index."""

from typing import Literal

from tortoise.backends.base.client import BaseDBAsyncClient

from models.migrations.operations.operation import SchemaOperation, has_statistics

Dialect = Literal["sqlite", "postgres"]


class CreateIndex(SchemaOperation):
    """Make an index of a table; `columns` is what follows ON and the table, for example "(site_id, id) WHERE …".

    With `only`, on that database alone: the two have different planners. An index for other columns needs another name.
    """

    def __init__(self, name: str, table: str, columns: str, *, only: Dialect | None = None) -> None:
        self.name = name
        self.table = table
        self._sql = f"CREATE INDEX IF NOT EXISTS {name} ON {table} {columns}"
        self._only = only

    async def on_sqlite(self, client: BaseDBAsyncClient) -> None:
        if self._only == "postgres":
            return
        await client.execute_query(self._sql)
        if await has_statistics(client, self.table):
            await client.execute_query(f"ANALYZE {self.name}")

    async def on_postgres(self, client: BaseDBAsyncClient) -> None:
        if self._only != "sqlite":
            await client.execute_query(self._sql)
