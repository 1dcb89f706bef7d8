"""What every operation has in common: its SQL depends on the database."""

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.migrations.operations import TortoiseOperation
from tortoise.migrations.schema_editor.base import BaseSchemaEditor
from tortoise.migrations.schema_generator.state import State

TEXT = {"sqlite": "TEXT", "postgres": 'TEXT COLLATE "C"'}
"""The type of a text column. PostgreSQL compares by code point too, so that both databases give the same order."""


class SchemaOperation(TortoiseOperation):
    """An operation on the schema, run inside the transaction of its AtomicMigration."""

    async def on_sqlite(self, client: BaseDBAsyncClient) -> None:
        raise NotImplementedError

    async def on_postgres(self, client: BaseDBAsyncClient) -> None:
        raise NotImplementedError

    async def database_forward(
        self,
        app_label: str,
        old_state: State,
        new_state: State,
        state_editor: BaseSchemaEditor | None = None,
    ) -> None:
        assert state_editor is not None
        run = self.on_sqlite if state_editor.DIALECT == "sqlite" else self.on_postgres
        await run(state_editor.client)


async def run_statements(client: BaseDBAsyncClient, statements: tuple[str, ...]) -> None:
    """One at a time: Tortoise's own RunSQL splits a trigger's body at its semicolons."""
    for statement in statements:
        await client.execute_query(statement)


async def has_statistics(client: BaseDBAsyncClient, table: str) -> bool:
    """Whether SQLite has run ANALYZE on the table.

    Then an index that is new must be analyzed too: statistics for the others alone mislead SQLite more than none.
    """
    if not await client.execute_query_dict("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_stat1'"):
        return False
    return bool(await client.execute_query_dict("SELECT 1 FROM sqlite_stat1 WHERE tbl = ? LIMIT 1", [table]))
