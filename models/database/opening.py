"""Opening a database that is migrated to this version."""

import pkgutil
import sqlite3
from pathlib import Path
from typing import Any

from tortoise import Tortoise
from tortoise.connection import get_connection

from models import migrations
from models.database.database import Database
from models.database.url import DatabaseURL


class DatabaseError(Exception):
    """The database cannot be opened or migrated. The message is one line for the operator."""


async def open_database(url: DatabaseURL, *, replica: DatabaseURL | None = None) -> Database:
    """Open a database that is migrated to this version. Raises DatabaseError."""
    _check_file_exists(url)
    try:
        await initialise_tortoise(url, replica)
        missing = await missing_migrations(url)
        if missing:
            raise DatabaseError("the database is not up to date: run `pickup migrate`")
    except DatabaseError:
        await Tortoise.close_connections()
        raise
    except Exception as error:
        await Tortoise.close_connections()
        raise DatabaseError(one_line(url, error)) from error
    return Database(url, replica)


def _check_file_exists(url: DatabaseURL) -> None:
    """SQLite would make a missing file; only migrating may."""
    if url.path and not Path(url.path).exists():
        raise DatabaseError(f"there is no database at {url.path}: run `pickup migrate` to make one")


async def initialise_tortoise(url: DatabaseURL, replica: DatabaseURL | None = None) -> None:
    if url.path:
        # aiosqlite would print a traceback from its thread if the file cannot be opened.
        sqlite3.connect(url.path).close()
    # The global fallback: requests run in tasks that do not descend from the one that opened the database.
    await Tortoise.init(config=tortoise_config(url, replica), _enable_global_fallback=True)


def tortoise_config(url: DatabaseURL, replica: DatabaseURL | None = None) -> dict[str, Any]:
    # Named after the dialect, because Tortoise caches SQL with its placeholders by the name of the connection.
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


async def missing_migrations(url: DatabaseURL) -> list[str]:
    """The migrations of this version that the database lacks. Raises DatabaseError if it has one of a newer version."""
    client = get_connection(url.dialect)
    exists = (
        "SELECT name FROM sqlite_master WHERE name = 'tortoise_migrations'"
        if url.dialect == "sqlite"
        else "SELECT 1 WHERE to_regclass('tortoise_migrations') IS NOT NULL"
    )
    applied: set[str] = set()
    if await client.execute_query_dict(exists):
        records = await client.execute_query_dict("SELECT name FROM tortoise_migrations WHERE app = 'models'")
        applied = {record["name"] for record in records}
    known = sorted(name for _, name, is_package in pkgutil.iter_modules(migrations.__path__) if not is_package)
    unknown = sorted(applied - set(known))
    if unknown:
        raise DatabaseError(f"the database is of a newer version ({unknown[0]}): install that version of Pickup")
    return [name for name in known if name not in applied]


def one_line(url: DatabaseURL, error: Exception) -> str:
    reason = " ".join(str((isinstance(error, OSError) and error.strerror) or error).split())
    where = url.path or f"{url.credentials['host']}:{url.credentials['port']}"
    return f"the database at {where} cannot be used: {reason or type(error).__name__}"
