"""Large answers that a client does not read."""

import asyncio
import gc
import json
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from graph.server import slow_readers
from graph.server.http_protocol import HttpProtocol
from graph.transport import memory, requests
from tests.graph.conftest import Serve
from tests.graph.transport.test_sse import ids_of, make_changes
from tests.support import trial
from tests.support.factories import make_site
from tests.support.serving import listening
from tests.support.telemetry import lines, streams_end
from tests.support.waiting import eventually

ANSWER = 14 * 1_000_000
QUERY = f"mutation($text: String!) {{ {' '.join(f'a{number}: echo(text: $text)' for number in range(14))} }}"
BODY = json.dumps({"query": QUERY, "variables": {"text": "x" * 1_000_000}}).encode()


FLOOD = json.dumps({"query": "subscription { flood(size: 7000000) }"}).encode()
EVENTS = {"Accept": "text/event-stream", "Content-Type": "application/json"}


@asynccontextmanager
async def asked(
    client: httpx.AsyncClient, body: bytes = BODY, accept: str = "application/json", times: int = 1
) -> AsyncIterator[asyncio.StreamReader]:
    """A connection on which the first answer has begun; the reader reads no more than it must."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    connection.connect((client.base_url.host, client.base_url.port))
    reader, writer = await asyncio.open_connection(sock=connection)
    try:
        head = "POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        request = f"{head}Accept: {accept}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
        writer.write(request * times)
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 ")
        yield reader
    finally:
        writer.close()


async def test_unread_answers_of_a_caller_are_bounded(listen: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "MAX_BYTES", 20_000_000)
    headers = {"Content-Type": "application/json"}
    async with listen(trial.schema) as client, asked(client) as reader:
        response = await client.post("/graphql", content=BODY, headers=headers)
        committing = BODY.replace(b"a0:", b"first: commit a0:", 1)
        committed = await client.post("/graphql", content=committing, headers=headers)
        small = (await client.post("/graphql", json={"query": "mutation { language }"})).json()
        await reader.readexactly(ANSWER)
        assert (await reader.readuntil(b"}}"))[-2:] == b"}}"
        served = (await client.post("/graphql", content=BODY, headers=headers)).json()

    (error,) = response.json()["errors"]
    assert (response.status_code, response.headers["retry-after"]) == (503, "1")
    assert (error["extensions"]["code"], error["extensions"]["committed"]) == ("UNAVAILABLE", [])
    assert "data" not in response.json()
    assert (committed.status_code, "retry-after" in committed.headers) == (200, False)
    assert committed.json()["errors"][0]["extensions"] == {"code": "UNAVAILABLE", "committed": ["first"]}
    assert small == {"data": {"language": "en"}}
    assert list(served["data"]) == [f"a{number}" for number in range(14)]


async def test_connection_of_a_client_that_does_not_read_is_closed(
    listen: Serve, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def connection_made(self: HttpProtocol, transport: asyncio.Transport) -> None:
        made(self, transport)
        connections.append(self)

    async def is_paused() -> bool:
        return connections[0].flow.write_paused

    made = HttpProtocol.connection_made
    connections: list[HttpProtocol] = []
    monkeypatch.setattr(HttpProtocol, "connection_made", connection_made)
    caplog.set_level(logging.INFO, "pickup.requests")
    monkeypatch.setattr(slow_readers, "SLOW_READER_S", 3_600)
    monkeypatch.setattr(memory, "MAX_BYTES", 20_000_000)
    async with listen(trial.schema) as client, asked(client) as reader:
        await eventually(is_paused, "the connection takes no more")
        answer = client.post("/graphql", content=BODY, headers={"Content-Type": "application/json"})
        refused = (await answer).json()
        monkeypatch.setattr(slow_readers, "SLOW_READER_S", 0.05)
        connections[0]._slow_reader.stop()
        connections[0]._slow_reader.start()
        await asyncio.wait_for(until_served(client), 30)
        received = await reader.read()
        while piece := await reader.read():
            received += piece

    assert "errors" in refused
    assert len(received) < ANSWER
    assert [line["status"] for line in lines(caplog)].count(499) == 1
    assert {record.levelname for record in caplog.records} == {"INFO"}


async def test_head_of_an_answer_that_a_client_does_not_read_is_given_up(
    listen: Serve, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The small answers before it fill what the connection takes."""

    async def is_given_up() -> bool:
        return 499 in [line["status"] for line in lines(caplog)]

    def connection_made(self: HttpProtocol, transport: asyncio.Transport) -> None:
        # The kernel would keep some MB itself.
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4_096)
        made(self, transport)

    made = HttpProtocol.connection_made
    monkeypatch.setattr(HttpProtocol, "connection_made", connection_made)
    caplog.set_level(logging.INFO, "pickup.requests")
    monkeypatch.setattr(slow_readers, "SLOW_READER_S", 0.2)
    text = "x" * 50_000
    body = json.dumps({"query": "mutation($text: String!) { echo(text: $text) }", "variables": {"text": text}})
    async with listen(trial.schema) as client, asked(client, body.encode(), times=16):
        await eventually(is_given_up, "the client is given up", 30)

    *earlier, last = [line["status"] for line in lines(caplog)]
    assert (set(earlier), last) == ({200}, 499)
    assert len(earlier) < 15
    assert {record.levelname for record in caplog.records} == {"INFO"}


