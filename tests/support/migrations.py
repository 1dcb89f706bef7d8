"""Migrations of a test's own, applied after all others."""

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.connection import get_connection
from tortoise.migrations.executor import MigrationExecutor
from tortoise.migrations.operations import Operation

from models.database.database import Database
from models.database.opening import tortoise_config
from models.migrations.operations.migration import AtomicMigration
from models.migrations.operations.operation import SchemaOperation


class Interrupted(Exception):
    pass


class Interrupt(SchemaOperation):
    """Stands where a process dies: what the same migration did before must be undone."""

    async def on_sqlite(self, client: BaseDBAsyncClient) -> None:
        raise Interrupted

    async def on_postgres(self, client: BaseDBAsyncClient) -> None:
        raise Interrupted


async def apply(database: Database, *operations: Operation) -> None:
    """Apply a migration of these operations, without recording it."""
    executor = MigrationExecutor(get_connection(database.dialect), tortoise_config(database.url)["apps"])
    await executor.loader.build_graph()
    state = await executor._project_state(set(executor.loader.graph.nodes))
    migration = AtomicMigration("m9999_test", "models")
    migration.operations = list(operations)
    await migration.apply(state, schema_editor=executor._schema_editor(atomic=migration.atomic))
