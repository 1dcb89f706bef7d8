"""A caller whose requests block the event loop, and another one who asks beside it."""

import asyncio
import gc
import itertools
import json
import logging
import threading
from collections.abc import Awaitable, Iterator
from time import thread_time
from typing import Any

import httpx
import pytest

from graph.errors import RequestError
from graph.transport import requests, turns
from graph.transport.turns import MAX_WAITING_BYTES, Turns, metered
from tests.graph.conftest import Serve
from tests.support import trial
from tests.support.clock import Clock, settle
from tests.support.endpoint import POST
from tests.support.serving import SECRET, application, token
from tests.support.telemetry import lines
from tests.support.websocket import opened

ANN = {"Authorization": f"Bearer {token('ann')}"}
MALLORY = {"Authorization": f"Bearer {token('mallory')}"}
BOB = {"Authorization": f"Bearer {token('bob')}"}
MANY = 6
FIELDS = " ".join(f"a{number}: fields {{ name }}" for number in range(100))


def document(number: int) -> str:
    """One that takes long to prepare, and differs from those of other numbers."""
    fields = " ".join(f"a{number}_{place}: viewer {{ subject permissions }}" for place in range(600))
    return f"{{ {fields} }}"


def introspection(number: int) -> str:
    """One that takes long to execute."""
    return f"query Number{number} {{ __schema {{ types {{ {FIELDS} }} }} }}"


@pytest.fixture
async def clock() -> Clock:
    return Clock()


