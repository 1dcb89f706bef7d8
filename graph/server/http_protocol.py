"""uvicorn's HTTP protocol, changed: bounded, and with fewer system calls."""

import asyncio
from random import getrandbits
from typing import Any, ClassVar, cast

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from graph.errors import RequestError
from graph.i18n import translator
from graph.json import encode
from graph.observability import metrics
from graph.observability.request_log import RequestLog
from graph.server.idle import close_longest_idle, idle_connections
from graph.server.in_flight import BytesInFlight
from graph.server.slow_readers import SlowReaderTimer
from graph.transport.bodies import BODY_TIMEOUT_S
from graph.transport.connections import most_connections
from graph.transport.parameters import MAX_HEADER_BYTES, headers_too_large
from models.errors import N_, BadInput, TimedOut

WAITING_S = BODY_TIMEOUT_S
"""How long a connection may take from its beginning, or the answer before, to the end of the next head."""

MAX_BESIDE_BODY_BYTES = 2 * MAX_HEADER_BYTES
"""Bytes of a request that are not of its body: its address and headers, the lines between chunks, and trailers."""

MAX_HEADS_IN_FLIGHT = 16 * 1_048_576
"""Bytes of all heads of the process that are not complete."""

MAX_PIPELINED = 16
"""Requests that wait on a connection for the answer to the one before."""

_PIECE = 4_096
"""Bytes that are parsed at a time: the limits are checked in between."""


