"""SQLite: a transaction has the write lock from its first moment, and queries have connections of their own."""

import asyncio
import contextlib
import os
import sqlite3
import time
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import aiosqlite
from tortoise.backends.base.client import TransactionContext
from tortoise.backends.sqlite.client import SqliteClient as TortoiseClient
from tortoise.backends.sqlite.client import SqliteTransactionContext, SqliteTransactionWrapper
from tortoise.exceptions import OperationalError

from models.cursors import encode_cursor
from models.engines.ending import before_leaving, to_its_end
from models.engines.timing import timed
from models.failures import NoTurn
from models.json_text import CURSOR_FUNCTION

READERS = 4
"""Connections for queries, a thread each."""

PATIENCE_S = 10.0
"""How long a transaction waits for the write lock, which other processes may have."""

_BUSY_TIMEOUT_MS = 100
"""How long SQLite itself waits for a lock at a time; nobody can interrupt it meanwhile."""

_INTERRUPT_AGAIN_S = 0.005


class ImmediateTransaction(SqliteTransactionWrapper):
    """A transaction that waits for the write lock when it begins, so that it never fails half-way for want of it."""

    execute_insert = timed(SqliteTransactionWrapper.execute_insert)
    execute_query = timed(SqliteTransactionWrapper.execute_query)
    execute_query_dict = timed(SqliteTransactionWrapper.execute_query_dict)
    execute_many = timed(SqliteTransactionWrapper.execute_many)

    kept = True
    """Whether it is committed in the end."""

    async def begin(self, within_s: float = PATIENCE_S) -> None:
        give_up_at = time.monotonic() + within_s
        while True:
            try:
                await self._connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > give_up_at:
                    raise OperationalError(error) from error
            else:
                return


class SqliteClient(TortoiseClient):
    """Tortoise's client: one connection, whose lock its transactions hold."""

    _file: tuple[int, int] | None = None

    async def create_connection(self, with_db: bool) -> None:
        await super().create_connection(with_db)
        assert self._connection is not None
        await self._connection.create_function(CURSOR_FUNCTION, -1, _cursor, deterministic=True)
        cursor = await self._connection.execute(f"PRAGMA busy_timeout = {_BUSY_TIMEOUT_MS}")
        await cursor.close()
        self._file = _identity(self.filename)

    def _in_transaction(self) -> TransactionContext:
        return SqliteTransactionContext(ImmediateTransaction(self), self._lock)

    @contextlib.asynccontextmanager
    async def changing(self, within_s: float) -> AsyncIterator[ImmediateTransaction]:
        """A transaction, committed in the end if it is still `kept` and nothing was raised.

        Cancelled, its statement under way is stopped and nothing is kept, unless it was being committed. Raises NoTurn
        where those before it in this process take longer than so many seconds.
        """
        give_up_at = time.monotonic() + within_s
        async with contextlib.AsyncExitStack() as stack:
            try:
                async with asyncio.timeout(within_s):
                    await stack.enter_async_context(self._lock)
            except TimeoutError:
                raise NoTurn from None
            if self._connection is None:
                await self.create_connection(with_db=True)
            connection = self._connection
            assert connection is not None
            _check_in_place(self.filename, self._file)
            transaction = ImmediateTransaction(self)
            try:
                await transaction.begin(give_up_at - time.monotonic())
                yield transaction
                if transaction.kept:
                    await to_its_end(connection.commit())
            except BaseException:
                await before_leaving(_stop(connection))
                raise
            if not transaction.kept:
                await before_leaving(connection.rollback())


client_class = SqliteClient


class SqliteReaders:
    """A few connections that can only read, opened when they are first wanted.

    On Tortoise's one connection a query would wait behind every transaction of the process.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._file = _identity(path)
        self._free: asyncio.LifoQueue[aiosqlite.Connection | None] = asyncio.LifoQueue()
        for _ in range(READERS):
            self._free.put_nowait(None)

    @property
    def busy(self) -> int:
        """How many are reading."""
        return READERS - self._free.qsize()

    @contextlib.asynccontextmanager
    async def reading(self, *, snapshot: bool) -> AsyncIterator[aiosqlite.Connection]:
        """A connection; with `snapshot`, all that it reads is of one moment. Cancelled, its statement is stopped."""
        connection = await self._free.get()
        try:
            _check_in_place(self._path, self._file)
            connection = connection or await open_reader(self._path)
            if snapshot:
                await connection.execute("BEGIN")
            yield connection
            if snapshot:
                await connection.rollback()
        except BaseException:
            if connection is not None:
                await before_leaving(_stop(connection))
            raise
        finally:
            self._free.put_nowait(connection)

    async def close(self) -> None:
        """Closes each as soon as nobody reads through it."""
        connections = [await self._free.get() for _ in range(READERS)]
        for connection in connections:
            self._free.put_nowait(None)
            if connection is not None:
                await connection.close()


async def open_reader(path: str) -> aiosqlite.Connection:
    """A connection that can only read, to a file that is there."""
    # SQLite would make one that is not there.
    uri = f"file:{quote(path)}?mode=rw"
    connection = await aiosqlite.connect(uri, uri=True, isolation_level=None, cached_statements=512)
    try:
        connection.row_factory = sqlite3.Row
        await connection.create_function(CURSOR_FUNCTION, -1, _cursor, deterministic=True)
        await connection.execute("PRAGMA query_only = ON")
        # A reader waits for nobody but the one who puts a crashed writer's work in order.
        await connection.execute("PRAGMA busy_timeout = 2000")
    except BaseException:
        await connection.close()
        raise
    return connection


def _cursor(listing: str, *place: str | int) -> str:
    return encode_cursor(listing, place)


async def _stop(connection: aiosqlite.Connection) -> None:
    """Stops the statement under way, where there is one, and rolls back.

    A statement may still wait for the connection's thread, where an interruption is lost: so they are repeated.
    """
    rolling_back = asyncio.ensure_future(connection.rollback())
    while not rolling_back.done():
        await connection.interrupt()
        await asyncio.wait({rolling_back}, timeout=_INTERRUPT_AGAIN_S)
    if rolling_back.exception() is not None:
        # It was itself interrupted, or the database is away: then the connection has nothing to roll back.
        with contextlib.suppress(sqlite3.Error):
            await connection.rollback()


def _identity(path: str) -> tuple[int, int] | None:
    """What tells one file from another that has its name later; None where there is none."""
    try:
        found = os.stat(path)  # noqa: PTH116 - a path object takes five times as long, and each query asks
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _check_in_place(path: str, file: tuple[int, int] | None) -> None:
    """Raises OSError where the file is not the one that was opened: what was written to that one would be lost."""
    if _identity(path) != file:
        raise FileNotFoundError(f"{path} has been moved, removed or replaced")


@timed
async def read(connection: aiosqlite.Connection, sql: str, values: list[Any]) -> list[dict[str, Any]]:
    """The rows of one statement as dicts by column."""
    return [dict(row) for row in await connection.execute_fetchall(sql, values)]
