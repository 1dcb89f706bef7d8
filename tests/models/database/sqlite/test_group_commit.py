"""Group commit: changes that wait together share a commit, and each is kept or lost by itself."""

import asyncio
import sqlite3
from functools import partial

import pytest
from tortoise.connection import get_connection

from models.database.database import Database
from models.database.sessions import Transaction
from models.database.sqlite import writer
from models.database.sqlite.group_commit import MAX_GROUP_SIZE
from tests.support.factories import make_site
from tests.support.sessions import ENDLESS, NAMES, ON_SQLITE, change_name, names
from tests.support.waiting import Signal

pytestmark = ON_SQLITE


async def test_group_commit_commits_waiting_changes_together(database: Database) -> None:
    await make_site("0")
    statements = await trace(database)

    async def count_up(transaction: Transaction) -> None:
        await transaction.fetch("UPDATE sites SET name = name + 1", [])

    await asyncio.gather(*(database.change(count_up) for _ in range(MAX_GROUP_SIZE + 1)))

    assert await names(database) == [str(MAX_GROUP_SIZE + 1)]
    assert statements.count("COMMIT") == 2


@pytest.mark.parametrize(
    ("waiting", "short_s", "iterations"),
    [
        pytest.param(2 * MAX_GROUP_SIZE + 1, 60.0, MAX_GROUP_SIZE, id="in a flood"),
        pytest.param(2 * MAX_GROUP_SIZE + 1, 0.0, 2, id="in a flood beside many queries"),
        pytest.param(2 * MAX_GROUP_SIZE, 60.0, 1, id="otherwise"),
    ],
)
async def test_changes_of_a_group_end_in_so_many_iterations_of_the_event_loop(
    database: Database, monkeypatch: pytest.MonkeyPatch, waiting: int, short_s: float, iterations: int
) -> None:
    monkeypatch.setattr(writer, "_SHORT_ITERATION_S", short_s)
    await make_site("before")
    loop = asyncio.get_running_loop()
    iteration = 0
    ended: list[int] = []

    def count() -> None:
        nonlocal iteration
        iteration += 1
        if len(ended) < waiting:
            loop.call_soon(count)

    async def change(name: str) -> None:
        await change_name(database, name)
        ended.append(iteration)

    async with database.acquire():  # until all of them wait
        changes = asyncio.gather(*(change(str(number)) for number in range(waiting)))
        await asyncio.sleep(0)
    count()
    await changes

    assert len(set(ended[:MAX_GROUP_SIZE])) == iterations


async def test_group_commit_isolates_failed_changes(database: Database) -> None:
    await make_site("0")
    statements = await trace(database)

    async def count_up(transaction: Transaction, then: str = "") -> str:
        (record,) = await transaction.fetch("UPDATE sites SET name = name || '.' RETURNING name", [])
        if then == "roll back":
            transaction.set_rollback_only()
        elif then:
            await transaction.fetch(then, [])
        name: str = record["name"]
        return name

    endings = ["SELECT * FROM nowhere", "", "roll back", "", "UPDATE sites SET revision = -1", "", "roll back"]
    changes = [database.change(partial(count_up, then=ending)) for ending in endings]
    ended = await asyncio.gather(*changes, return_exceptions=True)

    outcomes = [one if isinstance(one, str) else type(one) for one in ended]
    assert outcomes == [sqlite3.OperationalError, "0.", "0..", "0..", sqlite3.IntegrityError, "0...", "0...."]
    assert await names(database) == ["0..."]
    assert statements.count("COMMIT") == 1


