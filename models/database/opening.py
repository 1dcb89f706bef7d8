"""Opening a database that is migrated to this version."""

import contextlib
import os
import pkgutil
import re
import sqlite3
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tortoise import Tortoise

from models import migrations
from models.database.database import Database
from models.database.postgres.hosts import Hosts
from models.database.sessions import Session
from models.database.sqlite.threads import statement_runner
from models.database.url import DatabaseURL
from models.errors import PickupError
from models.queries.statement import Dialect

_REFUSED_BY_POOLER = re.compile(r"unsupported startup parameter|prepared statement .* (already exists|does not exist)")
"""What PgBouncer says of settings of a session, and what PostgreSQL says behind it of prepared statements."""

_POOLER_ADVICE = (
    "a pooler such as PgBouncer is in front of it: add statement_cache_size=0 to the URL: NAME?statement_cache_size=0"
)


_MIGRATIONS = "tortoise_migrations"
_OWN_TABLES = {"sites", "users", "pickup_groups", "changes", _MIGRATIONS}

_TABLES: dict[Dialect, str] = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT GLOB 'sqlite_*'",
    # Without those of an extension.
    "postgres": "SELECT relname AS name FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace "
    "WHERE nspname = current_schema() AND relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT EXISTS "
    "(SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid AND deptype = 'e')",
}
"""The names of all tables and views, on PostgreSQL of the schema in which tables are created."""


class DatabaseError(Exception):
    """The database cannot be opened or migrated. The message is one line for the operator."""


async def open_database(url: DatabaseURL, *, replica: DatabaseURL | None = None) -> Database:
    """Open a database that is migrated to this version. Raises DatabaseError."""
    check_file_exists(url)
    check_file(url)
    with one_line_errors(url):
        await initialise_tortoise(url)
        database = Database(url, replica)
        try:
            async with database.reading(snapshot=False) as session:
                missing = await missing_migrations(session)
            if missing:
                raise DatabaseError("the database is not up to date: run `pickup migrate`")
        except Exception:
            await database.close()
            raise
    return database


@contextlib.asynccontextmanager
async def opened_database(url: DatabaseURL, *, replica: DatabaseURL | None = None) -> AsyncIterator[Database]:
    """The database as `open_database` returns it, which is closed at the end."""
    database = await open_database(url, replica=replica)
    try:
        yield database
    finally:
        await database.close()


def check_file_exists(url: DatabaseURL) -> None:
    """Raise DatabaseError if the SQLite file does not exist."""
    if url.path and not Path(url.path).exists():
        raise DatabaseError(f"there is no database at {url.path}: set PICKUP_DATABASE_URL, or run `pickup migrate`")


async def initialise_tortoise(url: DatabaseURL) -> None:
    """Set Tortoise up. It opens its connection at its first use: only migrations use it."""
    if url.path:
        # If the file cannot be opened, aiosqlite's thread would print a traceback.
        sqlite3.connect(url.path).close()
    # The global fallback: requests run in tasks that do not descend from the one that opened the database.
    await Tortoise.init(config=tortoise_config(url), _enable_global_fallback=True)


def tortoise_config(url: DatabaseURL) -> dict[str, Any]:
    connection = url.tortoise_connection
    if len(url.hosts) > 1:
        connection["credentials"]["connect"] = Hosts(url).connect
    return {
        # Named after the dialect, because Tortoise caches SQL with its placeholders by the name of the connection.
        "connections": {url.dialect: connection},
        "apps": {
            "models": {
                "models": ["models.site", "models.user", "models.pickup_group", "models.change"],
                "default_connection": url.dialect,
                "migrations": "models.migrations",
            }
        },
    }


def _is_file(path: str) -> bool:
    return bool(path) and Path(path).is_file()


def check_file(url: DatabaseURL) -> None:
    """Raise DatabaseError if the SQLite file, or its folder, cannot be written: SQLite keeps its log beside it."""
    if not _is_file(url.path):
        return
    effective = os.access in os.supports_effective_ids
    for path in (Path(url.path), Path(url.path).resolve().parent):
        if not os.access(path, os.W_OK, effective_ids=effective):
            raise DatabaseError(f"the database at {url.path} cannot be used: {path} cannot be written")


async def check_owner(url: DatabaseURL) -> None:
    """Raise DatabaseError if the SQLite file is another program's, without a change to a byte of it.

    A connection that may write would turn its log on. A file without a log is read as one that does not change: else
    SQLite would leave an empty log beside it.
    """
    if not _is_file(url.path):
        return
    immutable = int(not _is_file(f"{url.path}-wal"))
    uri = f"file:{quote(url.path)}?mode=ro&immutable={immutable}"
    with contextlib.closing(sqlite3.connect(uri, uri=True)) as connection:
        await missing_migrations(Session("sqlite", statement_runner(connection)))


async def missing_migrations(session: Session) -> list[str]:
    """The migrations of this version that the database lacks.

    Raises DatabaseError if it has one of a newer version, or is another program's: if it has tables, but none of our
    migrations. Only a first migration that was interrupted leaves our tables so.
    """
    exists = (
        "SELECT name FROM sqlite_master WHERE name = 'tortoise_migrations'"
        if session.dialect == "sqlite"
        else "SELECT 1 WHERE to_regclass('tortoise_migrations') IS NOT NULL"
    )
    applied: set[str] = set()
    if await session.fetch(exists, []):
        records = await session.fetch("SELECT name FROM tortoise_migrations WHERE app = 'models'", [])
        applied = {record["name"] for record in records}
    known = sorted(name for _, name, is_package in pkgutil.iter_modules(migrations.__path__) if not is_package)
    unknown = sorted(applied - set(known))
    if not applied & set(known):
        tables = {record["name"] for record in await session.fetch(_TABLES[session.dialect], [])}
        foreign = sorted(tables - _OWN_TABLES) if _MIGRATIONS in tables else sorted(tables)
        if foreign:
            raise DatabaseError(
                f"the database has tables of another program ({foreign[0]}): name one that Pickup has to itself"
            )
    if unknown:
        raise DatabaseError(f"the database is of a newer version ({unknown[0]}): install that version of Pickup")
    return [name for name in known if name not in applied]


@contextlib.contextmanager
def one_line_errors(url: DatabaseURL) -> Iterator[None]:
    """Raise DatabaseError, with the driver's reason in one line, instead of any other error in the block."""
    try:
        yield
    except DatabaseError:
        raise
    except Exception as error:
        reason = (error.__cause__ or error) if isinstance(error, PickupError) else error
        text = " ".join(str((isinstance(reason, OSError) and reason.strerror) or reason).split())
        if url.dialect == "postgres" and not url.pooled and _REFUSED_BY_POOLER.search(text):
            text = _POOLER_ADVICE
        raise DatabaseError(f"the database at {url.where} cannot be used: {text or type(reason).__name__}") from error
