"""Classification of the drivers' errors, bare and wrapped by Tortoise."""

import sqlite3

import asyncpg
import pytest
from tortoise.exceptions import DBConnectionError, IntegrityError, OperationalError

from models.database.failures import Failure, LockTimeout, WriteConflict, classify_error


def sqlite_error(code: int) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("an error of SQLite")
    error.sqlite_errorcode = code
    return error


def caused_by(cause: BaseException) -> Exception:
    error = RuntimeError("a wrapper")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (asyncpg.SerializationError(), Failure.CONFLICT),
        (asyncpg.DeadlockDetectedError(), Failure.CONFLICT),
        (asyncpg.LockNotAvailableError(), Failure.LOCK_TIMEOUT),
        (asyncpg.QueryCanceledError(), Failure.CANCELLED),
        (asyncpg.AdminShutdownError(), Failure.UNAVAILABLE),
        (asyncpg.CannotConnectNowError(), Failure.UNAVAILABLE),
        (asyncpg.TooManyConnectionsError(), Failure.UNAVAILABLE),
        (asyncpg.DiskFullError(), Failure.UNAVAILABLE),
        (asyncpg.ConnectionDoesNotExistError(), Failure.UNAVAILABLE),
        (asyncpg.PostgresIOError(), Failure.UNAVAILABLE),
        (asyncpg.ReadOnlySQLTransactionError(), Failure.UNAVAILABLE),
        (asyncpg.InvalidPasswordError(), Failure.UNAVAILABLE),
        (asyncpg.InvalidAuthorizationSpecificationError(), Failure.UNAVAILABLE),
        (asyncpg.InvalidCatalogNameError(), Failure.UNAVAILABLE),
        (asyncpg.ObjectNotInPrerequisiteStateError(), Failure.UNAVAILABLE),
        (asyncpg.IdleInTransactionSessionTimeoutError(), Failure.UNAVAILABLE),
        (asyncpg.InFailedSQLTransactionError(), Failure.UNKNOWN),
        (asyncpg.UniqueViolationError(), Failure.UNKNOWN),
        (asyncpg.UndefinedTableError(), Failure.UNKNOWN),
        (asyncpg.PostgresError(), Failure.UNKNOWN),
        (asyncpg.InterfaceError("the connection is closed"), Failure.UNAVAILABLE),
        (asyncpg.exceptions.DataError("invalid input for query argument"), Failure.UNKNOWN),
    ],
)
def test_postgres_error_is_classified(error: Exception, failure: Failure) -> None:
    assert classify_error(error) is failure


@pytest.mark.parametrize(
    ("code", "failure"),
    [
        (sqlite3.SQLITE_BUSY, Failure.CONFLICT),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, Failure.CONFLICT),
        (sqlite3.SQLITE_LOCKED, Failure.CONFLICT),
        (sqlite3.SQLITE_INTERRUPT, Failure.CANCELLED),
        (sqlite3.SQLITE_FULL, Failure.UNAVAILABLE),
        (sqlite3.SQLITE_IOERR_WRITE, Failure.UNAVAILABLE),
        (sqlite3.SQLITE_CANTOPEN, Failure.UNAVAILABLE),
        (sqlite3.SQLITE_READONLY_DIRECTORY, Failure.UNAVAILABLE),
        (sqlite3.SQLITE_CORRUPT, Failure.UNAVAILABLE),
        (sqlite3.SQLITE_NOTADB, Failure.UNAVAILABLE),
        (sqlite3.SQLITE_CONSTRAINT, Failure.UNKNOWN),
        (sqlite3.SQLITE_ERROR, Failure.UNKNOWN),
    ],
)
def test_sqlite_error_is_classified(code: int, failure: Failure) -> None:
    assert classify_error(sqlite_error(code)) is failure


def test_sqlite3_error_without_code_is_unknown() -> None:
    assert classify_error(sqlite3.ProgrammingError("Incorrect number of bindings supplied")) is Failure.UNKNOWN


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (LockTimeout(), Failure.LOCK_TIMEOUT),
        (WriteConflict(), Failure.CONFLICT),
        (ConnectionRefusedError(), Failure.UNAVAILABLE),
        (TimeoutError(), Failure.UNAVAILABLE),
        (EOFError(), Failure.UNAVAILABLE),
        (DBConnectionError("no such host"), Failure.UNAVAILABLE),
        (ValueError("no active connection"), Failure.UNAVAILABLE),
        (ValueError("Connection closed"), Failure.UNAVAILABLE),
        (ValueError("another"), Failure.UNKNOWN),
        (ZeroDivisionError(), Failure.UNKNOWN),
    ],
)
def test_other_error_is_classified(error: Exception, failure: Failure) -> None:
    assert classify_error(error) is failure


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (OperationalError(sqlite_error(sqlite3.SQLITE_BUSY)), Failure.CONFLICT),
        (IntegrityError(asyncpg.UniqueViolationError()), Failure.UNKNOWN),
        (caused_by(asyncpg.DeadlockDetectedError()), Failure.CONFLICT),
        (caused_by(caused_by(OperationalError(ConnectionResetError()))), Failure.UNAVAILABLE),
    ],
)
def test_error_is_classified_by_what_it_wraps(error: Exception, failure: Failure) -> None:
    assert classify_error(error) is failure


def test_errors_that_wrap_each_other_are_unknown() -> None:
    one, other = RuntimeError("one"), RuntimeError("other")
    one.__cause__, other.__cause__ = other, one

    assert classify_error(one) is Failure.UNKNOWN
