"""The size of these tests, and the servers and administrators that they have to themselves."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from models.database.opening import opened_database
from models.database.url import parse_database_url
from tests.support import databases
from tests.support.administrators import Crowd
from tests.support.databases import Cluster

Record = Callable[[str, object], None]
"""Of pytest's `record_property`: a "figure" is printed when all tests have run."""

FULL = os.environ.get("PICKUP_TEST_SIZE") == "full"
"""The sizes that the promises are made for; otherwise those that fit into every run of the tests."""


@pytest.fixture
async def crowd(url: str) -> Crowd:
    """The administrators of a new site."""
    async with opened_database(parse_database_url(url)):
        return await Crowd.of_new_site()


@pytest.fixture(scope="session")
def postgres_programs() -> Path:
    """The folder of PostgreSQL's programs; skips without."""
    found = databases.postgres_programs()
    if found is None:
        pytest.skip("no PostgreSQL: install one (Debian: apt-get install postgresql)")
    return found


@pytest.fixture
def cluster(postgres_programs: Path) -> Iterator[Cluster]:
    """A PostgreSQL server of the test's own, which it may stop and start."""
    with Cluster(postgres_programs) as cluster:
        yield cluster
