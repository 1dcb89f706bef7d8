"""Shares of connections: who gets one that is free, who waits, and for how long."""

import asyncio
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager

import pytest

from models.database import connection_shares
from models.database.connection_shares import CHANGES, ConnectionShares
from models.database.database import Database
from models.database.failures import LockTimeout
from models.database.sessions import Session, Transaction
from models.errors import Unavailable
from tests.support.sessions import NAMES, ON_POSTGRES
from tests.support.waiting import Signal


class Queries:
    """Queries that hold a connection until they are ended. `running` are their callers, in the order of their begin."""

    def __init__(self, shares: ConnectionShares) -> None:
        self.running: list[Hashable] = []
        self._shares = shares
        self._tasks: list[tuple[Hashable, asyncio.Task[None]]] = []

    async def begin(self, *callers: Hashable) -> None:
        for caller in callers:
            self._tasks.append((caller, asyncio.create_task(self._run(caller))))
        await self._settle()

    async def end(self, caller: Hashable) -> None:
        """Cancel the first query of the caller, whether it runs or waits."""
        place = next(place for place, (owner, _) in enumerate(self._tasks) if owner == caller)
        _, task = self._tasks.pop(place)
        task.cancel()
        await self._settle()

    async def _run(self, caller: Hashable) -> None:
        async with self._shares.hold(caller, 30):
            self.running.append(caller)
            try:
                await asyncio.Event().wait()
            finally:
                self.running.remove(caller)

    async def _settle(self) -> None:
        for _ in range(5):
            await asyncio.sleep(0)

    async def end_all(self) -> None:
        for _, task in self._tasks:
            task.cancel()
        await asyncio.gather(*(task for _, task in self._tasks), return_exceptions=True)


@asynccontextmanager
async def queries(size: int, kept_for_changes: int = 0, *, halved: bool = True) -> AsyncIterator[Queries]:
    shares = ConnectionShares(size, kept_for_changes=kept_for_changes, halved=halved)
    asked = Queries(shares)
    yield asked
    await asked.end_all()
    assert shares.busy == 0


async def test_caller_alone_holds_half() -> None:
    async with queries(10) as asked:
        await asked.begin(*["ann"] * 12)

        assert asked.running == ["ann"] * 5


async def test_each_caller_holds_half_of_what_is_left() -> None:
    async with queries(10) as asked:
        await asked.begin(*["ann"] * 12, *["bob"] * 12, *["cem"] * 12, *["dee"] * 12, *["eve"] * 12)

        assert asked.running == ["ann"] * 5 + ["bob"] * 3 + ["cem", "dee"]


async def test_caller_holds_at_least_one() -> None:
    async with queries(1) as asked:
        await asked.begin("ann", "ann")

        assert asked.running == ["ann"]


async def test_caller_without_a_name_holds_all_that_are_free() -> None:
    async with queries(4, kept_for_changes=1) as asked:
        await asked.begin(*[None] * 5)

        assert asked.running == [None] * 3


async def test_changes_hold_what_is_kept_for_them() -> None:
    async with queries(10, kept_for_changes=2) as asked:
        await asked.begin(*[None] * 9, *[CHANGES] * 3)

        assert asked.running == [None] * 8 + [CHANGES] * 2


async def test_free_connection_is_given_to_caller_that_holds_fewest() -> None:
    async with queries(4) as asked:
        await asked.begin("ann", "ann", "bob", "cem", "ann", "bob", "dee")
        await asked.end("ann")

        assert asked.running == ["ann", "bob", "cem", "dee"]


async def test_callers_that_hold_as_many_take_turns() -> None:
    async with queries(1) as asked:
        await asked.begin("ann", "ann", "ann", "bob", "bob")
        order = []
        for _ in range(5):
            order += asked.running
            await asked.end(asked.running[0])

        assert order == ["ann", "ann", "bob", "ann", "bob"]


async def test_caller_alone_holds_all_that_are_not_halved_and_leaves_the_next_to_another() -> None:
    async with queries(3, halved=False) as asked:
        await asked.begin(*["ann"] * 6, "bob")
        alone = list(asked.running)
        await asked.end("ann")

        assert (alone, asked.running) == (["ann"] * 3, ["ann", "ann", "bob"])