async def test_group_commit_isolates_interrupted_change(database: Database) -> None:
    await make_site("0")
    begun = Signal()

    async def count_up(transaction: Transaction) -> None:
        await transaction.fetch("UPDATE sites SET name = name + 1", [])

    async def run_endlessly(transaction: Transaction) -> None:
        begun.set()
        await transaction.fetch(f"UPDATE sites SET name = ({ENDLESS['sqlite']})", [])

    before, cancelled, after = [
        asyncio.create_task(database.change(one)) for one in (count_up, run_endlessly, count_up)
    ]
    await begun.wait()
    cancelled.cancel()
    async with asyncio.timeout(30):
        await asyncio.gather(before, after)
        with pytest.raises(asyncio.CancelledError):
            await cancelled

    assert await names(database) == ["2"]


async def test_group_commit_fails_every_change_when_commit_fails(database: Database) -> None:
    await make_site("0")
    # A deferred constraint is checked by the COMMIT.
    deferred = "CREATE TABLE far (site BIGINT REFERENCES sites (id) DEFERRABLE INITIALLY DEFERRED)"
    await get_connection("sqlite").execute_query(deferred)

    async def count_up(transaction: Transaction) -> None:
        await transaction.fetch("UPDATE sites SET name = name + 1", [])

    async def refer(transaction: Transaction) -> None:
        await transaction.fetch("INSERT INTO far (site) VALUES (99)", [])

    ended = await asyncio.gather(*(database.change(one) for one in (count_up, refer)), return_exceptions=True)

    assert [type(one) for one in ended] == [sqlite3.IntegrityError] * 2
    assert await names(database) == ["0"]


async def test_group_commit_reruns_change_that_read_rolled_back_row(database: Database) -> None:
    await make_site("0")
    await get_connection("sqlite").execute_query(
        "CREATE TABLE far (site BIGINT REFERENCES sites (id) DEFERRABLE INITIALLY DEFERRED)"
    )
    seen = []

    async def count_up(transaction: Transaction) -> None:
        await transaction.fetch("UPDATE sites SET name = name + 1", [])

    async def look(transaction: Transaction) -> str:
        transaction.set_rollback_only()
        (record,) = await transaction.fetch(NAMES, [])
        seen.append(record["name"])
        return str(record["name"])

    async def refer(transaction: Transaction) -> None:
        await transaction.fetch("INSERT INTO far (site) VALUES (99)", [])

    changes = [database.change(one) for one in (count_up, look, refer)]
    _, second, _ = await asyncio.gather(*changes, return_exceptions=True)

    assert (seen, second) == (["1", "0"], "0")


async def test_group_commit_does_not_rerun_changes_after_cancellation(database: Database) -> None:
    await make_site("0")
    begun, may_continue = Signal(), Signal()
    attempts = []

    async def count_up(transaction: Transaction) -> None:
        attempts.append(transaction)
        await transaction.fetch("UPDATE sites SET name = name + 1", [])

    async def count_up_twice(transaction: Transaction) -> None:
        await count_up(transaction)
        begun.set()
        await may_continue.wait()
        await count_up(transaction)

    bodies = (count_up, count_up_twice, count_up)
    before, cancelled, after = [asyncio.create_task(database.change(body)) for body in bodies]
    await begun.wait()
    cancelled.cancel()
    await asyncio.sleep(0)
    may_continue.set()
    await asyncio.gather(before, after)

    assert cancelled.cancelled() or cancelled.cancelling()
    assert await names(database) == ["2"]
    assert len(attempts) == 4


async def test_change_is_run_although_the_leader_of_its_group_is_cancelled(database: Database) -> None:
    await make_site("before")
    before = asyncio.all_tasks()

    async with database.acquire():
        changing = asyncio.create_task(change_name(database, "after"))
        await asyncio.sleep(0)
        (leader,) = asyncio.all_tasks() - before - {changing}
        await asyncio.sleep(0)
        leader.cancel()
        await asyncio.wait({leader})
    async with asyncio.timeout(30):
        await changing

    assert leader.cancelled()
    assert await names(database) == ["after"]


async def trace(database: Database) -> list[str]:
    """A list to which every statement of the writer is appended."""
    statements: list[str] = []
    async with database.acquire() as connection:
        await connection.set_trace_callback(statements.append)
    return statements
