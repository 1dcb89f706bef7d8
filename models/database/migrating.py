"""Migrating a database to this version, in one process at a time."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from tortoise import Tortoise
from tortoise.connection import get_connection
from tortoise.migrations.api.migrate import migrate

from models.database.failures import Failure, classify_error
from models.database.opening import (
    DatabaseError,
    check_file,
    check_owner,
    initialise_tortoise,
    missing_migrations,
    one_line_errors,
    tortoise_config,
)
from models.database.postgres.hosts import connect
from models.database.sessions import Session
from models.database.url import DatabaseURL

_ADVISORY_LOCK = 0x7069636B7570
"""The key of PostgreSQL's advisory lock that a migrating process holds: "pickup" in ASCII."""

_RETRY_PAUSES_S = (0.1, 0.3, 1.0, 3.0)
"""SQLite has no such lock: a process that failed tries again after each pause, when another may have migrated."""


async def migrate_database(url: DatabaseURL) -> list[str]:
    """Migrate the database and close it; the names of the migrations that were run. Raises DatabaseError."""
    pauses = iter(_RETRY_PAUSES_S)
    check_file(url)
    with one_line_errors(url):
        async with _migration_lock(url):
            while True:
                try:
                    return await _migrate(url)
                except DatabaseError:
                    raise
                except Exception as error:
                    pause = next(pauses, None)
                    if pause is None or classify_error(error) is Failure.UNAVAILABLE:
                        raise
                await asyncio.sleep(pause)


async def _migrate(url: DatabaseURL) -> list[str]:
    await check_owner(url)
    await initialise_tortoise(url)
    try:
        missing = await missing_migrations(Session(url.dialect, get_connection(url.dialect).execute_query_dict))
        if missing:
            await migrate(config=tortoise_config(url))
        return missing
    finally:
        await Tortoise.close_connections()


@contextlib.asynccontextmanager
async def _migration_lock(url: DatabaseURL) -> AsyncIterator[None]:
    if url.dialect == "sqlite":
        yield
        return
    connection = await connect(url)
    try:
        # The lock of a transaction: behind a pooler, the lock of a session would outlive the session that took it.
        async with connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock($1)", _ADVISORY_LOCK)
            yield
    finally:
        await connection.close()
