"""uvicorn's protocol of WebSockets, changed: bounded, and closed by the application."""

import asyncio
from typing import Any, ClassVar

from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import CloseCode

from graph.server.idle import idle_connections
from graph.server.in_flight import BytesInFlight
from graph.server.slow_readers import SlowReaderTimer
from graph.transport.bodies import BODY_TIMEOUT_S, MAX_BYTES_IN_FLIGHT

_PIECE = 4_096
"""Bytes that are parsed at a time: what is done about them comes before the next."""

_MAX_FRAMES = 256
"""Frames in one piece. The shortest messages of the protocol are longer; only empty frames are as short."""

_FRAME_BYTES = 64
"""What each frame of a message takes beside its bytes."""

_CLOSE_TIMEOUT_S = 1.0
"""How long to wait for a client's close frame during shutdown."""


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """Bounds what messages that are not complete may hold, and leaves it to the application to close on shutdown.

    With uvicorn's alone, 200 connections with half a message each held 286 MiB for as long as they liked, and 256 KiB
    of empty frames blocked the event loop for 0.3 seconds. An open WebSocket is closed by the application, after its
    operations have finished.
    """

    messages: ClassVar[BytesInFlight["WebSocketProtocol"]] = BytesInFlight()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._events = 0
        self._pongs = b""
        """The last ones that were not written, since the client did not read."""
        self._timer: asyncio.TimerHandle | None = None

    def data_received(self, data: bytes) -> None:
        for start in range(0, len(data), _PIECE):
            self._events = 0
            super().data_received(data[start : start + _PIECE])
            if self.transport.is_closing():
                self._count(0)
                return
            held = len(self.conn.reader.buffer) + (self.conn.current_size or 0) + _FRAME_BYTES * len(self.frames)
            self._count(held)
            if self._events > _MAX_FRAMES:
                self._fail(CloseCode.POLICY_VIOLATION, "Too many small frames")
                return
            if held and self.messages.total > MAX_BYTES_IN_FLIGHT:
                largest = self.messages.largest()
                largest._fail(CloseCode.TRY_AGAIN_LATER, "The server is receiving too many messages")  # noqa: SLF001
                if largest is self:
                    return

    def handle_events(self) -> None:
        self._events = len(self.conn.events)
        super().handle_events()

    def send_receive_event_to_app(self) -> None:
        try:
            if self.curr_msg_data_type == "text":
                b"".join(self.frames).decode()
        except UnicodeDecodeError:
            # uvicorn would log a traceback.
            self._fail(CloseCode.INVALID_DATA, "The message is not UTF-8")
        else:
            super().send_receive_event_to_app()

    def handle_ping(self) -> None:
        if self.writable.is_set():
            super().handle_ping()
        elif output := b"".join(self.conn.data_to_send()):
            # Of a piece that was received, with an answer to a close. The pongs of earlier pieces need not be sent.
            self._pongs = output

    def handle_close(self, event: Any) -> None:
        self._write_pongs()
        super().handle_close(event)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._slow_reader = SlowReaderTimer(self.transport, self.transport.abort)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._slow_reader.start()

    def resume_writing(self) -> None:
        self._slow_reader.stop()
        self._write_pongs()
        super().resume_writing()

    def _write_pongs(self) -> None:
        pongs, self._pongs = self._pongs, b""
        if pongs and not self.transport.is_closing():
            self.transport.write(pongs)

    async def receive(self) -> Any:
        message = await super().receive()
        self._limit_time()
        return message

    async def send(self, message: Any) -> None:
        """Until it has gone out, so that the application knows what is still in memory.

        Raises ClientDisconnected if the client leaves, or is given up. What it did not read is dropped.
        """
        await self.writable.wait()
        if self.close_sent:
            # By this protocol: the application does not know yet.
            raise ClientDisconnected
        if "caller" in self.scope:  # the application has put it there
            idle_connections.pop(self.transport, None)
        await super().send(message)
        if not self.writable.is_set():
            await self.writable.wait()
            if self.disconnected:
                raise ClientDisconnected

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._slow_reader.stop()
        idle_connections.pop(self.transport, None)
        self._count(0)

    def shutdown(self) -> None:
        if self.close_sent or not self.handshake_complete:
            super().shutdown()
        else:
            self.close_timeout = _CLOSE_TIMEOUT_S

    def _count(self, held: int) -> None:
        """So much is held now of a message that is not complete."""
        self.messages.count(self, held)
        self._limit_time()

    def _limit_time(self) -> None:
        """What has begun must be complete in time, but the time in which the server reads nothing does not count."""
        if not self.messages.of(self) or self.read_paused:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
        elif self._timer is None:
            reason = "The message did not arrive in time"
            self._timer = self.loop.call_later(BODY_TIMEOUT_S, self._fail, CloseCode.POLICY_VIOLATION, reason)

    def _fail(self, code: CloseCode, reason: str) -> None:
        self.conn.fail(code, reason)
        self.frames = []
        if self.conn.close_sent is not None:
            # The access log sees only what the application sends.
            self.scope["request_log"].status = code.value  # type: ignore[typeddict-item]  # its middleware adds it
            self.handle_parser_exception()
        else:
            # Before the handshake is answered.
            self.queue.put_nowait({"type": "websocket.disconnect", "code": CloseCode.ABNORMAL_CLOSURE})
            self.transport.close()
        self._count(0)
