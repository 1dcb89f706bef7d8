"""What the operations of one caller may hold."""

import asyncio
import gc
import json
from collections.abc import Callable
from contextlib import AsyncExitStack, ExitStack
from typing import Any

import pytest

from graph.errors import RequestError
from graph.execution.documents import Documents
from graph.settings import Settings
from graph.transport import memory
from graph.transport.memory import CallerMemory
from models.errors import TooCostly
from tests.graph.conftest import Serve
from tests.graph.transport.test_sse import EVENTS
from tests.support import trial
from tests.support.telemetry import streams_end
from tests.support.websocket import opened

SILENCE = "subscription($word: String!) { silence(word: $word) }"
HELD = "mutation($word: String!) { held(word: $word) }"


def many(text: str) -> dict[str, Any]:
    return {"query": text, "variables": {"word": "x" * 30_000}}


@pytest.fixture
def hold() -> Callable[..., Any]:
    """`hold(memory, "ann", number_of_the_document, letters)`: a subscription with so many letters in a variable."""
    documents = Documents(trial.schema._schema, Settings())

    def hold(held: CallerMemory, caller: str, number: int, letters: int, size: int | None = None) -> Any:
        operation = documents.prepare(f"subscription S{number}($word: String!) {{ silence(word: $word) }}").operation(
            None
        )
        return held.hold(caller, operation, operation.variables.coerce({"word": "x" * letters}), size)

    return hold


def test_document_counts_once_for_a_caller(monkeypatch: pytest.MonkeyPatch, hold: Callable[..., Any]) -> None:
    held = CallerMemory()
    with hold(held, "ann", 1, 0):
        alone = held._holdings["ann"].bytes
        with hold(held, "ann", 1, 0):
            again = held._holdings["ann"].bytes - alone
            with hold(held, "ann", 2, 0):
                other = held._holdings["ann"].bytes - alone - again
    # A token takes some 400 bytes; the document has 18.
    assert 0 < again < 1_000
    assert alone == other == again + 18 * 400
    assert held._holdings == {}

    monkeypatch.setattr(memory, "MAX_BYTES", alone + 2 * again)
    with ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(hold(held, "ann", 1, 0))
        for number in (1, 2):
            with pytest.raises(RequestError), hold(held, "ann", number, 0):
                pass
        stack.enter_context(hold(held, "ben", 2, 0))
    assert held._holdings == {}


def test_refusal_leaves_nothing(monkeypatch: pytest.MonkeyPatch, hold: Callable[..., Any]) -> None:
    monkeypatch.setattr(memory, "MAX_BYTES", 1_000)
    held = CallerMemory()
    with pytest.raises(RequestError), hold(held, "ann", 1, 1_000):
        pass
    with pytest.raises(TooCostly), held.hold_answer("ben", 1_001):
        pass
    assert held._holdings == {}


def test_value_that_is_coerced_to_itself_counts_once(hold: Callable[..., Any]) -> None:
    held = CallerMemory()
    with hold(held, "ann", 1, 1_000_000):
        assert 1_000_000 < held._holdings["ann"].bytes < 1_100_000


def test_small_request_is_not_counted(hold: Callable[..., Any]) -> None:
    held = CallerMemory()
    with hold(held, "ann", 1, 0, 1_024):
        assert held._holdings == {}
    with hold(held, "ann", 1, 5_000, 1_025):
        assert 10_000 < held._holdings["ann"].bytes < 20_000


@pytest.mark.parametrize("query", [SILENCE, HELD])
async def test_socket_operations_of_caller_are_bounded(
    listen: Serve, monkeypatch: pytest.MonkeyPatch, query: str
) -> None:
    monkeypatch.setattr(memory, "MAX_BYTES", 90_000)
    monkeypatch.setattr(trial, "released", asyncio.Event())
    async with listen(trial.schema) as client, opened(client) as first, opened(client) as second:
        for socket in (first, second):
            await socket.initialise()
            await socket.subscribe("1", **many(query))
            if query == SILENCE:
                assert (await socket.receive())["type"] == "next"
        await second.subscribe("2", **many(query))
        refused = await second.receive()
        trial.released.set()
        await first.send({"type": "complete", "id": "1"})
        await first.send({"type": "ping"})
        answers = [await first.receive()]
        while answers[-1]["type"] != "pong":
            answers.append(await first.receive())
        await second.subscribe("3", **many(query))
        answer = await second.receive()
        while answer["id"] == "1":
            answer = await second.receive()

    ((error,), id_) = refused["payload"], refused["id"]
    assert (id_, refused["type"], error["extensions"]["code"]) == ("2", "error", "QUERY_TOO_COSTLY")
    assert error["message"].endswith(" bytes of memory; the limit is 90000. End some of them.")
    assert (answer["id"], answer["type"]) == ("3", "next")


async def test_event_streams_of_caller_are_bounded(listen: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "MAX_BYTES", 90_000)
    async with listen(trial.schema) as client:
        async with AsyncExitStack() as stack:
            streams = []
            for _ in range(2):
                request = client.stream("POST", "/graphql", json=many(SILENCE), headers=EVENTS)
                # If it is not kept, the stream ends.
                streams.append((await stack.enter_async_context(request)).aiter_text())
                assert "event: next" in await anext(streams[-1])
            refused = (await client.post("/graphql", json=many(SILENCE), headers=EVENTS)).text
            failed = await client.post("/graphql", json=many("subscription($word: String!){silence(word: $word) x}"))
        await streams_end(client)
        request = client.stream("POST", "/graphql", json=many(SILENCE), headers=EVENTS)
        async with request as response:
            served = await anext(response.aiter_text())

    assert "QUERY_TOO_COSTLY" in refused
    assert "GRAPHQL_VALIDATION_FAILED" in failed.text
    assert served.startswith('event: next\ndata: {"data":')


async def test_mutations_of_caller_are_bounded(listen: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "MAX_BYTES", 90_000)
    monkeypatch.setattr(trial, "released", asyncio.Event())
    async with listen(trial.schema) as client:
        requests = {asyncio.create_task(client.post("/graphql", json=many(HELD))) for _ in range(3)}
        (refused,), waiting = await asyncio.wait(requests, return_when=asyncio.FIRST_COMPLETED)
        trial.released.set()
        served = [(await request).json() for request in waiting]

    assert refused.result().json()["errors"][0]["extensions"]["code"] == "QUERY_TOO_COSTLY"
    assert served == [{"data": {"held": "released"}}] * 2


async def test_stream_drops_what_it_was_asked_with(listen: Serve) -> None:
    def kept() -> int:
        gc.collect()
        return sum(type(found) is list and found == ["not a variable", 7] for found in gc.get_objects())

    text = '{"query": "subscription{silence}", "variables": {"unused": ["not a variable", 7]}}'
    subscribe = f'{{"type": "subscribe", "id": "1", "payload": {text}}}'
    async with listen(trial.schema) as client, opened(client) as socket:
        await socket.initialise()
        await socket.send(subscribe)
        await socket.receive()
        assert kept() == 0
        async with client.stream(
            "POST", "/graphql", content=text, headers={**EVENTS, "Content-Type": "application/json"}
        ) as response:
            pieces = response.aiter_text()
            await anext(pieces)
            assert kept() == 0
    unused = json.loads(text)["variables"]["unused"]
    assert kept() == 1, unused
