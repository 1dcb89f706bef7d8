"""What messages that are not complete may hold, and for how long."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import httpx
import pytest

from graph.server import slow_readers, websocket_protocol
from graph.server.http_protocol import HttpProtocol
from graph.server.idle import idle_connections
from graph.server.websocket_protocol import WebSocketProtocol
from tests.graph.conftest import Serve
from tests.support import trial
from tests.support.serving import PROTOCOL
from tests.support.telemetry import grown, lines
from tests.support.waiting import eventually

HANDSHAKE = (
    "GET /graphql HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\nSec-WebSocket-Protocol: {PROTOCOL}"
    "\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
)
INIT = b'{"type": "connection_init"}'
ACK = b'{"type":"connection_ack"}'
CONTINUATION, TEXT, CLOSE, PING, PONG = 0, 1, 8, 9, 10
FINAL = 0x80


class Peer:
    """A client that writes frames as it likes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def send(self, opcode: int, data: bytes, *, final: bool = True, length: int | None = None) -> None:
        """A frame, or of one of that length the beginning."""
        self.writer.write(frame(opcode, data, final=final, length=length))

    def send_rest(self, data: bytes) -> None:
        self.writer.write(data)

    async def receive(self) -> tuple[int, bytes]:
        """The next frame."""
        head, length = await self.reader.readexactly(2)
        if length == 126:
            length = int.from_bytes(await self.reader.readexactly(2))
        return head & 0x0F, await self.reader.readexactly(length)

    async def closed_with(self) -> tuple[int, str]:
        opcode, data = await self.receive()
        assert opcode == CLOSE
        return int.from_bytes(data[:2]), data[2:].decode()


def frame(opcode: int, data: bytes, *, final: bool = True, length: int | None = None) -> bytes:
    """Masked with zeros."""
    size = len(data) if length is None else length
    head = bytes([opcode | (FINAL if final else 0)])
    if size < 126:
        return head + bytes([0x80 | size]) + bytes(4) + data
    return head + bytes([0x80 | 127]) + size.to_bytes(8) + bytes(4) + data


@asynccontextmanager
async def connected(client: httpx.AsyncClient, *, answered: bool = True) -> AsyncIterator[Peer]:
    reader, writer = await asyncio.open_connection(client.base_url.host, client.base_url.port)
    try:
        writer.write(HANDSHAKE.encode())
        if answered:
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 101 ")
            assert b"extensions" not in head.lower()
        yield Peer(reader, writer)
    finally:
        writer.close()


async def until_held(size: int) -> None:
    async def held() -> bool:
        return WebSocketProtocol.messages.total == size

    await eventually(held, f"{size} bytes are held")


@pytest.mark.parametrize("pieces", [1, 10])
async def test_largest_message_in_flight_is_given_up_first(
    listen: Serve, monkeypatch: pytest.MonkeyPatch, pieces: int
) -> None:
    monkeypatch.setattr(websocket_protocol, "MAX_BYTES_IN_FLIGHT", 100_000)
    async with listen() as client, AsyncExitStack() as stack:
        peers = [await stack.enter_async_context(connected(client)) for _ in range(3)]
        peers[2].send(TEXT, b" " * 70_000, length=80_000)
        await until_held(70_000)
        for peer in peers[:2]:
            last = 20_000 // pieces
            for number in range(pieces - 1):
                peer.send(CONTINUATION if number else TEXT, b" " * last, final=False)
            peer.send(CONTINUATION if pieces > 1 else TEXT, b" " * last, length=last + len(INIT))
        refused = await peers[2].closed_with()
        # Each whole frame takes some more than its bytes.
        await until_held(2 * (20_000 + 64 * (pieces - 1)))
        for peer in peers[:2]:
            peer.send_rest(INIT)
        answers = [await peer.receive() for peer in peers[:2]]
        await until_held(0)

    assert refused == (1013, "The server is receiving too many messages")
    assert answers == [(TEXT, ACK)] * 2


async def test_connection_that_is_lost_holds_nothing(listen: Serve) -> None:
    async with listen() as client:
        async with connected(client) as peer:
            peer.send(TEXT, b" " * 1_000, length=2_000)
            await until_held(1_000)
        await until_held(0)


@pytest.mark.parametrize(
    "begun",
    [frame(TEXT, b"{", length=100), frame(TEXT, b"{", final=False), frame(TEXT, INIT) + frame(TEXT, b"{", length=100)],
    ids=["half a frame", "half a message", "half of the second message"],
)
async def test_message_that_does_not_arrive_in_time_closes_connection(
    listen: Serve, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, begun: bytes
) -> None:
    async def logged() -> bool:
        return [line["status"] for line in lines(caplog) if line["path"] == "/graphql"] == [1008]

    caplog.set_level(logging.INFO, "pickup.requests")
    monkeypatch.setattr(websocket_protocol, "BODY_TIMEOUT_S", 0.25)
    async with listen() as client, connected(client) as peer:
        before = (await client.get("/metrics")).text
        peer.send_rest(begun)
        if INIT in begun:
            assert await peer.receive() == (TEXT, ACK)

        assert await peer.closed_with() == (1008, "The message did not arrive in time")
        assert await peer.reader.read() == b""
        await until_held(0)
        await eventually(logged, "the close is logged")
        after = (await client.get("/metrics")).text

    assert grown('pickup_requests_total{kind="none",status="1008"}', before, after) == 1


