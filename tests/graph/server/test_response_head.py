"""The head of a response is written together with its body."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from graph.server.http_protocol import HttpProtocol
from tests.support.waiting import eventually

BODY = b'{"data":{}}'


@asynccontextmanager
async def served() -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter, list[bytes]]]:
    """A connection to a server with a kind of response for each path, and every write of the server."""
    written: list[bytes] = []
    may_go_on = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/body":
            await receive()
        length = [] if scope["path"] == "/stream" else [(b"content-length", str(len(BODY)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": length})
        if scope["path"] == "/stream":
            await may_go_on.wait()
            may_go_on.clear()
        await send({"type": "http.response.body", "body": BODY})

    class RecordingProtocol(HttpProtocol):
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
            write = transport.write

            class RecordingTransport:
                def __getattr__(self, name: str) -> object:
                    return getattr(transport, name)

                def write(self, data: bytes) -> None:
                    written.append(bytes(data))
                    write(data)

            super().connection_made(RecordingTransport())  # type: ignore[arg-type]  # it forwards to a transport

    config = uvicorn.Config(app, http=RecordingProtocol, lifespan="off", log_config=None, timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)

    async def started() -> bool:
        return server.started

    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        serving = asyncio.create_task(server.serve([listening]))
        await eventually(started, "the server has started")
        reader, writer = await asyncio.open_connection(*listening.getsockname())
        try:
            yield reader, writer, written
        finally:
            may_go_on.set()
            writer.close()
            server.should_exit = True
            await serving


@pytest.mark.parametrize("path", ["/plain", "/body"])
async def test_head_is_written_with_the_body(path: str) -> None:
    async with served() as (reader, writer, written):
        for number in (1, 2):
            writer.write(f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{{}}".encode())
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200 OK")
            assert await reader.readexactly(len(BODY)) == BODY
            assert written[-1] == head + BODY
            assert len(written) == number


async def test_head_without_body_is_written() -> None:
    async with served() as (reader, writer, written):
        writer.write(b"HEAD /plain HTTP/1.1\r\nHost: x\r\n\r\n")

        assert written == [await reader.readuntil(b"\r\n\r\n")]


async def test_head_of_a_stream_is_written_before_its_body() -> None:
    async with served() as (reader, writer, written):
        writer.write(b"GET /stream HTTP/1.1\r\nHost: x\r\n\r\n")

        assert written == [await reader.readuntil(b"\r\n\r\n")]


async def test_connection_is_closed_after_the_whole_response() -> None:
    async with served() as (reader, writer, written):
        writer.write(b"GET /plain HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        answer = await reader.read()

        assert answer.endswith(b"\r\n\r\n" + BODY)
        assert written == [answer]


async def test_expect_continue_is_answered_before_the_response() -> None:
    async with served() as (reader, writer, _written):
        writer.write(b"POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        writer.write(b"{}")

        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 OK")
