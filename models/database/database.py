"""The database of the process: read in snapshots, changed in transactions that are retried after a conflict."""

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any, TypeVar, cast

from tortoise import Tortoise
from tortoise.connection import get_connection

from models.database.failures import Failure, classify_error
from models.database.notifications import ChangeNotifier
from models.database.postgres import client as postgres
from models.database.replica import Replica, ReplicaSkipped
from models.database.sessions import MinRevisions, Records, Session, Transaction
from models.database.sqlite import client as sqlite
from models.database.sqlite.readers import SqliteReaders
from models.database.url import DatabaseURL
from models.errors import N_, TimedOut, Unavailable
from models.queries.statement import Dialect

T = TypeVar("T")

MAX_ATTEMPTS = 8
"""How often a transaction is run that fails with a conflict each time."""

CHANGE_TIMEOUT_S = 10.0
"""How long a transaction may wait for locks and connections, all attempts together."""

_FIRST_BACKOFF_S = 0.005
"""The longest pause before the next attempt after a lock timeout; each conflict doubles it."""


class Database:
    """An open database; `open_database` returns one."""

    def __init__(self, url: DatabaseURL, replica: DatabaseURL | None = None) -> None:
        self.url = url
        self.dialect: Dialect = url.dialect
        self.notifier = ChangeNotifier(url)
        client = get_connection(url.dialect)
        self._client = cast("sqlite.SqliteClient | postgres.PostgresClient", client)
        self._readers = SqliteReaders(url.path) if url.path else cast("postgres.PostgresClient", client)
        self._replica = Replica(cast("postgres.PostgresClient", get_connection("replica"))) if replica else None

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
    ) -> T:
        """Return what `body` reads, from the replica if there is one; if that fails, it runs again on the primary.

        `body` may await nothing but its statements. With `primary` no replica is read. Raises as `reading` does.
        """
        with translate_driver_errors():
            if self._replica is not None and not primary:
                with contextlib.suppress(ReplicaSkipped):
                    return await self._replica.query(body, min_revisions or {})
            return await self._readers.read(body, snapshot=snapshot)

    async def fetch(self, sql: str, values: list[Any], *, min_revisions: MinRevisions | None = None) -> Records:
        """The rows of one statement, read as `query` does."""
        if self._replica is not None:
            return await self.query(
                lambda session: session.fetch(sql, values), snapshot=False, min_revisions=min_revisions
            )
        try:
            return await self._readers.fetch(sql, values)
        except Exception as error:
            translated = _translate(error)
            if translated is error:
                raise
            raise translated from error

    async def change(self, body: Callable[[Transaction], Awaitable[T]]) -> T:
        """Run `body` in a transaction and return its result; run it again after a conflict or a lock timeout.

        `body` may await nothing but its statements. A cancellation interrupts it and rolls it back; once the commit
        has begun, the cancellation is dropped and the result returned. Raises Unavailable if the database cannot be
        reached or no attempt succeeds in time. Nothing is committed then, except perhaps if the connection broke
        during the commit itself.
        """
        deadline = time.monotonic() + CHANGE_TIMEOUT_S
        conflicts = 0
        while True:
            try:
                return await self._client.change(body, deadline - time.monotonic())
            except Exception as error:
                failure = classify_error(error)
                conflicts += failure is Failure.CONFLICT
                retry = failure in {Failure.CONFLICT, Failure.LOCK_TIMEOUT} and conflicts < MAX_ATTEMPTS
                if not retry or time.monotonic() > deadline:
                    raise _translate(error) from error
            await asyncio.sleep(random.uniform(0, _FIRST_BACKOFF_S * 2**conflicts))  # noqa: S311 - not for security

    @property
    def busy(self) -> int:
        """The number of connections in use: for queries, and on PostgreSQL also for changes."""
        return self._readers.busy

    async def close(self) -> None:
        if isinstance(self._readers, SqliteReaders):
            await self._readers.close()
        await asyncio.gather(self.notifier.close(), Tortoise.close_connections())


def _translate(error: Exception) -> Exception:
    """The error that a client may read, if it is a driver's; otherwise the error itself."""
    failure = classify_error(error)
    if failure is Failure.UNAVAILABLE:
        return Unavailable(N_("The database cannot be reached. Try again in a moment."))
    if failure in {Failure.CONFLICT, Failure.LOCK_TIMEOUT}:
        return Unavailable(N_("The database is busy. Try again in a moment."))
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
