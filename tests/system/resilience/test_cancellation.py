"""Cancellation at any moment: nothing stays locked or half done, and statements really stop."""

import asyncio
import random
import time

import asyncpg
import httpx
import pytest

from models.database.database import Database
from models.database.sessions import Session, Transaction
from tests.support.databases import connected, sites_locked
from tests.support.factories import make_group, make_site
from tests.support.serving import serving
from tests.support.sessions import ENDLESS, ON_POSTGRES
from tests.support.waiting import eventually
from tests.system.resilience.conftest import FULL

CANCELLATIONS = 20_000 if FULL else 1_500
PATIENCE_S = 0.0002, 0.004, 0.0002, 0.2
"""At most, before a cancellation; the longest lets some end on a busy machine, too."""

RAISE = "UPDATE sites SET revision = revision + 1"

pytestmark = pytest.mark.slow


async def read(session: Session) -> int:
    (found,) = await session.fetch("SELECT revision FROM sites", [])
    revision: int = found["revision"]
    return revision


async def change(transaction: Transaction) -> None:
    await transaction.fetch(RAISE, [])
    await transaction.fetch("SELECT count(*) FROM users", [])


async def snapshot(database: Database) -> int:
    async with database.reading() as session:
        first, second = await read(session), await read(session)
        assert first == second
        return first


async def single(database: Database) -> int:
    return await database.query(read, snapshot=False)


async def test_cancellation_at_any_moment_leaks_nothing(database: Database) -> None:
    await make_site()
    dice = random.Random(11)
    kept = 0
    for start in range(0, CANCELLATIONS, 10):
        changes = [asyncio.create_task(database.change(change)) for _ in range(5)]
        queries = [asyncio.create_task(snapshot(database) if one else single(database)) for one in range(5)]
        for task in dice.sample([*changes, *queries], 10):
            await asyncio.wait({task}, timeout=dice.random() * PATIENCE_S[start // 10 % len(PATIENCE_S)])
            task.cancel()
        ended = await asyncio.gather(*changes, return_exceptions=True)
        assert all(one is None or isinstance(one, asyncio.CancelledError) for one in ended)
        kept += ended.count(None)
        read_by = await asyncio.gather(*queries, return_exceptions=True)
        assert all(isinstance(one, int | asyncio.CancelledError) for one in read_by)

    assert 0 < kept < CANCELLATIONS / 2, "some ended in time, some did not"
    assert database.busy == 0
    async with asyncio.timeout(30):
        # As many at once as there may be: not one connection or lock is missing.
        await asyncio.gather(*(database.change(change) for _ in range(12)), *(snapshot(database) for _ in range(12)))
        assert await database.query(read) == kept + 12, "cancelled transactions kept nothing"


async def test_cancelled_transaction_stops_statement(database: Database) -> None:
    await make_site()

    async def slowly(transaction: Transaction) -> None:
        await transaction.fetch(RAISE, [])
        await transaction.fetch(ENDLESS[database.dialect], [])

    began = time.perf_counter()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await database.change(slowly)

    await database.change(change)
    assert await database.query(read) == 1
    assert time.perf_counter() - began < 10


async def test_transaction_waiting_for_lock_can_be_cancelled(database: Database, url: str) -> None:
    await make_site()

    async with sites_locked(url):
        began = time.perf_counter()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await database.change(change)
        left = time.perf_counter() - began

    assert left < 5
    await database.change(change)
    assert await database.query(read) == 1


async def test_mutation_timeout_is_rolled_back_and_unlocks(database: Database, url: str) -> None:
    site = await make_site()
    group = await make_group(site, "Sales")
    rename = """mutation($id: ID!, $name: String!) {
      renamePickupGroup(input: {id: $id, name: $name}) { violations { rule } } }"""

    # Only the first has a time limit that a busy machine may need.
    async with serving(url, query_timeout_s=2) as impatient, serving(url) as api:
        async with sites_locked(url):
            late = await post(impatient.http, rename, id=group.id, name="Late")
        now = await post(api.http, rename, id=group.id, name="Now")
        stored = await post(api.http, "query($id: ID!) { pickupGroup(id: $id) { name version } }", id=group.id)

    assert (late.status_code, late.json()["errors"][0]["extensions"]["code"]) == (200, "TIMEOUT")
    assert now.json() == {"data": {"renamePickupGroup": {"violations": []}}}
    assert stored.json() == {"data": {"pickupGroup": {"name": "Now", "version": 2}}}


@ON_POSTGRES
async def test_query_timeout_stops_statement_on_postgres(url: str) -> None:
    running = (
        "SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%FROM sites%' "
        "AND pid <> pg_backend_pid() AND datname = current_database()"
    )

    async with (
        serving(url, query_timeout_s=2) as impatient,
        serving(url) as api,
        connected(url) as holder,
        connected(url) as watcher,
    ):
        async with holder.transaction():
            await holder.execute("LOCK TABLE sites IN ACCESS EXCLUSIVE MODE")
            late = await post(impatient.http, "{ sites { nodes { name } } }")
            # The table is still locked: a statement that was only forgotten would still wait.
            await eventually(lambda: none_runs(watcher, running), "the statement is stopped")
        again = await post(api.http, "{ sites { totalCount } }")

    assert late.json()["errors"][0]["extensions"]["code"] == "TIMEOUT"
    assert "errors" not in again.json()


async def none_runs(connection: asyncpg.Connection, running: str) -> bool:
    return await connection.fetchval(running) is None


async def post(client: httpx.AsyncClient, query: str, **variables: str) -> httpx.Response:
    return await client.post("/graphql", json={"query": query, "variables": variables})