async def test_uses_before_the_next_one_of_a_caller_are_counted_in_turns() -> None:
    shares = ConnectionShares(1, halved=False)
    asked = Queries(shares)
    await asked.begin(*["ann"] * 6, *["bob"] * 2)

    assert [shares.before(caller) for caller in ("ann", "bob", "cem")] == [7, 5, 2]
    await asked.end_all()


async def test_query_cancelled_while_it_waits_gets_no_connection() -> None:
    async with queries(1) as asked:
        await asked.begin("ann", "bob", "cem")
        await asked.end("bob")
        await asked.end("ann")

        assert asked.running == ["cem"]


async def test_query_cancelled_when_it_gets_a_connection_gives_it_back() -> None:
    shares = ConnectionShares(1)

    async def query() -> None:
        async with shares.hold("bob", 30):
            pytest.fail("it was cancelled before")

    async with shares.hold("ann", 30):
        waiting = asyncio.create_task(query())
        await asyncio.sleep(0)
    assert shares.busy == 1
    waiting.cancel()
    await asyncio.wait({waiting})

    assert waiting.cancelled()
    assert shares.busy == 0


async def test_query_that_waits_too_long_fails_with_lock_timeout() -> None:
    shares = ConnectionShares(1)

    async with shares.hold("ann", 30):
        with pytest.raises(LockTimeout):
            async with shares.hold("bob", 0.01):
                pytest.fail("there is no connection")

    async with shares.hold("bob", 0.01):
        assert shares.busy == 1


async def test_hold_all_begins_when_all_are_free_and_others_wait() -> None:
    shares = ConnectionShares(2)
    order = []

    async def query() -> None:
        async with shares.hold(None, 30):
            order.append("query")

    async def everything() -> None:
        async with shares.hold_all(30):
            order.append("all")
            await asyncio.sleep(0)
            order.append("all again")

    async with shares.hold("ann", 30):
        tasks = [asyncio.create_task(everything()), asyncio.create_task(query())]
        await asyncio.sleep(0)
        assert shares.stopped
        assert order == []
    await asyncio.gather(*tasks)

    assert order == ["all", "all again", "query"]


async def test_hold_all_gives_up_in_time() -> None:
    shares = ConnectionShares(2)

    async with shares.hold("ann", 30):
        with pytest.raises(LockTimeout):
            async with shares.hold_all(0.01):
                pytest.fail("a connection is in use")
        assert not shares.stopped
        async with shares.hold("bob", 0.01):
            assert shares.busy == 2


async def test_queries_of_one_caller_leave_connections_and_say_that_it_is_busy(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection_shares, "SHARE_TIMEOUT_S", 0.05)
    may_end = Signal()
    begun = []

    async def slow(_session: Session) -> None:
        begun.append(True)
        await may_end.wait()

    async def quick(session: Session) -> list[dict[str, object]]:
        return await session.fetch(NAMES, [])

    asked = [asyncio.create_task(database.query(slow, caller="ann")) for _ in range(6)]
    await asyncio.wait(asked, timeout=1, return_when=asyncio.FIRST_EXCEPTION)
    found = await database.query(quick, caller="bob")
    await database.check()
    with pytest.raises(Unavailable, match="busy"):
        await database.query(quick, caller="ann")
    may_end.set()
    ended = await asyncio.gather(*asked, return_exceptions=True)

    assert found == []
    assert len(begun) == {"sqlite": 2, "postgres": 4}[database.dialect]
    refused = [str(error) for error in ended if error is not None]
    assert refused == ["The database is busy. Try again in a moment."] * (6 - len(begun))


@ON_POSTGRES
async def test_change_goes_before_the_waiting_changes_of_a_caller_with_more(database: Database) -> None:
    begun: list[str] = []
    all_hold, bob_begins, may_end = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def change(caller: str) -> None:
        async def body(_transaction: Transaction) -> None:
            begun.append(caller)
            if len(begun) == 5:
                all_hold.set()
            if caller == "bob":
                bob_begins.set()
            await may_end.wait()

        await database.change(body, caller)

    async with asyncio.timeout(30):
        changes = [asyncio.create_task(change("ann")) for _ in range(12)]
        await all_hold.wait()
        changes.append(asyncio.create_task(change("bob")))
        changes[0].cancel()
        await bob_begins.wait()
        may_end.set()
        await asyncio.gather(*changes, return_exceptions=True)

    assert begun[:6] == ["ann"] * 5 + ["bob"]
    assert len(begun) == 13
