"""The access log: a request's id, headers that every response carries, a log line, metrics and a span."""

import re
from random import getrandbits

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from graph.observability import metrics
from graph.observability.request_log import RequestLog
from graph.observability.tracing import Trace

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_ROUTES = {"/", "/graphql", "/healthz", "/readyz", "/metrics"}
_UNLOGGED = {"/healthz", "/readyz", "/metrics"}

_POLICY_NAME = b"content-security-policy"
_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
]
_HEADERS_AND_POLICY = [(_POLICY_NAME, b"default-src 'none'; frame-ancestors 'none'"), *_HEADERS]


class AccessLogMiddleware:
    """Log every request, and add the headers that every response carries."""

    def __init__(self, app: ASGIApp, trace: Trace | None) -> None:
        self.app = app
        self.trace = trace

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        request_log = RequestLog(_request_id(scope), _route(scope["path"]))
        scope["request_log"] = request_log
        if scope["type"] == "websocket":
            await self._websocket(request_log, (scope, receive, send))
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                request_log.status = message["status"]
                headers = message["headers"]
                has_policy = _POLICY_NAME in [name for name, _value in headers]
                always = _HEADERS if has_policy else _HEADERS_AND_POLICY
                message["headers"] = [*headers, *always, (b"x-request-id", request_log.request_id.encode())]
            await send(message)

        try:
            await self.app(scope, receive, send_with_headers)
        finally:
            metrics.count(request_log)
            if request_log.path not in _UNLOGGED:
                request_log.write()
                if self.trace is not None:
                    self.trace(request_log, Headers(scope=scope))

    async def _websocket(self, request_log: RequestLog, call: tuple[Scope, Receive, Send]) -> None:
        """Log a WebSocket only if the server closes it, with the close code; its operations have their own lines."""
        scope, receive, send = call
        accepted = False

        async def send_and_log(message: Message) -> None:
            nonlocal accepted
            if message["type"] == "websocket.accept":
                accepted = True
            elif message["type"] == "websocket.close":
                request_log.status = message.get("code", 1000) if accepted else 403
            await send(message)

        try:
            await self.app(scope, receive, send_and_log)
        finally:
            if request_log.status:
                metrics.count(request_log)
                request_log.write()


def _request_id(scope: Scope) -> str:
    """A proxy's id if it is harmless in a log, else a new one."""
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _REQUEST_ID.fullmatch(value):
            return str(value.decode())
    return f"{getrandbits(64):016x}"


def _route(path: str) -> str:
    """The path for the log: one of ours, since any other may hold whatever a client wrote there."""
    if path in _ROUTES:
        return path
    if path == "/graphql/":
        return "/graphql"
    return "/assets" if path.startswith("/assets/") else "other"
