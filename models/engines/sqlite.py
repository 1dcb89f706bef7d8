"""SQLite: a transaction has the write lock from its first moment, and queries have connections of their own."""

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator
from typing import Any

import aiosqlite
from tortoise.backends.base.client import TransactionContext
from tortoise.backends.sqlite.client import (
    SqliteClient,
    SqliteTransactionContext,
    SqliteTransactionWrapper,
)
from tortoise.connection import get_connections
from tortoise.exceptions import OperationalError

from models.engines.timing import timed

READERS = 4
"""Connections for queries, a thread each."""


class ImmediateTransaction(SqliteTransactionWrapper):
    """A transaction that waits for the write lock when it begins, so that it never fails half-way for want of it."""

    execute_insert = timed(SqliteTransactionWrapper.execute_insert)
    execute_query = timed(SqliteTransactionWrapper.execute_query)
    execute_query_dict = timed(SqliteTransactionWrapper.execute_query_dict)
    execute_many = timed(SqliteTransactionWrapper.execute_many)

    async def begin(self) -> None:
        try:
            await self._connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            raise OperationalError(error) from error

    async def interrupt(self) -> None:
        """Stops the statement under way."""
        await self._connection.interrupt()


class ImmediateContext(SqliteTransactionContext):
    """Tortoise's own keeps the client's lock for ever where `begin` fails; this one gives it back."""

    async def __aenter__(self) -> ImmediateTransaction:
        await self._trxlock.acquire()
        try:
            await self.ensure_connection()
            await self.connection.begin()
        except BaseException:
            self._trxlock.release()
            raise
        self.token = get_connections().set(self.connection_name, self.connection)
        transaction: ImmediateTransaction = self.connection
        return transaction


class ImmediateSqliteClient(SqliteClient):
    def _in_transaction(self) -> TransactionContext:
        return ImmediateContext(ImmediateTransaction(self), self._lock)


client_class = ImmediateSqliteClient


class SqliteReaders:
    """A few connections that can only read, opened when they are first wanted.

    On Tortoise's one connection a query would wait behind every transaction of the process.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._free: asyncio.LifoQueue[aiosqlite.Connection | None] = asyncio.LifoQueue()
        for _ in range(READERS):
            self._free.put_nowait(None)

    @property
    def busy(self) -> int:
        """How many are reading."""
        return READERS - self._free.qsize()

    @contextlib.asynccontextmanager
    async def reading(self, *, snapshot: bool) -> AsyncIterator[aiosqlite.Connection]:
        """A connection; with `snapshot`, all that it reads is of one moment."""
        connection = await self._free.get()
        try:
            connection = connection or await _open_reader(self._path)
            if snapshot:
                await connection.execute("BEGIN")
            yield connection
        except asyncio.CancelledError:
            if connection is not None:
                await asyncio.shield(connection.interrupt())
            raise
        finally:
            await asyncio.shield(self._give_back(connection))

    async def _give_back(self, connection: aiosqlite.Connection | None) -> None:
        try:
            if connection is not None and connection.in_transaction:
                await connection.rollback()
        except sqlite3.Error:
            connection = None
        self._free.put_nowait(connection)

    async def close(self) -> None:
        for _ in range(READERS):
            connection = await self._free.get()
            if connection is not None:
                await connection.close()


async def _open_reader(path: str) -> aiosqlite.Connection:
    connection = await aiosqlite.connect(path, isolation_level=None, cached_statements=512)
    try:
        connection.row_factory = sqlite3.Row
        await connection.execute("PRAGMA query_only = ON")
        await connection.execute("PRAGMA busy_timeout = 10000")
    except BaseException:
        await connection.close()
        raise
    return connection


@timed
async def read(connection: aiosqlite.Connection, sql: str, values: list[Any]) -> list[dict[str, Any]]:
    """The rows of one statement as dicts by column."""
    return [dict(row) for row in await connection.execute_fetchall(sql, values)]
