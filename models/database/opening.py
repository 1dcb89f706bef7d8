"""Opening a database, bringing it up to date first where that is asked for."""

import asyncio
import contextlib
import pkgutil
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
from tortoise import Tortoise
from tortoise.connection import get_connection
from tortoise.migrations.api.migrate import migrate

from models import migrations
from models.database.database import Database
from models.database.failures import Failure, classify_error
from models.database.url import DatabaseURL

_MIGRATION_LOCK = 0x7069636B7570
"""The advisory lock of PostgreSQL that one migrating process holds: "pickup" in ASCII."""

_SETTLING_PAUSES_S = (0.1, 0.3, 1.0, 3.0)
"""Two processes may bring one SQLite file up to date at once: after each pause the other one may have done it."""


class DatabaseError(Exception):
    """The database cannot be opened or brought up to date; the text is one line for the operator."""


async def open_database(url: DatabaseURL, *, replica: DatabaseURL | None = None) -> Database:
    """The open database, which must be up to date. Raises DatabaseError."""
    _check_there(url)
    try:
        await _initialise(url, replica)
        missing, unknown = await _differences(url)
    except Exception as error:
        await Tortoise.close_connections()
        raise DatabaseError(_one_line(url, error)) from error
    if unknown or missing:
        await Tortoise.close_connections()
        raise DatabaseError(
            f"the database is of a newer version ({unknown[0]}): install that version of Pickup"
            if unknown
            else "the database is not up to date: run `pickup migrate`"
        )
    return Database(url, replica)


def _check_there(url: DatabaseURL) -> None:
    """SQLite would make a file that is not there; only bringing a database up to date may."""
    if url.path and not Path(url.path).exists():
        raise DatabaseError(f"there is no database at {url.path}: run `pickup migrate` to make one")


async def migrate_database(url: DatabaseURL) -> list[str]:
    """Brings the database up to date and closes it; the names of the steps that were run. Raises DatabaseError."""
    pauses = iter(_SETTLING_PAUSES_S)
    try:
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
    except DatabaseError:
        raise
    except Exception as error:
        raise DatabaseError(_one_line(url, error)) from error


async def _migrate(url: DatabaseURL) -> list[str]:
    await _initialise(url, None)
    try:
        missing, unknown = await _differences(url)
        if unknown:
            raise DatabaseError(f"the database is of a newer version ({unknown[0]}): install that version of Pickup")
        if missing:
            await migrate(config=_configuration(url, None))
        return missing
    finally:
        await Tortoise.close_connections()


async def _initialise(url: DatabaseURL, replica: DatabaseURL | None) -> None:
    if url.path:
        # Where the file cannot be opened, aiosqlite's thread would tell of it in a traceback of its own.
        sqlite3.connect(url.path).close()
    # The global fallback: requests run in tasks that were not made from the one that opened the database.
    await Tortoise.init(config=_configuration(url, replica), _enable_global_fallback=True)


def _configuration(url: DatabaseURL, replica: DatabaseURL | None) -> dict[str, Any]:
    # Named by the dialect: Tortoise remembers its SQL by the connection's name, placeholders and all.
    connections: dict[str, Any] = {url.dialect: url.connection}
    if replica is not None:
        connections["replica"] = replica.connection
    return {
        "connections": connections,
        "apps": {
            "models": {
                "models": ["models.site", "models.user", "models.pickup_group", "models.change"],
                "default_connection": url.dialect,
                "migrations": "models.migrations",
            }
        },
    }


async def _differences(url: DatabaseURL) -> tuple[list[str], list[str]]:
    """The steps that the database lacks, and those it has that this version does not know."""
    client = get_connection(url.dialect)
    exists = (
        "SELECT name FROM sqlite_master WHERE name = 'tortoise_migrations'"
        if client.capabilities.dialect == "sqlite"
        else "SELECT 1 WHERE to_regclass('tortoise_migrations') IS NOT NULL"
    )
    applied: set[str] = set()
    if await client.execute_query_dict(exists):
        records = await client.execute_query_dict("SELECT name FROM tortoise_migrations WHERE app = 'models'")
        applied = {record["name"] for record in records}
    known = sorted(name for _, name, _ in pkgutil.iter_modules(migrations.__path__) if not name.startswith("_"))
    return [name for name in known if name not in applied], sorted(applied - set(known))


@contextlib.asynccontextmanager
async def _migration_lock(url: DatabaseURL) -> AsyncIterator[None]:
    if url.dialect == "sqlite":
        yield
        return
    connection = await asyncpg.connect(**url.connect_options)
    try:
        # The lock of a transaction: behind a pooler, that of a session would outlive the session that took it.
        async with connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock($1)", _MIGRATION_LOCK)
            yield
    finally:
        await connection.close()


def _one_line(url: DatabaseURL, error: Exception) -> str:
    what = " ".join(str((isinstance(error, OSError) and error.strerror) or error).split())
    where = url.path or f"{url.credentials['host']}:{url.credentials['port']}"
    return f"the database at {where} cannot be used: {what or type(error).__name__}"
