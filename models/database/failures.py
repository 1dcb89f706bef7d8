"""What the drivers' errors mean: lost against another transaction, stopped, the database away, or a fault of ours."""

import sqlite3
from collections.abc import Iterator
from enum import Enum

import asyncpg
from tortoise.exceptions import DBConnectionError


class Failure(Enum):
    """What can be done about an error of the database."""

    CONFLICT = "another transaction was first: the same one may succeed when tried again"
    LOCK_TIMEOUT = "others did not give up in time what it waited for: the same one may succeed when tried again"
    CANCELLED = "the statement ran for longer than it may"
    UNAVAILABLE = "the database cannot be reached, or cannot be written"
    UNKNOWN = "a fault of ours"


class LockTimeout(Exception):
    """A transaction could not begin: others had for too long all that it could begin with."""


class WriteConflict(Exception):
    """What a transaction has read was changed by another one, before it was done with it."""


CONSTRAINT_BROKEN = (sqlite3.IntegrityError, asyncpg.IntegrityConstraintViolationError)
"""The errors of a statement that a constraint refuses."""

_OWN_ERRORS: dict[type[BaseException], Failure] = {LockTimeout: Failure.LOCK_TIMEOUT, WriteConflict: Failure.CONFLICT}

_CONFLICT_STATES = {"40001", "40P01"}
"""Serialization failure, deadlock."""

_LOCK_TIMEOUT_STATES = {"55P03"}
"""Lock not available in the time that a statement may wait for it."""

_CANCELLED_STATES = {"57014"}

_UNAVAILABLE_CLASSES = {"08", "28", "3D", "53", "57", "58"}
"""Connection, authorization, no such database, resources (disk full, too many connections), operator, system errors."""

_UNAVAILABLE_STATES = {"25006", "25P03", "55000"}
"""Read-only: a primary that has become a replica. A transaction idle for too long. A database that takes nobody in."""

_UNAVAILABLE_SQLITE_CODES = {
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_NOTADB,
    sqlite3.SQLITE_PERM,
}


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error with what it was made from; Tortoise wraps the driver's error as cause or as argument."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        one = waiting.pop(0)
        if isinstance(one, BaseException) and id(one) not in seen:
            seen.add(id(one))
            yield one
            waiting += [one.__cause__, *one.args]


def classify_error(error: BaseException) -> Failure:
    """What the error, or what it wraps, means."""
    for one in _chain(error):
        found = _failure(one)
        if found is not Failure.UNKNOWN:
            return found
    return Failure.UNKNOWN


def _failure(error: BaseException) -> Failure:
    if type(error) in _OWN_ERRORS:
        return _OWN_ERRORS[type(error)]
    if isinstance(error, asyncpg.PostgresError):
        return _postgres_failure(error.sqlstate or "")
    if isinstance(error, sqlite3.Error):
        return _sqlite_failure(error)
    if isinstance(error, asyncpg.InterfaceError):
        # A value that the driver cannot encode, or an option that it does not know, says nothing of the database.
        return Failure.UNKNOWN if isinstance(error, ValueError) else Failure.UNAVAILABLE
    closed = isinstance(error, ValueError) and str(error) in {"no active connection", "Connection closed"}
    # The last is what asyncpg says of a connection on which the server has just taken its leave.
    if closed or isinstance(error, (DBConnectionError, OSError, EOFError, asyncpg.InternalClientError)):
        return Failure.UNAVAILABLE
    return Failure.UNKNOWN


def _postgres_failure(state: str) -> Failure:
    if state in _CONFLICT_STATES:
        return Failure.CONFLICT
    if state in _LOCK_TIMEOUT_STATES:
        return Failure.LOCK_TIMEOUT
    if state in _CANCELLED_STATES:
        return Failure.CANCELLED
    if state[:2] in _UNAVAILABLE_CLASSES or state in _UNAVAILABLE_STATES:
        return Failure.UNAVAILABLE
    return Failure.UNKNOWN


def _sqlite_failure(error: sqlite3.Error) -> Failure:
    primary_code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if primary_code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return Failure.CONFLICT
    if primary_code == sqlite3.SQLITE_INTERRUPT:
        return Failure.CANCELLED
    if primary_code in _UNAVAILABLE_SQLITE_CODES:
        return Failure.UNAVAILABLE
    return Failure.UNKNOWN
