"""Databases of a test's own: it may change their tables."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from models.database.database import Database
from models.database.migrating import migrate_database
from models.database.opening import opened_database
from models.database.url import parse_database_url
from tests.support.databases import TABLES, created_database, execute
from tests.support.loose import LOOSE, VALID_ROWS, change


@pytest.fixture(params=["sqlite", "postgres"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database that was never migrated."""
    if request.param == "sqlite":
        yield f"sqlite://{tmp_path / 'empty.sqlite3'}"
        return
    with created_database(request.getfixturevalue("postgres")) as url:
        yield url


@pytest.fixture
async def own_database(empty: str) -> AsyncIterator[Database]:
    """A migrated, open database of this test alone."""
    url = parse_database_url(empty)
    await migrate_database(url)
    async with opened_database(url) as database:
        yield database


@pytest.fixture(scope="module")
def loose_postgres(postgres: str) -> Iterator[str]:
    """The URL of a PostgreSQL database whose tables hold anything."""
    with created_database(postgres) as url:
        asyncio.run(migrate_database(parse_database_url(url)))
        asyncio.run(execute(url, *(statement.format(cascade=" CASCADE") for statement in LOOSE)))
        yield url


@pytest.fixture(params=["sqlite", "postgres"])
def loose(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database without constraints, with valid rows."""
    if request.param == "sqlite":
        path = tmp_path / "pickup.sqlite3"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        change(f"sqlite://{path}", *(statement.format(cascade="") for statement in LOOSE), *VALID_ROWS)
        return f"sqlite://{path}"
    found: str = request.getfixturevalue("loose_postgres")
    change(found, *(f"DELETE FROM {table}" for table in TABLES), *VALID_ROWS)
    return found
