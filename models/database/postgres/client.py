"""PostgreSQL: Tortoise's asyncpg client, with transactions and snapshots that leave its pool as they found it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Any, TypeVar

import asyncpg
from asyncpg.pool import PoolConnectionProxy
from tortoise.backends.asyncpg.client import AsyncpgDBClient

from models.database.cancellation import finish_then_cancel, uncancellable
from models.database.failures import LockTimeout
from models.database.sessions import Records, Session, Transaction
from models.database.timing import timed

T = TypeVar("T")

Connection = PoolConnectionProxy
"""A connection while it is out of its pool."""

PATIENCE_S = 10.0
"""How long a query waits for a connection of the pool."""

_BEGIN = "BEGIN; SET LOCAL lock_timeout = '300ms'; SET LOCAL plan_cache_mode = auto"
"""Whoever waits for the lock of a site keeps others from their connection: they give it up, and try again.

A change finds its rows by keys, so that one plan does for all; that of a search depends on the term.
"""

_SETTLING_S = 2.0
"""How long a connection that comes back may take to stop its statement and roll back; then it is closed."""

_CLOSING_S = 1.0
"""How long the connections may take to come back and say goodbye; then they are cut off."""


class PooledConnection(asyncpg.Connection):
    """A connection that comes back to its pool in a transaction is rolled back.

    asyncpg's own also resets what we never set, with one more message for each query.
    """

    async def reset(self, *, timeout: float | None = None) -> None:  # noqa: ASYNC109 - so the pool calls it
        if self.is_in_transaction():
            async with asyncio.timeout(timeout):
                await self.execute("ROLLBACK")


class PostgresClient(AsyncpgDBClient):
    connection_class = PooledConnection  # type: ignore[assignment]  # the class is generic in its records

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        # Changes wait for each other's locks: they may not take every connection from the queries.
        self._changes = asyncio.Semaphore(max(1, self.pool_maxsize // 2))

    async def _close(self) -> None:
        pool, self._pool = self._pool, None
        if pool is not None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_CLOSING_S):
                    await pool.close()

    @property
    def busy(self) -> int:
        """How many connections are out of the pool."""
        return self._pool.get_size() - self._pool.get_idle_size() if self._pool is not None else 0

    async def fetch(self, sql: str, values: list[Any]) -> Records:
        """The rows of one statement. Cancelled, it is stopped."""
        async with self._acquired() as connection:
            return await read(connection, sql, values)

    async def read(self, body: Callable[[Session], Awaitable[T]], *, snapshot: bool) -> T:
        """What `body` gives, as `reading` does it."""
        async with self.reading(snapshot=snapshot) as session:
            return await body(session)

    @contextlib.asynccontextmanager
    async def reading(self, *, snapshot: bool) -> AsyncIterator[Session]:
        """A session; with `snapshot`, all that it reads is of one moment. Cancelled, its statement is stopped."""
        async with self._acquired() as connection:
            if snapshot:
                await connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield Session("postgres", partial(read, connection))

    async def change(self, body: Callable[[Transaction], Awaitable[T]], within_s: float) -> T:
        """What `body` gives, in a transaction that is committed in the end unless it is set to roll back.

        Cancelled, its statement under way is stopped and nothing is kept, unless it was being committed. Raises
        LockTimeout if there is no connection for it within so many seconds.
        """
        async with contextlib.AsyncExitStack() as stack:
            try:
                async with asyncio.timeout(within_s) as patience:
                    await stack.enter_async_context(self._changes)
                    connection = await stack.enter_async_context(self._acquired())
            except TimeoutError:
                if patience.expired():
                    raise LockTimeout from None
                raise
            await connection.execute(_BEGIN)
            transaction = Transaction("postgres", partial(read, connection))
            given = await body(transaction)
            if not transaction.rollback_only:
                # With all that follows: whoever was cancelled after their commit would be told that nothing was kept.
                await uncancellable(_commit(connection, stack))
            return given

    @contextlib.asynccontextmanager
    async def _acquired(self) -> AsyncIterator[Connection]:
        """A connection of the pool, which takes it back with its statement stopped and its transaction rolled back."""
        if self._pool is None:
            async with self._pool_init_lock:
                if self._pool is None:
                    await self.create_connection(with_db=True)
        pool = self._pool
        assert pool is not None
        async with asyncio.timeout(PATIENCE_S):
            connection = await pool.acquire()
        try:
            yield connection
        finally:
            # What cannot be settled in time is closed by the pool.
            with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await finish_then_cancel(pool.release(connection, timeout=_SETTLING_S))


client_class = PostgresClient


async def _commit(connection: Connection, then: contextlib.AsyncExitStack) -> None:
    async with asyncio.timeout(PATIENCE_S):
        ended = await connection.execute("COMMIT")
    if ended != "COMMIT":
        # So PostgreSQL answers where the transaction had failed, without an error.
        raise asyncpg.InFailedSQLTransactionError("the transaction had failed and was rolled back")
    await then.aclose()


@timed
async def read(connection: Connection, sql: str, values: list[Any]) -> Records:
    """The rows of one statement as dicts by column."""
    return [dict(row) for row in await connection.fetch(sql, *values)]
