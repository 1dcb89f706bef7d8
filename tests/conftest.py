"""Fixtures of all tests: databases, first SQLite and then PostgreSQL, and the server on it."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from models.database.database import Database
from models.database.migrating import migrate_database
from models.database.opening import opened_database
from models.database.url import parse_database_url
from models.directory.staging_area import with_single_connection
from tests.support.api import Api
from tests.support.databases import KINDS, SERVER, SharedDatabase, created_database, new_database, postgres_server
from tests.support.directory import Directory
from tests.support.pgbouncer import pgbouncer_program, transaction_pooler
from tests.support.serving import serving

NO_POSTGRES = f"no PostgreSQL: install one (Debian: apt-get install postgresql), or set {SERVER}"
NO_PGBOUNCER = "no PgBouncer: install it (Debian: apt-get install pgbouncer)"
POOLED = "PICKUP_TEST_PGBOUNCER"
"""The environment variable that puts PgBouncer, in transaction mode, in front of the PostgreSQL of the tests."""


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite database, up to date and empty, to be copied."""
    path = tmp_path_factory.mktemp("template") / "pickup.sqlite3"
    asyncio.run(migrate_database(parse_database_url(f"sqlite://{path}")))
    return path


def pytest_configure(config: pytest.Config) -> None:
    """Gives the processes of a parallel run one PostgreSQL server."""
    if config.getoption("numprocesses", None):
        stack = ExitStack()
        config.add_cleanup(stack.close)
        url = stack.enter_context(postgres_server())
        if url is not None:
            os.environ[SERVER] = url


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a PostgreSQL server; skips without one, or fails if PICKUP_REQUIRE_POSTGRES is set."""
    with postgres_server() as url:
        if url is None and os.environ.get("PICKUP_REQUIRE_POSTGRES"):
            pytest.fail(NO_POSTGRES)
        if url is None:
            pytest.skip(NO_POSTGRES)
        yield url


@pytest.fixture(scope="session")
def postgres_database(postgres: str) -> Iterator[SharedDatabase]:
    """The migrated PostgreSQL database of this process."""
    with created_database(postgres) as url:
        asyncio.run(migrate_database(parse_database_url(url)))
        with SharedDatabase(url) as shared:
            yield shared


@pytest.fixture
def database_file(sqlite_template: Path, tmp_path: Path) -> Path:
    """An empty, migrated SQLite database."""
    return Path(shutil.copy(sqlite_template, tmp_path / "pickup.sqlite3"))


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest) -> str:
    """The URL of an empty, migrated database: every test that asks for it runs on both kinds."""
    if request.param == "sqlite":
        return f"sqlite://{request.getfixturevalue('database_file')}"
    shared: SharedDatabase = request.getfixturevalue("postgres_database")
    shared.empty()
    if POOLED in os.environ:
        return f"{request.getfixturevalue('pooled_database')}?statement_cache_size=0"
    return shared.url


@pytest.fixture(params=KINDS)
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database that was never migrated: the test may change its tables."""
    with new_database(request, tmp_path) as url:
        yield url


@pytest.fixture(scope="session")
def pooled_database(postgres_database: SharedDatabase) -> Iterator[str]:
    """The URL of the same database behind PgBouncer; skips without, or fails if PICKUP_REQUIRE_PGBOUNCER is set."""
    program = pgbouncer_program()
    if program is None and os.environ.get("PICKUP_REQUIRE_PGBOUNCER"):
        pytest.fail(NO_PGBOUNCER)
    if program is None:
        pytest.skip(NO_PGBOUNCER)
    with transaction_pooler(program, postgres_database.url) as url:
        yield url


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    """The open database, without a server."""
    async with opened_database(parse_database_url(url)) as database:
        yield database


@pytest.fixture
async def directory(url: str, tmp_path: Path) -> AsyncIterator[Directory]:
    """Imports into the database, which a server may have open too, on a connection of their own."""
    async with opened_database(with_single_connection(parse_database_url(url))) as database:
        yield Directory(database, tmp_path)


@pytest.fixture
async def api(url: str) -> AsyncIterator[Api]:
    """A client of the server, which has no key and asks for no token."""
    async with serving(url) as api:
        yield api


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Prints the figures that tests recorded, and that the tests on PostgreSQL were skipped."""
    figures = [
        f"{report.nodeid.rpartition('::')[2]}: {value}"
        for report in terminalreporter.getreports("passed")
        for name, value in report.user_properties
        if name == "figure"
    ]
    if figures:
        terminalreporter.section("figures")
        terminalreporter.write_line("\n".join(figures))
    if any(NO_POSTGRES in str(report.longrepr) for report in terminalreporter.getreports("skipped")):
        terminalreporter.write_line(f"The tests on PostgreSQL were left out: {NO_POSTGRES}=postgres://USER@HOST/NAME.")
