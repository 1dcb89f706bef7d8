"""Databases of a test's own: it may change their tables."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from models.database.database import Database
from models.database.migrating import migrate_database
from models.database.opening import opened_database
from models.database.url import parse_database_url
from tests.support.databases import created_database


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
