"""SQLite's readers: connections for queries, which wait for no change.

A statement that gives a whole answer is first tried on the thread of the loop itself, for two milliseconds.
"""

import asyncio
import contextlib
import sqlite3
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, TypeVar
from urllib.parse import quote

import aiosqlite

from models.database.cancellation import finish_then_cancel
from models.database.sessions import Records, Session
from models.database.sqlite.threads import (
    check_same_file,
    fetch,
    file_identity,
    run_interruptibly,
    run_to_completion,
    runner,
    timed_fetch,
)
from models.database.timing import report

T = TypeVar("T")

READERS = 4
"""Connections for queries, a thread each."""

QUICK_S = 0.002
"""For so long a statement may keep the loop from everything else."""

_CLOCK_EVERY = 1_000
"""Instructions of SQLite's machine between two looks at the clock, some 50 microseconds."""

_MOST_SLOW = 1_000
"""Statements remembered for being slow."""


class SqliteReaders:
    """A few connections that can only read, opened when they are first wanted.

    On Tortoise's one connection a query would wait behind every transaction of the process.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._file = file_identity(path)
        self._quick = InlineReader(path, self._file)
        self._free: asyncio.LifoQueue[aiosqlite.Connection | None] = asyncio.LifoQueue()
        for _ in range(READERS):
            self._free.put_nowait(None)

    @property
    def busy(self) -> int:
        """How many are reading."""
        return READERS - self._free.qsize()

    async def fetch(self, sql: str, values: list[Any]) -> Records:
        """The rows of one statement. Cancelled, it is stopped."""
        records = self._quick.fetch(sql, values)
        if records is not None:
            return records
        return await self._run(lambda connection: self._quick.run_and_reclassify(connection, sql, values))

    async def read(self, body: Callable[[Session], Awaitable[T]], *, snapshot: bool) -> T:
        """What `body` gives, which may wait for nothing but its statements; as `reading` does it."""

        def run(connection: sqlite3.Connection) -> T:
            if not snapshot:
                return run_to_completion(body(Session("sqlite", runner(connection))))
            connection.execute("BEGIN")
            try:
                return run_to_completion(body(Session("sqlite", runner(connection))))
            finally:
                while connection.in_transaction:
                    # An interruption may be meant for the statement before, and come too late for it.
                    with contextlib.suppress(sqlite3.OperationalError):
                        connection.execute("ROLLBACK")

        return await self._run(run)

    @contextlib.asynccontextmanager
    async def reading(self, *, snapshot: bool) -> AsyncIterator[Session]:
        """A session; with `snapshot`, all that it reads is of one moment. Cancelled, its statement is stopped."""
        async with self._taken() as connection:

            async def run(sql: str, values: list[Any]) -> Records:
                return await run_interruptibly(connection, lambda thread: timed_fetch(thread, sql, values))

            try:
                if snapshot:
                    await run_interruptibly(connection, lambda thread: thread.execute("BEGIN"))
                yield Session("sqlite", run)
            finally:
                if snapshot:
                    await finish_then_cancel(connection.rollback())

    async def _run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        async with self._taken() as connection:
            return await run_interruptibly(connection, work)

    @contextlib.asynccontextmanager
    async def _taken(self) -> AsyncIterator[aiosqlite.Connection]:
        connection = await self._free.get()
        try:
            check_same_file(self._path, self._file)
            connection = connection or await open_reader(self._path)
            yield connection
        finally:
            self._free.put_nowait(connection)

    async def close(self) -> None:
        """Closes each as soon as nobody reads through it."""
        self._quick.close()
        connections = [await self._free.get() for _ in range(READERS)]
        for connection in connections:
            self._free.put_nowait(None)
            if connection is not None:
                await connection.close()


class InlineReader:
    """A connection that can only read, on the thread of the loop: for what is done before anybody notices.

    A statement that takes longer is broken off, and given to another thread until it has been quick there.
    """

    def __init__(self, path: str, file: tuple[int, int] | None) -> None:
        self._path = path
        self._file = file
        self._connection: sqlite3.Connection | None = None
        self._slow: OrderedDict[str, None] = OrderedDict()
        self._until = 0.0

    def fetch(self, sql: str, values: list[Any]) -> Records | None:
        """The rows; None where another thread has to read them, which also tells of what is wrong."""
        if sql in self._slow:
            return None
        records = None
        began = time.perf_counter()
        with contextlib.suppress(sqlite3.Error, OSError):
            connection = self._in_place()
            # To open it is no part of the statement.
            began = time.perf_counter()
            self._until = began + QUICK_S
            records = fetch(connection, sql, values)
            report(began)
        if records is None or time.perf_counter() - began > QUICK_S:
            self._slow[sql] = None
            if len(self._slow) > _MOST_SLOW:
                self._slow.popitem(last=False)
        return records

    def run_and_reclassify(self, connection: sqlite3.Connection, sql: str, values: list[Any]) -> Records:
        """The rows, read on the thread of another connection; and whether they could well have been had here."""
        began = time.perf_counter()
        records = timed_fetch(connection, sql, values)
        if time.perf_counter() - began < QUICK_S / 2:
            self._slow.pop(sql, None)
        return records

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _in_place(self) -> sqlite3.Connection:
        check_same_file(self._path, self._file)
        if self._connection is None:
            self._connection = sqlite3.connect(_read_only(self._path), uri=True, **_OPTIONS)
            self._connection.execute("PRAGMA query_only = ON")
            # It waits for nobody: those who do have threads.
            self._connection.execute("PRAGMA busy_timeout = 0")
            self._connection.set_progress_handler(lambda: time.perf_counter() > self._until, _CLOCK_EVERY)
        return self._connection


_OPTIONS: dict[str, Any] = {"isolation_level": None, "cached_statements": 512}


async def open_reader(path: str) -> aiosqlite.Connection:
    """A connection that can only read, to a file that is there."""
    connection = await aiosqlite.connect(_read_only(path), uri=True, **_OPTIONS)
    try:
        # Read to their ends: an interruption holds for as long as a statement is under way, on whatever cursor.
        await connection.execute_fetchall("PRAGMA query_only = ON")
        # A reader waits for nobody but the one who puts a crashed writer's work in order.
        await connection.execute_fetchall("PRAGMA busy_timeout = 2000")
    except BaseException:
        await connection.close()
        raise
    return connection


def _read_only(path: str) -> str:
    """The address of a file that is there: SQLite would make one that is not."""
    return f"file:{quote(path)}?mode=rw"
