"""Inline reads: short queries of SQLite run on the event loop's own thread, without a hand-over to another one.

A short statement takes 10 microseconds, and 120 with the hand-over to a thread and back. So a statement is first tried
right here. It blocks the event loop, but for at most 2 ms: SQLite calls a progress handler every 1,000 instructions of
its virtual machine (some 50 microseconds), and the handler interrupts the statement when the time is over. Then a
reader's thread runs it again, and its text is remembered as slow: from then on it goes to a thread at once, until it
takes less than half of the limit there. Without inline reads everything still works, but each query pays the hand-over;
without the limit, one slow query would stop every request of the process.
"""

import sqlite3
import time
from typing import Any

from models.database.failures import sqlite_code
from models.database.sessions import Records
from models.database.sqlite.connections import SameFile, open_inline_reader
from models.database.sqlite.threads import fetch, is_interrupt
from models.database.timing import report
from models.lru_cache import LRUCache

INLINE_LIMIT_S = 0.002
"""How long a statement may block the event loop."""

_PROGRESS_INTERVAL = 1_000
"""Instructions of SQLite's virtual machine between two calls of the progress handler."""

_MAX_SLOW = 1_000
"""Statements remembered as slow."""

_LOCKED = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


class InlineReader:
    """A read-only connection on the event loop's thread, opened at the first read."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._file = SameFile(path)
        self._connection: sqlite3.Connection | None = None
        self._slow = LRUCache[str, None](_MAX_SLOW)
        self._deadline = 0.0

    def fetch(self, sql: str, values: list[Any]) -> Records | None:
        """The rows; None if a reader's thread must run the statement.

        Only a time limit or a lock sends it there: after any other error it would fail there as well.
        """
        if sql in self._slow:
            return None
        connection = self._open()
        began = time.perf_counter()
        self._deadline = began + INLINE_LIMIT_S
        try:
            records = fetch(connection, sql, values)
        except sqlite3.Error as error:
            if sqlite_code(error) in _LOCKED:
                return None
            if not is_interrupt(error):
                report(began)
                raise
            records = None
        else:
            report(began)
        # The progress handler does not interrupt a single instruction that takes long, such as a count.
        if records is None or time.perf_counter() - began > INLINE_LIMIT_S:
            self._slow.put(sql, None)
        return records

    def reclassify(self, sql: str, seconds: float) -> None:
        """Try a statement inline again next time, if it took so few seconds on a thread."""
        if seconds < INLINE_LIMIT_S / 2:
            self._slow.discard(sql)

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _open(self) -> sqlite3.Connection:
        self._file.check()
        if self._connection is None:
            self._connection = open_inline_reader(self._path)
            self._connection.set_progress_handler(lambda: time.perf_counter() > self._deadline, _PROGRESS_INTERVAL)
        return self._connection
