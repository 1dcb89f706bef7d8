"""uvicorn's protocols with our changes: fewer packets for HTTP, an orderly end for WebSockets."""

import asyncio
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

_FAREWELL_S = 1.0
"""How long a client may take to say that it has heard of the close."""


class CoalescingHttpProtocol(HttpToolsProtocol):
    """uvicorn's, but that the head of an answer goes out together with its body: one system call, and one packet."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(cast("asyncio.Transport", CoalescingTransport(transport)))


class CoalescingTransport:
    """A transport that keeps the head of an answer until what follows it, or until the next turn of the loop."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._head = b""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        if self._head:
            data, self._head = self._head + data, b""
        elif data.endswith(b"\r\n\r\n"):
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
    """uvicorn's, but that an open one is closed by the application, which lets its operations finish first."""

    def shutdown(self) -> None:
        if self.close_sent or not self.handshake_complete:
            super().shutdown()
        else:
            self.close_timeout = _FAREWELL_S
