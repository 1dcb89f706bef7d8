"""Queries on SQLite: short ones run inline, slow ones on a thread, where they delay no other query."""

import asyncio
import itertools
import sqlite3
import time
from collections.abc import Generator
from contextlib import closing
from types import SimpleNamespace
from typing import Any

import pytest

from models.database import timing
from models.database.database import Database
from models.database.sqlite import inline_reader
from models.errors import Unavailable
from tests.support.factories import make_site
from tests.support.sessions import ENDLESS, NAMES, ON_SQLITE, change_name
from tests.support.waiting import eventually

pytestmark = ON_SQLITE

COUNT = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) SELECT max(i) AS i FROM n"
FEW, MANY = 10, 5_000_000


@pytest.fixture(autouse=True)
def _generous_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """A limit that a short statement keeps on a busy machine too; counting to MANY takes several times as long."""
    monkeypatch.setattr(inline_reader, "INLINE_LIMIT_S", 0.15)


async def suspends(database: Database, sql: str, values: list[Any]) -> bool:
    """Run a query; whether it suspended, which it does only if it needs a thread."""
    steps = database.fetch(sql, values).__await__()
    try:
        first = next(steps)
    except StopIteration:
        return False
    await _Resumed(first, steps)
    return True


class _Resumed:
    """A coroutine that has already taken its first step."""

    def __init__(self, first: Any, steps: Generator[Any, Any, Any]) -> None:
        self._first = first
        self._steps = steps

    def __await__(self) -> Generator[Any, Any, Any]:
        yield self._first
        return (yield from self._steps)


async def test_fetch_runs_short_statement_inline(database: Database) -> None:
    assert not await suspends(database, COUNT, [FEW])


async def test_fetch_runs_slow_statement_on_thread_until_it_is_short(database: Database) -> None:
    suspended = [await suspends(database, COUNT, [number]) for number in (FEW, MANY, FEW)]

    async def answered_at_once() -> bool:
        return not await suspends(database, COUNT, [FEW])

    assert suspended == [False, True, True]
    await eventually(answered_at_once, "the query is quick on the other thread")


async def test_fetch_runs_statement_inline_that_waited_for_a_processor(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    readings = itertools.count()
    clock = SimpleNamespace(
        perf_counter=lambda: time.perf_counter() + (2 * inline_reader.INLINE_LIMIT_S if next(readings) else 0),
        thread_time=time.thread_time,
    )
    monkeypatch.setattr(inline_reader, "time", clock)

    assert not await suspends(database, COUNT, [1_000])
    assert not await suspends(database, COUNT, [FEW])


async def test_fetch_of_slow_statement_does_not_delay_short_ones(database: Database) -> None:
    slow = asyncio.create_task(database.fetch(COUNT, [MANY]))
    quick = [await database.fetch("SELECT 1 AS one", []) for _ in range(10)]
    ended_before = slow.done()

    assert quick == [[{"one": 1}]] * 10
    assert not ended_before
    assert await slow == [{"i": MANY}]


async def test_fetch_of_endless_statement_can_be_cancelled(database: Database) -> None:
    for _ in range(6):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await database.fetch(ENDLESS["sqlite"], [])

    assert database.busy == 0
    assert await database.fetch(NAMES, []) == []


async def test_fetch_reads_last_commit(database: Database) -> None:
    await make_site("a")

    for name in ("b", "c"):
        await change_name(database, name)
        assert await database.fetch(NAMES, []) == [{"name": name}]


async def test_fetch_runs_wrong_statement_once_each_time(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    durations: list[float] = []
    monkeypatch.setattr(timing, "listeners", [durations.append])
    wrong = "SELECT 1 / abs(value) FROM json_each(?)"

    for _ in range(2):
        with pytest.raises(sqlite3.OperationalError, match="malformed JSON"):
            await database.fetch(wrong, ["not JSON"])

    assert len(durations) == 2
    assert not await suspends(database, wrong, ["[1]"])


async def test_fetch_rejects_write(database: Database) -> None:
    await make_site("kept")

    for _ in range(2):
        with pytest.raises(Unavailable):
            await database.fetch("UPDATE sites SET name = 'lost'", [])
    assert await database.fetch(NAMES, []) == [{"name": "kept"}]


async def test_fetch_does_not_wait_for_write_lock(database: Database) -> None:
    await make_site("before")
    with closing(sqlite3.connect(database.url.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("UPDATE sites SET name = 'after'")

        assert not await suspends(database, NAMES, [])
        assert await database.fetch(NAMES, []) == [{"name": "before"}]
