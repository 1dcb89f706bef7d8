"""Processes that are killed, and servers that are stopped, while many write: what was acknowledged is there."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from models.database.opening import opened_database
from models.database.url import parse_database_url
from tests.support.administrators import Call, Crowd
from tests.support.change_log import check_history
from tests.support.databases import connected
from tests.support.followers import CHANGES, Follower
from tests.support.processes import ServerProcess, environment, served
from tests.support.serving import PROTOCOL, token
from tests.support.waiting import eventually
from tests.system.resilience.conftest import FULL, Record

KILLS = 20 if FULL else 2
CLIENTS = 16
AT_WORK = 60
"""So many calls are acknowledged, before it happens to those under way."""

pytestmark = pytest.mark.slow


def acknowledged(crowd: Crowd) -> int:
    return sum(call.acknowledged for call in crowd.calls)


def alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


async def at_work(crowd: Crowd) -> None:
    """Until many calls more have been acknowledged."""
    total = acknowledged(crowd) + AT_WORK

    async def enough() -> bool:
        return acknowledged(crowd) >= total

    await eventually(enough, "calls are acknowledged", 60)


async def all_answered(calls: list[Call]) -> None:
    """Until the clients know what became of them: until then their workers may still live."""

    async def look() -> bool:
        return all(call.answered for call in calls)

    await eventually(look, "the calls are answered or cut off")


async def test_acknowledged_mutation_survives_kill_of_all_processes(
    url: str, crowd: Crowd, record_property: Record
) -> None:
    over = False
    async with served(url, workers=2) as server:
        working = asyncio.create_task(crowd.act(server.address, CLIENTS, lambda: not over))
        for _ in range(KILLS):
            await at_work(crowd)
            await asyncio.sleep(crowd.dice.random() / 20)  # at any moment of a call
            made = list(crowd.calls)
            await server.kill()
            await all_answered(made)
            changes = await check_history(url, crowd)
            await server.start()
        await at_work(crowd)
        over = True
        await working
        await server.stop()

    assert set(crowd.codes) <= {"NO_ANSWER", "UNHEARD"}
    changes = await check_history(url, crowd)
    record_property(
        "figure", f"{KILLS} kills, {acknowledged(crowd)} calls acknowledged, {changes} changes; {dict(crowd.codes)}"
    )


@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc for the workers")
async def test_killed_worker_is_replaced(url: str, crowd: Crowd) -> None:
    over = False
    async with served(url, workers=2) as server:
        working = asyncio.create_task(crowd.act(server.address, CLIENTS, lambda: not over))
        await at_work(crowd)
        before = server.children()
        os.kill(before[0], signal.SIGKILL)
        await at_work(crowd)

        async def replaced() -> bool:
            now = server.children()
            return len(now) == 2 and before[0] not in now and before[1] in now

        await eventually(replaced, "a new worker")
        over = True
        await working
        await server.stop()

    assert set(crowd.codes) <= {"NO_ANSWER", "UNHEARD"}
    assert crowd.codes.total() <= CLIENTS
    await check_history(url, crowd)


def test_serve_exits_without_a_round_of_the_garbage_collector_if_no_worker_can_start(tmp_path: Path) -> None:
    program = (
        "import gc, sys; from graph.server.run import serve; from graph.server.sockets import listening_socket; "
        "from graph.settings import Settings; "
        "code = serve(Settings.from_environment(), listening_socket('127.0.0.1', 0, loopback_only=True), 2); "
        "print(gc.get_freeze_count() > len(gc.get_objects())); sys.exit(code)"
    )
    settings = environment(f"sqlite://{tmp_path}/missing/pickup.sqlite3", {})

    done = subprocess.run([sys.executable, "-c", program], env=settings, capture_output=True, timeout=120, check=False)

    assert done.returncode == 1, done.stderr.decode()
    assert done.stdout == b"True\n", "nearly all objects are frozen"


@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc for the workers")
async def test_workers_end_with_parent_process(tmp_path: Path) -> None:
    async with served(f"sqlite://{tmp_path}/pickup.sqlite3", workers=2) as server:
        workers = server.children()
        os.kill(server.pid, signal.SIGKILL)

        await server.ended()

        async def gone() -> bool:
            return not any(alive(worker) for worker in workers)

        await eventually(gone, "the workers end")


async def test_sigterm_finishes_requests_under_load(url: str, crowd: Crowd, record_property: Record) -> None:
    over = False
    async with served(url, workers=2) as server:
        follower = Follower(server.address, crowd.site.id)
        following = asyncio.create_task(follower.follow())
        received: list[str] = []
        talking = asyncio.create_task(talk(server, crowd.site.id, received))
        working = asyncio.create_task(crowd.act(server.address, CLIENTS, lambda: not over))

        async def both_bring_changes() -> bool:
            assert not following.done()
            assert not talking.done()
            return len(follower.revisions) > AT_WORK // 4 and "next" in received

        await at_work(crowd)
        await eventually(both_bring_changes, "both streams bring changes")
        server.tell_to_stop()
        began = time.perf_counter()
        code = await server.ended()
        seconds = time.perf_counter() - began
        over = True
        await working
        await following
        await talking

    assert code == 0, server.log()
    assert set(crowd.codes) <= {"NO_ANSWER", "UNHEARD"}
    await check_history(url, crowd)
    unanswered = {call.subject for call in crowd.calls if not call.acknowledged}
    assert unanswered & await actors(url) == set(), "heard and done, but not answered"
    # A stream that says it is complete would not be asked for again.
    assert not follower.completed
    assert follower.revisions == list(range(1, len(follower.revisions) + 1))
    record_property("figure", f"{seconds:.1f} s to stop under load")


async def test_sigterm_waits_for_mutation_waiting_for_lock(url: str, crowd: Crowd) -> None:
    if url.startswith("sqlite"):
        pytest.skip("SQLite does not show that a call waits for its lock")
    waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    call = Call("me", "createPickupGroup", {"siteId": crowd.site.id, "name": "Sales"})
    async with (
        served(url, workers=2) as server,
        httpx.AsyncClient(base_url=server.address, timeout=60) as http,
        connected(url) as holder,
        connected(url) as watcher,
    ):
        transaction = holder.transaction()
        await transaction.start()
        await holder.execute("SELECT 1 FROM sites FOR UPDATE")
        calling = asyncio.create_task(crowd.make(http, call))
        # Watched from elsewhere: in a transaction PostgreSQL shows the same activity for ever.
        await eventually(lambda: watcher.fetchval(waiting), "the call waits")
        server.tell_to_stop()
        await eventually(lambda: is_refused(server), "new connections are refused")
        await transaction.rollback()
        await calling
        assert await server.ended() == 0

    assert call.acknowledged
    await check_history(url, crowd)


async def test_sigterm_answers_mutation_over_websocket(url: str, crowd: Crowd) -> None:
    if url.startswith("sqlite"):
        pytest.skip("SQLite does not show that a call waits for its lock")
    waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    query = "mutation($input: CreatePickupGroupInput!){createPickupGroup(input: $input){pickupGroup{name}}}"
    create = {"query": query, "variables": {"input": {"siteId": crowd.site.id, "name": "Sales"}}}
    follow = {"query": CHANGES, "variables": {"site": crowd.site.id, "after": 0}}
    async with (
        served(url, workers=2) as server,
        connect(f"ws://127.0.0.1:{server.port}/graphql", subprotocols=[PROTOCOL]) as socket,
        connected(url) as holder,
        connected(url) as watcher,
    ):
        transaction = holder.transaction()
        await transaction.start()
        await holder.execute("SELECT 1 FROM sites FOR UPDATE")
        await socket.send(initialisation())
        await socket.send(json.dumps({"id": "stream", "type": "subscribe", "payload": follow}))
        await socket.send(json.dumps({"id": "call", "type": "subscribe", "payload": create}))
        await eventually(lambda: watcher.fetchval(waiting), "the call waits")
        server.tell_to_stop()
        await eventually(lambda: is_refused(server), "new connections are refused")
        await transaction.rollback()
        messages = [json.loads(message) async for message in until_closed(socket)]
        assert await server.ended() == 0

    assert messages == [
        {"type": "connection_ack"},
        {"id": "call", "type": "next", "payload": {"data": {"createPickupGroup": {"pickupGroup": {"name": "Sales"}}}}},
        {"id": "call", "type": "complete"},
    ]
    assert socket.close_code == 1012
    assert await actors(url) == {"me"}


async def is_refused(server: ServerProcess) -> bool:
    """Whether new connections are refused."""
    async with httpx.AsyncClient(base_url=server.address) as stranger:
        try:
            await stranger.get("/healthz")
        except httpx.ConnectError:
            return True
        except httpx.TransportError:
            # Still in the queue of the port when that was closed: connected, but never heard.
            return False
    return False


async def until_closed(socket: ClientConnection) -> AsyncIterator[str | bytes]:
    with suppress(ConnectionClosed):
        async for message in socket:
            yield message


def initialisation() -> str:
    return json.dumps({"type": "connection_init", "payload": {"Authorization": f"Bearer {token('me')}"}})


async def talk(server: ServerProcess, site_id: str, received: list[str]) -> None:
    """Follows the site over a WebSocket until it is closed; adds the type of each message to `received`."""
    address = f"ws://127.0.0.1:{server.port}/graphql"
    async with connect(address, subprotocols=[PROTOCOL]) as socket:
        await socket.send(initialisation())
        payload = {"query": CHANGES, "variables": {"site": site_id, "after": 0}}
        await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
        async for message in until_closed(socket):
            received += [json.loads(message)["type"]]


async def actors(url: str) -> set[str]:
    """Who has changed anything."""
    async with opened_database(parse_database_url(url)) as database, database.reading() as session:
        return {record["actor"] for record in await session.fetch("SELECT DISTINCT actor FROM changes", [])}
