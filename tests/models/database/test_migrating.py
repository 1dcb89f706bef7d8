"""Migrating a database: once, from any state, in one process at a time."""

import asyncio
import os
import subprocess

import pytest
from tortoise import Tortoise
from tortoise.connection import get_connection
from tortoise.migrations.autodetector import MigrationAutodetector
from tortoise.migrations.operations import AlterModelOptions

from models.database.database import Database
from models.database.migrating import _migration_lock, migrate_database
from models.database.opening import DatabaseError, open_database, opened_database, tortoise_config
from models.database.url import parse_database_url
from tests.support.databases import connected
from tests.support.factories import make_site
from tests.support.migrations import MIGRATIONS
from tests.support.serving import PICKUP
from tests.support.sessions import ON_POSTGRES


async def test_migrate_runs_each_migration_once(empty: str) -> None:
    parsed = parse_database_url(empty)
    with pytest.raises(DatabaseError, match="run `pickup migrate`"):
        await open_database(parsed)

    assert await migrate_database(parsed) == MIGRATIONS
    assert await migrate_database(parsed) == []

    async with opened_database(parsed):
        await make_site("works")


async def test_migrate_keeps_rows(url: str) -> None:
    parsed = parse_database_url(url)
    async with opened_database(parsed) as database:
        await make_site("kept")

    assert await migrate_database(parsed) == []

    async with opened_database(parsed) as database, database.reading() as session:
        found = await session.fetch("SELECT name FROM sites", [])
    assert found == [{"name": "kept"}]


async def test_migrate_completes_interrupted_migration(empty: str) -> None:
    parsed = parse_database_url(empty)
    await migrate_database(parsed)
    async with opened_database(parsed) as database:
        client = get_connection(database.dialect)
        await client.execute_query("DROP TABLE changes")
        await client.execute_query("DROP INDEX users_by_status")
        await client.execute_query("DELETE FROM tortoise_migrations")

    assert await migrate_database(parsed) == MIGRATIONS

    async with opened_database(parsed) as database, database.reading() as session:
        assert await session.fetch("SELECT id FROM changes", []) == []


async def test_migrate_in_several_processes_at_once(empty: str) -> None:
    parsed = parse_database_url(empty)
    environment = {**os.environ, "PICKUP_DATABASE_URL": empty}

    running = [
        await asyncio.create_subprocess_exec(
            PICKUP, "migrate", env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        for _ in range(3)
    ]
    ended = [(await process.communicate())[0].decode() for process in running]

    assert [process.returncode for process in running] == [0, 0, 0], ended
    assert await migrate_database(parsed) == []


@ON_POSTGRES
async def test_migrate_holds_advisory_lock_of_transaction(url: str) -> None:
    holders = (
        "SELECT state FROM pg_locks JOIN pg_stat_activity USING (pid) "
        "WHERE locktype = 'advisory' AND datname = current_database()"
    )

    async with connected(url) as watcher:
        async with _migration_lock(parse_database_url(url)):
            during = await watcher.fetch(holders)
        after = await watcher.fetch(holders)

    assert [record["state"] for record in during] == ["idle in transaction"]
    assert after == []


async def test_models_match_migrations(database: Database) -> None:
    apps = Tortoise.apps
    assert apps is not None

    found = await MigrationAutodetector(apps, tortoise_config(database.url)["apps"]).changes()

    # Tortoise takes the docstring of a model for a comment on its table, which our migrations do not set.
    operations = [operation for writer in found for operation in writer.operations]
    assert {type(operation) for operation in operations} <= {AlterModelOptions}
    for operation in operations:
        assert isinstance(operation, AlterModelOptions)
        assert operation.options.keys() == {"table", "app", "pk_attr", "table_description"}
