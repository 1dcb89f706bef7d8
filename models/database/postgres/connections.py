"""The connections of a pool, kept ready for the next statement."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from models.database.cancellation import finish_then_cancel
from models.database.url import Host

ACQUIRE_TIMEOUT_S = 10.0
"""How long the pool may take to open a connection."""

_RELEASE_TIMEOUT_S = 2.0
"""How long a released connection may take to cancel its statement and roll back; then it is closed."""

CLOSE_TIMEOUT_S = 0.5
"""How long the connections may take to be released and closed; then they are dropped."""

_READY_S = 60.0
"""How often the connections that are ready are released."""


class PooledConnection(asyncpg.Connection):
    """A connection that rolls back when it returns to the pool.

    asyncpg's own `reset` also resets settings, locks and cursors, in one more round trip. We never set any beyond the
    end of a transaction.

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

    @property
    def reusable(self) -> bool:
        """Whether it is open, and all that was begun on it has ended: statements and transactions."""
        return not (self._fetching or self.is_in_transaction() or self.is_closed())

    async def reset(self, *, timeout: float | None = None) -> None:  # noqa: ASYNC109 - asyncpg's signature
        if self.is_in_transaction() or self._fetching:
            self._fetching = False
            async with asyncio.timeout(timeout):
                await self.execute("ROLLBACK")


class Connections:
    """A pool of asyncpg's, and those of its connections that are ready: the one that was used last comes first.

    To acquire and release a connection, asyncpg's pool runs two tasks and two timers, which took two thirds of the
    processor time of a short statement. But a connection on which everything has ended needs no cleaning up. It stays
    acquired and is used again, and only every minute it is released, so that asyncpg closes what is old or unused.

    The pool is opened at the first use, so that the process can start while the server is unavailable. Whoever uses a
    connection must hold a share of the pool: nothing waits here.
    """

    def __init__(self, options: dict[str, Any], opened: Callable[[], None]) -> None:
        """`options` are those of `asyncpg.create_pool`; `opened` is called when the pool has been opened."""
        self._options = options
        self._opened = opened
        self._opening = asyncio.Lock()
        self._pool: asyncpg.Pool | None = None
        self._ready: list[PoolConnectionProxy] = []
        self.generation = 0
        """Grows when those that are ready are released: one that is in use then must not be kept ready."""
        self._timer: asyncio.TimerHandle | None = None
        self._releasing: asyncio.Task[None] | None = None

    async def take(self) -> PoolConnectionProxy:
        """A connection that is ready, or else one of the pool."""
        while self._ready:
            connection = self._ready.pop()
            if _is_reusable(connection):
                return connection
            await self.release(connection)
        pool = self._pool or await self._open()
        async with asyncio.timeout(ACQUIRE_TIMEOUT_S):
            return await pool.acquire()

    def keep(self, connection: PoolConnectionProxy) -> None:
        """Have the connection ready for the next use."""
        self._ready.append(connection)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_READY_S, self._begin_to_release)

    async def release(self, connection: PoolConnectionProxy) -> None:
        """Cancel its statement, roll back its transaction and let the pool have it."""
        if self._pool is None:
            # It was closed, and its connections with it.
            return
        # The pool closes a connection whose release fails.
        with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            await finish_then_cancel(self._pool.release(connection, timeout=_RELEASE_TIMEOUT_S))

    async def expire(self) -> None:
        """Open every connection again, if it is not in use; otherwise when it is released."""
        if self._pool is not None:
            await self._pool.expire_connections()
            await self._release_ready()

    async def close(self) -> None:
        """Close every connection; those that are in use get a moment to end. It may be used, and closed, again."""
        if self._pool is None:
            return
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                await self._release_ready()
                await self._pool.close()
        except TimeoutError:
            self._pool.terminate()
        finally:
            self._pool = None

    async def _open(self) -> asyncpg.Pool:
        async with self._opening:
            if self._pool is None:
                self._pool = await asyncpg.create_pool(connection_class=PooledConnection, **self._options)
                self._opened()
            return self._pool

    def _begin_to_release(self) -> None:
        self._releasing = asyncio.ensure_future(self._release_ready())

    async def _release_ready(self) -> None:
        """Release every connection that is ready, in spite of a cancellation."""
        self.generation += 1
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        ready, self._ready = self._ready, []
        await finish_then_cancel(self._release_each(ready))

    async def _release_each(self, connections: Sequence[PoolConnectionProxy]) -> None:
        for connection in connections:
            await self.release(connection)


class ConnectionUse:
    """A context manager for the use of a connection: at the end its statement is cancelled and it is rolled back."""

    __slots__ = ("_connection", "_connections", "_generation")

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def __aenter__(self) -> PoolConnectionProxy:
        self._generation = self._connections.generation
        self._connection = await self._connections.take()
        return self._connection

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        connections, connection = self._connections, self._connection
        try:
            if isinstance(error, asyncpg.ReadOnlySQLTransactionError):
                # The host has become a standby, or is kept from writing.
                await connections.expire()
            elif error is None and not _is_reusable(connection):
                await _roll_back(connection)
        finally:
            if error is None and self._generation == connections.generation and _is_reusable(connection):
                connections.keep(connection)
            else:
                await connections.release(connection)


async def _roll_back(connection: PoolConnectionProxy) -> None:
    """End a transaction that was left open. A connection that fails is released, which closes it."""
    with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        await connection.reset(timeout=_RELEASE_TIMEOUT_S)


def _is_reusable(connection: PoolConnectionProxy) -> bool:
    # A connection that was lost is no longer in its proxy, which has the attributes of None then.
    return getattr(connection, "reusable", False)
