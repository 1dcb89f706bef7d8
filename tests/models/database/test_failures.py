"""What the drivers' errors mean, bare and as Tortoise wraps them."""

import sqlite3

import asyncpg
import pytest
from tortoise.exceptions import DBConnectionError, IntegrityError, OperationalError

from models.database.failures import Failure, NoTurn, Overtaken, failure_of


def of_sqlite(code: int) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("told by SQLite")
    error.sqlite_errorcode = code
    return error


def caused_by(cause: BaseException) -> Exception:
    error = RuntimeError("around it")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (asyncpg.SerializationError(), Failure.LOST),
        (asyncpg.DeadlockDetectedError(), Failure.LOST),
        (asyncpg.LockNotAvailableError(), Failure.KEPT_WAITING),
        (asyncpg.QueryCanceledError(), Failure.STOPPED),
        (asyncpg.AdminShutdownError(), Failure.AWAY),
        (asyncpg.CannotConnectNowError(), Failure.AWAY),
        (asyncpg.TooManyConnectionsError(), Failure.AWAY),
        (asyncpg.DiskFullError(), Failure.AWAY),
        (asyncpg.ConnectionDoesNotExistError(), Failure.AWAY),
        (asyncpg.PostgresIOError(), Failure.AWAY),
        (asyncpg.ReadOnlySQLTransactionError(), Failure.AWAY),
        (asyncpg.InvalidPasswordError(), Failure.AWAY),
        (asyncpg.InvalidAuthorizationSpecificationError(), Failure.AWAY),
        (asyncpg.InvalidCatalogNameError(), Failure.AWAY),
        (asyncpg.ObjectNotInPrerequisiteStateError(), Failure.AWAY),
        (asyncpg.IdleInTransactionSessionTimeoutError(), Failure.AWAY),
        (asyncpg.InFailedSQLTransactionError(), Failure.OTHER),
        (asyncpg.UniqueViolationError(), Failure.OTHER),
        (asyncpg.UndefinedTableError(), Failure.OTHER),
        (asyncpg.PostgresError(), Failure.OTHER),
        (asyncpg.InterfaceError("the connection is closed"), Failure.AWAY),
        (asyncpg.exceptions.DataError("invalid input for query argument"), Failure.OTHER),
    ],
)
def test_what_an_error_of_postgresql_means(error: Exception, failure: Failure) -> None:
    assert failure_of(error) is failure


@pytest.mark.parametrize(
    ("code", "failure"),
    [
        (sqlite3.SQLITE_BUSY, Failure.LOST),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, Failure.LOST),
        (sqlite3.SQLITE_LOCKED, Failure.LOST),
        (sqlite3.SQLITE_INTERRUPT, Failure.STOPPED),
        (sqlite3.SQLITE_FULL, Failure.AWAY),
        (sqlite3.SQLITE_IOERR_WRITE, Failure.AWAY),
        (sqlite3.SQLITE_CANTOPEN, Failure.AWAY),
        (sqlite3.SQLITE_READONLY_DIRECTORY, Failure.AWAY),
        (sqlite3.SQLITE_CORRUPT, Failure.AWAY),
        (sqlite3.SQLITE_NOTADB, Failure.AWAY),
        (sqlite3.SQLITE_CONSTRAINT, Failure.OTHER),
        (sqlite3.SQLITE_ERROR, Failure.OTHER),
    ],
)
def test_what_an_error_of_sqlite_means(code: int, failure: Failure) -> None:
    assert failure_of(of_sqlite(code)) is failure


def test_an_error_of_pythons_sqlite_module_is_a_fault_of_ours() -> None:
    assert failure_of(sqlite3.ProgrammingError("Incorrect number of bindings supplied")) is Failure.OTHER


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (NoTurn(), Failure.KEPT_WAITING),
        (Overtaken(), Failure.LOST),
        (ConnectionRefusedError(), Failure.AWAY),
        (TimeoutError(), Failure.AWAY),
        (EOFError(), Failure.AWAY),
        (DBConnectionError("no such host"), Failure.AWAY),
        (ValueError("no active connection"), Failure.AWAY),
        (ValueError("Connection closed"), Failure.AWAY),
        (ValueError("another"), Failure.OTHER),
        (ZeroDivisionError(), Failure.OTHER),
    ],
)
def test_what_other_errors_mean(error: Exception, failure: Failure) -> None:
    assert failure_of(error) is failure


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (OperationalError(of_sqlite(sqlite3.SQLITE_BUSY)), Failure.LOST),
        (IntegrityError(asyncpg.UniqueViolationError()), Failure.OTHER),
        (caused_by(asyncpg.DeadlockDetectedError()), Failure.LOST),
        (caused_by(caused_by(OperationalError(ConnectionResetError()))), Failure.AWAY),
    ],
)
def test_an_error_means_what_it_was_made_from(error: Exception, failure: Failure) -> None:
    assert failure_of(error) is failure


def test_errors_that_lead_to_each_other_end() -> None:
    one, other = RuntimeError("one"), RuntimeError("other")
    one.__cause__, other.__cause__ = other, one

    assert failure_of(one) is Failure.OTHER
