"""Keeps SQLite's write-ahead log short although some query always reads.

SQLite copies the log into the database file after every 1,000 pages, but begins it anew only at a moment at which no
connection reads it. Under a steady load of queries there is no such moment: the log grew by 2.6 MB a second, without
bound, and with it the time of every read. So when the log has grown to 16 MiB, new queries wait until those that run
have ended, and until the log is copied and emptied. Short inline reads go on until then; they never overlap.
"""

import asyncio
import os
import sqlite3
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import aiosqlite

from models.database.failures import Failure, LockTimeout, classify_error
from models.database.sqlite.readers import SqliteReaders
from models.database.sqlite.threads import run_on_thread

CHECKPOINT_BYTES = 16 * 2**20
"""The size of the log from which on it is to be emptied."""

_WAIT_S = 0.2
"""How long queries wait for those that run, at that size; four times as long at the double size, and so on.

So a log that is little too long delays no query much, and the slowest queries do not let it grow for ever.
"""

_MAX_WAIT_S = 10.0

_WRITER_WAIT_S = 0.5
"""How long queries wait for a change that runs."""

_RETRY_FACTOR = 10
"""After a failure, the next attempt is made that many times its wait later."""


class Checkpointer:
    """Empties the log of a file; `acquire` gives the connection that writes."""

    def __init__(
        self,
        path: str,
        readers: SqliteReaders,
        acquire: Callable[[], AbstractAsyncContextManager[aiosqlite.Connection]],
    ) -> None:
        self._log = f"{path}-wal"
        self._readers = readers
        self._acquire = acquire
        self._running: asyncio.Task[None] | None = None
        self._retry_at = 0.0

    def start_if_due(self) -> None:
        """Begin to empty the log if it is long; changes and short queries go on meanwhile."""
        if self._running is not None or time.monotonic() < self._retry_at:
            return
        size = self.log_bytes()
        if size >= CHECKPOINT_BYTES:
            wait_s = min(_MAX_WAIT_S, _WAIT_S * (size / CHECKPOINT_BYTES) ** 2)
            self._running = asyncio.ensure_future(self._run(wait_s))

    async def _run(self, wait_s: float) -> None:
        try:
            async with self._readers.stopped(wait_s):
                await self._empty()
        except Exception as error:
            if not isinstance(error, LockTimeout) and classify_error(error) is Failure.UNKNOWN:
                raise
        finally:
            self._running = None
            # Readers of other processes may keep it from being emptied, too.
            if self.log_bytes() >= CHECKPOINT_BYTES:
                self._retry_at = time.monotonic() + _RETRY_FACTOR * wait_s

    async def _empty(self) -> None:
        waiting = asyncio.timeout(_WRITER_WAIT_S)
        try:
            async with waiting, self._acquire() as connection:
                waiting.reschedule(None)
                await run_on_thread(connection, _checkpoint)
        except TimeoutError:
            raise LockTimeout from None

    def log_bytes(self) -> int:
        """The size of the log."""
        try:
            return os.stat(self._log).st_size  # noqa: PTH116 - a Path takes five times as long
        except OSError:
            return 0

    async def close(self) -> None:
        """Wait for an attempt that runs."""
        if self._running is not None:
            await asyncio.wait({self._running})


def _checkpoint(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
