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

from models.database.cancellation import uncancellable
from models.database.connection_shares import CHANGES, ConnectionShares
from models.database.failures import LockTimeout
from models.database.postgres.connections import ACQUIRE_TIMEOUT_S, Connections, ConnectionUse, PooledConnection
from models.database.postgres.hosts import Hosts
from models.database.postgres.primary_watch import PrimaryWatch
from models.database.sessions import Records, Session, Transaction
from models.database.timing import timed
from models.database.url import DatabaseURL, Host
from models.database.write_limit import MAX_WAITING, WriteLimit

T = TypeVar("T")

_BEGIN = "BEGIN; SET LOCAL lock_timeout = '300ms'; SET LOCAL plan_cache_mode = auto"
"""Begins a mutation. One that waits for a site's lock holds a connection, so it gives up soon and tries again.

With `auto` its statements are planned once for each connection: they find rows by key, so one plan fits every value.
Only searches need the session's default, `force_custom_plan`.
"""


class PostgresPool:
    """Reads and changes on a pool of connections that its callers share."""

    def __init__(self, url: DatabaseURL, *, writable: bool = True, watched: bool = False) -> None:
        """`writable` says whether only a host that takes writes will do, if the URL names several.

        With `watched`, connections to a host that hangs are given up when another one takes writes.
        """
        options = url.pool_options
        self._opened: WeakSet[PooledConnection] = WeakSet()
        """The connections to one of several hosts."""
        self._watch: PrimaryWatch | None = None
        if len(url.hosts) > 1:
            self._hosts = Hosts(url, writable=writable)
            options["connect"] = self._connect
            if watched:
                self._watch = PrimaryWatch(url, self._hosts, self._leave_others)
        self._connections = Connections(options, self._watch.start if self._watch is not None else lambda: None)
        size = options["max_size"]
        # Mutations wait for each other's locks: they must leave connections for queries, and queries some for them.
        concurrent_changes = max(1, size // 2)
        # One of them waits for a lock for 300 ms at most, so those of one caller do not keep another's waiting.
        self._changes = ConnectionShares(concurrent_changes, halved=False)
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

    async def change(self, body: Callable[[Transaction], Awaitable[T]], timeout_s: float, caller: Hashable = None) -> T:
        """Run `body` in a transaction and return its result when the transaction is committed or rolled back.

        Callers whose changes wait for a connection take turns.
        A cancellation cancels its statement and rolls it back, unless the COMMIT has been sent. Raises LockTimeout if
        no connection is free within `timeout_s`, and Busy at once if too many changes wait for that.
        """
        # Callers take turns; but all that wait hold requests in memory.
        waiting = self._waiting_changes
        self._limit.check(waiting if waiting >= MAX_WAITING else self._changes.before(caller), timeout_s)
        async with contextlib.AsyncExitStack() as stack:
            connection = await self._acquire_for_change(stack, timeout_s, caller)
            stack.callback(self._add_time, time.monotonic())
            await connection.execute(_BEGIN)
            transaction = Transaction("postgres", partial(fetch, connection))
            result = await body(transaction)
            if not transaction.rollback_only:
                # With the release: a cancellation after the commit would report a rollback that did not happen.
                await uncancellable(_commit(connection, stack))
            return result

    async def _acquire_for_change(
        self, stack: contextlib.AsyncExitStack, timeout_s: float, caller: Hashable
    ) -> PoolConnectionProxy:
        self._waiting_changes += 1
        try:
            async with asyncio.timeout(timeout_s) as waiting:
                await stack.enter_async_context(self._changes.hold(caller, timeout_s))
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

    def _connection(self) -> ConnectionUse:
        """The connection that a task with a share gets without waiting, unless it must be opened."""
        return ConnectionUse(self._connections)

    async def _connect(self, *dsn: Any, **options: Any) -> asyncpg.Connection:
        connection = await self._hosts.connect(*dsn, **options)
        if isinstance(connection, PooledConnection):
            connection.host = self._hosts.last
            self._opened.add(connection)
        return connection

    def _leave_others(self, primary: Host) -> None:
        """Close the connections to other hosts. What runs on them fails: it may wait for a host that hangs."""
        for connection in tuple(self._opened):
            if connection.host != primary:
                connection.terminate()

    async def close(self) -> None:
        if self._watch is not None:
            await self._watch.stop()
        await self._connections.close()


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
