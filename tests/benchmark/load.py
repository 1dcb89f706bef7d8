"""A load of HTTP requests in a closed loop: each connection asks again as soon as it is answered."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import uvloop


@dataclass(frozen=True)
class Measured:
    """What one load came to; latencies in ms."""

    per_second: float
    count: int
    p50: float
    p99: float


class _Asking(asyncio.Protocol):
    """One connection: it sends its requests in turn until the deadline."""

    def __init__(self, requests: Sequence[bytes], deadline: float, done: asyncio.Future[None]) -> None:
        self._requests = requests
        self._deadline = deadline
        self._done = done
        self._received = b""
        self._sent_at = 0.0
        self.latencies: list[float] = []
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self._send()

    def _send(self) -> None:
        self._sent_at = time.perf_counter()
        self.transport.write(self._requests[len(self.latencies) % len(self._requests)])

    def data_received(self, data: bytes) -> None:
        self._received = self._received + data if self._received else data
        body = body_of(self._received)
        if body is None:
            return
        now = time.perf_counter()
        self.latencies.append(now - self._sent_at)
        if not self._received.startswith(b"HTTP/1.1 200") or not body.startswith(b'{"data":{'):
            self._end(RuntimeError(f"the server answered {self._received[:2000]!r}"))
        elif now >= self._deadline:
            self._end()
        else:
            self._received = b""
            self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(exc or ConnectionError("the server closed the connection"))

    def _end(self, error: Exception | None = None) -> None:
        if self._done.done():
            return
        self.transport.close()
        if error is None:
            self._done.set_result(None)
        else:
            self._done.set_exception(error)


def body_of(received: bytes) -> bytes | None:
    """The body of an HTTP answer, None while some of it is missing."""
    head_ends = received.find(b"\r\n\r\n")
    if head_ends < 0:
        return None
    length_at = received.index(b"content-length: ", 0, head_ends) + 16
    length = int(received[length_at : received.index(b"\r", length_at)])
    return received[head_ends + 4 :] if len(received) == head_ends + 4 + length else None


def post(path: str, body: bytes, token: str) -> bytes:
    """A request as it goes over the wire."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {token}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def put_load(port: int, requests: Sequence[Sequence[bytes]], connections: int, seconds: float) -> Measured:
    """Asks for that long; each connection has the requests of its number, and sends them in turn."""

    async def run() -> tuple[float, list[float]]:
        loop = asyncio.get_running_loop()
        began = time.perf_counter()
        asking, ends = [], []
        for number in range(connections):
            done = loop.create_future()
            ends.append(done)
            one = _Asking(requests[number % len(requests)], began + seconds, done)
            asking.append(one)
            await loop.create_connection(lambda one=one: one, "127.0.0.1", port)  # type: ignore[misc]
        await asyncio.gather(*ends)
        return time.perf_counter() - began, sorted(taken for one in asking for taken in one.latencies)

    took, latencies = uvloop.run(run())
    return Measured(
        per_second=len(latencies) / took,
        count=len(latencies),
        p50=latencies[len(latencies) // 2] * 1000,
        p99=latencies[int(len(latencies) * 0.99)] * 1000,
    )
