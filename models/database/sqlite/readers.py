"""The readers of a SQLite file: a few connections, each with a thread, that wait for no write."""

import contextlib
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable
from typing import Any, TypeVar

import aiosqlite

from models.database.cancellation import finish_then_cancel
from models.database.connection_shares import ConnectionShares
from models.database.sessions import Records, Session
from models.database.sqlite.connections import SameFile, open_reader
from models.database.sqlite.inline_reader import InlineReader
from models.database.sqlite.threads import run_interruptibly, run_to_completion, statement_runner, timed_fetch

T = TypeVar("T")

READERS = 4


class SqliteReaders:
    """A pool of read-only connections, each opened at its first use. In WAL mode they never wait for the writer."""

    def __init__(self, path: str, size: int = READERS) -> None:
        self._path = path
        self._file = SameFile(path)
        self._inline = InlineReader(path)
        self._free: list[aiosqlite.Connection | None] = [None] * size
        self._shares = ConnectionShares(size)
        self._stopped = False

    @property
    def busy(self) -> int:
        """The number of connections in use."""
        return self._shares.busy

    async def fetch(self, sql: str, values: list[Any], caller: Hashable = None) -> Records:
        """The rows of one statement, inline if it is short. A cancellation interrupts it."""
        records = None if self._stopped else self._inline.fetch(sql, values)
        if records is not None:
            return records

        def run(connection: sqlite3.Connection) -> tuple[Records, float]:
            # Of this thread alone: how long it waited for a processor says nothing of the statement.
            began = time.thread_time()
            return timed_fetch(connection, sql, values), time.thread_time() - began

        found, seconds = await self._run(run, caller)
        self._inline.reclassify(sql, seconds)
        return found

    async def read(self, body: Callable[[Session], Awaitable[T]], *, snapshot: bool, caller: Hashable = None) -> T:
        """Run `body`, which may await nothing but its statements, in a session as `reading` gives it."""

        def run(connection: sqlite3.Connection) -> T:
            session = Session("sqlite", statement_runner(connection))
            if not snapshot:
                return run_to_completion(body(session))
            connection.execute("BEGIN")
            try:
                return run_to_completion(body(session))
            finally:
                while connection.in_transaction:
                    # An interrupt that was meant for the body may hit the ROLLBACK.
                    with contextlib.suppress(sqlite3.OperationalError):
                        connection.execute("ROLLBACK")

        return await self._run(run, caller)

    @contextlib.asynccontextmanager
    async def reading(self, *, snapshot: bool) -> AsyncIterator[Session]:
        """A session; with `snapshot`, all its statements see the same state. A cancellation interrupts a statement."""
        async with self._acquire(None) as connection:

            async def run(sql: str, values: list[Any]) -> Records:
                return await run_interruptibly(connection, lambda inner: timed_fetch(inner, sql, values))

            try:
                if snapshot:
                    await run_interruptibly(connection, lambda inner: inner.execute("BEGIN"))
                yield Session("sqlite", run)
            finally:
                if snapshot:
                    await finish_then_cancel(connection.rollback())

    @contextlib.asynccontextmanager
    async def stopped(self, wait_s: float) -> AsyncIterator[None]:
        """Begin when no read runs, and let new ones wait. Raises LockTimeout if those that run do not end in time."""
        async with self._shares.hold_all(wait_s):
            self._stopped = True
            try:
                yield
            finally:
                self._stopped = False

    async def _run(self, work: Callable[[sqlite3.Connection], T], caller: Hashable) -> T:
        async with self._acquire(caller) as connection:
            return await run_interruptibly(connection, work)

    @contextlib.asynccontextmanager
    async def _acquire(self, caller: Hashable) -> AsyncIterator[aiosqlite.Connection]:
        async with self._shares.hold(caller):
            connection = self._free.pop()
            try:
                self._file.check()
                connection = connection or await open_reader(self._path)
                yield connection
            finally:
                self._free.append(connection)

    async def close(self) -> None:
        """Close each connection when it is free."""
        self._inline.close()
        async with self._shares.hold_all(None):
            connections, self._free = self._free, [None] * len(self._free)
            for connection in connections:
                if connection is not None:
                    await connection.close()