@pytest.mark.parametrize("before", [b"", frame(TEXT, INIT), frame(TEXT, INIT) + frame(TEXT, b'{"type": "ping"}') * 5])
@pytest.mark.parametrize("wrong", [frame(TEXT, b"\xff"), frame(TEXT, b"{", final=False) + frame(CONTINUATION, b"\xc3")])
async def test_text_that_is_not_utf8_closes_connection(
    listen: Serve, caplog: pytest.LogCaptureFixture, before: bytes, wrong: bytes
) -> None:
    async def logged() -> bool:
        return [line["status"] for line in lines(caplog) if line["path"] == "/graphql"] == [1007]

    caplog.set_level(logging.INFO, "pickup.requests")
    async with listen() as client, connected(client) as peer:
        peer.send_rest(before + wrong)
        received = [await peer.receive()]
        while received[-1][0] == TEXT:
            received.append(await peer.receive())
        await eventually(logged, "the close is logged")

    assert received[-1] == (CLOSE, (1007).to_bytes(2) + b"The message is not UTF-8")
    assert {record.levelname for record in caplog.records} == {"INFO"}


async def test_message_before_the_handshake_is_answered_is_bounded(
    listen: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = asyncio.Event()

    async def never_answer(self: WebSocketProtocol) -> None:
        asked.set()
        for _ in ("connect", "disconnect"):
            await self.receive()

    monkeypatch.setattr(websocket_protocol, "MAX_BYTES_IN_FLIGHT", 100)
    monkeypatch.setattr(WebSocketProtocol, "run_asgi", never_answer)
    async with listen() as client:
        async with connected(client, answered=False) as peer:
            # What comes together with the handshake is lost.
            await asked.wait()
            peer.send(TEXT, b" " * 200, length=1_000)
            assert await peer.reader.read() == b""
        await until_held(0)


@pytest.mark.parametrize("opcode", [CONTINUATION, PING])
async def test_flood_of_empty_frames_closes_connection(listen: Serve, opcode: int) -> None:
    async with listen() as client, connected(client) as peer:
        peer.send(TEXT, b"", final=False)
        peer.send_rest(frame(opcode, b"", final=opcode == PING) * 60_000)
        received = [await peer.receive()]
        while received[-1][0] == PONG:
            received.append(await peer.receive())
        await until_held(0)

    assert received[-1] == (CLOSE, (1008).to_bytes(2) + b"Too many small frames")
    assert len(received) < 6_000


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[WebSocketProtocol]:
    """The connections of the server, in their order."""
    connections: list[WebSocketProtocol] = []
    connection_made = WebSocketProtocol.connection_made

    def noted(self: WebSocketProtocol, transport: asyncio.BaseTransport) -> None:
        connections.append(self)
        connection_made(self, transport)

    monkeypatch.setattr(WebSocketProtocol, "connection_made", noted)
    return connections


async def test_client_that_does_not_read_gets_its_last_pong_later(listen: Serve, made: list[WebSocketProtocol]) -> None:
    async with listen() as client, connected(client) as peer:
        (protocol,) = made
        protocol.pause_writing()
        for size in range(1, 4):
            peer.send(PING, bytes(size))
            peer.send(TEXT if size == 1 else CONTINUATION, b" ", final=False)
            await until_held(size * (1 + 64))
        protocol.resume_writing()
        pong = await peer.receive()
        peer.send(CONTINUATION, INIT)
        answer = await peer.receive()

    assert pong == (PONG, bytes(3))
    assert answer == (TEXT, ACK)


async def test_client_that_does_not_read_gets_its_close_answered(listen: Serve, made: list[WebSocketProtocol]) -> None:
    async with listen() as client, connected(client) as peer:
        (protocol,) = made
        protocol.pause_writing()
        peer.send_rest(frame(PING, b"a") + frame(CLOSE, (1000).to_bytes(2)))
        received = [await peer.receive(), await peer.receive()]

    assert received == [(PONG, b"a"), (CLOSE, (1000).to_bytes(2))]


async def test_slow_client_that_goes_on_reading_is_not_given_up(
    listen: Serve, made: list[WebSocketProtocol], monkeypatch: pytest.MonkeyPatch
) -> None:
    size = 14_000_000
    # The time is over when the test says so.
    monkeypatch.setattr(slow_readers, "SLOW_READER_S", 3_600)
    async with listen(trial.schema) as client, connected(client) as peer:
        (protocol,) = made
        protocol.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4_096)
        peer.send(TEXT, INIT)
        assert await peer.receive() == (TEXT, ACK)
        query = f'{{"query": "subscription {{ flood(size: {size // 2}) }}"}}'
        peer.send_rest(frame(TEXT, f'{{"id": "1", "type": "subscribe", "payload": {query}}}'.encode()))
        await peer.reader.readexactly(10)
        unread = protocol.transport.get_write_buffer_size()
        for _ in range(3):
            while protocol.transport.get_write_buffer_size() >= unread:
                piece = await peer.reader.read(4_096)
                assert piece
            unread = protocol.transport.get_write_buffer_size()
            protocol._slow_reader._check()
            assert not protocol.transport.is_closing()
        assert 0 < unread < size
        protocol._slow_reader._check()
        assert protocol.transport.is_closing()


async def test_socket_without_caller_makes_room_for_a_new_connection(
    listen: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = idle_connections.copy()
    async with listen(trial.schema) as client, connected(client) as known, connected(client) as silent:
        known.send(TEXT, INIT)
        assert await known.receive() == (TEXT, ACK)
        monkeypatch.setattr(HttpProtocol, "most_connections", 2)

        assert (await client.get("/healthz")).status_code == 200
        with pytest.raises(asyncio.IncompleteReadError):
            await silent.receive()
        known.send(TEXT, b'{"type": "ping"}')
        assert await known.receive() == (TEXT, b'{"type":"pong"}')
    assert idle_connections.keys() <= before.keys()
