"""The class of every migration: one transaction, on either database."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.migrations.migration import Migration as TortoiseMigration
from tortoise.migrations.schema_editor.base import BaseSchemaEditor
from tortoise.migrations.schema_generator.state import State
from tortoise.transactions import in_transaction


class AtomicMigration(TortoiseMigration):
    """A migration that is made as a whole or not at all.

    Tortoise records it after the commit. A process that dies in between has it run again, and so have two processes
    that migrate one SQLite file at once: its operations must change nothing the second time.
    """

    # Tortoise's own transaction would begin before SQLite's settings can be changed.
    atomic = False

    async def apply(
        self,
        state: State,
        *,
        dry_run: bool = False,
        schema_editor: BaseSchemaEditor | None = None,
        collect_sql: bool = False,
    ) -> State:
        if dry_run or schema_editor is None:
            return await super().apply(state, dry_run=True)
        client = schema_editor.client
        async with _tables_can_be_remade(client), in_transaction(client.connection_name) as transaction:
            schema_editor.client = transaction
            return await super().apply(state, schema_editor=schema_editor)


@asynccontextmanager
async def _tables_can_be_remade(client: BaseDBAsyncClient) -> AsyncIterator[None]:
    """SQLite's settings for a migration, on its connection alone.

    Remaking a table drops the old one. With foreign keys on, that deletes the rows that refer to it, or fails. Without
    legacy renaming, the new one cannot take its name while a trigger of another table mentions it. SQLite ignores the
    first setting inside a transaction.
    """
    if client.capabilities.dialect != "sqlite":
        yield
        return
    await client.execute_query("PRAGMA foreign_keys = OFF")
    await client.execute_query("PRAGMA legacy_alter_table = ON")
    try:
        yield
    finally:
        await client.execute_query("PRAGMA legacy_alter_table = OFF")
        await client.execute_query("PRAGMA foreign_keys = ON")