@pytest.fixture
async def fair(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Turns:
    """By that clock; also those of the servers that the test starts."""
    fair = Turns(clock, clock.sleep)
    monkeypatch.setattr(requests, "Turns", lambda: fair)
    return fair


async def answered(clock: Clock, *requests: asyncio.Future[Any]) -> list[Any]:
    """The answers, while the clock goes on: on a slow machine the requests' own steps are charged, too."""
    answers = asyncio.gather(*requests)
    while not answers.done():
        await clock.move(1.0)
    return await answers


async def done_in_order(*requests: tuple[str, Awaitable[httpx.Response]]) -> list[str]:
    done: list[str] = []

    async def ask(name: str, request: Awaitable[httpx.Response]) -> None:
        answer = await request
        assert (answer.status_code, answer.json().keys()) == (200, {"data"})
        done.append(name)

    await asyncio.gather(*(ask(name, request) for name, request in requests))
    return done


async def test_request_is_answered_before_those_of_a_caller_who_blocks_the_event_loop(serve: Serve) -> None:
    async with serve(jwt_secret=SECRET) as client:
        many = [client.post("/graphql", json={"query": document(n)}, headers=MALLORY) for n in range(MANY)]
        one = client.post("/graphql", json={"query": "{ __typename }"}, headers=BOB)
        done = await done_in_order(*(("mallory", request) for request in many), ("bob", one))

    assert done.index("bob") < 3
    assert len(done) == MANY + 1


@pytest.mark.parametrize("query", ["{ __typename }", "{ __schema { queryType { name } } }"])
async def test_request_is_answered_beside_a_large_introspection(serve: Serve, query: str) -> None:
    async with serve(jwt_secret=SECRET) as client:
        large = client.post("/graphql", json={"query": introspection(0)}, headers=MALLORY)
        small = client.post("/graphql", json={"query": query}, headers=BOB)

        assert await done_in_order(("mallory", large), ("bob", small)) == ["bob", "mallory"]


async def test_introspection_waits_for_one_of_another_caller_at_most(serve: Serve) -> None:
    async with serve(jwt_secret=SECRET) as client:
        # The documents are prepared before.
        for number in range(3):
            await client.post("/graphql", json={"query": introspection(number)}, headers=ANN)
        many = [client.post("/graphql", json={"query": introspection(n)}, headers=MALLORY) for n in range(2)]
        one = client.post("/graphql", json={"query": introspection(2)}, headers=BOB)
        done = await done_in_order(*(("mallory", request) for request in many), ("bob", one))

    assert done == ["mallory", "bob", "mallory"]


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_request_waits_for_the_turn_of_its_caller(serve: Serve, clock: Clock, fair: Turns, method: str) -> None:
    query = {"query": "{ __typename }"}
    sent: dict[str, Any] = {"params": query} if method == "GET" else {"json": query}
    async with serve(jwt_secret=SECRET) as client:
        fair.charge("mallory", 1.0)
        waiting = asyncio.create_task(client.request(method, "/graphql", headers=MALLORY, **sent))
        await clock.until_asleep(waiting)
        await client.request(method, "/graphql", headers=BOB, **sent)
        assert not waiting.done()
        again = asyncio.create_task(client.request(method, "/graphql", headers=MALLORY, **sent))
        answers = await answered(clock, waiting, again)

    assert [answer.json() for answer in answers] == [{"data": {"__typename": "Query"}}] * 2


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_request_of_a_client_that_leaves_before_its_turn_is_not_executed(
    serve: Serve, clock: Clock, fair: Turns, caplog: pytest.LogCaptureFixture, method: str
) -> None:
    caplog.set_level(logging.INFO, "pickup.requests")
    scope = {**POST, "method": method, "query_string": b"query={nothing}"}
    messages = [{"type": "http.request", "body": b'{"query": "mutation{commit}"}'}]

    async def receive() -> dict[str, Any]:
        return messages.pop() if messages else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        raise AssertionError(message)

    async with serve(trial.schema) as client:
        fair.charge(None, 1.0)
        asking = asyncio.ensure_future(application(client)(scope, receive, send))
        await clock.until_asleep(asking)
        await answered(clock, asking)

    assert "committed" not in scope
    assert [(line["status"], line.get("kind")) for line in lines(caplog)] == [(499, None)]


async def test_operation_waits_for_the_turn_of_its_caller(listen: Serve, clock: Clock, fair: Turns) -> None:
    nested = "[" * 1_015 + "]" * 1_015
    payload = f'{{"query": "{{ __typename }}", "variables": {{"unused": {nested}}}}}'
    async with listen(jwt_secret=SECRET) as client, opened(client) as mallory:
        await mallory.initialise(**MALLORY)
        fair.charge("mallory", 1.0)
        await mallory.send(f'{{"type": "subscribe", "id": "1", "payload": {payload}}}')
        answer = asyncio.create_task(mallory.receive())
        await clock.until_asleep(answer)
        await client.post("/graphql", json={"query": "{ __typename }"}, headers=BOB)
        assert not answer.done()
        (message,) = await answered(clock, answer)

        assert message["payload"] == {"data": {"__typename": "Query"}}


async def test_operation_over_the_time_limit_waits_no_longer_for_its_turn(
    listen: Serve, clock: Clock, fair: Turns
) -> None:
    async with listen(query_timeout_s=0.05) as client, opened(client) as socket:
        await socket.initialise()
        fair.charge(None, 1.0)
        await socket.subscribe("1", "{ __typename }")
        error = await asyncio.wait_for(socket.receive(), 30)

    assert (error["type"], error["payload"][0]["extensions"]) == ("error", {"code": "TIMEOUT"})
    assert clock.sleeping == 1


async def test_requests_that_wait_for_their_turn_are_bounded(
    serve: Serve, clock: Clock, fair: Turns, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "MAX_WAITING_BYTES", 2_000)
    bodies = [json.dumps({"query": "{ __typename }"}).ljust(900) for _ in range(3)]
    headers = MALLORY | {"Content-Type": "application/json"}
    async with serve(jwt_secret=SECRET) as client:
        fair.charge("mallory", 1.0)
        asked = [asyncio.create_task(client.post("/graphql", content=body, headers=headers)) for body in bodies]
        (refused,), waiting = await asyncio.wait(asked, timeout=30, return_when=asyncio.FIRST_COMPLETED)
        answers = await answered(clock, *waiting)

    answer = await refused
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert answer.json()["errors"][0]["extensions"]["code"] == "UNAVAILABLE"
    assert [answer.status_code for answer in answers] == [200, 200]


async def test_request_of_any_size_may_wait_alone(clock: Clock, fair: Turns) -> None:
    fair.charge("mallory", 1.0)
    large, small = (asyncio.create_task(fair.wait("mallory", size)) for size in (MAX_WAITING_BYTES + 1, 1))
    await settle()
    assert (large.done(), clock.sleeping) == (False, 1)
    assert isinstance(small.exception(), RequestError)
    await clock.move(1.0)
    await large

    await fair.wait("mallory", MAX_WAITING_BYTES + 1)
    assert clock.sleeping == 0


async def test_request_waits_on_if_its_caller_is_charged_meanwhile(clock: Clock, fair: Turns) -> None:
    fair.charge("mallory", 1.0)
    waiting = asyncio.create_task(fair.wait("mallory", 1))
    await settle()
    fair.charge("mallory", 1.0)
    await clock.move(1.0)
    assert (waiting.done(), clock.sleeping) == (False, 1)
    await clock.move(1.0)

    await waiting


async def test_requests_of_a_caller_go_on_one_by_one(clock: Clock, fair: Turns) -> None:
    done: list[tuple[str, int]] = []

    async def ask(caller: str, number: int) -> None:
        await fair.wait(caller, 100)
        done.append((caller, number))
        fair.charge(caller, 1.0)

    fair.charge("mallory", 1.0)
    assert (fair.must_wait("mallory"), fair.must_wait("bob")) == (True, False)
    asked = [asyncio.create_task(ask("mallory", number)) for number in range(3)]
    asked.append(asyncio.create_task(ask("bob", 0)))
    await settle()
    assert done == [("bob", 0)]

    for number in range(3):
        # Only the next one is woken.
        assert clock.sleeping == 1
        await clock.move(1.0)
        assert done == [("bob", 0), *(("mallory", before) for before in range(number + 1))]

    await asyncio.gather(*asked)


async def test_request_waits_behind_those_that_came_before(clock: Clock, fair: Turns) -> None:
    done: list[int] = []

    async def ask(number: int) -> None:
        await fair.wait("mallory", 100)
        done.append(number)

    fair.charge("mallory", 1.0)
    asked = [asyncio.create_task(ask(number)) for number in range(3)]
    await settle()
    await clock.move(1.0)
    await asyncio.gather(*asked)

    assert done == [0, 1, 2]
    assert not fair.must_wait("mallory")


async def test_request_after_the_pause_does_not_wait_behind_those_of_it(clock: Clock, fair: Turns) -> None:
    fair.charge("mallory", 1.0)
    waiting = [asyncio.create_task(fair.wait("mallory", 100)) for _ in range(100)]
    await settle()
    assert fair.must_wait("mallory")
    await clock.move(1.0)

    assert not waiting[-1].done()
    assert not fair.must_wait("mallory")
    await asyncio.gather(*waiting)


async def test_steps_of_a_caller_on_the_thread_go_on_one_by_one(clock: Clock, fair: Turns) -> None:
    done: list[str] = []
    began, released = threading.Event(), threading.Event()

    def hold() -> None:
        began.set()
        assert released.wait(30)
        done.append("mallory 0")

    asked = [asyncio.create_task(fair.run_on_thread("mallory", hold))]
    asked += [asyncio.create_task(fair.run_on_thread(name, done.append, name)) for name in ("mallory", "bob")]
    await settle()
    assert await asyncio.to_thread(began.wait, 30)
    released.set()
    await asyncio.gather(asked[0], asked[2])
    assert done == ["mallory 0", "bob"]

    # The clock stands still, and what was charged is the CPU time of the thread.
    await clock.until_asleep(asked[1])
    assert fair.must_wait("mallory")
    await clock.move(60.0)
    await asked[1]
    assert done == ["mallory 0", "bob", "mallory"]


async def test_step_on_the_thread_is_charged_if_its_request_is_cancelled(fair: Turns) -> None:
    began, released, ended = threading.Event(), threading.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def hold() -> None:
        began.set()
        assert released.wait(30)

    asked = asyncio.create_task(fair.run_on_thread("mallory", hold))
    await settle()
    assert await asyncio.to_thread(began.wait, 30)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    assert not fair.must_wait("mallory")
    released.set()
    await fair.run_on_thread("bob", loop.call_soon_threadsafe, ended.set)
    await ended.wait()

    assert fair.must_wait("mallory")


def test_callers_who_need_not_wait_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "_MOST_CALLERS", 2)
    fair = Turns()
    for caller, seconds in (("ann", 0.0), ("mallory", 1_000.0), ("bob", 0.0)):
        fair.charge(caller, seconds)

    assert fair._callers.keys() == {"mallory", "bob"}


