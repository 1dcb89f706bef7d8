"""Databases of a test's own: it may change their tables."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from models.database.database import Database
from models.database.migrating import migrate_database
from models.database.opening import opened_database
from models.database.url import parse_database_url
from tests.support.databases import KINDS, TABLES, created_database, execute
from tests.support.loose import LOOSE, VALID_ROWS, change


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


@pytest.fixture(params=KINDS)
def loose(request: pytest.FixtureRequest) -> str:
    """The URL of a database without constraints, with valid rows."""
    if request.param == "sqlite":
        url = f"sqlite://{request.getfixturevalue('database_file')}"
        change(url, *(statement.format(cascade="") for statement in LOOSE), *VALID_ROWS)
        return url
    found: str = request.getfixturevalue("loose_postgres")
    change(found, *(f"DELETE FROM {table}" for table in TABLES), *VALID_ROWS)
    return found
