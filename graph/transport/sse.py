"""Server-sent events: the answers of a subscription as a stream, in the protocol's distinct-connections mode."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import suppress
from typing import Any

from starlette.types import Receive, Send

from graph.errors import format_error
from graph.execution.executor import Answer
from graph.observability.metrics import STREAMS
from graph.observability.request_log import RequestLog
from graph.transport.json import encode
from graph.transport.requests import Headers, PreparedRequest
from graph.transport.responses import SLOW_READER_S, MediaType
from models.errors import N_, Unauthenticated

HEARTBEAT_S = 12.0
"""Proxies close connections that are silent for longer."""

_HEADERS = [
    (b"content-type", MediaType.EVENTS.content_type),
    (b"cache-control", b"no-store"),
    (b"vary", b"Accept, Accept-Language"),
    (b"x-accel-buffering", b"no"),
]
_COMPLETE = b"event: complete\ndata: \n\n"
_HEARTBEAT = b":\n\n"


class EventStream:
    """The response to one request."""

    def __init__(self, request_log: RequestLog, send: Send, receive: Receive) -> None:
        self.request_log = request_log
        self.send = send
        self.receive = receive

    async def answer(self, answer: Answer, headers: Headers | None = None) -> None:
        """Send the single answer of a query or a mutation, or of a request that is not executed."""
        await self._start(headers or {})
        await self._write(self._next(answer) + _COMPLETE, last=True)

    async def stream(
        self, answers: AsyncGenerator[Answer, None], request: PreparedRequest, stopping: asyncio.Future[None]
    ) -> None:
        """Send answers until they end, the token expires, the client leaves or the server stops; close `answers`."""
        disconnect = asyncio.create_task(self._disconnect())
        try:
            with STREAMS.track_inprogress():
                await self._start({})
                await self._stream(answers, request, disconnect, stopping)
        except TimeoutError:
            self.request_log.status = 499
        finally:
            disconnect.cancel()
            await answers.aclose()

    async def _stream(
        self,
        answers: AsyncGenerator[Answer, None],
        request: PreparedRequest,
        disconnect: asyncio.Task[None],
        stopping: asyncio.Future[None],
    ) -> None:
        expires_at = request.identity.expires_at
        upcoming: asyncio.Task[Answer | None] | None = None
        try:
            while True:
                upcoming = upcoming or asyncio.create_task(_next_of(answers))
                awaited: set[asyncio.Future[Any]] = {upcoming, disconnect, stopping}
                remaining = expires_at - time.time() if expires_at else HEARTBEAT_S
                await asyncio.wait(
                    awaited,
                    timeout=max(0.0, min(remaining, HEARTBEAT_S)),
                    return_when=asyncio.FIRST_COMPLETED,
                )
                if disconnect.done():
                    return
                if stopping.done():
                    # Without "complete": the client asks again, of another process or later.
                    await self._write(b"", last=True)
                    return
                if expires_at and time.time() >= expires_at:
                    expired = Unauthenticated(N_("The token has expired."))
                    await self._write(
                        self._next({"errors": [format_error(expired, request.context.translate)]}) + _COMPLETE,
                        last=True,
                    )
                    return
                if not upcoming.done():
                    await self._write(_HEARTBEAT)
                    continue
                answer = upcoming.result()
                if answer is None:
                    await self._write(_COMPLETE, last=True)
                    return
                upcoming = None
                await self._write(self._next(answer))
        finally:
            if upcoming is not None:
                upcoming.cancel()
                with suppress(asyncio.CancelledError):
                    await upcoming

    async def _disconnect(self) -> None:
        while (await self.receive())["type"] != "http.disconnect":
            pass

    def _next(self, answer: Answer) -> bytes:
        self.request_log.answered(answer)
        return b"event: next\ndata: " + encode(answer) + b"\n\n"

    async def _start(self, headers: Headers) -> None:
        more = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        await self.send({"type": "http.response.start", "status": 200, "headers": _HEADERS + more})

    async def _write(self, text: bytes, *, last: bool = False) -> None:
        async with asyncio.timeout(SLOW_READER_S):
            await self.send({"type": "http.response.body", "body": text, "more_body": not last})


async def _next_of(answers: AsyncGenerator[Answer, None]) -> Answer | None:
    return await anext(answers, None)
