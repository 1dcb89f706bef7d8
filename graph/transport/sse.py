"""Server-sent events, in the protocol's distinct-connections mode."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AbstractContextManager, suppress
from typing import Any

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from graph.errors import RequestError, format_error
from graph.execution.executor import Answer
from graph.json import encode
from graph.observability.metrics import STREAMS
from graph.observability.request_log import RequestLog
from graph.transport.requests import PreparedRequest
from graph.transport.responses import HEADERS, PIECE, GraphQLResponse, MediaType
from models.errors import N_, Unauthenticated

HEARTBEAT_S = 12.0
"""Proxies close connections that are silent for longer."""

_HEADERS = {**HEADERS, "X-Accel-Buffering": "no"}
_COMPLETE = b"event: complete\ndata: \n\n"
_HEARTBEAT = b":\n\n"


class SingleEvent(GraphQLResponse):
    """The answer of a query or a mutation, or of a request that is not executed."""

    def __init__(self, answer: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> None:
        super().__init__(answer, 200, MediaType.EVENTS, {**_HEADERS, **(headers or {})})

    def render(self, content: Any) -> bytes:
        return _event(content) + _COMPLETE


class EventStream(StreamingResponse):
    """The answers of a subscription until they end, the token expires, the client leaves or the server stops."""

    def __init__(
        self,
        answers: AsyncGenerator[Answer, None],
        request: PreparedRequest,
        stopping: asyncio.Future[None],
        memory: AbstractContextManager[object],
        hold_answer: Callable[[int], AbstractContextManager[object]],
    ) -> None:
        self._pieces = self._events()
        super().__init__(self._pieces, headers=_HEADERS, media_type=MediaType.EVENTS.content_type)
        self._answers = answers
        self._next: asyncio.Task[Answer | None] | None = None
        self._request = request
        self._stopping = stopping
        self._memory = memory
        self._hold_answer = hold_answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._request_log: RequestLog = scope["request_log"]
        try:
            with self._memory, STREAMS.track_inprogress():
                await super().__call__(scope, receive, send)
        finally:
            # Not in _events(): when the client leaves, Starlette cancels whatever that awaits, again and again. And it
            # is left where it was, with what it holds, until the garbage collector comes.
            await self._pieces.aclose()
            await self._close()

    async def _events(self) -> AsyncGenerator[bytes, None]:
        expires_at = self._request.identity.expires_at
        while True:
            self._next = self._next or asyncio.create_task(_next_of(self._answers))
            remaining = expires_at - time.time() if expires_at else HEARTBEAT_S
            awaited: set[asyncio.Future[Any]] = {self._next, self._stopping}
            await asyncio.wait(
                awaited,
                timeout=max(0.0, min(remaining, HEARTBEAT_S)),
                return_when=asyncio.FIRST_COMPLETED,
            )
            if self._stopping.done():
                # Without "complete": the client asks again, of another process or later.
                return
            if expires_at and time.time() >= expires_at:
                expired = Unauthenticated(N_("The token has expired."))
                yield self._last({"errors": [format_error(expired, self._request.context.translate)]})
                return
            if not self._next.done():
                yield _HEARTBEAT
                continue
            answer = self._next.result()
            if answer is None:
                yield _COMPLETE
                return
            self._next = None
            self._request_log.add_errors(answer)
            event = _event(answer, self._request.context.event_revision)
            try:
                with self._hold_answer(len(event)):
                    # uvicorn waits for the client before each piece, and keeps what it is given.
                    for start in range(0, len(event), PIECE):
                        yield event[start : start + PIECE]
            except RequestError as error:
                yield self._last({"errors": error.localized(self._request.context.translate)})
                return

    def _last(self, answer: Answer) -> bytes:
        """What is sent in place of a change. It has no id: a client that resumes must get that change."""
        self._request_log.add_errors(answer)
        return _event(answer) + _COMPLETE

    async def _close(self) -> None:
        if self._next is not None:
            self._next.cancel()
            with suppress(asyncio.CancelledError):
                await self._next
        await self._answers.aclose()


def _event(answer: Mapping[str, Any], revision: int | None = None) -> bytes:
    """An event; the revision is its id, which a browser's EventSource sends when it connects again."""
    id_ = b"" if revision is None else b"id: %d\n" % revision
    return b"event: next\ndata: " + encode(answer) + b"\n" + id_ + b"\n"


async def _next_of(answers: AsyncGenerator[Answer, None]) -> Answer | None:
    return await anext(answers, None)
