"""The databases of the tests."""

import asyncio
import os
import pwd
import secrets
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg
import pytest

LOCAL = "postgres://postgres@127.0.0.1:5432/postgres"
KINDS = ("sqlite", "postgres")
"""What every test that touches a database runs on."""

TABLES = ("changes", "users", "pickup_groups", "sites")
SERVER = "PICKUP_TEST_POSTGRES_URL"
"""The environment variable that names the PostgreSQL of the tests."""

_EMPTY = "; ".join(
    [f"DELETE FROM {table}" for table in TABLES] + [f"SELECT setval('{table}_id_seq', 1, false)" for table in TABLES]
)
"""Takes a tenth of the time of TRUNCATE, for tables as small as those of a test."""

_LOCK_TIMEOUT = "SET lock_timeout = '10s'"
"""A row that a broken test has left locked breaks the next test too, instead of blocking it for ever."""


@contextmanager
def postgres_server() -> Iterator[str | None]:
    """The URL of a PostgreSQL: the one of the settings, that of this machine, or one started for the tests.

    None if there is no PostgreSQL.
    """
    named = os.environ.get(SERVER)
    if named or _answers(LOCAL):
        yield named or LOCAL
        return
    programs = postgres_programs()
    if programs is None:
        yield None
        return
    with Cluster(programs, "-c fsync=off", "-c full_page_writes=off") as cluster:
        yield cluster.url


@contextmanager
def created_database(server: str) -> Iterator[str]:
    """The URL of a new database on that server, which is dropped afterwards.

    Its commits do not wait for the disk: no test of it needs to survive the end of the server.
    """
    name = f"pickup_test_{uuid4().hex}"
    asyncio.run(execute(server, f"CREATE DATABASE {name}", f"ALTER DATABASE {name} SET synchronous_commit = off"))
    try:
        yield database_url(server, name)
    finally:
        asyncio.run(execute(server, f"DROP DATABASE {name} WITH (FORCE)"))


@contextmanager
def new_database(request: pytest.FixtureRequest, folder: Path) -> Iterator[str]:
    """The URL of a database of the kind that the parameter of the fixture says, which was never migrated."""
    if request.param == "sqlite":
        yield f"sqlite://{folder / 'pickup.sqlite3'}"
        return
    with created_database(request.getfixturevalue("postgres")) as url:
        yield url


class SharedDatabase:
    """The PostgreSQL database that the tests of a process share, and the connection that empties it in between."""

    def __init__(self, url: str) -> None:
        self.url = url
        # With a factory, the runner leaves the event loops of the tests alone.
        self._runner = asyncio.Runner(loop_factory=asyncio.new_event_loop)

    def __enter__(self) -> Self:
        self._connection = self._runner.run(asyncpg.connect(self.url))
        self._runner.run(self._connection.execute(_LOCK_TIMEOUT))
        return self

    def __exit__(self, *_raised: object) -> None:
        self._runner.run(self._connection.close())
        self._runner.close()

    def empty(self) -> None:
        self._runner.run(self._connection.execute(_EMPTY))


def _answers(url: str) -> bool:
    async def connect() -> None:
        connection = await asyncpg.connect(url, timeout=3)
        await connection.close()

    try:
        asyncio.run(connect())
    except (OSError, TimeoutError, asyncpg.PostgresError):
        return False
    return True


def postgres_programs() -> Path | None:
    """The folder of the newest PostgreSQL programs installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    on_path = shutil.which("postgres")
    if found:
        return found[-1].parent
    return Path(on_path).resolve().parent if on_path else None


class Cluster:
    """A PostgreSQL server of its own, on a free port, in a folder that is removed at the end.

    `with` creates and starts it; `copy_of` makes it a streaming replica of another one.
    """

    def __init__(self, programs: Path, *options: str, copy_of: "Cluster | None" = None) -> None:
        self._programs = programs
        self._options = options
        self._copy_of = copy_of
        self._folder = tempfile.TemporaryDirectory(prefix="pickup-pg-")
        self.port = free_port()
        self.url = f"postgres://postgres@127.0.0.1:{self.port}/postgres"

    def __enter__(self) -> Self:
        folder = Path(self._folder.name)
        if self._copy_of is None:
            self._run("initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync", within=folder)
        else:
            primary = str(self._copy_of.port)
            self._run(
                "pg_basebackup", "-h", "127.0.0.1", "-p", primary, "-U", "postgres", "-R", "--no-sync", "-c", "fast",
                within=folder,
            )  # fmt: skip
        self.start()
        return self

    def __exit__(self, *_raised: object) -> None:
        self.signal(signal.SIGCONT)
        with suppress(subprocess.CalledProcessError):
            self.stop("immediate")
        self._folder.cleanup()

    def start(self) -> None:
        """Start it and wait until it accepts connections."""
        folder = Path(self._folder.name)
        settings = f"-p {self.port} -k {folder} -c listen_addresses=127.0.0.1 {' '.join(self._options)}"
        self._run("pg_ctl", "-w", "-l", folder / "log", "-o", settings, "start", within=folder)

    def stop(self, mode: str = "fast") -> None:
        """Stop it: "fast" disconnects the clients, "immediate" stops like a crash."""
        self._run("pg_ctl", "-m", mode, "stop", within=Path(self._folder.name))

    def promote(self) -> None:
        """Make a replica take writes, and wait until it does."""
        self._run("pg_ctl", "-w", "promote", within=Path(self._folder.name))

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to all its processes, if it runs: SIGKILL, or SIGSTOP to let it hang. On Linux alone."""
        try:
            first = int((Path(self._folder.name) / "data" / "postmaster.pid").read_text().split()[0])
            children = Path(f"/proc/{first}/task/{first}/children").read_text().split()
        except FileNotFoundError:
            return
        for process in (first, *map(int, children)):
            with suppress(ProcessLookupError):
                os.kill(process, number)

    def _run(self, program: str, *arguments: str | Path, within: Path) -> None:
        command = [*as_postgres(within), self._programs / program, "-D", within / "data", *arguments]
        subprocess.run(
            [str(part) for part in command], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )


def as_postgres(folder: Path) -> tuple[str, ...]:
    """The command that runs PostgreSQL as the user of its package if this is root, which it refuses."""
    if os.getuid() != 0:
        return ()
    owner = pwd.getpwnam("postgres")
    os.chown(folder, owner.pw_uid, owner.pw_gid)
    return ("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups")


def free_port() -> int:
    """A free port below those of outgoing connections, so that none of these takes it before the server does.

    Each process of a parallel run has ports of its own, for the same reason.
    """
    process = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 5
    while True:
        port = 15_000 + 3_000 * process + secrets.randbelow(3_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def database_url(server: str, name: str) -> str:
    """The URL of another database of the server."""
    return urlunsplit(urlsplit(server)._replace(path=f"/{name}"))


async def execute(url: str, *statements: str) -> None:
    async with connected(url) as connection:
        for statement in statements:
            await connection.execute(statement)


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection that does not go through our server. An option of the URL that is ours is left out."""
    connection = await asyncpg.connect(url.partition("?")[0], statement_cache_size=0)
    try:
        yield connection
    finally:
        await connection.close()


@asynccontextmanager
async def sites_locked(url: str) -> AsyncIterator[None]:
    """Another connection holds the lock of every site."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite://"), isolation_level=None)) as file:
            file.execute("BEGIN IMMEDIATE")
            yield
            file.execute("ROLLBACK")
        return
    async with connected(url) as connection, connection.transaction():
        await connection.execute("SELECT 1 FROM sites FOR UPDATE")
        yield
