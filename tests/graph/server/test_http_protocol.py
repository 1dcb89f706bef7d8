"""What a connection may hold and for how long."""

import asyncio
import json
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import httpx
import pytest

from graph.server import http_protocol, slow_readers
from graph.server.http_protocol import (
    MAX_BESIDE_BODY_BYTES,
    MAX_PIPELINED,
    CoalescingTransport,
    HttpProtocol,
)
from graph.server.idle import idle_connections
from tests.graph.conftest import Serve
from tests.support import trial
from tests.support.telemetry import grown, lines, open_streams, streams_end

ASKED = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
HALF = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"
UPGRADE = (
    b"GET /graphql HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n"
)


@asynccontextmanager
async def connection(client: httpx.AsyncClient) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection on which a client writes as it likes."""
    reader, writer = await asyncio.open_connection(client.base_url.host, client.base_url.port)
    try:
        yield reader, writer
    finally:
        writer.close()


async def answer(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    """The head and the body of the next response."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(line for line in head.split(b"\r\n") if line.startswith(b"content-length: "))
    return head, await reader.readexactly(int(length.split()[1]))


async def is_closed(reader: asyncio.StreamReader) -> bool:
    try:
        return await reader.read() == b""
    except ConnectionResetError:
        return True


@pytest.mark.parametrize(
    ("begun", "more"),
    [
        (HALF, b"X-A: a\r\n" * 1_000),
        (HALF + b"X-A: ", b"a" * 4_096),
        (b"GET /", b"a" * 4_096),
        (b"GET / HTTP/1.1\r\n", b"a" * 4_096),
    ],
    ids=["headers", "value", "address", "name"],
)
async def test_head_without_end_is_refused(
    listen: Serve, caplog: pytest.LogCaptureFixture, begun: bytes, more: bytes
) -> None:
    caplog.set_level(logging.INFO, "pickup.requests")
    async with listen() as client, connection(client) as (reader, writer):
        before = (await client.get("/metrics")).text
        writer.write(begun)
        # No more than what is refused: what is not read could cost the client its answer.
        for _ in range(MAX_BESIDE_BODY_BYTES // len(more) + 2):
            writer.write(more)
        head, body = await answer(reader)
        assert await is_closed(reader)
        after = (await client.get("/metrics")).text

    assert head.startswith(b"HTTP/1.1 431 ")
    assert json.loads(body)["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    assert [line["status"] for line in lines(caplog)] == [431]
    assert grown('pickup_requests_total{kind="none",status="431"}', before, after) == 1


NOT_HTTP = {
    "address": "GET /graphql?query=é HTTP/1.1\r\n".encode(),
    "other address": b"GET http:// HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "length": HALF + b"Content-Length: abc\r\n\r\n",
    "two lengths": HALF + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
    "TLS": b"\x16\x03\x01\x00",
}
BROKEN_BODY = (
    b"POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b"Transfer-Encoding: chunked\r\n\r\nx\r\n"
)


@pytest.mark.parametrize("asked", [b"", ASKED], ids=["new", "after an answer"])
@pytest.mark.parametrize("text", NOT_HTTP.values(), ids=NOT_HTTP.keys())
async def test_request_that_is_not_http_is_refused_in_graphql_json(
    listen: Serve, caplog: pytest.LogCaptureFixture, asked: bytes, text: bytes
) -> None:
    caplog.set_level(logging.INFO, "pickup.requests")
    async with listen() as client, connection(client) as (reader, writer):
        before = (await client.get("/metrics")).text
        writer.write(asked)
        if asked:
            assert (await answer(reader))[0].startswith(b"HTTP/1.1 200 ")
        writer.write(text)
        head, body = await answer(reader)
        assert await is_closed(reader)
        after = (await client.get("/metrics")).text

    assert head.startswith(b"HTTP/1.1 400 ")
    assert b"\r\ncontent-type: application/json; charset=utf-8\r\n" in head
    assert json.loads(body) == {
        "errors": [{"message": "The request is not valid HTTP.", "extensions": {"code": "BAD_USER_INPUT"}}]
    }
    assert [(line["status"], line["codes"]) for line in lines(caplog)] == [(400, ["BAD_USER_INPUT"])]
    assert grown('pickup_requests_total{kind="none",status="400"}', before, after) == 1


@pytest.mark.parametrize("before", [0, 1, 2])
@pytest.mark.parametrize("written", ["at once", "later"])
async def test_body_that_is_not_http_is_refused_after_requests_before_it(
    listen: Serve, caplog: pytest.LogCaptureFixture, before: int, written: str
) -> None:
    caplog.set_level(logging.INFO, "pickup.requests")
    async with listen() as client, connection(client) as (reader, writer):
        first = (await client.get("/metrics")).text
        if written == "at once":
            writer.write(ASKED * before + BROKEN_BODY)
        else:
            writer.write(ASKED * before + BROKEN_BODY.removesuffix(b"x\r\n") + b"2\r\n{}\r\n")
            await writer.drain()
        for _ in range(before):
            assert (await answer(reader))[0].startswith(b"HTTP/1.1 200 ")
        if written == "later":
            writer.write(b"x\r\n")
        head, body = await answer(reader)
        assert await is_closed(reader)
        last = (await client.get("/metrics")).text

    assert head.startswith(b"HTTP/1.1 400 ")
    assert json.loads(body) == {
        "errors": [{"message": "The request is not valid HTTP.", "extensions": {"code": "BAD_USER_INPUT"}}]
    }
    (line,) = lines(caplog)
    assert (line["status"], line["codes"]) == (400, ["BAD_USER_INPUT"])
    assert f"\r\nx-request-id: {line['request_id']}\r\n".encode() in head
    counted = [grown(f'pickup_requests_total{{kind="none",status="{code}"}}', first, last) for code in (400, 499)]
    assert counted == [1, 0]


async def test_requests_before_what_is_not_http_are_answered(listen: Serve) -> None:
    async with listen() as client, connection(client) as (reader, writer):
        writer.write(ASKED * 2 + NOT_HTTP["length"])
        heads = [(await answer(reader))[0] for _ in range(2)]

        assert await is_closed(reader)
    assert [head.startswith(b"HTTP/1.1 200 ") for head in heads] == [True, True]
    assert [b"connection: close" in head for head in heads] == [False, True]


@pytest.mark.parametrize(("path", "status"), [("/nowhere", b"404"), ("/graphql", b"431")])
@pytest.mark.parametrize("more", [b"X-A: a\r\n" * 1_000, b"X-A: " + b"a" * 4_096], ids=["trailers", "value"])
async def test_trailers_without_end_are_refused(listen: Serve, path: str, status: bytes, more: bytes) -> None:
    async with listen() as client, connection(client) as (reader, writer):
        writer.write(
            f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n".encode()
        )
        if path == "/nowhere":
            head, _body = await answer(reader)
        for _ in range(MAX_BESIDE_BODY_BYTES // len(more) + 2):
            writer.write(more)
        if path == "/graphql":
            head, _body = await answer(reader)
        assert await is_closed(reader)

        assert head.startswith(b"HTTP/1.1 " + status)
        assert (await client.get("/healthz")).status_code == 200


async def test_body_in_chunks_is_not_counted_as_head(listen: Serve) -> None:
    query = b'{"query": "{ __typename }"}'
    async with listen() as client, connection(client) as (reader, writer):
        writer.write(
            b"POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n"
        )
        for piece in [b" " * 50_000] * 20 + [query]:
            writer.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        writer.write(b"0\r\n\r\n")

        assert (await answer(reader))[1] == b'{"data":{"__typename":"Query"}}'


async def test_pipelined_requests_are_answered_in_order_and_bounded(listen: Serve) -> None:
    async with listen(trial.schema) as client, connection(client) as (reader, writer):
        writer.write(ASKED * MAX_PIPELINED)
        for _ in range(MAX_PIPELINED):
            assert (await answer(reader))[0].startswith(b"HTTP/1.1 200 ")
        writer.write(ASKED * 2_000)
        heads = [(await answer(reader))[0] for _ in range(1 + MAX_PIPELINED)]

        assert await is_closed(reader)
    assert [b"connection: close" in head for head in heads] == [False] * MAX_PIPELINED + [True]


@pytest.mark.parametrize("asked", [b"", ASKED], ids=["new", "after an answer"])
@pytest.mark.parametrize("begun", [b"", HALF], ids=["silent", "half a head"])
async def test_connection_that_waits_too_long_is_closed(
    listen: Serve, monkeypatch: pytest.MonkeyPatch, asked: bytes, begun: bytes
) -> None:
    monkeypatch.setattr(http_protocol, "WAITING_S", 0.2)
    async with listen() as client, connection(client) as (reader, writer):
        writer.write(asked + begun)
        if asked:
            assert (await answer(reader))[0].startswith(b"HTTP/1.1 200 ")
        if begun:
            head, body = await answer(reader)
            assert head.startswith(b"HTTP/1.1 408 ")
            assert json.loads(body)["errors"][0]["extensions"]["code"] == "TIMEOUT"

        assert await is_closed(reader)


async def test_connection_with_a_request_may_stay(listen: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_protocol, "WAITING_S", 0.1)
    monkeypatch.setattr(trial, "released", asyncio.Event())
    body = b'{"query": "mutation { held }"}'
    async with listen(trial.schema) as client, connection(client) as (reader, writer):
        writer.write(
            b"POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
            % len(body)
            + body
        )
        async with connection(client) as (silent, _writer):
            assert await is_closed(silent)
        trial.released.set()

        assert (await answer(reader))[1] == b'{"data":{"held":"released"}}'


async def test_longest_waiting_connection_makes_room_for_a_new_one(
    listen: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with listen() as client, AsyncExitStack() as stack:
        monkeypatch.setattr(HttpProtocol, "most_connections", 3)
        (reader, writer), *others = [await stack.enter_async_context(connection(client)) for _ in range(3)]
        writer.write(ASKED)
        await answer(reader)
        new, new_writer = await stack.enter_async_context(connection(client))
        assert await is_closed(others[0][0])
        for its_reader, its_writer in ((reader, writer), others[1], (new, new_writer)):
            its_writer.write(ASKED)
            assert (await answer(its_reader))[0].startswith(b"HTTP/1.1 200 ")


async def test_upgrade_behind_a_request_is_not_taken(listen: Serve) -> None:
    before = idle_connections.copy()
    async with listen() as client, connection(client) as (reader, writer):
        writer.write(ASKED + UPGRADE)
        assert (await answer(reader))[0].startswith(b"HTTP/1.1 200 ")
        assert await is_closed(reader)
    assert idle_connections.keys() <= before.keys()


async def test_largest_head_in_flight_is_given_up_first(listen: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_protocol, "MAX_HEADS_IN_FLIGHT", 70_000)
    async with listen() as client, AsyncExitStack() as stack:
        (large, large_writer), *others = [await stack.enter_async_context(connection(client)) for _ in range(3)]
        large_writer.write(HALF + b"X-A: " + b"a" * 60_000)
        for _reader, writer in others:
            writer.write(HALF + b"X-A: " + b"a" * 20_000)
        assert await is_closed(large)
        for reader, writer in others:
            writer.write(b"\r\n\r\n")
            assert (await answer(reader))[0].startswith(b"HTTP/1.1 200 ")
    assert HttpProtocol.heads.total == 0


async def test_client_that_leaves_ends_the_first_of_its_pipelined_requests(
    listen: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    body = b'{"query": "subscription { silence }"}'
    head = (
        "POST /graphql HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    async with listen(trial.schema) as client:
        async with connection(client) as (reader, writer):
            writer.write((head.encode() + body) + ASKED * 2)
            await reader.readuntil(b"event: next")
            assert await open_streams(client) == 1
        await streams_end(client)

    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


async def test_closed_connection_whose_client_does_not_read_the_rest_is_dropped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(slow_readers, "SLOW_READER_S", 0.05)
    lost = asyncio.Event()

    class Closing(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            assert isinstance(transport, asyncio.Transport)
            # More than the kernel keeps, less than `pause_writing` waits for.
            transport.set_write_buffer_limits(high=2**30)
            coalescing = CoalescingTransport(transport)
            coalescing.write(bytes(2**25))
            coalescing.close()

        def connection_lost(self, _error: Exception | None) -> None:
            lost.set()

    loop = asyncio.get_running_loop()
    server = await loop.create_server(Closing, "127.0.0.1", 0)
    with socket.create_connection(server.sockets[0].getsockname()):
        async with asyncio.timeout(30):
            await lost.wait()
    server.close()