@pytest.mark.parametrize(("memory_bytes", "answer_bytes"), [(90_000, 16_000_000), (64_000_000, 90_000)])
async def test_event_over_a_limit_ends_its_stream(
    listen: Serve, monkeypatch: pytest.MonkeyPatch, memory_bytes: int, answer_bytes: int
) -> None:
    monkeypatch.setattr(memory, "MAX_BYTES", memory_bytes)
    monkeypatch.setattr(requests, "LARGE_ANSWER", 50_000)
    async with listen(trial.schema, max_answer_bytes=answer_bytes) as client:
        answer = await client.post(
            "/graphql", json={"query": "subscription { flood }"}, headers={"Accept": "text/event-stream"}
        )

    (error,) = json.loads(answer.text.split("data: ")[1].split("\n")[0])["errors"]
    assert error["extensions"]["code"] == "QUERY_TOO_COSTLY"
    assert answer.text.endswith("event: complete\ndata: \n\n")


async def test_event_that_is_cut_off_is_given_back(listen: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slow_readers, "SLOW_READER_S", 0.2)
    monkeypatch.setattr(memory, "MAX_BYTES", 20_000_000)
    async with listen(trial.schema) as client:
        gc.disable()
        try:
            async with asked(client, FLOOD, EVENTS["Accept"]) as reader:
                await reader.readuntil(b"event: next")
                await streams_end(client)
            async with client.stream("POST", "/graphql", content=FLOOD, headers=EVENTS) as response:
                event = await anext(response.aiter_text())
        finally:
            gc.enable()

    assert 'data: {"data":{"flood":' in event


@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
async def test_error_in_place_of_an_answer_has_the_revision_of_what_is_committed(url: str, accept: str) -> None:
    query = 'mutation($site: ID!) { createPickupGroup(input: {siteId: $site, name: "One"}) { violations { rule } } }'
    async with listening(url, max_answer_bytes=10) as client:
        site = await make_site()
        body = {"query": query, "variables": {"site": site.id}}
        response = await client.post("/graphql", json=body, headers={"Accept": accept})

    assert "QUERY_TOO_COSTLY" in response.text
    assert response.headers["pickup-revision"] == f"{site.id}=1"


async def test_change_that_is_not_sent_is_no_place_to_resume(url: str) -> None:
    async with listening(url, max_answer_bytes=200) as client:
        site = await make_site()
        await make_changes(client, site, "One")
        fields = " ".join(f"a{number}: kind" for number in range(20))
        query = f"subscription($site: ID!) {{ changes(siteId: $site, afterRevision: 0) {{ {fields} }} }}"
        body = {"query": query, "variables": {"site": site.id}}
        refused = (await client.post("/graphql", json=body, headers=EVENTS)).text
        resumed = await ids_of(client, site, 1, 0)

    assert "QUERY_TOO_COSTLY" in refused
    assert "id: " not in refused
    assert resumed == [1]


async def until_served(client: httpx.AsyncClient) -> None:
    """Until the caller may have a large answer again."""
    headers = {"Content-Type": "application/json"}
    while "errors" in (await client.post("/graphql", content=BODY, headers=headers)).json():
        pass
