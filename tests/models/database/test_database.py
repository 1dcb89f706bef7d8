"""Reading: snapshots, read-only, and connections that are released however a reader ends."""

import asyncio
import sqlite3

import aiosqlite
import asyncpg
import pytest

from models.database.database import Database
from models.database.sessions import Session, Transaction
from models.errors import TimedOut, Unavailable
from tests.support.factories import make_site
from tests.support.sessions import ENDLESS, NAMES, ON_POSTGRES, ON_SQLITE, change_name, names, rename
from tests.support.waiting import Signal


@pytest.mark.parametrize("snapshot", [True, False])
async def test_reading_returns_committed_rows(database: Database, snapshot: bool) -> None:
    await make_site("a")

    async with database.reading(snapshot=snapshot) as session:
        assert await session.fetch(NAMES, []) == [{"name": "a"}]


async def test_snapshot_does_not_change_while_another_transaction_commits(database: Database) -> None:
    await make_site("before")

    async with database.reading() as session:
        first = await session.fetch(NAMES, [])
        await change_name(database, "after")
        second = await session.fetch(NAMES, [])
    async with database.reading() as session:
        third = await session.fetch(NAMES, [])

    assert (first, second, third) == ([{"name": "before"}], [{"name": "before"}], [{"name": "after"}])


async def test_reading_does_not_return_uncommitted_rows(database: Database) -> None:
    await make_site("before")
    renamed, may_finish = Signal(), Signal()

    async def body(transaction: Transaction) -> None:
        await rename(transaction, "after")
        renamed.set()
        await may_finish.wait()

    changing = asyncio.create_task(database.change(body))
    await renamed.wait()
    meanwhile = await names(database)
    may_finish.set()
    await changing

    assert meanwhile == ["before"]
    assert await names(database) == ["after"]


async def test_snapshot_rejects_write(database: Database) -> None:
    await make_site("kept")

    with pytest.raises(Unavailable):
        async with database.reading() as session:
            await rename(session, "lost")
    assert await names(database) == ["kept"]


@ON_SQLITE
async def test_reading_on_sqlite_rejects_write(database: Database) -> None:
    await make_site("kept")

    with pytest.raises(Unavailable):
        async with database.reading(snapshot=False) as session:
            await rename(session, "lost")
    assert await names(database) == ["kept"]


async def test_reading_queues_more_readers_than_connections(database: Database) -> None:
    await make_site("a")

    found = await asyncio.gather(*(names(database) for _ in range(50)))

    assert found == [["a"]] * 50
    assert database.busy == 0


async def test_reading_cancelled_interrupts_statement_and_releases_connection(database: Database) -> None:
    async def read(begun: asyncio.Event) -> None:
        async with database.reading() as session:
            begun.set()
            await session.fetch(ENDLESS[database.dialect], [])

    for _ in range(12):
        begun = asyncio.Event()
        reading = asyncio.create_task(read(begun))
        await begun.wait()
        await asyncio.sleep(0)
        assert database.busy == 1
        reading.cancel()
        async with asyncio.timeout(30):
            with pytest.raises(asyncio.CancelledError):
                await reading

    assert database.busy == 0
    assert await names(database) == []


async def test_reading_ends_when_cancelled_at_any_moment(database: Database) -> None:
    async def read() -> None:
        while True:
            await names(database)
            async with database.reading() as session:
                await session.fetch(NAMES, [])

    for steps in range(60):
        reading = asyncio.create_task(read())
        for _ in range(steps):
            await asyncio.sleep(0)
        reading.cancel()
        await asyncio.wait({reading}, timeout=30)
        assert reading.done(), steps

    assert database.busy == 0


async def test_reading_releases_connection_after_error(database: Database) -> None:
    for _ in range(12):
        with pytest.raises((sqlite3.OperationalError, asyncpg.UndefinedTableError)):
            async with database.reading() as session:
                await session.fetch("SELECT * FROM nowhere", [])

    assert database.busy == 0
    assert await names(database) == []


@ON_POSTGRES
async def test_statement_timeout_raises_timed_out(database: Database) -> None:
    async def body(session: Session) -> None:
        await session.fetch("SELECT set_config('statement_timeout', '20', TRUE)", [])
        await session.fetch(ENDLESS["postgres"], [])

    with pytest.raises(TimedOut):
        async with database.reading() as session:
            await body(session)
    with pytest.raises(TimedOut):
        await database.change(body)
    assert await names(database) == []


async def test_query_returns_result_of_body(database: Database) -> None:
    await make_site("a")

    found = await database.query(lambda session: session.fetch(NAMES, []))

    assert found == [{"name": "a"}]


async def test_database_may_be_closed_twice(database: Database) -> None:
    assert await names(database) == []

    await database.close()
    await database.close()

    assert database.busy == 0


@ON_SQLITE
async def test_database_closes_readers_if_writer_fails_to_close(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def close(connection: aiosqlite.Connection) -> None:
        await closed(connection)
        failed.append(connection)
        raise OSError("it failed to close")

    closed = aiosqlite.Connection.close
    failed: list[aiosqlite.Connection] = []
    await change_name(database, "after")
    async with database.reading() as session:
        await session.fetch(NAMES, [])
    monkeypatch.setattr(aiosqlite.Connection, "close", close)
    with pytest.raises(OSError, match="it failed to close"):
        await database.close()

    assert len(failed) == 2
