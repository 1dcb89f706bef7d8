"""Queries on a replica: never older than what the client has seen, and on the primary while the replica is away."""

import asyncio
import json
import math
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect

from graph.transport.responses import REVISION_HEADER
from models.database import replica as replica_module
from models.database.database import Database
from models.database.migrating import migrate_database
from models.database.opening import opened_database
from models.database.sessions import Session
from models.database.url import parse_database_url
from tests.support.api import Api
from tests.support.databases import Cluster, connected, execute, free_port
from tests.support.factories import make_group, make_site
from tests.support.serving import PROTOCOL, listening, serving
from tests.support.waiting import eventually
from tests.system.resilience.conftest import Record

RENAME = """mutation($id: ID!, $name: String!) {
  renamePickupGroup(input: {id: $id, name: $name}) { pickupGroup { name } violations { rule } } }"""
NAME = "query($id: ID!) { pickupGroup(id: $id) { name } }"

pytestmark = [pytest.mark.slow, pytest.mark.alone]


@pytest.fixture(scope="module")
def servers(postgres_programs: Path) -> Iterator[tuple[Cluster, Cluster]]:
    """A primary and a replica that follows it."""
    with Cluster(postgres_programs) as primary:
        asyncio.run(migrate_database(parse_database_url(primary.url)))
        with Cluster(postgres_programs, copy_of=primary) as replica:
            yield primary, replica


