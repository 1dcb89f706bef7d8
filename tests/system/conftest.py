"""Files that are loaded beside the server."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from models.database.opening import opened_database
from models.database.url import parse_database_url
from models.directory.staging_area import with_single_connection
from tests.support.directory import Directory


@pytest.fixture
async def files(url: str, tmp_path: Path) -> AsyncIterator[Directory]:
    """Imports into the database that the server has open, on a connection of their own."""
    async with opened_database(with_single_connection(parse_database_url(url))) as database:
        yield Directory(database, tmp_path)
