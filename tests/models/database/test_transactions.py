"""Transactions: atomic, and retried after conflicts and lock timeouts."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pytest
from tortoise.exceptions import OperationalError

from models.database import database as database_module
from models.database.database import MAX_ATTEMPTS, Database
from models.database.sessions import Transaction
from models.errors import Busy, Unavailable
from models.site import Site
from tests.support.factories import make_site
from tests.support.sessions import NAMES, ON_POSTGRES, ON_SQLITE, change_name, names, rename
from tests.support.waiting import Signal, eventually

BUSY = "The database is busy. Try again in a moment."
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"


@asynccontextmanager
async def another_process(database: Database) -> AsyncIterator[asyncpg.Connection]:
    """A connection of another process to the same PostgreSQL database."""
    connection = await asyncpg.connect(**database.url.connect_options)
    try:
        yield connection
    finally:
        await connection.close()


def busy_error() -> OperationalError:
    error = sqlite3.OperationalError("database is locked")
    error.sqlite_errorcode = sqlite3.SQLITE_BUSY
    return OperationalError(error)


async def test_change_commits_and_returns_result_of_body(database: Database) -> None:
    await make_site("before")

    async def body(transaction: Transaction) -> str:
        await rename(transaction, "after")
        return "done"

    assert await database.change(body) == "done"
    assert await names(database) == ["after"]


async def test_change_set_to_roll_back_returns_result_of_body(database: Database) -> None:
    await make_site("kept")

    async def body(transaction: Transaction) -> list[dict[str, object]]:
        await rename(transaction, "lost")
        transaction.set_rollback_only()
        return await transaction.fetch(NAMES, [])

    assert await database.change(body) == [{"name": "lost"}]
    assert await names(database) == ["kept"]


async def test_change_rolls_back_and_raises_error_of_body(database: Database) -> None:
    await make_site("kept")
    attempts = []

    async def body(transaction: Transaction) -> None:
        attempts.append(transaction)
        await rename(transaction, "lost")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await database.change(body)
    assert await names(database) == ["kept"]
    assert len(attempts) == 1
    await change_name(database, "next")
    assert await names(database) == ["next"]


async def test_change_rolls_back_when_statement_fails(database: Database) -> None:
    await make_site("kept")

    async def body(transaction: Transaction) -> None:
        await rename(transaction, "lost")
        await transaction.fetch("SELECT * FROM nowhere", [])

    with pytest.raises((sqlite3.OperationalError, asyncpg.UndefinedTableError), match="nowhere"):
        await database.change(body)
    assert await names(database) == ["kept"]


@ON_POSTGRES
async def test_change_raises_when_commit_of_failed_transaction_rolls_back(database: Database) -> None:
    await make_site("kept")

    async def body(transaction: Transaction) -> None:
        await rename(transaction, "lost")
        with pytest.raises(asyncpg.UndefinedTableError):
            await transaction.fetch("SELECT * FROM nowhere", [])

    with pytest.raises(asyncpg.InFailedSQLTransactionError):
        await database.change(body)
    assert await names(database) == ["kept"]


async def test_change_retries_after_conflict(database: Database) -> None:
    await make_site("before")
    attempts = []

    async def body(transaction: Transaction) -> int:
        attempts.append(await transaction.fetch(NAMES, []))
        await rename(transaction, "after")
        if len(attempts) < 3:
            raise busy_error()
        return len(attempts)

    assert await database.change(body) == 3
    assert attempts == [[{"name": "before"}]] * 3
    assert await names(database) == ["after"]


async def test_change_stops_retrying_after_max_attempts(database: Database) -> None:
    attempts = []

    async def body(transaction: Transaction) -> None:
        attempts.append(transaction)
        raise asyncpg.DeadlockDetectedError

    with pytest.raises(Unavailable, match="busy"):
        await database.change(body)
    assert len(attempts) == MAX_ATTEMPTS


async def test_transaction_with_lock_timeouts_is_retried_without_limit(database: Database) -> None:
    attempts = []

    async def body(transaction: Transaction) -> None:
        attempts.append(transaction)
        if len(attempts) <= MAX_ATTEMPTS:
            raise asyncpg.LockNotAvailableError

    await database.change(body)

    assert len(attempts) == MAX_ATTEMPTS + 1


async def test_transaction_with_lock_timeouts_is_given_up_in_time(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "CHANGE_TIMEOUT_S", 0.1)

    async def body(_transaction: Transaction) -> None:
        raise asyncpg.LockNotAvailableError

    with pytest.raises(Unavailable, match="busy"):
        await database.change(body)


async def test_change_raises_busy_when_it_cannot_begin_in_time(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_finish = Signal()
    begun = []
    concurrent = 1 if database.dialect == "sqlite" else 5

    async def body(transaction: Transaction) -> None:
        begun.append(transaction)
        await may_finish.wait()

    async def all_have_begun() -> bool:
        return len(begun) == concurrent

    changing = [asyncio.create_task(database.change(body)) for _ in range(concurrent)]
    await eventually(all_have_begun, "as many as can have begun")
    monkeypatch.setattr(database_module, "CHANGE_TIMEOUT_S", 0.1)
    refused = await asyncio.gather(*(database.change(body) for _ in range(3)), return_exceptions=True)
    may_finish.set()
    await asyncio.gather(*changing)

    assert len(begun) == concurrent
    assert [(type(error), str(error)) for error in refused] == [(Busy, BUSY)] * 3


@ON_POSTGRES
async def test_change_retries_after_serialization_failure(database: Database) -> None:
    await make_site("before")
    seen = []

    async def body(transaction: Transaction) -> None:
        await transaction.fetch("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ", [])
        ((record),) = await transaction.fetch(NAMES, [])
        seen.append(record["name"])
        if len(seen) == 1:
            async with another_process(database) as other:
                await other.execute("UPDATE sites SET name = 'in between'")
        await rename(transaction, f"after {record['name']}")

    await database.change(body)

    assert seen == ["before", "in between"]
    assert await names(database) == ["after in between"]


@ON_POSTGRES
async def test_change_retries_after_deadlock(database: Database) -> None:
    sites = [await make_site("0"), await make_site("0")]
    both_hold_one = asyncio.Barrier(2)
    attempts = []

    async def count_up(order: tuple[int, int]) -> None:
        async def body(transaction: Transaction) -> None:
            attempts.append(order)
            await transaction.fetch("SET LOCAL deadlock_timeout = '10ms'", [])
            for place in order:
                sql = f"UPDATE sites SET revision = revision + 1 WHERE id = {sites[place].key}"
                await transaction.fetch(sql, [])
                if place == order[0] and len(attempts) <= 2:
                    await both_hold_one.wait()

        await database.change(body)

    await asyncio.gather(count_up((0, 1)), count_up((1, 0)))

    # One of them is made again, more than once if it is quicker than the other that waited for its row.
    assert len(attempts) >= 3
    async with database.reading() as session:
        assert await session.fetch("SELECT revision FROM sites", []) == [{"revision": 2}] * 2


@ON_POSTGRES
async def test_change_waits_for_row_lock_of_another_process(database: Database) -> None:
    await make_site("before")

    async with another_process(database) as other:
        transaction = other.transaction()
        await transaction.start()
        await other.execute("UPDATE sites SET name = name || ' theirs'")
        changing = asyncio.create_task(
            database.change(lambda one: one.fetch("UPDATE sites SET name = name || ' ours'", []))
        )
        await eventually(lambda: other.fetchval(WAITING), "the change waits for the lock")
        await transaction.commit()
        await changing

    assert await names(database) == ["before theirs ours"]


@ON_POSTGRES
async def test_changes_waiting_for_locked_site_do_not_delay_change_of_another_site(database: Database) -> None:
    locked, free = await make_site(), await make_site()
    counted = "UPDATE sites SET revision = revision + 1 WHERE id = {} RETURNING revision"

    async def count_up(site: Site) -> int:
        records = await database.change(lambda one: one.fetch(counted.format(site.key), []))
        return int(records[0]["revision"])

    async with another_process(database) as other:
        transaction = other.transaction()
        await transaction.start()
        await other.execute(counted.format(locked.key))
        waiting = [asyncio.create_task(count_up(locked)) for _ in range(15)]
        await asyncio.sleep(0)
        async with asyncio.timeout(30):
            found = await count_up(free)
        ended = [task for task in waiting if task.done()]
        await transaction.commit()

    assert (found, ended) == (1, [])
    assert sorted(await asyncio.gather(*waiting)) == list(range(2, 17))


@ON_SQLITE
async def test_change_waits_for_write_lock_of_another_process(database: Database) -> None:
    await make_site("before")
    other = sqlite3.connect(database.url.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    other.execute("UPDATE sites SET name = name || ' theirs'")

    changing = asyncio.create_task(
        database.change(lambda one: one.fetch("UPDATE sites SET name = name || ' ours'", []))
    )
    done, _ = await asyncio.wait({changing}, timeout=0.2)
    other.execute("COMMIT")
    other.close()
    await changing

    assert done == set()
    assert await names(database) == ["before theirs ours"]


@ON_SQLITE
async def test_change_raises_unavailable_when_file_stays_locked(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "CHANGE_TIMEOUT_S", 0.3)
    await make_site("kept")
    other = sqlite3.connect(database.url.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(Unavailable, match="busy"):
        await change_name(database, "lost")

    assert await names(database) == ["kept"]
    other.execute("ROLLBACK")
    other.close()
    await change_name(database, "next")
    assert await names(database) == ["next"]


async def test_concurrent_changes_run_one_after_another(database: Database) -> None:
    await make_site("x")

    async def body(transaction: Transaction) -> int:
        sql = "UPDATE sites SET revision = revision + 1 RETURNING revision"
        return int((await transaction.fetch(sql, []))[0]["revision"])

    found = await asyncio.gather(*(database.change(body) for _ in range(30)))

    assert sorted(found) == list(range(1, 31))
