"""The database of the process: opened once, read in snapshots, changed in transactions that are tried again."""

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

ATTEMPTS = 8
"""How often a transaction is tried that lost against another one."""

PATIENCE_S = 10.0
"""How long a transaction waits for others, whatever it waits for and however often it is tried."""

_FIRST_PAUSE_S = 0.005


class Database:
    """One open database; `open_database` makes it."""

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
        """A session that reads the primary: with `snapshot`, everything in it is read as of one moment.

        Raises Unavailable where the database is away, TimedOut where it stopped a statement.
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
    ) -> T:
        """What `body` reads, from a replica where there is one; it may have to begin again, on the primary.

        It may wait for nothing but its statements. Raises as `reading` does.
        """
        with translate_driver_errors():
            if self._replica is not None:
                with contextlib.suppress(ReplicaSkipped):
                    return await self._replica.query(body, min_revisions or {})
            return await self._readers.read(body, snapshot=snapshot)

    async def fetch(self, sql: str, values: list[Any], *, min_revisions: MinRevisions | None = None) -> Records:
        """The rows of one statement, as `query` reads them."""
        if self._replica is not None:
            return await self.query(
                lambda session: session.fetch(sql, values), snapshot=False, min_revisions=min_revisions
            )
        try:
            return await self._readers.fetch(sql, values)
        except Exception as error:
            plain = _plainly(error)
            if plain is error:
                raise
            raise plain from error

    async def change(self, body: Callable[[Transaction], Awaitable[T]]) -> T:
        """Runs `body` in a transaction, again from its start where another one was first or kept it waiting.

        The body may wait for nothing but its statements. A caller who is cancelled stops it and nothing is kept; once
        it is being committed, they get its result all the same. Raises Unavailable where the database is away or no
        attempt succeeded in time: then nothing was kept either, unless the database went away in the middle of the
        commit.
        """
        give_up_at = time.monotonic() + PATIENCE_S
        lost = 0
        while True:
            try:
                return await self._client.change(body, give_up_at - time.monotonic())
            except Exception as error:
                failure = classify_error(error)
                lost += failure is Failure.CONFLICT
                again = failure in {Failure.CONFLICT, Failure.LOCK_TIMEOUT} and lost < ATTEMPTS
                if not again or time.monotonic() > give_up_at:
                    raise _plainly(error) from error
            await asyncio.sleep(random.uniform(0, _FIRST_PAUSE_S * 2**lost))  # noqa: S311 - no secret

    @property
    def busy(self) -> int:
        """How many of its connections for queries, and on PostgreSQL for changes, are at work."""
        return self._readers.busy

    async def close(self) -> None:
        if isinstance(self._readers, SqliteReaders):
            await self._readers.close()
        await asyncio.gather(self.notifier.close(), Tortoise.close_connections())


def _plainly(error: Exception) -> Exception:
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
    try:
        yield
    except Exception as error:
        plain = _plainly(error)
        if plain is error:
            raise
        raise plain from error
