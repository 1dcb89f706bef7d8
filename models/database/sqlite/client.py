"""SQLite: Tortoise's client, whose changes have the write lock from their first moment, and commit together."""

import asyncio
import contextlib
import sqlite3
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import aiosqlite
from tortoise.backends.base.client import TransactionContext
from tortoise.backends.sqlite.client import SqliteClient as TortoiseClient
from tortoise.backends.sqlite.client import SqliteTransactionContext, SqliteTransactionWrapper
from tortoise.exceptions import OperationalError

from models.database.failures import LockTimeout
from models.database.sessions import Transaction
from models.database.sqlite.group_commit import CommitGroup, QueuedWrite
from models.database.sqlite.threads import check_same_file, file_identity, interrupt_until_done, is_busy, run_on_thread

T = TypeVar("T")

PATIENCE_S = 10.0
"""How long a transaction of Tortoise's own waits for the write lock, which other processes may have."""

_SPARED_S = 1.0
"""How long one who was cancelled may go on with a statement that others' changes would be undone with."""

_BUSY_TIMEOUT_MS = 100
"""How long SQLite itself waits for a lock at a time; nobody can interrupt it meanwhile."""


class _ImmediateTransaction(SqliteTransactionWrapper):
    """Tortoise's transaction, which waits for the write lock when it begins and not half-way."""

    async def begin(self) -> None:
        give_up_at = time.monotonic() + PATIENCE_S
        while True:
            try:
                await self._connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if not is_busy(error) or time.monotonic() > give_up_at:
                    raise OperationalError(error) from error
            else:
                return


class SqliteClient(TortoiseClient):
    """Tortoise's client: one connection, whose lock its transactions hold."""

    _file: tuple[int, int] | None = None

    def __init__(self, file_path: str, **options: Any) -> None:
        super().__init__(file_path, **options)
        self._waiting: deque[QueuedWrite[Any]] = deque()
        self._leader: asyncio.Task[None] | None = None

    async def create_connection(self, with_db: bool) -> None:
        await super().create_connection(with_db)
        assert self._connection is not None
        cursor = await self._connection.execute(f"PRAGMA busy_timeout = {_BUSY_TIMEOUT_MS}")
        await cursor.close()
        self._file = file_identity(self.filename)

    def _in_transaction(self) -> TransactionContext:
        return SqliteTransactionContext(_ImmediateTransaction(self), self._lock)

    async def change(self, body: Callable[[Transaction], Awaitable[T]], within_s: float) -> T:
        """What `body` gives, in a transaction that is committed in the end unless it is set to roll back.

        The body may wait for nothing but its statements. Cancelled, its statement under way is stopped and nothing is
        kept, unless its body had come to its end. Raises LockTimeout where it cannot begin within so many seconds.
        """
        change = QueuedWrite(body)
        self._waiting.append(change)
        if self._leader is None or self._leader.done():
            self._leader = asyncio.ensure_future(self._drain_queue())
        try:
            done, _ = await asyncio.wait({change.ended}, timeout=within_s)
            if not done:
                if self._withdrawn(change):
                    raise LockTimeout
                await asyncio.wait({change.ended})
        except asyncio.CancelledError:
            if self._withdrawn(change):
                raise
            change.stopped = True
            assert self._connection is not None
            # It would take with it what others did before: they are spared, unless its statement takes very long.
            spared_until = time.monotonic() + _SPARED_S
            await interrupt_until_done(
                self._connection,
                change.ended,
                lambda: change.running and (not change.shares or time.monotonic() > spared_until),
            )
            if change.ended.exception() is not None:
                raise
            # It was committed in time.
        return change.ended.result()

    def _withdrawn(self, change: QueuedWrite[Any]) -> bool:
        """Whether its turn has not come, which it then never does."""
        try:
            self._waiting.remove(change)
        except ValueError:
            return False
        return True

    async def _drain_queue(self) -> None:
        """Gives turns to those who wait, until there are none; whoever cancels it has to wait as well."""
        while self._waiting:
            turn = CommitGroup(self._waiting)
            async with self._lock:
                try:
                    if self._connection is None:
                        await self.create_connection(with_db=True)
                    assert self._connection is not None
                    check_same_file(self.filename, self._file)
                    await _taken(self._connection, turn)
                except Exception as error:  # noqa: BLE001 - raised where the change is waited for
                    turn.fail_next(error)
            for change in turn.ended:
                change.resolve()

    async def close(self) -> None:
        if self._leader is not None:
            await self._leader
        await super().close()


async def _taken(connection: aiosqlite.Connection, turn: CommitGroup) -> None:
    """Waits until the turn is over, whoever cancels that: the thread goes on all the same."""
    with contextlib.suppress(asyncio.CancelledError):
        await run_on_thread(connection, turn.run)
    while not turn.over.done():
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.wait({turn.over})


client_class = SqliteClient
