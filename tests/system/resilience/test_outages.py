"""PostgreSQL goes away under load and comes back: requests fail at once meanwhile, and all is well again by itself."""

import asyncio
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import AsyncGenerator
from typing import Any

import httpx
import orjson
import pytest

from models.database import notifications as feed
from models.database.migrating import migrate_database
from models.database.opening import opened_database
from models.database.url import parse_database_url
from resolvers import subscriptions as following
from resolvers.subscriptions import ChangeEvent, follow_site
from tests.support.administrators import Call, Crowd
from tests.support.api import Api
from tests.support.change_log import check_history
from tests.support.databases import Cluster, connected, database_url, execute, sites_locked
from tests.support.factories import make_site
from tests.support.followers import Follower
from tests.support.processes import served
from tests.support.root_fields import CHANGES, root_field
from tests.support.serving import serving, token
from tests.support.sessions import ON_POSTGRES
from tests.support.waiting import eventually
from tests.support.wire import wire_to
from tests.system.resilience.conftest import FULL, Record

AWAY_S = 10 if FULL else 2
CLIENTS = 16
RECOVERED_WITHIN_S = 5
REFUSED_WITHIN_S = 5
"""Much less than the 10 s after which everything gives up."""

SHUT = (
    "ALTER DATABASE pickup ALLOW_CONNECTIONS false",
    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = 'pickup'",
)
OPENED = "ALTER DATABASE pickup ALLOW_CONNECTIONS true"

pytestmark = pytest.mark.slow


@pytest.mark.alone
@pytest.mark.parametrize("mode", ["fast", "immediate"])
async def test_postgres_outage_under_load_recovers(cluster: Cluster, mode: str, record_property: Record) -> None:
    await migrate_database(parse_database_url(cluster.url))
    async with opened_database(parse_database_url(cluster.url)):
        crowd = await Crowd.of_new_site()
    over = False
    async with served(cluster.url, workers=2) as server:
        follower = Follower(server.address, crowd.site.id)
        following = asyncio.create_task(follower.keep_following())
        working = asyncio.create_task(crowd.act(server.address, CLIENTS, lambda: not over))
        await more_acknowledged(crowd, 100)
        await asyncio.to_thread(cluster.stop, mode)
        gone = len(crowd.calls)
        async with httpx.AsyncClient(base_url=server.address, timeout=60) as client:
            assert (await client.get("/readyz")).status_code == 503
            assert (await client.get("/healthz")).status_code == 200
        await more_calls_for(crowd, AWAY_S)
        while_away = [call for call in crowd.calls[gone:] if call.answered]
        await asyncio.to_thread(cluster.start)
        back = time.perf_counter()
        await more_acknowledged(crowd, 1)
        first_good = time.perf_counter() - back
        await more_acknowledged(crowd, 100)
        over = True
        await working
        changes = await check_history(cluster.url, crowd)
        await follower.see_all(changes, following, server.log)
        await server.stop()

    slowest = max(call.seconds for call in while_away)
    assert set(crowd.codes) == {"UNAVAILABLE"}
    assert Counter(call.code for call in while_away) == {"UNAVAILABLE": len(while_away)}
    assert slowest < REFUSED_WITHIN_S
    assert first_good < RECOVERED_WITHIN_S
    assert follower.revisions == list(range(1, changes + 1))
    assert follower.streams == 1, "the stream lived on"
    record_property(
        "figure",
        f"away for {AWAY_S} s: {dict(crowd.codes)}, the slowest in {slowest:.2f} s; "
        f"first good answer {first_good:.2f} s after it was back",
    )


@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc for the workers")
async def test_workers_killed_during_outage_are_replaced_after_it(cluster: Cluster) -> None:
    await migrate_database(parse_database_url(cluster.url))
    async with served(cluster.url, workers=2) as server:

        async def tried_again() -> bool:
            return server.log().count("starting another") >= 3

        first, second = server.children()
        await asyncio.to_thread(cluster.stop)
        os.kill(first, signal.SIGKILL)
        await eventually(tried_again, "a worker that cannot start is tried again")
        async with httpx.AsyncClient(base_url=server.address, timeout=60) as client:
            away = (await client.get("/readyz")).status_code
        os.kill(second, signal.SIGKILL)
        await asyncio.to_thread(cluster.start)
        await server.ready()
        await server.stop()

    assert away == 503


