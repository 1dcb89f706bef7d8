"""The write-ahead log: it stays short although some query always reads, and no query waits long for that."""

import asyncio
import time
from itertools import pairwise
from pathlib import Path

import pytest

from models.database.database import Database
from models.database.sessions import Session, Transaction
from models.database.sqlite import checkpoint
from tests.support.factories import make_site
from tests.support.sessions import ENDLESS, NAMES, ON_SQLITE, names
from tests.support.waiting import Signal, eventually

pytestmark = ON_SQLITE

LIMIT = 512 * 1024
SLOW = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) SELECT max(i) FROM n"


@pytest.fixture(autouse=True)
def _small_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoint, "CHECKPOINT_BYTES", LIMIT)


def log_size(database: Database) -> int:
    return Path(f"{database.url.path}-wal").stat().st_size


async def write(database: Database, number: int) -> None:
    """A change that adds some 130 KiB to the log."""

    async def body(transaction: Transaction) -> None:
        await transaction.fetch("UPDATE sites SET name = ?, search_key = hex(randomblob(64000))", [f"Site {number}"])

    await database.change(body)


async def read_slowly(session: Session) -> None:
    await session.fetch(NAMES, [])
    await session.fetch(SLOW, [])


async def keep_reading(database: Database) -> None:
    while True:
        await database.query(read_slowly)


async def test_log_is_emptied_again_and_again_while_queries_always_read(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Longer than a query takes on a busy machine.
    monkeypatch.setattr(checkpoint, "_WAIT_S", 10.0)
    await make_site()
    reading = [asyncio.create_task(keep_reading(database)) for _ in range(3)]
    sizes = [0]

    async def emptied() -> bool:
        await write(database, len(sizes))
        sizes.append(log_size(database))
        return sum(later < earlier for earlier, later in pairwise(sizes)) == 3

    try:
        await eventually(emptied, "the log is emptied three times")
    finally:
        for task in reading:
            task.cancel()
        await asyncio.wait(reading)

    assert max(sizes) > LIMIT
    assert await names(database) == [f"Site {len(sizes) - 1}"]


async def test_log_is_emptied_after_query_that_outlasts_the_wait(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoint, "_RETRY_FACTOR", 0)
    await make_site()
    begun = Signal()

    async def endless(session: Session) -> None:
        await session.fetch(NAMES, [])
        begun.set()
        await session.fetch(ENDLESS["sqlite"], [])

    reading = asyncio.create_task(database.query(endless))
    await begun.wait()
    for number in range(8):
        await write(database, number)

    began = time.monotonic()
    # It needs a thread, and so waits until the log is given up for now.
    assert await database.query(lambda session: session.fetch(NAMES, [])) == [{"name": "Site 7"}]
    waited = time.monotonic() - began
    before = log_size(database)
    reading.cancel()
    await asyncio.wait({reading})

    async def emptied() -> bool:
        await write(database, 8)
        return log_size(database) < LIMIT

    assert before > LIMIT
    assert waited < checkpoint._MAX_WAIT_S
    await eventually(emptied, "the log is emptied")


async def test_short_queries_go_on_while_the_log_waits_for_a_slow_one(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoint, "_WAIT_S", 1_000)
    monkeypatch.setattr(checkpoint, "_MAX_WAIT_S", 1_000)
    await make_site()
    may_end = Signal()

    async def slow(session: Session) -> None:
        await session.fetch(NAMES, [])
        await may_end.wait()

    async def quick(session: Session) -> list[dict[str, object]]:
        return await session.fetch(NAMES, [])

    reading = asyncio.create_task(database.query(slow))
    for number in range(8):
        await write(database, number)
    waiting = asyncio.create_task(database.query(quick))
    found = await database.fetch(NAMES, [])
    before = log_size(database), waiting.done()
    may_end.set()

    assert found == [{"name": "Site 7"}]
    assert before[0] > LIMIT
    assert not before[1]
    assert await waiting == [{"name": "Site 7"}]
    await reading
    assert log_size(database) == 0
