"""The connections to a PostgreSQL database: queries, snapshots and transactions on a pool of asyncpg's."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import Any, TypeVar
from weakref import WeakSet

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from models.database.cancellation import finish_then_cancel, uncancellable
from models.database.connection_shares import CHANGES, ConnectionShares
from models.database.failures import LockTimeout
from models.database.postgres.hosts import Hosts
from models.database.postgres.primary_watch import PrimaryWatch
from models.database.sessions import Records, Session, Transaction
from models.database.timing import timed
from models.database.url import DatabaseURL, Host
from models.database.write_limit import WriteLimit

T = TypeVar("T")

ACQUIRE_TIMEOUT_S = 10.0
"""How long the pool may take to open a connection."""

_BEGIN = "BEGIN; SET LOCAL lock_timeout = '300ms'; SET LOCAL plan_cache_mode = auto"
"""Begins a mutation. One that waits for a site's lock holds a connection, so it gives up soon and tries again.

With `auto` its statements are planned once for each connection: they find rows by key, so one plan fits every value.
Only searches need the session's default, `force_custom_plan`.
"""

_RELEASE_TIMEOUT_S = 2.0
"""How long a released connection may take to cancel its statement and roll back; then it is closed."""

_CLOSE_TIMEOUT_S = 1.0
"""How long the connections may take to be released and closed; then they are dropped."""


class PooledConnection(asyncpg.Connection):
    """A connection that rolls back when it returns to the pool.

    asyncpg's own `reset` also resets settings, locks and cursors, in one more round trip for each query. We never set
    any beyond the end of a transaction.

    asyncpg prepares a statement without ending what the server takes for a transaction. If the task is cancelled then,
    or the values do not fit, that transaction stays open, with its snapshot, and asyncpg does not know of it: `BEGIN
    ISOLATION LEVEL` of the next task would fail. So after a statement that did not end, `reset` rolls back whatever
    asyncpg says.
    """

    host: Host | None = None
    """The one of several hosts that it leads to."""
    _fetching = False

    async def fetch(  # type: ignore[override]  # none of asyncpg's options is used
        self, query: str, *args: Any, **options: Any
    ) -> list[asyncpg.Record]:
        self._fetching = True
        try:
            records: list[asyncpg.Record] = await super().fetch(query, *args, **options)
        except asyncpg.PostgresError as error:
            # asyncpg's own, of values that do not fit the prepared statement, have no severity.
            self._fetching = error.severity is None
            raise
        self._fetching = False
        return records

    async def reset(self, *, timeout: float | None = None) -> None:  # noqa: ASYNC109 - asyncpg's signature
        if self.is_in_transaction() or self._fetching:
            self._fetching = False
            async with asyncio.timeout(timeout):
                await self.execute("ROLLBACK")


class PostgresPool:
    """A pool, opened at the first use, so that the process can start while the server is unavailable."""

    def __init__(self, url: DatabaseURL, *, writable: bool = True, watched: bool = False) -> None:
        """`writable` says whether only a host that takes writes will do, if the URL names several.

        With `watched`, connections to a host that hangs are given up when another one takes writes.
        """
        self._options = url.pool_options
        self._pool: asyncpg.Pool | None = None
        self._connections: WeakSet[PooledConnection] = WeakSet()
        """Those that were opened to one of several hosts."""
        self._watch: PrimaryWatch | None = None
        if len(url.hosts) > 1:
            self._hosts = Hosts(url, writable=writable)
            self._options["connect"] = self._connect
            if watched:
                self._watch = PrimaryWatch(url, self._hosts, self._leave_others)
        self._opening = asyncio.Lock()
        size = self._options["max_size"]
        # Mutations wait for each other's locks: they must leave connections for queries, and queries some for them.
        concurrent_changes = max(1, size // 2)
        self._changes = asyncio.Semaphore(concurrent_changes)
        self._waiting_changes = 0
        self._limit = WriteLimit(concurrent_changes)
        self._shares = ConnectionShares(size, kept_for_changes=max(1, size // 4) if size > 1 else 0)

    @property
    def busy(self) -> int:
        """The number of connections in use."""
        return self._shares.busy

    @property
    def waiting(self) -> int:
        """The number of changes that have no connection yet."""
        return self._waiting_changes

    async def fetch(self, sql: str, values: list[Any], caller: Hashable = None) -> Records:
        """The rows of one statement. A cancellation cancels it on the server too."""
        async with self.share(caller), self._connection() as connection:
            return await fetch(connection, sql, values)

    async def read(self, body: Callable[[Session], Awaitable[T]], *, snapshot: bool, caller: Hashable = None) -> T:
        """Run `body` in a session as `reading` gives it."""
        async with self.share(caller), self.session(snapshot=snapshot) as session:
            return await body(session)

    @contextlib.asynccontextmanager
    async def reading(self, *, snapshot: bool) -> AsyncIterator[Session]:
        """A session; with `snapshot`, all its statements see the same state. A cancellation cancels a statement."""
        async with self.share(None), self.session(snapshot=snapshot) as session:
            yield session

    def share(self, caller: Hashable, timeout_s: float | None = None) -> AbstractAsyncContextManager[None]:
        """The right to a connection of the pool. Raises LockTimeout if the caller gets none in time."""
        return self._shares.hold(caller, timeout_s)

    @contextlib.asynccontextmanager
    async def session(self, *, snapshot: bool) -> AsyncIterator[Session]:
        """A session as `reading` gives it, for a task that has a share."""
        async with self._connection() as connection:
            if snapshot:
                await connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield Session("postgres", partial(fetch, connection))

    async def change(self, body: Callable[[Transaction], Awaitable[T]], timeout_s: float) -> T:
        """Run `body` in a transaction and return its result when the transaction is committed or rolled back.

        A cancellation cancels its statement and rolls it back, unless the COMMIT has been sent. Raises LockTimeout if
        no connection is free within `timeout_s`, and Busy at once if too many changes wait for that.
        """
        self._limit.check(self._waiting_changes, timeout_s)
        async with contextlib.AsyncExitStack() as stack:
            connection = await self._acquire_for_change(stack, timeout_s)
            stack.callback(self._add_time, time.monotonic())
            await connection.execute(_BEGIN)
            transaction = Transaction("postgres", partial(fetch, connection))
            result = await body(transaction)
            if not transaction.rollback_only:
                # With the release: a cancellation after the commit would report a rollback that did not happen.
                await uncancellable(_commit(connection, stack))
            return result

    async def _acquire_for_change(self, stack: contextlib.AsyncExitStack, timeout_s: float) -> PoolConnectionProxy:
        self._waiting_changes += 1
        try:
            async with asyncio.timeout(timeout_s) as waiting:
                await stack.enter_async_context(self._changes)
                return await stack.enter_async_context(self.acquire())
        except TimeoutError:
            if waiting.expired():
                raise LockTimeout from None
            raise
        finally:
            self._waiting_changes -= 1

    def _add_time(self, began: float) -> None:
        self._limit.add(time.monotonic() - began)

    @contextlib.asynccontextmanager
    async def acquire(self) -> AsyncIterator[PoolConnectionProxy]:
        """A connection of the pool; at the end its statement is cancelled and its transaction rolled back."""
        async with self.share(CHANGES), self._connection() as connection:
            yield connection

    @contextlib.asynccontextmanager
    async def _connection(self) -> AsyncIterator[PoolConnectionProxy]:
        """The connection that a task with a share gets without waiting, unless it must be opened."""
        pool = self._pool or await self._open()
        async with asyncio.timeout(ACQUIRE_TIMEOUT_S):
            connection = await pool.acquire()
        try:
            yield connection
        except asyncpg.ReadOnlySQLTransactionError:
            # The host has become a standby, or is kept from writing: every connection is opened again.
            await pool.expire_connections()
            raise
        finally:
            # The pool closes a connection whose release fails.
            with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await finish_then_cancel(pool.release(connection, timeout=_RELEASE_TIMEOUT_S))

    async def _open(self) -> asyncpg.Pool:
        async with self._opening:
            if self._pool is None:
                self._pool = await asyncpg.create_pool(connection_class=PooledConnection, **self._options)
                if self._watch is not None:
                    self._watch.start()
            return self._pool

    async def _connect(self, *dsn: Any, **options: Any) -> asyncpg.Connection:
        connection = await self._hosts.connect(*dsn, **options)
        if isinstance(connection, PooledConnection):
            connection.host = self._hosts.last
            self._connections.add(connection)
        return connection

    def _leave_others(self, primary: Host) -> None:
        """Close the connections to other hosts. What runs on them fails: it may wait for a host that hangs."""
        for connection in tuple(self._connections):
            if connection.host != primary:
                connection.terminate()

    async def close(self) -> None:
        if self._watch is not None:
            await self._watch.stop()
        pool, self._pool = self._pool, None
        if pool is not None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_CLOSE_TIMEOUT_S):
                    await pool.close()


async def _commit(connection: PoolConnectionProxy, stack: contextlib.AsyncExitStack) -> None:
    async with asyncio.timeout(ACQUIRE_TIMEOUT_S):
        ended = await connection.execute("COMMIT")
    if ended != "COMMIT":
        # PostgreSQL answers ROLLBACK, without an error, if a statement had failed and the body went on.
        raise asyncpg.InFailedSQLTransactionError("the transaction had failed and was rolled back")
    await stack.aclose()


@timed
async def fetch(connection: PoolConnectionProxy, sql: str, values: list[Any]) -> Records:
    """The rows of one statement."""
    return [dict(row) for row in await connection.fetch(sql, *values)]
