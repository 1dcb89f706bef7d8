"""The size of these tests, the databases that they have to themselves, and the figures that they tell in the end."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.database.opening import open_database
from models.database.url import parse_database_url
from tests.support.administrators import Crowd
from tests.support.databases import Cluster

FULL = os.environ.get("PICKUP_TEST_SIZE") == "full"
"""The sizes that the promises are made for; otherwise those that fit into every run of the tests."""

_FIGURES = pytest.StashKey[list[str]]()


@pytest.fixture
def figures(request: pytest.FixtureRequest) -> Iterator[list[str]]:
    """Lines that are printed when all tests have run."""
    lines: list[str] = []
    yield lines
    request.config.stash.setdefault(_FIGURES, []).extend(f"{request.node.name}: {line}" for line in lines)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    lines = config.stash.get(_FIGURES, [])
    if lines:
        terminalreporter.section("figures")
        terminalreporter.write_line("\n".join(lines))


@pytest.fixture
async def crowd(url: str) -> Crowd:
    """The administrators of a new site."""
    database = await open_database(parse_database_url(url))
    made = await Crowd.of_new_site()
    await database.close()
    return made


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    """A PostgreSQL server of the test's own, which it may stop and start."""
    if shutil.which("initdb") is None and not list(Path("/usr/lib/postgresql").glob("*/bin/initdb")):
        pytest.skip("no PostgreSQL: install one")
    with Cluster() as made:
        yield made