class Silent:
    """A server that accepts connections and never answers."""

    port: int
    connections = 0

    async def listen(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        await reader.read()
        writer.close()


class Pair:
    """The two servers, with a group of a site on both."""

    def __init__(self, primary: Cluster, replica: Cluster, site_id: str, group_id: str) -> None:
        self.primary = primary
        self.replica = replica
        self.site_id = site_id
        self.group_id = group_id
        self.settings: dict[str, Any] = {"url": primary.url, "replica_url": replica.url}

    async def rename(self, client: httpx.AsyncClient, name: str) -> httpx.Response:
        response = await ask(client, RENAME, id=self.group_id, name=name)
        assert response.json()["data"]["renamePickupGroup"]["violations"] == []
        return response

    async def name(self, client: httpx.AsyncClient, **headers: str) -> str:
        answer = (
            await ask(client, NAME, {name.replace("_", "-"): text for name, text in headers.items()}, id=self.group_id)
        ).json()
        name: str = answer["data"]["pickupGroup"]["name"]
        return name

    async def pause(self) -> None:
        """The replica answers, but gets nothing new."""
        await execute(self.replica.url, "SELECT pg_wal_replay_pause()")

    async def resume(self) -> None:
        """Until it has everything."""
        await execute(self.replica.url, "SELECT pg_wal_replay_resume()")
        await self.caught_up()

    async def caught_up(self) -> None:
        async with connected(self.primary.url) as primary, connected(self.replica.url) as replica:
            written = await primary.fetchval("SELECT pg_current_wal_lsn()")

            async def look() -> bool:
                return bool(await replica.fetchval("SELECT pg_last_wal_replay_lsn() >= $1::pg_lsn", written))

            await eventually(look, "the replica has everything")


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The replica is read however busy the machine is."""
    monkeypatch.setattr(replica_module, "RESPONSE_TIMEOUT_S", 30)


@pytest.fixture
async def pair(servers: tuple[Cluster, Cluster]) -> AsyncIterator[Pair]:
    async with opened_database(parse_database_url(servers[0].url)):
        site = await make_site()
        group = await make_group(site, "Before")
    made = Pair(*servers, site.id, group.id)
    await made.caught_up()
    yield made
    await execute(servers[1].url, "SELECT pg_wal_replay_resume()")


async def ask(
    client: httpx.AsyncClient, query: str, headers: dict[str, str] | None = None, **variables: str
) -> httpx.Response:
    return await client.post("/graphql", json={"query": query, "variables": variables}, headers=headers)


@pytest.mark.usefixtures("patient")
async def test_replica_serves_queries_and_primary_mutations(pair: Pair) -> None:
    await pair.pause()

    async with serving(**pair.settings) as api:
        changed = await pair.rename(api.http, "Changed")
        stale = await pair.name(api.http)
        again = await ask(
            api.http,
            'mutation($id: ID!) { renamePickupGroup(input: {id: $id, name: "Again", expectedVersion: 2}) '
            "{ pickupGroup { version } violations { rule } } }",
            id=pair.group_id,
        )

    assert changed.json()["data"]["renamePickupGroup"]["pickupGroup"]["name"] == "Changed"
    assert stale == "Before"
    payload = again.json()["data"]["renamePickupGroup"]
    assert payload == {"pickupGroup": {"version": 3}, "violations": []}


@pytest.mark.usefixtures("patient")
async def test_revision_header_reads_own_writes(pair: Pair) -> None:
    await pair.pause()

    async with serving(**pair.settings) as api:
        seen = (await pair.rename(api.http, "Mine")).headers[REVISION_HEADER]
        mine = await pair.name(api.http, pickup_revision=seen)
        others = await pair.name(api.http)
        await pair.resume()
        mine_again = await pair.name(api.http, pickup_revision=seen)
        others_again = await pair.name(api.http)

    assert seen == f"{pair.site_id}=1"
    assert (mine, others) == ("Mine", "Before")
    assert mine_again == others_again == "Mine"


async def test_revision_header_follows_rejected_mutation(pair: Pair) -> None:
    twin = 'mutation($id: ID!) { createPickupGroup(input: {siteId: $id, name: "MINE"}) { violations { rule } } }'
    async with serving(**pair.settings) as api:
        await pair.rename(api.http, "Mine")
        refused = await ask(api.http, twin, id=pair.site_id)
        missing = await ask(api.http, twin, id="Site:999999")
        query = await ask(api.http, "{ sites { totalCount } }")

    assert refused.json()["data"]["createPickupGroup"]["violations"] == [{"rule": "NAME_TAKEN"}]
    assert refused.headers[REVISION_HEADER] == f"{pair.site_id}=1"
    assert REVISION_HEADER not in missing.headers
    assert REVISION_HEADER not in query.headers


async def test_revision_of_future_is_read_from_primary(pair: Pair) -> None:
    async with serving(**pair.settings) as api:
        await pair.pause()
        await pair.rename(api.http, "Now")
        future = await pair.name(api.http, pickup_revision=f"{pair.site_id}=999, Site:999999=1")

    assert future == "Now"


@pytest.mark.usefixtures("patient")
async def test_websocket_reads_own_writes(pair: Pair) -> None:
    await pair.pause()

    async with listening(**pair.settings) as client:
        address = f"ws://127.0.0.1:{client.base_url.port}/graphql"
        async with connect(address, subprotocols=[PROTOCOL]) as writer:
            await said(writer, "connection_init")
            before = await said(writer, "subscribe", NAME, id=pair.group_id)
            await said(writer, "subscribe", RENAME, id=pair.group_id, name="Mine")
            mine = await said(writer, "subscribe", NAME, id=pair.group_id)
        async with connect(address, subprotocols=[PROTOCOL]) as follower:
            await said(follower, "connection_init")
            follow = "subscription($id: ID!) { changes(siteId: $id, afterRevision: 0) { nameAfter } }"
            change = await said(follower, "subscribe", follow, complete=False, id=pair.site_id)
            seen = await said(follower, "subscribe", NAME, id=pair.group_id)

    assert before["data"]["pickupGroup"]["name"] == "Before"
    assert mine["data"]["pickupGroup"]["name"] == "Mine"
    assert change["data"]["changes"]["nameAfter"] == "Mine", "a stream is read from the primary"
    assert seen["data"]["pickupGroup"]["name"] == "Mine"


async def said(
    socket: ClientConnection, type_: str, query: str = "", *, complete: bool = True, **variables: str
) -> dict[str, Any]:
    """Says something, and what is said to it."""
    key = str(time.perf_counter_ns())
    message: dict[str, Any] = {"type": type_}
    if query:
        message |= {"id": key, "payload": {"query": query, "variables": variables}}
    await socket.send(json.dumps(message))
    answer: dict[str, Any] = json.loads(await socket.recv())
    if query and complete:
        assert json.loads(await socket.recv()) == {"id": key, "type": "complete"}
    return answer.get("payload") or {}


async def test_replica_away_is_skipped_until_back(pair: Pair, record_property: Record) -> None:
    async with serving(**pair.settings) as api:
        await asyncio.to_thread(pair.replica.stop, "immediate")
        began = time.perf_counter()
        first = await pair.name(api.http)
        took = time.perf_counter() - began
        await pair.rename(api.http, "Changed")
        changed = await pair.name(api.http)
        ready = await api.http.get("/readyz")
        await asyncio.to_thread(pair.replica.start)
        await pair.caught_up()
        await pair.pause()
        await pair.rename(api.http, "Again")

        async def from_replica() -> bool:
            return await pair.name(api.http) == "Changed"

        began = time.perf_counter()
        await eventually(from_replica, "queries go to the replica again")
        record_property(
            "figure",
            f"first query without the replica {took * 1000:.0f} ms; "
            f"asked again {time.perf_counter() - began:.1f} s after it was back",
        )

    assert (first, changed, ready.status_code) == ("Before", "Changed", 200)
    assert took < 5


@pytest.mark.usefixtures("patient")
async def test_any_of_several_replicas_is_read(pair: Pair, silent: Silent) -> None:
    await pair.pause()
    hosts = ",".join(f"127.0.0.1:{port}" for port in (free_port(), silent.port, pair.replica.port))
    async with serving(**pair.settings | {"replica_url": f"postgres://postgres@{hosts}/postgres"}) as api:
        await pair.rename(api.http, "Changed")
        name = await pair.name(api.http)

    assert name == "Before", "read from the replica, which is behind"


async def test_lag_of_replica_is_measured(pair: Pair, silent: Silent, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replica_module, "RESPONSE_TIMEOUT_S", 30)

    async def lag(api: Api) -> float:
        text = (await api.http.get("/metrics")).text
        return float(
            next(line.split()[1] for line in text.splitlines() if line.startswith("pickup_replica_lag_seconds"))
        )

    async with serving(**pair.settings) as api:
        level = await lag(api)
        await pair.pause()
        await pair.rename(api.http, "Changed")

        async def behind() -> bool:
            return await lag(api) > 0

        await eventually(behind, "the replica has received what it does not replay")
    monkeypatch.undo()
    async with serving(
        **pair.settings | {"replica_url": f"postgres://postgres@127.0.0.1:{silent.port}/postgres"}
    ) as api:
        away = await lag(api)

    assert level == 0
    assert math.isnan(away)


async def test_replica_hanging_delays_one_query(
    pair: Pair, silent: Silent, record_property: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replica_module, "RETRY_AFTER_S", 3_600)
    settings = pair.settings | {"replica_url": f"postgres://postgres@127.0.0.1:{silent.port}/postgres"}
    async with serving(**settings) as api:
        times, asked = [], []
        for _ in range(5):
            began = time.perf_counter()
            assert await pair.name(api.http) == "Before"
            times.append(time.perf_counter() - began)
            asked.append(silent.connections)

    record_property(
        "figure", f"queries beside a replica that hangs: {', '.join(f'{one * 1000:.0f}' for one in times)} ms"
    )
    assert asked[0] > 0
    assert asked == asked[:1] * 5, "only the first query has asked it"


@pytest.fixture
async def silent() -> AsyncIterator[Silent]:
    silent = Silent()
    server = await asyncio.start_server(silent.listen, "127.0.0.1", 0)
    silent.port = server.sockets[0].getsockname()[1]
    async with server:
        yield silent


@pytest.mark.usefixtures("patient")
async def test_query_cut_on_replica_restarts_on_primary(pair: Pair) -> None:
    replica = parse_database_url(pair.replica.url)
    ran: list[bool] = []

    async def body(session: Session) -> int:
        (found,) = await session.fetch("SELECT pg_is_in_recovery() AS replica, pg_backend_pid() AS pid", [])
        ran.append(found["replica"])
        if found["replica"]:
            await execute(pair.replica.url, f"SELECT pg_terminate_backend({found['pid']})")
        (counted,) = await session.fetch("SELECT count(*) AS n FROM pickup_groups", [])
        number: int = counted["n"]
        return number

    async with opened_database(parse_database_url(pair.primary.url), replica=replica) as database:
        assert await database.query(body) > 0
        assert ran == [True, False]
        await still_used(database)


async def still_used(database: Database) -> None:
    """After it was left alone for a while."""

    async def body(session: Session) -> bool:
        (found,) = await session.fetch("SELECT pg_is_in_recovery() AS replica", [])
        return bool(found["replica"])

    await eventually(lambda: database.query(body), "queries go to the replica again")


async def test_replica_without_tables_is_skipped(pair: Pair, postgres_programs: Path) -> None:
    """As it is for a moment while the database is brought up to date."""
    with Cluster(postgres_programs) as empty:
        settings = pair.settings | {"replica_url": empty.url}
        async with serving(**settings) as api:
            assert await pair.name(api.http) == "Before"
