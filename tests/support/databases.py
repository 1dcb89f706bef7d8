"""The databases that tests run on: a SQLite file each, and one PostgreSQL for all, which is emptied in between."""

import asyncio
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit, urlunsplit

import asyncpg

LOCAL = "postgres://postgres@127.0.0.1:5432/postgres"
TABLES = ("changes", "users", "pickup_groups", "sites")
EMPTIED = (
    # What a broken test has left locked breaks the next one too, rather than keep it waiting for ever.
    "SET lock_timeout = '10s'",
    *(f"DELETE FROM {table}" for table in TABLES),
    *(f"SELECT setval('{table}_id_seq', 1, false)" for table in TABLES),
)
"""What empties PostgreSQL for the next test, in a tenth of the time that TRUNCATE takes for tables so small."""


@contextmanager
def postgres_server() -> Iterator[str | None]:
    """The URL of a PostgreSQL: the one of the settings, that of this machine, or one started for the tests.

    None where there is none to be had.
    """
    named = os.environ.get("PICKUP_TEST_POSTGRES_URL")
    if named or _answers(LOCAL):
        yield named or LOCAL
        return
    binaries = _binaries()
    if binaries is None:
        yield None
        return
    with started_postgres(binaries) as url:
        yield url


def _answers(url: str) -> bool:
    async def connect() -> None:
        connection = await asyncpg.connect(url, timeout=3)
        await connection.close()

    try:
        asyncio.run(connect())
    except (OSError, TimeoutError, asyncpg.PostgresError):
        return False
    return True


def _binaries() -> Path | None:
    """The folder of the newest PostgreSQL programs installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    on_path = shutil.which("postgres")
    if found:
        return found[-1].parent
    return Path(on_path).resolve().parent if on_path else None


@contextmanager
def started_postgres(binaries: Path | None = None, *options: str) -> Iterator[str]:
    """A PostgreSQL of our own; its URL."""
    with Cluster(*options, binaries=binaries) as cluster:
        yield cluster.url


class Cluster:
    """A PostgreSQL of our own in a folder that is removed afterwards, on a port that is free.

    `with` makes and starts it; `copy_of` makes it a replica of another one, which follows it.
    """

    def __init__(self, *options: str, binaries: Path | None = None, copy_of: "Cluster | None" = None) -> None:
        self._binaries = binaries or _binaries()
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
        with suppress(subprocess.CalledProcessError):
            self.stop("immediate")
        self._folder.cleanup()

    def start(self) -> None:
        """Until it answers."""
        folder = Path(self._folder.name)
        settings = f"-p {self.port} -k {folder} -c listen_addresses=127.0.0.1 {' '.join(self._options)}"
        self._run("pg_ctl", "-w", "-l", folder / "log", "-o", settings, "start", within=folder)

    def stop(self, mode: str = "fast") -> None:
        """Breaks off what is under way, in an orderly manner or, with "immediate", like a crash."""
        self._run("pg_ctl", "-m", mode, "stop", within=Path(self._folder.name))

    def _run(self, program: str, *arguments: str | Path, within: Path) -> None:
        assert self._binaries is not None
        command = [*_as_postgres(within), self._binaries / program, "-D", within / "data", *arguments]
        subprocess.run(
            [str(part) for part in command], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )


def _as_postgres(folder: Path) -> tuple[str, ...]:
    """PostgreSQL refuses to run as root: then the user that its package made runs it."""
    if os.getuid() != 0:
        return ()
    owner = pwd.getpwnam("postgres")
    os.chown(folder, owner.pw_uid, owner.pw_gid)
    return ("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def database_url(server: str, name: str) -> str:
    """The URL of another database on the same server."""
    return urlunsplit(urlsplit(server)._replace(path=f"/{name}"))


async def execute(url: str, *statements: str) -> None:
    async with connected(url) as connection:
        for statement in statements:
            await connection.execute(statement)


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection past the server."""
    connection = await asyncpg.connect(url)
    try:
        yield connection
    finally:
        await connection.close()
