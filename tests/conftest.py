"""What tests share: the databases, SQLite and PostgreSQL in turn, and the server on one of them."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from models.database.database import Database
from models.database.opening import migrate_database, open_database
from models.database.url import parse_database_url
from tests.support.api import Api
from tests.support.databases import EMPTIED, database_url, execute, postgres_server
from tests.support.serving import serving

_REQUIRED = "PICKUP_REQUIRE_POSTGRES"


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite database, up to date and empty, to be copied."""
    path = tmp_path_factory.mktemp("template") / "pickup.sqlite3"
    asyncio.run(migrate_database(parse_database_url(f"sqlite://{path}")))
    return path


@pytest.fixture(scope="session")
def postgres() -> Iterator[str | None]:
    """The URL of a PostgreSQL server, None where there is none."""
    with postgres_server() as url:
        if url is None and os.environ.get(_REQUIRED):
            pytest.exit(
                f"{_REQUIRED} is set, but there is no PostgreSQL: install one, or set PICKUP_TEST_POSTGRES_URL", 1
            )
        yield url


@pytest.fixture(scope="session")
def postgres_url(postgres: str | None) -> Iterator[str | None]:
    """The URL of a PostgreSQL database of these tests, up to date."""
    if postgres is None:
        yield None
        return
    name = f"pickup_test_{os.getpid()}"
    url = database_url(postgres, name)
    asyncio.run(execute(postgres, f"DROP DATABASE IF EXISTS {name}", f"CREATE DATABASE {name}"))
    asyncio.run(migrate_database(parse_database_url(url)))
    yield url
    asyncio.run(execute(postgres, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database that is up to date: every test that asks for it runs on both kinds."""
    if request.param == "sqlite":
        path = tmp_path / "pickup.sqlite3"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        return f"sqlite://{path}"
    found: str | None = request.getfixturevalue("postgres_url")
    if found is None:
        pytest.skip("no PostgreSQL: install one, or set PICKUP_TEST_POSTGRES_URL")
    asyncio.run(execute(found, *EMPTIED))
    return found


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    """The open database, without a server."""
    opened = await open_database(parse_database_url(url))
    yield opened
    await opened.close()


@pytest.fixture
async def api(url: str) -> AsyncIterator[Api]:
    """The server, open to everybody, and a client that asks it."""
    async with serving(url) as open_to_everybody:
        yield open_to_everybody


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Says in one line that PostgreSQL was left out, and how to add it."""
    skipped = terminalreporter.stats.get("skipped", [])
    if any("no PostgreSQL" in str(report.longrepr) for report in skipped):
        terminalreporter.write_line(
            "The tests on PostgreSQL were left out: install it (Debian: apt-get install postgresql), or set "
            "PICKUP_TEST_POSTGRES_URL=postgres://USER:PASSWORD@HOST:PORT/NAME."
        )
