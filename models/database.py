"""The database of the process: opened once, read in snapshots, changed in transactions that are tried again."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any, TypeVar

from tortoise import Tortoise
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.connection import get_connection
from tortoise.transactions import in_transaction

from models.address import Address
from models.engines import asyncpg as postgres
from models.engines import sqlite
from models.errors import N_, TimedOut, Unavailable
from models.failures import Failure, failure_of
from models.feed import Feed
from models.sql import Dialect, Statement

T = TypeVar("T")

ATTEMPTS = 8
"""How often a transaction is tried that lost against another one."""

_FIRST_PAUSE_S = 0.01


class Session:
    """Runs statements, in a snapshot for reading or in the transaction of one change."""

    dialect: Dialect

    def statement(self) -> Statement:
        return Statement(self.dialect)

    async def fetch(self, sql: str, values: list[Any]) -> list[dict[str, Any]]:
        """The rows of one statement, as dicts by column."""
        raise NotImplementedError


class SqliteReading(Session):
    dialect: Dialect = "sqlite"

    def __init__(self, connection: Any) -> None:
        self.connection = connection

    async def fetch(self, sql: str, values: list[Any]) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = await sqlite.read(self.connection, sql, values)
        return rows


class PostgresReading(Session):
    dialect: Dialect = "postgres"

    def __init__(self, connection: Any) -> None:
        self.connection = connection

    async def fetch(self, sql: str, values: list[Any]) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = await postgres.read(self.connection, sql, values)
        return rows


class Transaction(Session):
    """A transaction on the primary database; `client` is Tortoise's, for its `using_db`."""

    def __init__(self, dialect: Dialect, client: BaseDBAsyncClient) -> None:
        self.dialect = dialect
        self.client = client
        self.kept = True

    async def fetch(self, sql: str, values: list[Any]) -> list[dict[str, Any]]:
        return await self.client.execute_query_dict(sql, values)

    def abandon(self) -> None:
        """Nothing of it is kept: it is rolled back when its body has ended."""
        self.kept = False


class Database:
    """One open database; `open_database` makes it."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self.dialect: Dialect = address.dialect
        self.feed = Feed(address)
        self._readers = sqlite.SqliteReaders(address.path) if address.path else None

    @contextlib.asynccontextmanager
    async def reading(self, *, snapshot: bool = True) -> AsyncIterator[Session]:
        """A session for queries: with `snapshot`, everything in it is read as of one moment.

        Raises Unavailable where the database is away, TimedOut where it stopped a statement.
        """
        with _told_plainly():
            if self._readers is not None:
                async with self._readers.reading(snapshot=snapshot) as connection:
                    yield SqliteReading(connection)
                return
            client = get_connection(self.dialect)
            assert isinstance(client, postgres.PostgresClient)
            async with client.reading(snapshot=snapshot) as connection:
                yield PostgresReading(connection)

    async def change(self, body: Callable[[Transaction], Awaitable[T]]) -> T:
        """Runs `body` in a transaction, again from its start where another one was first.

        A caller who is cancelled stops it and nothing is kept, unless it was being committed. Raises Unavailable
        where the database is away or every attempt lost.
        """
        attempts = _Attempts(self, body)
        running = asyncio.ensure_future(attempts.run())
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            attempts.stop()
            with contextlib.suppress(Exception, asyncio.CancelledError):
                await asyncio.shield(running)
            raise

    @property
    def busy(self) -> int:
        """How many of its connections for queries and changes are at work."""
        if self._readers is not None:
            return self._readers.busy
        client = get_connection(self.dialect)
        assert isinstance(client, postgres.PostgresClient)
        return client.busy

    async def close(self) -> None:
        await self.feed.close()
        if self._readers is not None:
            await self._readers.close()
        await Tortoise.close_connections()


class _Attempts:
    """The attempts at one transaction.

    They run in a task of their own: a cancellation inside Tortoise's `__aenter__` would leak the connection, so it
    reaches the body alone.
    """

    def __init__(self, database: Database, body: Callable[[Transaction], Awaitable[Any]]) -> None:
        self._database = database
        self._body = body
        self._working: asyncio.Future[Any] | None = None
        self._stopped = False

    def stop(self) -> None:
        self._stopped = True
        if self._working is not None:
            self._working.cancel()

    async def run(self) -> Any:
        for attempt in range(ATTEMPTS):
            try:
                return await self._once()
            except Exception as error:
                if failure_of(error) is not Failure.LOST:
                    raise _plainly(error) from error
            await asyncio.sleep(random.uniform(0, _FIRST_PAUSE_S * 2**attempt))  # noqa: S311 - no secret
        raise Unavailable(N_("The database is busy. Try again in a moment."))

    async def _once(self) -> Any:
        async with in_transaction(self._database.dialect) as client:
            transaction = Transaction(self._database.dialect, client)
            if self._stopped:
                raise asyncio.CancelledError
            self._working = asyncio.ensure_future(self._body(transaction))
            try:
                result = await self._working
            finally:
                self._working = None
            if not transaction.kept:
                await client.rollback()
            return result


def _plainly(error: Exception) -> Exception:
    failure = failure_of(error)
    if failure is Failure.AWAY or failure is Failure.LOST:
        return Unavailable(N_("The database cannot be reached. Try again in a moment."))
    if failure is Failure.STOPPED:
        return TimedOut(N_("The request took too long and was stopped."))
    return error


@contextlib.contextmanager
def _told_plainly() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        plain = _plainly(error)
        if plain is error:
            raise
        raise plain from error
