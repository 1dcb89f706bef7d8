"""Migrations of a test's own, applied after all others."""

import pkgutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tortoise import Tortoise
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.connection import get_connection
from tortoise.migrations.api.migrate import migrate
from tortoise.migrations.executor import MigrationExecutor
from tortoise.migrations.operations import Operation

from models import migrations
from models.database.database import Database
from models.database.opening import initialise_tortoise, tortoise_config
from models.database.url import parse_database_url
from models.migrations.operations.migration import AtomicMigration
from models.migrations.operations.operation import SchemaOperation

MIGRATIONS = sorted(name for _, name, is_package in pkgutil.iter_modules(migrations.__path__) if not is_package)
"""The names of all migrations, in their order."""


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


@asynccontextmanager
async def migrated_to(url: str, migration: str) -> AsyncIterator[BaseDBAsyncClient]:
    """A connection to a database that has that migration, and none after it."""
    parsed = parse_database_url(url)
    await initialise_tortoise(parsed)
    try:
        await migrate(config=tortoise_config(parsed), target=f"models.{migration}")
        yield get_connection(parsed.dialect)
    finally:
        await Tortoise.close_connections()
