"""The database of the process: read in snapshots, changed in transactions that are retried after a conflict."""

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Iterator
from contextlib import AbstractAsyncContextManager
from typing import Any, TypeVar

from tortoise import Tortoise

from models.database.failures import Failure, classify_error
from models.database.measures import RETRIES
from models.database.notifications import ChangeNotifier
from models.database.postgres.pool import PostgresPool
from models.database.replica import Replica, ReplicaSkipped
from models.database.sessions import MinRevisions, Records, Session, Transaction
from models.database.shared_reads import SharedReads
from models.database.sqlite.readers import SqliteReaders
from models.database.sqlite.writer import SqliteWriter
from models.database.url import DatabaseURL
from models.errors import N_, Busy, TimedOut, Unavailable
from models.queries.statement import Dialect

T = TypeVar("T")

MAX_ATTEMPTS = 8
"""How often a transaction is run that fails with a conflict each time."""

CHANGE_TIMEOUT_S = 7.5
"""How long a transaction may wait for locks and connections, all attempts together.

A client is promised an answer within ten seconds; the rest is for what comes before and after, in a flood of requests.
"""

_FIRST_BACKOFF_S = 0.005
"""The longest pause before the next attempt after a lock timeout; each conflict doubles it."""


class Database:
    """An open database; `open_database` returns one."""

    def __init__(self, url: DatabaseURL, replica: DatabaseURL | None = None) -> None:
        self.url = url
        self.dialect: Dialect = url.dialect
        self.notifier = ChangeNotifier(url)
        self.shared_reads: SharedReads[Any] = SharedReads()
        self._writer: SqliteWriter | PostgresPool
        self._readers: SqliteReaders | PostgresPool
        self._probe: SqliteReaders | PostgresPool
        """The connection of `check`, which no query and no change can hold."""
        if url.dialect == "sqlite":
            self._readers = SqliteReaders(url.path)
            self._writer = SqliteWriter(url.path, self._readers)
            self._probe = SqliteReaders(url.path, size=1)
        else:
            self._writer = self._readers = PostgresPool(url, watched=True)
            self._probe = PostgresPool(url.with_pool_size(1))
        self._replica = Replica(PostgresPool(replica, writable=False)) if replica is not None else None

    @contextlib.asynccontextmanager
    async def reading(self, *, snapshot: bool = True) -> AsyncIterator[Session]:
        """A session that reads the primary; with `snapshot`, all its statements see the same state.

        Raises Unavailable if the database cannot be reached, TimedOut if it cancelled a statement.
        """
        with translate_driver_errors():
            async with self._readers.reading(snapshot=snapshot) as session:
                yield session

    async def query(
        self,
        body: Callable[[Session], Awaitable[T]],
        *,
        snapshot: bool = True,
        min_revisions: MinRevisions | None = None,
        primary: bool = False,
        caller: Hashable = None,
    ) -> T:
        """Return what `body` reads, from the replica if there is one; if that fails, it runs again on the primary.

        `body` may await nothing but its statements. With `primary` no replica is read. The connection counts towards
        the share of `caller`, see `connection_shares`. Raises as `reading` does, and Unavailable if the caller gets
        no connection in time.
        """
        with translate_driver_errors():
            if self._replica is not None and not primary:
                with contextlib.suppress(ReplicaSkipped):
                    return await self._replica.query(body, min_revisions or {}, caller)
            return await self._readers.read(body, snapshot=snapshot, caller=caller)

    async def fetch(
        self, sql: str, values: list[Any], *, min_revisions: MinRevisions | None = None, caller: Hashable = None
    ) -> Records:
        """The rows of one statement, read as `query` does."""
        if self._replica is not None:
            return await self.query(
                lambda session: session.fetch(sql, values),
                snapshot=False,
                min_revisions=min_revisions,
                caller=caller,
            )
        try:
            return await self._readers.fetch(sql, values, caller)
        except Exception as error:
            translated = _translate(error)
            if translated is error:
                raise
            raise translated from error

    async def check(self) -> None:
        """Read the names of the migrations, on a connection of its own. Raises as `reading` does."""
        with translate_driver_errors():
            async with self._probe.reading(snapshot=False) as session:
                await session.fetch("SELECT count(*) FROM tortoise_migrations", [])

    async def change(self, body: Callable[[Transaction], Awaitable[T]], caller: Hashable = None) -> T:
        """Run `body` in a transaction and return its result; run it again after a conflict or a lock timeout.

        On PostgreSQL the callers whose changes wait for a connection take turns.
        `body` may await nothing but its statements. A cancellation interrupts it and rolls it back; once the commit
        has begun, the cancellation is dropped and the result returned. Raises Unavailable if the database cannot be
        reached, and Busy if no attempt succeeds in time or too many changes wait. Nothing is committed then, except
        perhaps if the connection broke during the commit itself.
        """
        deadline = time.monotonic() + CHANGE_TIMEOUT_S
        conflicts = 0
        while True:
            try:
                return await self._writer.change(body, deadline - time.monotonic(), caller)
            except Exception as error:
                failure = classify_error(error)
                conflicts += failure is Failure.CONFLICT
                retry = failure in {Failure.CONFLICT, Failure.LOCK_TIMEOUT} and conflicts < MAX_ATTEMPTS
                if retry:
                    RETRIES.add(failure.name.lower())
                if not retry or time.monotonic() > deadline:
                    raise _translate(error) from error
            await asyncio.sleep(random.uniform(0, _FIRST_BACKOFF_S * 2**conflicts))  # noqa: S311 - not for security

    def acquire(self) -> AbstractAsyncContextManager[Any]:
        """A connection of the driver, outside a transaction. On SQLite it is the writer's: no change runs meanwhile."""
        return self._writer.acquire()

    @property
    def busy(self) -> int:
        """The number of connections in use: for queries, and on PostgreSQL also for changes."""
        return self._readers.busy

    @property
    def waiting(self) -> int:
        """The number of changes that have not begun."""
        return self._writer.waiting

    @property
    def log_bytes(self) -> int:
        """The size of SQLite's write-ahead log; 0 for PostgreSQL, which looks after its own."""
        return self._writer.log_bytes if isinstance(self._writer, SqliteWriter) else 0

    async def replica_lag_s(self) -> float:
        """How old the replica's state is, in seconds: 0 without one, NaN if it does not answer."""
        return 0.0 if self._replica is None else await self._replica.lag_s()

    async def close(self) -> None:
        """Close every connection when it is free, also if another fails to close: then its error is raised.

        A database that is closed may be used, and closed, again.
        """
        closing = [self._writer.close(), self._probe.close(), self.notifier.close(), Tortoise.close_connections()]
        if self._replica is not None:
            closing.append(self._replica.close())
        ended = await asyncio.gather(*closing, return_exceptions=True)
        # Not before: the checkpoint that SQLite's writer waits for at its close may be waiting for the readers.
        ended += await asyncio.gather(self._readers.close(), return_exceptions=True)
        for error in filter(None, ended):
            raise error


def _translate(error: Exception) -> Exception:
    """The error that a client may read, if it is a driver's; otherwise the error itself."""
    failure = classify_error(error)
    if failure is Failure.UNAVAILABLE:
        return Unavailable(N_("The database cannot be reached. Try again in a moment."))
    if failure in {Failure.CONFLICT, Failure.LOCK_TIMEOUT}:
        return Busy(N_("The database is busy. Try again in a moment."))
    if failure is Failure.CANCELLED:
        return TimedOut(N_("The request took too long and was stopped."))
    return error


@contextlib.contextmanager
def translate_driver_errors() -> Iterator[None]:
    """Raise Unavailable or TimedOut instead of a driver's error in the block; any other error is raised unchanged."""
    try:
        yield
    except Exception as error:
        translated = _translate(error)
        if translated is error:
            raise
        raise translated from error
