"""Transactions that are tried again, stopped and abandoned; snapshots; and what the drivers' errors mean."""

import asyncio
import sqlite3
from pathlib import Path

import asyncpg
import pytest
from tortoise.exceptions import OperationalError

from models.address import parse_address
from models.database import ATTEMPTS, Database, Transaction
from models.errors import TimedOut, Unavailable
from models.failures import Failure, failure_of
from models.migrating import DatabaseError, migrate_database, open_database
from tests.factories import make_site

COUNT = "SELECT count(*) AS n FROM sites"
RENAME = "UPDATE sites SET name = 'changed'"


async def names(database: Database) -> list[str]:
    async with database.reading(snapshot=False) as session:
        return [record["name"] for record in await session.fetch("SELECT name FROM sites", [])]


def locked() -> OperationalError:
    error = sqlite3.OperationalError("database is locked")
    error.sqlite_errorcode = sqlite3.SQLITE_BUSY
    return OperationalError(error)


async def test_a_lost_transaction_is_tried_again(database: Database) -> None:
    attempts = []

    async def body(transaction: Transaction) -> int:
        attempts.append(transaction)
        if len(attempts) < 3:
            raise locked()
        return len(attempts)

    assert await database.change(body) == 3


async def test_one_that_always_loses_is_given_up(database: Database) -> None:
    attempts = []

    async def body(transaction: Transaction) -> None:
        attempts.append(transaction)
        raise asyncpg.DeadlockDetectedError

    with pytest.raises(Unavailable):
        await database.change(body)
    assert len(attempts) == ATTEMPTS


async def test_an_abandoned_transaction_keeps_nothing(database: Database) -> None:
    await make_site("kept")

    async def body(transaction: Transaction) -> None:
        await transaction.fetch(RENAME, [])
        transaction.abandon()

    await database.change(body)

    assert await names(database) == ["kept"]


async def test_a_fault_keeps_nothing_and_is_raised(database: Database) -> None:
    await make_site("kept")

    async def body(transaction: Transaction) -> None:
        await transaction.fetch(RENAME, [])
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await database.change(body)
    assert await names(database) == ["kept"]


async def test_who_is_cancelled_keeps_nothing_and_leaves_the_connection_free(database: Database) -> None:
    await make_site("kept")
    begun, never = asyncio.Event(), asyncio.Event()

    async def body(transaction: Transaction) -> None:
        await transaction.fetch(RENAME, [])
        begun.set()
        await never.wait()

    changing = asyncio.create_task(database.change(body))
    await begun.wait()
    changing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await changing

    assert await names(database) == ["kept"]

    async def rename(transaction: Transaction) -> None:
        await transaction.fetch(RENAME, [])

    await database.change(rename)
    assert await names(database) == ["changed"]


async def test_a_snapshot_is_of_one_moment(database: Database) -> None:
    async with database.reading() as session:
        before = await session.fetch(COUNT, [])
        await make_site()
        after = await session.fetch(COUNT, [])

    assert before == after == [{"n": 0}]


async def test_a_session_for_queries_cannot_write_on_sqlite(database: Database) -> None:
    if database.dialect == "postgres":
        pytest.skip("PostgreSQL's snapshot is read-only, a single statement is not")
    async with database.reading() as session:
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            await session.fetch("DELETE FROM sites", [])


async def test_a_cancelled_query_gives_its_connection_back(database: Database) -> None:
    slow = (
        "SELECT pg_sleep(60)"
        if database.dialect == "postgres"
        else ("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n")
    )

    async def read() -> None:
        async with database.reading() as session:
            await session.fetch(slow, [])

    for _ in range(12):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await read()

    assert await names(database) == []


async def test_a_statement_that_the_database_stops_has_timed_out(database: Database) -> None:
    with pytest.raises(TimedOut):
        async with database.reading():
            raise asyncpg.QueryCanceledError


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (asyncpg.SerializationError(), Failure.LOST),
        (asyncpg.QueryCanceledError(), Failure.STOPPED),
        (asyncpg.AdminShutdownError(), Failure.AWAY),
        (asyncpg.ReadOnlySQLTransactionError(), Failure.AWAY),
        (asyncpg.UniqueViolationError(), Failure.OTHER),
        (asyncpg.InterfaceError("closed"), Failure.AWAY),
        (ConnectionRefusedError(), Failure.AWAY),
        (ValueError("no active connection"), Failure.AWAY),
        (ValueError("else"), Failure.OTHER),
        (locked(), Failure.LOST),
    ],
)
def test_what_an_error_means(error: Exception, failure: Failure) -> None:
    assert failure_of(error) is failure


@pytest.mark.parametrize(
    ("code", "failure"),
    [
        (sqlite3.SQLITE_INTERRUPT, Failure.STOPPED),
        (sqlite3.SQLITE_FULL, Failure.AWAY),
        (sqlite3.SQLITE_IOERR_WRITE, Failure.AWAY),
        (sqlite3.SQLITE_CONSTRAINT, Failure.OTHER),
    ],
)
def test_what_an_error_of_sqlite_means(code: int, failure: Failure) -> None:
    error = sqlite3.OperationalError()
    error.sqlite_errorcode = code

    assert failure_of(error) is failure


async def test_migrating_at_once_ends_well_and_again_does_nothing(url: str, tmp_path: Path) -> None:
    address = parse_address(url)
    if address.dialect == "sqlite":
        address = parse_address(f"sqlite://{tmp_path}/new.sqlite3")
        assert await migrate_database(address) == ["m0001_directory"]

    assert await migrate_database(address) == []


async def test_a_database_of_a_newer_version_is_refused(url: str) -> None:
    address = parse_address(url)
    insert = "INSERT INTO tortoise_migrations (app, name, applied_at) VALUES ('models', 'm9999_future', '2030-01-01')"
    remove = "DELETE FROM tortoise_migrations WHERE name = 'm9999_future'"
    database = await open_database(address)

    async def run(sql: str) -> None:
        async def body(transaction: Transaction) -> None:
            await transaction.client.execute_script(sql)

        await database.change(body)

    await run(insert)
    try:
        with pytest.raises(DatabaseError, match="newer version"):
            await migrate_database(address)
        with pytest.raises(DatabaseError, match="newer version"):
            await open_database(address)
    finally:
        database = await open_without_looking(url)
        await run(remove)
        await database.close()


async def open_without_looking(url: str) -> Database:
    from models.migrating import _initialise

    address = parse_address(url)
    await _initialise(address, None)
    return Database(address)


async def test_an_empty_file_must_be_migrated_first(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match="not up to date"):
        await open_database(parse_address(f"sqlite://{tmp_path}/new.sqlite3"))


async def test_what_is_no_database_is_refused_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text(
        "not a database, but long enough to have a header of one hundred bytes and then some more text here"
    )

    with pytest.raises(DatabaseError, match="file is not a database"):
        await open_database(parse_address(f"sqlite://{file}"))
