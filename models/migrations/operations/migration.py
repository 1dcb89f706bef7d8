"""The class of every migration: one transaction, on either database."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.exceptions import IntegrityError
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
        # Without it, Tortoise's own operations would run scripts on SQLite, which commit first.
        schema_editor.atomic_migration = True
        async with _transaction(schema_editor.client) as schema_editor.client:
            return await super().apply(state, schema_editor=schema_editor)


@asynccontextmanager
async def _transaction(client: BaseDBAsyncClient) -> AsyncIterator[BaseDBAsyncClient]:
    """A transaction in which SQLite's tables can be remade.

    Remaking a table drops the old one. With foreign keys on, that deletes the rows that refer to it, or fails. Without
    legacy renaming, the new one cannot take its name while a trigger of another table mentions it. SQLite ignores the
    first setting inside a transaction. Raises IntegrityError if a row refers to a missing one that did not before.
    """
    if client.capabilities.dialect != "sqlite":
        async with in_transaction(client.connection_name) as transaction:
            yield transaction
        return
    await client.execute_query("PRAGMA foreign_keys = OFF")
    await client.execute_query("PRAGMA legacy_alter_table = ON")
    try:
        async with in_transaction(client.connection_name) as transaction:
            before = await _dangling_rows(transaction)
            yield transaction
            for table, _, parent in await _dangling_rows(transaction) - before:
                raise IntegrityError(f"a row of {table} refers to a missing row of {parent}")
    finally:
        await client.execute_query("PRAGMA legacy_alter_table = OFF")
        await client.execute_query("PRAGMA foreign_keys = ON")


async def _dangling_rows(client: BaseDBAsyncClient) -> set[tuple[str, int, str]]:
    """The table and key of each row that refers to a missing one, and the table that lacks it."""
    found = await client.execute_query_dict("PRAGMA foreign_key_check")
    return {(row["table"], row["rowid"], row["parent"]) for row in found}
