"""The errors of the drivers, classified by what can be done about them."""

import sqlite3
from collections.abc import Iterator
from enum import Enum

import asyncpg
from tortoise.exceptions import DBConnectionError


class Failure(Enum):
    """What an error of the database means."""

    CONFLICT = "lost against a concurrent transaction: may succeed when it is run again"
    LOCK_TIMEOUT = "waited too long for a lock or a connection: may succeed when it is run again"
    CANCELLED = "the statement ran longer than it may and was cancelled"
    UNAVAILABLE = "the database cannot be reached, or cannot be written"
    UNKNOWN = "anything else, most likely a fault in this program"


class LockTimeout(Exception):
    """A transaction did not get a connection or the write lock in time."""


class WriteConflict(Exception):
    """A concurrent transaction changed what this one has read, or took it down by a rollback."""


CONSTRAINT_BROKEN = (sqlite3.IntegrityError, asyncpg.IntegrityConstraintViolationError)
"""The errors of a statement that breaks a constraint."""

_OWN_ERRORS: dict[type[BaseException], Failure] = {
    LockTimeout: Failure.LOCK_TIMEOUT,
    WriteConflict: Failure.CONFLICT,
}

_CONFLICT_STATES = {"40001", "40P01"}
"""serialization_failure, deadlock_detected."""

_LOCK_TIMEOUT_STATES = {"55P03"}
"""lock_not_available: lock_timeout has passed."""

_CANCELLED_STATES = {"57014"}
"""query_canceled: statement_timeout has passed, or the statement was cancelled."""

_UNAVAILABLE_CLASSES = {"08", "28", "3D", "53", "57", "58"}
"""Connection, authorization, no such database, resources (disk full, too many connections), operator, system error."""

_UNAVAILABLE_STATES = {"25006", "25P03", "55000"}
"""read_only_sql_transaction: a primary that has become a replica. idle_in_transaction_session_timeout.

object_not_in_prerequisite_state: a database that accepts no connections.
"""

_UNAVAILABLE_SQLITE_CODES = {
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_NOTADB,
    sqlite3.SQLITE_PERM,
}

_CLOSED = {"no active connection", "Connection closed"}
"""The messages of the ValueErrors that aiosqlite raises for a connection that is closed."""


def classify_error(error: BaseException) -> Failure:
    """What the error means, or else the first meaning found among the errors that it wraps."""
    for wrapped in _chain(error):
        failure = _classify(wrapped)
        if failure is not Failure.UNKNOWN:
            return failure
    return Failure.UNKNOWN


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and what it wraps: Tortoise wraps a driver's error as cause or as argument."""
    seen: set[int] = set()
    queue: list[object] = [error]
    while queue:
        item = queue.pop(0)
        if isinstance(item, BaseException) and id(item) not in seen:
            seen.add(id(item))
            yield item
            queue += [item.__cause__, *item.args]


def _classify(error: BaseException) -> Failure:
    if type(error) in _OWN_ERRORS:
        return _OWN_ERRORS[type(error)]
    if isinstance(error, asyncpg.PostgresError):
        return _classify_sqlstate(error.sqlstate or "")
    if isinstance(error, sqlite3.Error):
        return _classify_sqlite_error(error)
    if isinstance(error, asyncpg.InterfaceError):
        # Those that are also ValueErrors concern a value that cannot be encoded or an unknown option.
        return Failure.UNKNOWN if isinstance(error, ValueError) else Failure.UNAVAILABLE
    closed = isinstance(error, ValueError) and str(error) in _CLOSED
    # asyncpg raises InternalClientError if the server has just closed the connection.
    if closed or isinstance(error, (DBConnectionError, OSError, EOFError, asyncpg.InternalClientError)):
        return Failure.UNAVAILABLE
    return Failure.UNKNOWN


def _classify_sqlstate(state: str) -> Failure:
    if state in _CONFLICT_STATES:
        return Failure.CONFLICT
    if state in _LOCK_TIMEOUT_STATES:
        return Failure.LOCK_TIMEOUT
    if state in _CANCELLED_STATES:
        return Failure.CANCELLED
    if state[:2] in _UNAVAILABLE_CLASSES or state in _UNAVAILABLE_STATES:
        return Failure.UNAVAILABLE
    return Failure.UNKNOWN


def _classify_sqlite_error(error: sqlite3.Error) -> Failure:
    code = sqlite_code(error)
    if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return Failure.CONFLICT
    if code == sqlite3.SQLITE_INTERRUPT:
        return Failure.CANCELLED
    if code in _UNAVAILABLE_SQLITE_CODES:
        return Failure.UNAVAILABLE
    return Failure.UNKNOWN


def sqlite_code(error: sqlite3.Error) -> int:
    """SQLite's primary result code, which is the lowest byte of an extended one; 0 if the error has none."""
    code: int = getattr(error, "sqlite_errorcode", 0)
    return code & 0xFF
