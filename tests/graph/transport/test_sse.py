"""Server-sent events, read from the wire."""

import asyncio
import json
import logging
import signal
import time
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from graph.server import slow_readers
from graph.shutdown import shutdown_signal
from graph.transport import sse
from models.site import Site
from tests.graph.conftest import Serve
from tests.support import trial
from tests.support.factories import make_site
from tests.support.serving import SECRET, listening, serving, token
from tests.support.telemetry import lines, open_streams, streams_end
from tests.support.tokens import signed

EVENTS = {"Accept": "text/event-stream"}


async def blocks(response: httpx.Response) -> AsyncIterator[str]:
    """The events and comments of a stream, each without the empty line that ends it."""
    text = ""
    async for piece in response.aiter_text():
        text += piece
        while "\n\n" in text:
            block, _, text = text.partition("\n\n")
            yield block


def answer(block: str) -> Any:
    event, _, data = block.partition("\n")
    assert event == "event: next"
    return json.loads(data.removeprefix("data: "))


async def test_subscription_is_streamed_until_complete(listen: Serve) -> None:
    async with (
        listen(trial.schema) as client,
        client.stream("POST", "/graphql", json={"query": "subscription{count(to: 3)}"}, headers=EVENTS) as response,
    ):
        text = (await response.aread()).decode()

    assert response.status_code == 200
    assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert response.headers["cache-control"] == "no-store"
    assert "\r" not in text
    assert text == (
        'event: next\ndata: {"data":{"count":1}}\n\n'
        'event: next\ndata: {"data":{"count":2}}\n\n'
        'event: next\ndata: {"data":{"count":3}}\n\n'
        "event: complete\ndata: \n\n"
    )


async def test_get_streams_subscription(serve: Serve) -> None:
    async with serve(trial.schema) as client:
        response = await client.get("/graphql", params={"query": "subscription{count(to: 1)}"}, headers=EVENTS)

    assert response.text == 'event: next\ndata: {"data":{"count":1}}\n\nevent: complete\ndata: \n\n'


@pytest.mark.parametrize("query", ["{__typename}", "mutation{__typename}"])
async def test_query_and_mutation_are_one_event(serve: Serve, query: str) -> None:
    async with serve() as client:
        response = await client.post("/graphql", json={"query": query}, headers=EVENTS)

    first, last, rest = response.text.split("\n\n")
    assert answer(first)["data"]["__typename"] in ("Query", "Mutation")
    assert (last, rest) == ("event: complete\ndata: ", "")


async def test_event_stream_needs_highest_weight(serve: Serve) -> None:
    accept = "application/graphql-response+json, application/json, text/event-stream"
    async with serve() as client:
        response = await client.post("/graphql", json={"query": "{__typename}"}, headers={"Accept": accept})

    assert response.json() == {"data": {"__typename": "Query"}}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"query": "{"}, "GRAPHQL_PARSE_FAILED"),
        ({"query": "subscription{nothing}"}, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": "subscription($n: Int!){count(to: $n)}"}, "BAD_USER_INPUT"),
        ({"query": "subscription{refused}"}, "BAD_USER_INPUT"),
    ],
)
async def test_request_error_is_an_event(serve: Serve, body: dict[str, Any], code: str) -> None:
    async with serve(trial.schema) as client:
        response = await client.post("/graphql", json=body, headers=EVENTS)

    first, last, _rest = response.text.split("\n\n")
    assert response.status_code == 200
    assert answer(first)["errors"][0]["extensions"]["code"] == code
    assert last == "event: complete\ndata: "


async def test_internal_error_of_stream_is_masked_and_ends_it(serve: Serve) -> None:
    async with serve(trial.schema) as client:
        response = await client.post("/graphql", json={"query": "subscription{breaks}"}, headers=EVENTS)

    first, second, last, _rest = response.text.split("\n\n")
    assert answer(first) == {"data": {"breaks": 1}}
    assert answer(second)["errors"][0]["extensions"]["code"] == "INTERNAL"
    assert "secret" not in response.text
    assert last == "event: complete\ndata: "


