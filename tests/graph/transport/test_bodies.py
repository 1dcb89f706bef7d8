"""Request bodies: their length, and those that arrive in pieces."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import httpx
import pytest
from starlette.requests import Request

from graph.errors import RequestError
from graph.transport import bodies
from graph.transport.bodies import BodyReader
from tests.graph.conftest import Serve
from tests.support.endpoint import code, only_error
from tests.support.waiting import eventually

HEAD = b"POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
QUERY = b'{"query": "{__typename}"}'


@asynccontextmanager
async def sending(
    client: httpx.AsyncClient, length: int, body: bytes
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection on which a body of that length begins."""
    reader, writer = await asyncio.open_connection(client.base_url.host, client.base_url.port)
    try:
        writer.write(HEAD % length + body)
        yield reader, writer
    finally:
        writer.close()


async def response(reader: asyncio.StreamReader) -> tuple[int, dict[str, str], Any]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
    body = json.loads(await reader.readexactly(int(headers["content-length"])))
    return int(head[0].split()[1]), headers, body


def request(*messages: dict[str, Any]) -> tuple[Request, dict[str, str]]:
    """A request of these ASGI messages, after which nothing comes, and its headers."""
    remaining = list(messages)

    async def receive() -> dict[str, Any]:
        if not remaining:
            await asyncio.Event().wait()
        return remaining.pop(0)

    return Request({"type": "http", "headers": []}, receive), {"content-type": "application/json"}


def piece(body: bytes, *, more: bool = True) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


async def test_body_in_many_pieces_is_read() -> None:
    reader = BodyReader(1_000)
    pieces = [piece(bytes([byte])) for byte in QUERY]

    assert await reader.read(*request(*pieces, piece(b"", more=False))) == QUERY
    assert await reader.read(*request(piece(b""), piece(QUERY, more=False))) == QUERY
    assert reader.bytes_in_flight == 0


async def test_bodies_in_flight_are_bounded_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "MAX_BYTES_IN_FLIGHT", 250)
    reader = BodyReader(200)
    waiting = [asyncio.create_task(reader.read(*request(piece(b"x" * 60), piece(b"x" * 60)))) for _ in range(2)]

    async def all_wait() -> bool:
        return reader.bytes_in_flight == 240

    await eventually(all_wait, "both bodies wait for more")

    with pytest.raises(RequestError) as refused:
        await reader.read(*request(piece(b"x" * 11), piece(b"", more=False)))
    whole = await reader.read(*request(piece(b"x" * 200, more=False)))
    small = await reader.read(*request(piece(b"x" * 10), piece(b"", more=False)))
    for task in waiting:
        task.cancel()
    await asyncio.wait(waiting)

    assert (refused.value.status, refused.value.headers) == (503, {"Retry-After": "1"})
    assert (len(whole), len(small)) == (200, 10)
    assert reader.bytes_in_flight == 0
    assert len(await reader.read(*request(piece(b"x" * 199), piece(b"x", more=False)))) == 200


@pytest.mark.parametrize("pieces", [[b"x" * 201], [b"x" * 200, b"x"], [b"", b"x" * 201]])
async def test_body_that_is_too_long_leaves_nothing_in_flight(pieces: list[bytes]) -> None:
    reader = BodyReader(200)

    with pytest.raises(RequestError) as refused:
        await reader.read(*request(*[piece(body) for body in pieces]))

    assert refused.value.status == 413
    assert reader.bytes_in_flight == 0


async def test_too_many_bodies_in_flight_are_unavailable(listen: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "MAX_BYTES_IN_FLIGHT", 100_000)
    async with listen() as client, AsyncExitStack() as stack:
        held = [await stack.enter_async_context(sending(client, 60_000, b" " * 40_000)) for _ in range(3)]
        arrived = {asyncio.create_task(response(reader)): writer for reader, writer in held}
        (refused,), waiting = await asyncio.wait(arrived, return_when=asyncio.FIRST_COMPLETED)
        status, headers, body = refused.result()
        in_one_piece = await client.post("/graphql", json={"query": "{__typename}"})
        for task in waiting:
            arrived[task].write(b" " * (20_000 - len(QUERY)) + QUERY)
        served = [await task for task in waiting]

    assert (status, headers["retry-after"]) == (503, "1")
    assert body["errors"] == [
        {
            "message": "The server is receiving too many bodies. Try again in a moment.",
            "extensions": {"code": "UNAVAILABLE"},
        }
    ]
    assert in_one_piece.status_code == 200
    assert [(status, body) for status, _, body in served] == [(200, {"data": {"__typename": "Query"}})] * 2


@pytest.mark.parametrize(("begun", "query_timeout_s"), [(b"", 0.25), (b"{", 30.0)], ids=["not begun", "begun"])
async def test_body_that_does_not_arrive_in_time_is_rejected(
    listen: Serve, monkeypatch: pytest.MonkeyPatch, begun: bytes, query_timeout_s: float
) -> None:
    monkeypatch.setattr(bodies, "BODY_TIMEOUT_S", 0.25)
    async with listen(query_timeout_s=query_timeout_s) as client, sending(client, 100, begun) as (reader, _writer):
        status, headers, body = await response(reader)
        end = await reader.read()

    (error,) = body["errors"]
    assert (status, error["extensions"]["code"], headers["connection"]) == (408, "TIMEOUT", "close")
    assert error["message"] == "The body did not arrive within 0.25 seconds."
    assert end == b""


@pytest.mark.parametrize("length_is_told", [True, False])
async def test_body_over_the_limit_is_rejected_before_it_is_read(serve: Serve, length_is_told: bool) -> None:
    sent = 0

    async def body() -> Any:
        nonlocal sent
        for _ in range(100):
            sent += 1
            yield b" " * 1_000

    headers = {"Content-Type": "application/json"} | ({"Content-Length": "100000"} if length_is_told else {})
    async with serve(max_body_bytes=10_000) as client:
        response = await client.post("/graphql", content=body(), headers=headers)

    assert (response.status_code, code(response)) == (413, "BAD_USER_INPUT")
    assert only_error(response)["message"] == "The body may have 10000 bytes at most."
    assert sent <= 12


async def test_body_at_the_limit_is_read(serve: Serve) -> None:
    body = b'{"query": "{__typename}"}'
    async with serve(max_body_bytes=len(body)) as client:
        response = await client.post("/graphql", content=body, headers={"Content-Type": "application/json"})

    assert response.status_code == 200
