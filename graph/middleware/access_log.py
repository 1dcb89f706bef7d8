"""Around every request: its id, the headers that every answer carries, the log line, the figures and the span."""

import asyncio
import re
from contextlib import suppress
from random import getrandbits

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.utils import ClientDisconnected

from graph.errors import STOPPING, FormattedError, Translate, format_error, format_internal_error, log_internal_error
from graph.i18n import language_of, translator
from graph.observability import metrics
from graph.observability.request_log import RequestLog
from graph.observability.tracing import Trace
from graph.transport.responses import respond_errors
from models.errors import Unavailable

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_SERVED = {"/", "/graphql", "/healthz", "/readyz", "/metrics"}
_QUIET = {"/healthz", "/readyz", "/metrics"}

# The codes with which a WebSocket is closed.
_INTERNAL_ERROR = 1011
_SERVICE_RESTART = 1012

_POLICY_NAME = b"content-security-policy"
_ALWAYS = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
]
_ALWAYS_AND_POLICY = [(_POLICY_NAME, b"default-src 'none'; frame-ancestors 'none'"), *_ALWAYS]


class Watch:
    """No request gets past it without its line, and no answer without the headers."""

    def __init__(self, app: ASGIApp, trace: Trace | None) -> None:
        self.app = app
        self.trace = trace

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        record = RequestLog(_request_id(scope), _served(scope["path"]))
        scope["record"] = record
        if scope["type"] == "websocket":
            await self._connection(record, (scope, receive, send))
            return

        async def send_more(message: Message) -> None:
            if message["type"] == "http.response.start":
                record.status = message["status"]
                headers = message["headers"]
                own = _POLICY_NAME in [name for name, _value in headers]
                always = _ALWAYS if own else _ALWAYS_AND_POLICY
                message["headers"] = [*headers, *always, (b"x-request-id", record.request_id.encode())]
            await send(message)

        try:
            await self.app(scope, receive, send_more)
        finally:
            metrics.count(record)
            if record.path not in _QUIET:
                record.write()
                if self.trace is not None:
                    self.trace(record, Headers(scope=scope))

    async def _connection(self, record: RequestLog, call: tuple[Scope, Receive, Send]) -> None:
        """Each operation has a line; a WebSocket itself has one where we refuse or close it, with the code of that."""
        scope, receive, send = call
        accepted = False

        async def watch(message: Message) -> None:
            nonlocal accepted
            if message["type"] == "websocket.accept":
                accepted = True
            elif message["type"] == "websocket.close":
                record.status = message.get("code", 1000) if accepted else 403
            await send(message)

        try:
            await self.app(scope, receive, watch)
        finally:
            if record.status:
                metrics.count(record)
                record.write()


class Mask:
    """Nothing that goes wrong inside gets past it: it is logged, and told to the client as an error of ours."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        record: RequestLog = scope["record"]
        try:
            await self.app(scope, receive, send)
        except asyncio.CancelledError:
            # The server stops, and has waited for as long as it may.
            await _tell(scope, send, 503, _SERVICE_RESTART, format_error(Unavailable(STOPPING), _translate(scope)))
            raise
        except Exception as error:  # noqa: BLE001 - the last place where it can be answered
            if _has_left(error):
                record.status = 499
                return
            log_internal_error(error, record.request_id)
            await _tell(scope, send, 500, _INTERNAL_ERROR, format_internal_error(_translate(scope), record.request_id))


async def _tell(scope: Scope, send: Send, status: int, code: int, error: FormattedError) -> None:
    """Answers with that status, or closes a WebSocket with that code, where that has not been done."""
    record: RequestLog = scope["record"]
    record.codes.append(error["extensions"]["code"])
    if record.status != 0:
        return
    if scope["type"] == "http":
        await respond_errors(send, status, error)
    else:
        with suppress(ClientDisconnected):
            await send({"type": "websocket.close", "code": code})


def _translate(scope: Scope) -> Translate:
    return translator(language_of(dict(scope["headers"]).get(b"accept-language", b"").decode("latin-1")))


def _has_left(error: Exception) -> bool:
    """Of several requests sent at once on one connection uvicorn tells but the last; the others then meet uvloop."""
    return isinstance(error, ClientDisconnect | ClientDisconnected) or str(error).endswith("; the handler is closed")


def _request_id(scope: Scope) -> str:
    """A proxy's own, where it is harmless in a log."""
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _REQUEST_ID.fullmatch(value):
            return str(value.decode())
    return f"{getrandbits(64):016x}"


def _served(path: str) -> str:
    """The path for the log: one that we serve, as any other may hold whatever a client chose to write there."""
    if path in _SERVED:
        return path
    return "/graphiql" if path.startswith("/graphiql/") else "other"
