"""Connections that stay ready: which are used again, and which are released or closed instead."""

import asyncio
import contextlib
from collections.abc import Iterable
from typing import Any

import asyncpg
import pytest
from asyncpg.pool import PoolConnectionProxy

from models.database.database import Database
from models.database.postgres import connections
from models.database.sessions import Session
from models.errors import Unavailable
from tests.support.sessions import ENDLESS, ON_POSTGRES
from tests.support.waiting import eventually

pytestmark = ON_POSTGRES

_PID = "SELECT pg_backend_pid() AS pid"


async def pid_of(session: Session) -> int:
    (record,) = await session.fetch(_PID, [])
    pid: int = record["pid"]
    return pid


async def ready_pid(database: Database) -> int:
    """The process of PostgreSQL that the connection leads to that is used next."""
    (record,) = await database.fetch(_PID, [])
    pid: int = record["pid"]
    return pid


async def pids_of_two(database: Database) -> tuple[int, int]:
    """The processes of two connections that are used at the same time."""
    async with database.reading() as one, database.reading() as other:
        return await pid_of(one), await pid_of(other)


async def living(database: Database, pids: Iterable[int]) -> set[int]:
    sql = "SELECT pid FROM pg_stat_activity WHERE pid = ANY($1::int[])"
    return {record["pid"] for record in await database.fetch(sql, [list(pids)])}


async def sleeping(database: Database) -> bool:
    sql = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'"
    return bool(await database.fetch(sql, []))


