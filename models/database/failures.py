"""What the drivers' errors mean: lost against another transaction, stopped, the database away, or a fault of ours."""

import sqlite3
from collections.abc import Iterator
from enum import Enum

import asyncpg
from tortoise.exceptions import DBConnectionError


class Failure(Enum):
    """What can be done about an error of the database."""

    LOST = "another transaction was first: the same one may succeed when tried again"
    KEPT_WAITING = "others did not give up in time what it waited for: the same one may succeed when tried again"
    STOPPED = "the statement ran for longer than it may"
    AWAY = "the database cannot be reached, or cannot be written"
    OTHER = "a fault of ours"


class NoTurn(Exception):
    """A transaction could not begin: others had for too long all that it could begin with."""


class Overtaken(Exception):
    """What a transaction has read was changed by another one, before it was done with it."""


CONSTRAINT_BROKEN = (sqlite3.IntegrityError, asyncpg.IntegrityConstraintViolationError)
"""The errors of a statement that a constraint refuses."""

_OWN: dict[type[BaseException], Failure] = {NoTurn: Failure.KEPT_WAITING, Overtaken: Failure.LOST}

_LOST_STATES = {"40001", "40P01"}
"""Serialization failure, deadlock."""

_LOCK_STATES = {"55P03"}
"""Lock not available in the time that a statement may wait for it."""

_STOPPED_STATES = {"57014"}

_AWAY_CLASSES = {"08", "28", "3D", "53", "57", "58"}
"""Connection, authorization, no such database, resources (disk full, too many connections), operator, system errors."""

_AWAY_STATES = {"25006", "25P03", "55000"}
"""Read-only: a primary that has become a replica. A transaction idle for too long. A database that takes nobody in."""

_AWAY_SQLITE = {
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


def failure_of(error: BaseException) -> Failure:
    """What the error, or what it wraps, means."""
    for one in _chain(error):
        found = _failure(one)
        if found is not Failure.OTHER:
            return found
    return Failure.OTHER


def _failure(error: BaseException) -> Failure:
    if type(error) in _OWN:
        return _OWN[type(error)]
    if isinstance(error, asyncpg.PostgresError):
        return _postgres_failure(error.sqlstate or "")
    if isinstance(error, sqlite3.Error):
        return _sqlite_failure(error)
    if isinstance(error, asyncpg.InterfaceError):
        # A value that the driver cannot encode, or an option that it does not know, says nothing of the database.
        return Failure.OTHER if isinstance(error, ValueError) else Failure.AWAY
    closed = isinstance(error, ValueError) and str(error) in {"no active connection", "Connection closed"}
    # The last is what asyncpg says of a connection on which the server has just taken its leave.
    if closed or isinstance(error, (DBConnectionError, OSError, EOFError, asyncpg.InternalClientError)):
        return Failure.AWAY
    return Failure.OTHER


def _postgres_failure(state: str) -> Failure:
    if state in _LOST_STATES:
        return Failure.LOST
    if state in _LOCK_STATES:
        return Failure.KEPT_WAITING
    if state in _STOPPED_STATES:
        return Failure.STOPPED
    if state[:2] in _AWAY_CLASSES or state in _AWAY_STATES:
        return Failure.AWAY
    return Failure.OTHER


def _sqlite_failure(error: sqlite3.Error) -> Failure:
    primary_code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if primary_code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return Failure.LOST
    if primary_code == sqlite3.SQLITE_INTERRUPT:
        return Failure.STOPPED
    if primary_code in _AWAY_SQLITE:
        return Failure.AWAY
    return Failure.OTHER
