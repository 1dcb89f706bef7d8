"""Opening a database that is migrated to this version."""

import contextlib
import pkgutil
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tortoise import Tortoise

from models import migrations
from models.database.database import Database
from models.database.sessions import Session
from models.database.url import DatabaseURL
from models.errors import PickupError

_REFUSED_BY_POOLER = re.compile(r"unsupported startup parameter|prepared statement .* (already exists|does not exist)")
"""What PgBouncer says of settings of a session, and what PostgreSQL says behind it of prepared statements."""

_POOLER_ADVICE = (
    "a pooler such as PgBouncer is in front of it: add statement_cache_size=0 to the URL: NAME?statement_cache_size=0"
)


class DatabaseError(Exception):
    """The database cannot be opened or migrated. The message is one line for the operator."""


async def open_database(url: DatabaseURL, *, replica: DatabaseURL | None = None) -> Database:
    """Open a database that is migrated to this version. Raises DatabaseError."""
    check_file_exists(url)
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


def check_file_exists(url: DatabaseURL) -> None:
    """Raise DatabaseError if the SQLite file does not exist."""
    if url.path and not Path(url.path).exists():
        raise DatabaseError(f"there is no database at {url.path}: run `pickup migrate` to make one")


async def initialise_tortoise(url: DatabaseURL) -> None:
    """Set Tortoise up. It opens its connection at its first use: only migrations use it."""
    if url.path:
        # If the file cannot be opened, aiosqlite's thread would print a traceback.
        sqlite3.connect(url.path).close()
    # The global fallback: requests run in tasks that do not descend from the one that opened the database.
    await Tortoise.init(config=tortoise_config(url), _enable_global_fallback=True)


def tortoise_config(url: DatabaseURL) -> dict[str, Any]:
    return {
        # Named after the dialect, because Tortoise caches SQL with its placeholders by the name of the connection.
        "connections": {url.dialect: url.tortoise_connection},
        "apps": {
            "models": {
                "models": ["models.site", "models.user", "models.pickup_group", "models.change"],
                "default_connection": url.dialect,
                "migrations": "models.migrations",
            }
        },
    }


async def missing_migrations(session: Session) -> list[str]:
    """The migrations of this version that the database lacks. Raises DatabaseError if it has one of a newer version."""
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
        where = url.path or f"{url.credentials['host']}:{url.credentials['port']}"
        raise DatabaseError(f"the database at {where} cannot be used: {text or type(reason).__name__}") from error