class HttpProtocol(HttpToolsProtocol):
    """Bounds what a connection may hold beside the requests that the application answers, and for how long.

    uvicorn's has no such limits, and no token is needed to come this far. One connection with headers without end
    held four times what it had sent. Five that sent 23 MiB of pipelined requests held 1.4 GiB after 20 seconds, while
    `/healthz` took 4 seconds. And as many silent connections as the process may open files were the end of it.

    The head of a response is sent together with its body. uvicorn writes them apart: two system calls, two packets.
    Measured without the application: 7 of 73 µs of CPU, and a round trip of 85 µs instead of 105.
    """

    most_connections: ClassVar = most_connections()
    heads: ClassVar[BytesInFlight["HttpProtocol"]] = BytesInFlight()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._running: RequestResponseCycle | None = None
        self._in_head = False
        self._beside_body = 0
        self._takes_no_more = False
        """What is received is dropped."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(cast("asyncio.Transport", CoalescingTransport(transport)))
        self._slow_reader = SlowReaderTimer(transport, self._give_up)
        idle_connections[self.transport] = self.loop.time()
        self._timer = self.loop.call_later(WAITING_S, self._check_waiting)
        if len(self.connections) > self.most_connections:
            close_longest_idle()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self._running is not None and not self._running.response_complete:
            # uvicorn reports it to the last of pipelined requests alone.
            self._running.disconnected = True
            self._running.message_event.set()
        self.pipeline.clear()
        self._slow_reader.stop()
        self._stop_waiting()
        idle_connections.pop(self.transport, None)

    def data_received(self, data: bytes) -> None:
        for start in range(0, len(data), _PIECE):
            if self._takes_no_more or self.transport.is_closing():
                return
            piece = data[start : start + _PIECE]
            self._beside_body += len(piece)
            super().data_received(piece)
            if self._beside_body > MAX_BESIDE_BODY_BYTES:
                self._end(headers_too_large())
            elif len(self.pipeline) > MAX_PIPELINED:
                self._end()
        if self._in_head or self.heads.of(self):
            self.heads.count(self, self._beside_body if self._in_head else 0)
            if self.heads.total > MAX_HEADS_IN_FLIGHT:
                largest = self.heads.largest()
                largest.transport.abort()
                self.heads.count(largest, 0)

    def on_message_begin(self) -> None:
        self._in_head = True
        self._beside_body = 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        # Not if it has raised for a wrong address: then nothing answers the request.
        self._in_head = False

    def on_body(self, body: bytes) -> None:
        self._beside_body -= len(body)
        super().on_body(body)

    def send_400_response(self, msg: str) -> None:
        """Answer what is not HTTP. Where the next request would begin is unknown, so the connection is closed."""
        self._end(RequestError(BadInput(N_("The request is not valid HTTP.")), keep_status=True))

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._running = cycle
        idle_connections.pop(self.transport, None)
        super()._start_asgi_task(cycle, app)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self._running is None or self._running.response_complete:
            self._running = None
        if self._running is None and not self.transport.is_closing():
            idle_connections[self.transport] = self.loop.time()

    def handle_websocket_upgrade(self) -> None:
        """From now on it is idle until its caller is known, which WebSocketProtocol sees to."""
        if self._running is not None or self.pipeline:
            # A client must wait for the answers before. They are still given.
            self._end()
            return
        self._slow_reader.stop()
        super().handle_websocket_upgrade()
        self._takes_no_more = True
        self._stop_waiting()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._slow_reader.start()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._slow_reader.stop()

    def _give_up(self) -> None:
        if self._running is not None:
            self._running.scope["request_log"].status = 499  # type: ignore[typeddict-item]  # its middleware adds it
        self.transport.abort()

    def _check_waiting(self) -> None:
        since = idle_connections.get(self.transport)
        left = WAITING_S if since is None else since + WAITING_S - self.loop.time()
        if left > 0:
            self._timer = self.loop.call_later(left, self._check_waiting)
        elif self._in_head:
            template = N_("The headers did not arrive within {seconds} seconds.")
            self._end(RequestError(TimedOut(template, seconds=f"{WAITING_S:g}"), status=408))
        else:
            self.transport.close()

    def _stop_waiting(self) -> None:
        self._timer.cancel()
        self.heads.count(self, 0)

    def _end(self, error: RequestError | None = None) -> None:
        """Take no further request, and close the connection after the answers to those that have been taken.

        The error answers the request that has begun and is not complete: here if its head is not, otherwise when the
        application reads its body.
        """
        is_in_head, self._in_head = self._in_head, False
        self._takes_no_more = True
        while len(self.pipeline) > MAX_PIPELINED:
            self.pipeline.popleft()
        last = self.pipeline[0][0] if self.pipeline else self._running
        if last is not None:
            last.keep_alive = False
            if error is not None and last.more_body and not is_in_head:
                last.scope["body_error"] = error  # type: ignore[typeddict-unknown-key]  # BodyReader raises it
                last.more_body = False
                last.message_event.set()
            return
        if error is not None and is_in_head:
            self._refuse(error)
        self.transport.close()

    def _refuse(self, error: RequestError) -> None:
        errors = error.localized(translator(""))
        body = encode({"errors": errors})
        head = b"content-type: application/json; charset=utf-8\r\ncontent-length: %d\r\nconnection: close\r\n\r\n"
        self.transport.write(STATUS_LINE[error.status] + head % len(body) + body)
        request_log = RequestLog(f"{getrandbits(64):016x}", "other", status=error.status)
        request_log.add_errors({"errors": errors})
        metrics.count(request_log)
        request_log.write()


class CoalescingTransport:
    """Holds back the head of a response until the next write or the next iteration of the event loop."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._head = b""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        if self._head:
            data, self._head = self._head + data, b""
        elif data.startswith(b"HTTP/1.1 ") and data.endswith(b"\r\n\r\n"):
            self._head = data
            self._loop.call_soon(self._send)
            return
        self._transport.write(data)

    def close(self) -> None:
        """Close when all is sent. Too little for `pause_writing` may be left, which the client never reads."""
        self._send()
        self._transport.close()
        if self._transport.get_write_buffer_size():
            SlowReaderTimer(self._transport, self._transport.abort).start()

    def _send(self) -> None:
        if self._head and not self._transport.is_closing():
            self.write(b"")