@ON_POSTGRES
async def test_changes_stream_survives_silent_connections(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name in ((following, "READ_TIMEOUT_S"), (feed, "REFRESH_S")):
        monkeypatch.setattr(module, name, 0.5)
    # It listens, and reads the revisions.
    listener = (
        "SELECT pid FROM pg_stat_activity WHERE pid <> $1 AND datname = current_database() "
        "AND query ~ '^(LISTEN|SELECT id, revision FROM sites WHERE id = ANY)'"
    )
    async with (
        wire_to(url) as wire,
        connected(url) as elsewhere,
        opened_database(parse_database_url(wire.url)) as database,
    ):
        site = await make_site()
        stream = await follow_site(database, root_field(CHANGES), site.key, 0)
        upcoming = asyncio.create_task(take_name(stream))
        lost = await eventually(lambda: elsewhere.fetchval(listener, 0), "the feed listens")
        wire.lose_connections()
        await elsewhere.execute(
            f"UPDATE sites SET revision = 1 WHERE id = {site.key}; "
            "INSERT INTO changes (site_id, revision, kind, actor, occurred_at, name_after) "
            f"VALUES ({site.key}, 1, 'PICKUP_GROUP_CREATED', 'me', '2026-01-01T00:00:00.000000Z', 'Sales')",
        )
        async with asyncio.timeout(30):
            name = await upcoming
        await eventually(lambda: elsewhere.fetchval(listener, lost), "the feed listens on another connection")
        await stream.aclose()

    assert name == "Sales"


async def take_name(stream: AsyncGenerator[ChangeEvent, None]) -> str:
    _, json = await anext(stream)
    name: str = orjson.loads(orjson.dumps(json))["nameAfter"]
    return name


@ON_POSTGRES
async def test_close_returns_while_database_hangs(url: str) -> None:
    listening = "SELECT 1 FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname = current_database()"
    async with wire_to(url) as wire, opened_database(parse_database_url(wire.url)) as database:
        with database.notifier.subscribe(1):
            async with connected(url) as watcher:
                await eventually(lambda: watcher.fetchval(listening), "the feed listens")
            async with database.reading() as session:
                assert await session.fetch("SELECT id FROM sites", []) == []
            wire.fall_silent()
            closing = asyncio.create_task(database.close())
            closed, _ = await asyncio.wait({closing}, timeout=30)

    assert closed == {closing}


@ON_POSTGRES
@pytest.mark.parametrize("workers", [1, 2])
async def test_sigterm_while_database_hangs_answers_and_exits(url: str, crowd: Crowd, workers: int) -> None:
    waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    async with wire_to(url) as wire, served(wire.url, workers=workers) as server:
        follower = Follower(server.address, crowd.site.id)
        following = asyncio.create_task(follower.follow())

        async def followed() -> bool:
            return follower.streams == 1

        await eventually(followed, "the site is followed")
        async with (
            httpx.AsyncClient(base_url=server.address, timeout=60) as http,
            connected(url) as holder,
            connected(url) as watcher,
        ):
            transaction = holder.transaction()
            await transaction.start()
            await holder.execute("LOCK TABLE pickup_groups IN ACCESS EXCLUSIVE MODE")
            call = Call("me", "createPickupGroup", {"siteId": crowd.site.id, "name": "Sales"})
            calling = asyncio.create_task(crowd.make(http, call))
            await eventually(lambda: watcher.fetchval(waiting), "the call waits")
            wire.fall_silent()
            await transaction.rollback()
            server.tell_to_stop()
            code, said = await server.ended(), server.log()
            await calling
            await following

    assert code == 0
    assert "Cancel 1 running task(s)" in said
    assert "traceback" not in said.lower()
    assert call.code == "UNAVAILABLE"


@ON_POSTGRES
async def test_sigterm_leaves_a_change_the_time_that_it_may_wait_for_a_lock(url: str, crowd: Crowd) -> None:
    waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    body = {
        "query": 'mutation($id: ID!) { createPickupGroup(input: {siteId: $id, name: "A"}) { violations { rule } } }',
        "variables": {"id": crowd.site.id},
    }
    async with served(url) as server, connected(url) as watcher:
        async with sites_locked(url), httpx.AsyncClient(base_url=server.address, timeout=60) as http:
            headers = {"Authorization": f"Bearer {token()}"}
            calling = asyncio.create_task(http.post("/graphql", json=body, headers=headers))
            await eventually(lambda: watcher.fetchval(waiting), "the change waits")
            server.tell_to_stop()
            answer = (await calling).json()
        code, said = await server.ended(), server.log()

    assert [error["message"] for error in answer["errors"]] == ["The database is busy. Try again in a moment."]
    assert (code, said) == (0, "")


@pytest.mark.parametrize(
    ("gone", "back"),
    [
        (SHUT, [OPENED]),
        ([*SHUT, "ALTER DATABASE pickup RENAME TO other"], ["ALTER DATABASE other RENAME TO pickup", OPENED]),
    ],
    ids=["shut", "renamed"],
)
async def test_database_without_connections_is_unavailable_and_streams_stay(
    cluster: Cluster, gone: list[str], back: list[str]
) -> None:
    await execute(cluster.url, "CREATE DATABASE pickup")
    url = database_url(cluster.url, "pickup")
    await migrate_database(parse_database_url(url))
    async with serving(url) as api:
        site = await make_site()
        stream = await follow_site(api.database, root_field(CHANGES), site.key, 0)
        await execute(cluster.url, *gone)
        upcoming = asyncio.create_task(take_name(stream))
        while_away = [await api.answer("{ sites { totalCount } }"), await create(api, site.id)]
        await execute(cluster.url, *back)

        async def created() -> bool:
            return "errors" not in await create(api, site.id)

        await eventually(created, "changes are made again")
        name = await upcoming
        await stream.aclose()

    assert [answer["errors"][0]["extensions"]["code"] for answer in while_away] == ["UNAVAILABLE"] * 2
    assert name == "Sales"


async def create(api: Api, site_id: str) -> dict[str, Any]:
    return await api.attempt("createPickupGroup", "violations { rule }", siteId=site_id, name="Sales")


async def more_acknowledged(crowd: Crowd, number: int) -> None:
    total = sum(call.acknowledged for call in crowd.calls) + number

    async def enough() -> bool:
        return sum(call.acknowledged for call in crowd.calls) >= total

    await eventually(enough, "calls are acknowledged", 60)


async def more_calls_for(crowd: Crowd, seconds: float) -> None:
    """While they go on calling."""
    end, before = time.perf_counter() + seconds, len(crowd.calls)

    async def enough() -> bool:
        return time.perf_counter() > end and len(crowd.calls) > before + CLIENTS

    await eventually(enough, "they go on", seconds + 30)