@pytest.mark.parametrize(("long_s", "charged"), [(-1.0, 3), (1_000.0, 0)])
async def test_metered_charges_long_steps(monkeypatch: pytest.MonkeyPatch, long_s: float, charged: int) -> None:
    async def work() -> str:
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        return "done"

    charges: list[float] = []
    monkeypatch.setattr(turns, "LONG_STEP_S", long_s)

    assert await metered(work(), charges.append) == "done"
    assert len(charges) == charged
    assert all(seconds >= 0 for seconds in charges)


async def test_metered_charges_no_step_that_waited_for_a_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = itertools.count()
    charges: list[float] = []
    monkeypatch.setattr(turns, "perf_counter", lambda: next(seconds))

    await metered(asyncio.sleep(0), charges.append)

    assert charges == []


@pytest.fixture
def collections_timed() -> Iterator[None]:
    turns.time_collections()
    yield
    gc.callbacks.remove(turns._time_collection)


@pytest.mark.usefixtures("collections_timed")
async def test_metered_charges_no_round_of_the_garbage_collector() -> None:
    objects = [[number] for number in range(200_000)]
    charges: list[float] = []

    async def collect() -> float:
        began = thread_time()
        gc.collect()
        assert len(objects) == 200_000
        return thread_time() - began

    assert await metered(collect(), charges.append) > turns.LONG_STEP_S
    assert charges == []


async def test_metered_passes_errors_and_cancellations() -> None:
    caught: list[str] = []

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            caught.append("cancelled")
            raise

    async def fail() -> None:
        raise ZeroDivisionError

    async def run() -> None:
        await metered(work(), lambda _seconds: None)

    task = asyncio.create_task(run())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    with pytest.raises(ZeroDivisionError):
        await metered(fail(), lambda _seconds: None)
    assert caught == ["cancelled"]