async def test_missing_token_is_status_401(serve: Serve) -> None:
    async with serve(trial.schema, jwt_secret=SECRET) as client:
        response = await client.post("/graphql", json={"query": "subscription{silence}"}, headers=EVENTS)

    assert response.status_code == 401
    assert response.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_heartbeats_fill_silence(listen: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "HEARTBEAT_S", 0.01)
    async with (
        listen(trial.schema) as client,
        client.stream("POST", "/graphql", json={"query": "subscription{silence}"}, headers=EVENTS) as response,
    ):
        stream = blocks(response)
        first = await anext(stream)
        second = await anext(stream)
        third = await anext(stream)

    assert answer(first) == {"data": {"silence": 0}}
    assert (second, third) == (":", ":")


async def test_stream_ends_with_token(listen: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    ahead_s = 0.0
    monkeypatch.setattr(sse, "time", SimpleNamespace(time=lambda: time.time() + ahead_s))
    monkeypatch.setattr(sse, "HEARTBEAT_S", 0.02)
    body = {"query": "subscription{silence}"}
    async with listen(trial.schema, jwt_secret=SECRET) as client:
        headers = EVENTS | {"Authorization": f"Bearer {signed(exp=time.time() + 3_600)}"}
        async with client.stream("POST", "/graphql", json=body, headers=headers) as response:
            stream = (block async for block in blocks(response) if block != ":")
            first = await anext(stream)
            # It looks at the clock at the next heartbeat, and no other comes before the end.
            monkeypatch.setattr(sse, "HEARTBEAT_S", 3_600)
            ahead_s = 3_599.8
            error, *last = [block async for block in stream]

    assert answer(first) == {"data": {"silence": 0}}
    assert answer(error)["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert last == ["event: complete\ndata: "]


CHANGES = "subscription($site: ID!, $after: Int) { changes(siteId: $site, afterRevision: $after) { revision } }"


async def make_changes(client: httpx.AsyncClient, site: Site, *names: str) -> None:
    for name in names:
        query = "mutation($input: CreatePickupGroupInput!) { createPickupGroup(input: $input) { violations { rule } } }"
        body = {"query": query, "variables": {"input": {"siteId": site.id, "name": name}}}
        assert (await client.post("/graphql", json=body)).json()["data"]["createPickupGroup"] == {"violations": []}


async def ids_of(client: httpx.AsyncClient, site: Site, number: int, after: int | None, **headers: str) -> list[int]:
    """The ids of so many events of the site's changes, which are their revisions."""
    body = {"query": CHANGES, "variables": {"site": site.id, "after": after}}
    ids = []
    async with client.stream("POST", "/graphql", json=body, headers=EVENTS | headers) as response:
        stream = (block async for block in blocks(response) if block != ":")
        for _ in range(number):
            event, data, id_ = (await anext(stream)).split("\n")
            revision = int(id_.removeprefix("id: "))
            assert (event, json.loads(data.removeprefix("data: "))) == (
                "event: next",
                {"data": {"changes": {"revision": revision}}},
            )
            ids.append(revision)
    return ids


async def test_stream_of_changes_goes_on_after_last_event_id(url: str) -> None:
    async with listening(url) as client:
        site = await make_site()
        await make_changes(client, site, "One", "Two", "Three")

        assert await ids_of(client, site, 3, 0) == [1, 2, 3]
        assert await ids_of(client, site, 2, None, **{"Last-Event-ID": "1"}) == [2, 3]
        assert await ids_of(client, site, 1, 0, **{"Last-Event-ID": "2"}) == [3]
        assert await ids_of(client, site, 2, 1, **{"Last-Event-ID": ""}) == [2, 3]


async def test_stream_of_changes_that_ends_with_its_token_is_resumed_after_the_last_change(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.time()
    monkeypatch.setattr(sse, "time", SimpleNamespace(time=lambda: now))
    monkeypatch.setattr(sse, "HEARTBEAT_S", 0.02)
    async with listening(url, jwt_secret=SECRET) as client:
        client.headers["Authorization"] = f"Bearer {token()}"
        site = await make_site()
        await make_changes(client, site, "One", "Two")
        body = {"query": CHANGES, "variables": {"site": site.id, "after": 0}}
        async with client.stream("POST", "/graphql", json=body, headers=EVENTS) as response:
            stream = (block async for block in blocks(response) if block != ":")
            ids = [(await anext(stream)).split("\n")[2:] for _ in range(2)]
            now += 7_200
            error, *last = [block async for block in stream]
        now -= 7_200
        await make_changes(client, site, "Three")
        resumed = await ids_of(client, site, 1, None, **{"Last-Event-ID": "2"})

    assert ids == [["id: 1"], ["id: 2"]]
    # No id: a browser goes on after the last one that it got.
    assert answer(error)["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert "\nid:" not in error
    assert last == ["event: complete\ndata: "]
    assert resumed == [3]


@pytest.mark.parametrize("header", ["4", "-1", "x", "1.0", "9" * 19, "²"])
async def test_last_event_id_that_is_no_revision_is_bad_input(url: str, header: str) -> None:
    async with serving(url) as api:
        site = await make_site()
        await make_changes(api.http, site, "One", "Two", "Three")
        body = {"query": CHANGES, "variables": {"site": site.id}}
        headers = httpx.Headers(EVENTS | {"Last-Event-ID": header}, encoding="latin-1")
        response = await api.http.post("/graphql", json=body, headers=headers)

    first, last, _rest = response.text.split("\n\n")
    assert response.status_code == 200
    assert [error["extensions"]["code"] for error in answer(first)["errors"]] == ["BAD_USER_INPUT"]
    assert last == "event: complete\ndata: "


async def test_last_event_id_is_for_subscriptions_alone(serve: Serve) -> None:
    async with serve() as client:
        headers = EVENTS | {"Last-Event-ID": "x"}
        response = await client.post("/graphql", json={"query": "{__typename}"}, headers=headers)

    assert answer(response.text.partition("\n\n")[0]) == {"data": {"__typename": "Query"}}


async def test_client_that_leaves_ends_subscription(listen: Serve) -> None:
    async with listen(trial.schema) as client:
        async with client.stream(
            "POST", "/graphql", json={"query": "subscription{silence}"}, headers=EVENTS
        ) as response:
            assert answer(await anext(blocks(response))) == {"data": {"silence": 0}}
            assert await open_streams(client) == 1
        await streams_end(client)


async def test_shutdown_ends_streams_at_once(listen: Serve) -> None:
    signals: list[int] = []
    handler = signal.signal(signal.SIGTERM, lambda number, _frame: signals.append(number))
    try:
        async with (
            listen(trial.schema) as client,
            client.stream("POST", "/graphql", json={"query": "subscription{silence}"}, headers=EVENTS) as response,
        ):
            stream = blocks(response)
            assert answer(await anext(stream)) == {"data": {"silence": 0}}
            signal.raise_signal(signal.SIGTERM)
            signal.raise_signal(signal.SIGTERM)
            rest = [block async for block in stream]
    finally:
        signal.signal(signal.SIGTERM, handler)

    assert rest == []
    assert signals == [signal.SIGTERM, signal.SIGTERM]


async def test_shutdown_signal_without_handler_catches_nothing() -> None:
    before = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        with shutdown_signal() as stopping:
            assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
            assert not stopping.done()
    finally:
        signal.signal(signal.SIGTERM, before)


async def test_shutdown_signal_outside_main_thread_catches_nothing() -> None:
    async def listening_for_signals() -> object:
        with shutdown_signal():
            return signal.getsignal(signal.SIGINT)

    handler = await asyncio.to_thread(asyncio.run, listening_for_signals())

    assert handler is signal.getsignal(signal.SIGINT)


async def test_slow_reader_is_disconnected(
    listen: Serve, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "pickup.requests")
    monkeypatch.setattr(slow_readers, "SLOW_READER_S", 0.05)
    async with listen(trial.schema) as client:
        reader, writer = await asyncio.open_connection(client.base_url.host, client.base_url.port, limit=1_000)
        body = b'{"query": "subscription{flood}"}'
        writer.write(
            b"POST /graphql HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n"
            b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
        )
        await reader.readuntil(b"event: next")
        await streams_end(client)
        rest = await reader.read()
        writer.close()

    assert b"event: complete" not in rest
    assert [line["status"] for line in lines(caplog) if line["path"] == "/graphql"] == [499]
    assert {record.levelname for record in caplog.records} == {"INFO"}
