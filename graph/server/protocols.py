"""uvicorn's protocols, changed: HTTP with fewer system calls, WebSockets that the application closes."""

import asyncio
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

_CLOSE_TIMEOUT_S = 1.0
"""How long to wait for a client's close frame during shutdown."""


class CoalescingHttpProtocol(HttpToolsProtocol):
    """Sends the head of a response together with its body. uvicorn writes them apart: two system calls, two packets.

    Measured without the application: 7 of 73 µs of CPU, and a round trip of 85 µs instead of 105.
    """

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(cast("asyncio.Transport", CoalescingTransport(transport)))


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
        self._send()
        self._transport.close()

    def _send(self) -> None:
        if self._head:
            self.write(b"")


class GracefulWebSocketProtocol(WebSocketsSansIOProtocol):
    """Leaves it to the application to close an open WebSocket on shutdown, after its operations have finished."""

    def shutdown(self) -> None:
        if self.close_sent or not self.handshake_complete:
            super().shutdown()
        else:
            self.close_timeout = _CLOSE_TIMEOUT_S