class Releases:
    """Counts the connections that the pools of asyncpg are given back."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.number = 0
        release = asyncpg.Pool.release

        async def counting_release(pool: asyncpg.Pool, connection: PoolConnectionProxy, **options: Any) -> None:
            self.number += 1
            await release(pool, connection, **options)

        monkeypatch.setattr(asyncpg.Pool, "release", counting_release)


async def test_next_query_snapshot_and_change_use_the_same_connection(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    releases = Releases(monkeypatch)
    first = await ready_pid(database)
    async with database.reading() as session:
        snapshot = await pid_of(session)
    change = await database.change(pid_of)

    assert (snapshot, change, await ready_pid(database)) == (first, first, first)
    assert releases.number == 0


async def test_connection_after_snapshot_has_no_transaction(database: Database) -> None:
    async with database.reading() as session:
        snapshot = await pid_of(session)
    async with database.acquire() as connection:
        assert connection.get_server_pid() == snapshot
        assert not connection.is_in_transaction()


async def test_connection_with_open_transaction_is_rolled_back(database: Database) -> None:
    async with database.acquire() as connection:
        await connection.execute("BEGIN; CREATE TABLE lost (id int)")
    async with database.acquire() as connection:
        in_transaction = connection.is_in_transaction()
        table = await connection.fetchval("SELECT to_regclass('lost')")

    assert (in_transaction, table) == (False, None)


async def test_cancelled_statement_ends_before_its_connection_is_used_again(database: Database) -> None:
    reading = asyncio.create_task(database.fetch(ENDLESS["postgres"], []))
    async with asyncio.timeout(30):
        while not await sleeping(database):
            pass
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading

    assert not await sleeping(database)
    assert len(set(await pids_of_two(database))) == 2


async def test_lost_connection_is_not_used_again(database: Database) -> None:
    first, second = await pids_of_two(database)
    await database.fetch("SELECT pg_terminate_backend($1)", [first if await ready_pid(database) == second else second])

    async def survivors() -> bool:
        return len(await living(database, (first, second))) == 1

    await eventually(survivors, "one connection is lost")
    one, other = await pids_of_two(database)
    assert len({one, other} & {first, second}) == 1


async def test_lost_connection_that_is_ready_next_is_replaced(database: Database) -> None:
    first = await ready_pid(database)
    with pytest.raises(Unavailable):
        await database.fetch("SELECT pg_terminate_backend(pg_backend_pid())", [])

    assert await ready_pid(database) != first


async def test_refused_write_opens_every_connection_again(database: Database) -> None:
    before = await pids_of_two(database)
    async with database.reading() as used:
        third = await pid_of(used)
        with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
            async with database.acquire() as connection:
                await connection.execute("SET TRANSACTION READ ONLY; CREATE TABLE refused (id int)")
        assert await pid_of(used) == third

    after = await pids_of_two(database)
    assert not set(after) & {*before, third}
    assert await living(database, before) == set()


async def test_cancellation_while_connections_are_opened_again_loses_none(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(5):
            await stack.enter_async_context(database.reading())
    releasing, may_release = asyncio.Event(), asyncio.Event()
    release = connections.Connections.release

    async def slow_release(self: connections.Connections, connection: PoolConnectionProxy) -> None:
        releasing.set()
        await may_release.wait()
        await release(self, connection)

    monkeypatch.setattr(connections.Connections, "release", slow_release)

    async def refused_write() -> None:
        async with database.acquire() as connection:
            await connection.execute("SET TRANSACTION READ ONLY; CREATE TABLE refused (id int)")

    writing = asyncio.create_task(refused_write())
    async with asyncio.timeout(30):
        await releasing.wait()
        writing.cancel()
        may_release.set()
        with pytest.raises(asyncio.CancelledError):
            await writing

        async with contextlib.AsyncExitStack() as stack:
            for _ in range(8):
                await stack.enter_async_context(database.reading())
            assert database.busy == 8


async def test_connection_that_was_opened_while_all_expired_is_not_kept(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ready_pid(database)
    acquiring, may_acquire = asyncio.Event(), asyncio.Event()
    acquire = asyncpg.Pool.acquire

    async def slow_acquire(pool: asyncpg.Pool) -> PoolConnectionProxy:
        connection = await acquire(pool)
        acquiring.set()
        await may_acquire.wait()
        return connection

    async with database.reading(snapshot=False):
        monkeypatch.setattr(asyncpg.Pool, "acquire", slow_acquire)
        opening = asyncio.create_task(ready_pid(database))
        async with asyncio.timeout(30):
            await acquiring.wait()
        monkeypatch.undo()
        with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
            async with database.acquire() as connection:
                await connection.execute("SET TRANSACTION READ ONLY; CREATE TABLE refused (id int)")
        may_acquire.set()
        opened = await opening

    assert await living(database, [opened]) == set()


async def test_answer_is_returned_although_its_connection_is_lost_afterwards(database: Database) -> None:
    async with database.reading() as session:
        first = await pid_of(session)
        await database.fetch("SELECT pg_terminate_backend($1)", [first])

        async def is_gone() -> bool:
            return not await living(database, [first])

        await eventually(is_gone, "the connection is lost")
    assert await ready_pid(database) != first


async def test_database_is_closed_while_a_connection_is_used(database: Database) -> None:
    async def read() -> None:
        async with database.reading() as session:
            pids.append(await pid_of(session))
            await database.close()
            await session.fetch(_PID, [])

    pids: list[int] = []
    with pytest.raises(Unavailable):
        await read()

    assert await living(database, pids) == set()


async def test_ready_connections_are_released_from_time_to_time(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "_READY_S", 0)
    released = asyncio.Event()
    release = connections.Connections.release

    async def signalling_release(self: connections.Connections, connection: PoolConnectionProxy) -> None:
        await release(self, connection)
        released.set()

    monkeypatch.setattr(connections.Connections, "release", signalling_release)
    # The first use of the database has set its timer.
    await database.close()
    released.clear()
    first = await ready_pid(database)
    async with asyncio.timeout(30):
        await released.wait()

    assert await ready_pid(database) == first


async def test_closed_database_can_be_used_again(database: Database) -> None:
    before = await pids_of_two(database)
    await database.close()

    after = await pids_of_two(database)
    assert not set(before) & set(after)
    assert await living(database, before) == set()
