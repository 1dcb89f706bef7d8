"""Transactions whose caller is cancelled: all or nothing, and the next one is not delayed."""

import asyncio

import asyncpg
import pytest

from models.database.database import Database
from models.database.sessions import Transaction
from tests.support.factories import make_site
from tests.support.sessions import ENDLESS, ON_POSTGRES, ON_SQLITE, change_name, names, rename
from tests.support.waiting import Signal


async def test_change_cancelled_in_statement_rolls_back(database: Database) -> None:
    await make_site("kept")
    begun = Signal()

    async def body(transaction: Transaction) -> None:
        await rename(transaction, "lost")
        begun.set()
        await transaction.fetch(ENDLESS[database.dialect], [])

    changing = asyncio.create_task(database.change(body))
    await begun.wait()
    changing.cancel()
    async with asyncio.timeout(30):
        with pytest.raises(asyncio.CancelledError):
            await changing

    assert await names(database) == ["kept"]
    async with asyncio.timeout(30):
        await change_name(database, "next")
    assert await names(database) == ["next"]


@pytest.mark.parametrize("steps", [0, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233, 377])
async def test_change_cancelled_at_any_moment_is_atomic(database: Database, steps: int) -> None:
    await make_site("one")
    await make_site("two")

    async def body(transaction: Transaction) -> None:
        await transaction.fetch("UPDATE sites SET name = 'changed' WHERE name = 'one'", [])
        await transaction.fetch("UPDATE sites SET name = 'changed' WHERE name = 'two'", [])

    changing = asyncio.create_task(database.change(body))
    for _ in range(steps):
        await asyncio.sleep(0)
    changing.cancel()
    ended = (await asyncio.gather(changing, return_exceptions=True))[0]

    expected = ["one", "two"] if isinstance(ended, asyncio.CancelledError) else ["changed", "changed"]
    assert await names(database) == expected
    async with asyncio.timeout(30):
        await change_name(database, "next")
    assert await names(database) == ["next", "next"]


@ON_POSTGRES
async def test_query_cancelled_while_it_is_prepared_leaves_no_transaction_open(database: Database) -> None:
    for number in range(400):
        querying = asyncio.create_task(database.fetch(f"SELECT {number} AS new_text", []))
        for _ in range(number % 20):
            await asyncio.sleep(0)
        querying.cancel()
        await asyncio.gather(querying, return_exceptions=True)

        # Begins with an isolation level, which an open transaction refuses.
        async with database.reading() as session:
            assert await session.fetch("SELECT 1 AS one", []) == [{"one": 1}]


@ON_POSTGRES
@pytest.mark.parametrize(
    ("sql", "values", "last"),
    [("SELECT 1 / $1::int", [0], "SELECT 1 / $1::int"), ("SELECT $1::int", ["x"], "ROLLBACK")],
)
async def test_query_is_rolled_back_only_if_the_server_did_not_end_it(
    database: Database, sql: str, values: list[object], last: str
) -> None:
    async with database.reading() as session:
        with pytest.raises(asyncpg.PostgresError):
            await database.fetch(sql, values)
        others = "SELECT query FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        assert {"query": last} in await session.fetch(f"{others} AND state = 'idle'", [])


async def test_change_cancelled_while_waiting_does_not_stop_running_change(database: Database) -> None:
    await make_site("before")
    begun, may_finish = Signal(), Signal()

    async def body(transaction: Transaction) -> None:
        await rename(transaction, "first")
        begun.set()
        await may_finish.wait()

    first = asyncio.create_task(database.change(body))
    await begun.wait()
    waiting = [asyncio.create_task(change_name(database, "lost")) for _ in range(5)]
    await asyncio.sleep(0)
    for task in waiting:
        task.cancel()
    ended = await asyncio.gather(*waiting, return_exceptions=True)
    may_finish.set()
    await first

    assert all(isinstance(error, asyncio.CancelledError) for error in ended)
    assert await names(database) == ["first"]


@ON_SQLITE
async def test_change_ends_when_all_tasks_are_cancelled(database: Database) -> None:
    await make_site("0")
    begun, may_finish = Signal(), Signal()

    async def body(transaction: Transaction) -> None:
        await transaction.fetch("UPDATE sites SET name = name + 1", [])
        begun.set()
        await may_finish.wait()

    changing = asyncio.create_task(database.change(body))
    await begun.wait()
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.sleep(0)
    may_finish.set()
    async with asyncio.timeout(30):
        await asyncio.wait(tasks)

    assert changing.done()
    await change_name(database, "next")
    assert await names(database) == ["next"]
