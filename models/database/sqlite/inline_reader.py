"""Inline reads: short queries of SQLite run on the event loop's own thread, without a hand-over to another one.

A short statement takes 10 microseconds, and 120 with the hand-over to a thread and back. So a statement is first tried
right here. It blocks the event loop, but for at most 2 ms of CPU, 10 with what it waits: SQLite calls a progress
handler every 4,000 instructions of its virtual machine (40 to 200 microseconds), and the handler interrupts the
statement when the time is over. Then a reader's thread runs it again, and its text is remembered as slow: from then on
it goes to a thread at once, until it takes less than three quarters of the limit there. Without inline reads everything
still works, but each query pays the hand-over; without the limit, one slow query would stop every request of the
process.

What counts is the CPU time of the thread: on a busy machine a statement of 1 ms often takes 3, and would run twice. But
one that waits, perhaps for a disk, is interrupted after five times the limit.
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
"""How long a statement may use the event loop's thread."""

_LONGEST_WAIT = 5
"""How many times as long it may block the event loop, with what it waits."""

_PROGRESS_INTERVAL = 4_000
"""Instructions of SQLite's virtual machine between two calls of the progress handler.

Each call takes Python's global lock, which the thread of a change may hold: with 1,000, a page of 0.5 ms beside changes
waited for it 6 times, with these once.
"""

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
        self._began = 0.0
        self._cpu_began: float | None = None
        """The CPU time of the thread when the progress handler was first called; short statements do without."""

    def fetch(self, sql: str, values: list[Any]) -> Records | None:
        """The rows; None if a reader's thread must run the statement.

        Only a time limit or a lock sends it there: after any other error it would fail there as well.
        """
        if sql in self._slow:
            return None
        connection = self._open()
        self._began = began = time.perf_counter()
        self._cpu_began = None
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
        if records is None or self._is_over():
            self._slow.put(sql, None)
        return records

    def reclassify(self, sql: str, seconds: float) -> None:
        """Try a statement inline again next time, if it took so few seconds of CPU on a thread."""
        if seconds < INLINE_LIMIT_S * 3 / 4:
            self._slow.discard(sql)

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _open(self) -> sqlite3.Connection:
        self._file.check()
        if self._connection is None:
            self._connection = open_inline_reader(self._path)
            self._connection.set_progress_handler(self._on_progress, _PROGRESS_INTERVAL)
        return self._connection

    def _on_progress(self) -> bool:
        """Whether to interrupt the statement."""
        if self._cpu_began is None:
            self._cpu_began = time.thread_time()
        return self._is_over()

    def _is_over(self) -> bool:
        """Whether the statement has used up its time. Reading the CPU time takes 1.4 microseconds."""
        seconds = time.perf_counter() - self._began
        if seconds <= INLINE_LIMIT_S:
            return False
        if self._cpu_began is None or seconds > _LONGEST_WAIT * INLINE_LIMIT_S:
            return True
        return time.thread_time() - self._cpu_began > INLINE_LIMIT_S
