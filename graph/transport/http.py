"""GraphQL over HTTP: queries and mutations, and subscriptions as server-sent events."""

import asyncio
from dataclasses import dataclass

from graphql import OperationType
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from graph.auth.authenticator import Identity
from graph.errors import RequestError
from graph.execution.executor import Answer, execute, subscribe
from graph.i18n import translator
from graph.observability.request_log import RequestLog
from graph.transport.json import encode
from graph.transport.requests import (
    AppState,
    Headers,
    PreparedRequest,
    parse_body,
    parse_query_string,
    parse_revisions,
    prepare_request,
)
from graph.transport.responses import REVISION_HEADER, MediaType, format_revisions, negotiate, respond
from graph.transport.sse import EventStream
from models.errors import N_, BadInput, Unauthenticated, Unavailable

METHODS = "GET, HEAD, POST, OPTIONS"

MAX_HEADER_LINES = 100
MAX_HEADER_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Page:
    """What a browser gets."""

    html: bytes
    content_security_policy: str


class GraphQLOverHTTP:
    """The endpoint; each request has a RequestHandler."""

    def __init__(self, state: AppState, page: Page | None = None) -> None:
        self.state = state
        self.page = page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            headers = _headers(scope)
        except RequestError as error:
            await RequestHandler(self.state, (scope, receive, send), {}, MediaType.JSON).respond_error(error)
            return
        method: str = scope["method"]
        if method == "OPTIONS":
            await respond(send, 204, None, b"", {"Allow": METHODS})
            return
        media_type = negotiate(headers.get("accept"), page=method in ("GET", "HEAD") and self.page is not None)
        if media_type is MediaType.PAGE and self.page is not None:
            policy = {"Content-Security-Policy": self.page.content_security_policy}
            await respond(send, 200, media_type, self.page.html, policy)
            return
        handler = RequestHandler(self.state, (scope, receive, send), headers, media_type)
        try:
            await handler.run()
        except ClientDisconnect:
            handler.request_log.status = 499
        except RequestError as error:
            await handler.respond_error(error)


class RequestHandler:
    """Answers one request."""

    def __init__(
        self,
        state: AppState,
        call: tuple[Scope, Receive, Send],
        headers: Headers,
        media_type: MediaType | None,
    ) -> None:
        self.state = state
        self.scope, self.receive, self.send = call
        self.headers = headers
        self.media_type = media_type
        self.method: str = self.scope["method"]
        self.accept_language = headers.get("accept-language", "")
        self.request_log: RequestLog = self.scope["request_log"]

    async def run(self) -> None:
        if self.method not in ("GET", "HEAD", "POST"):
            error = BadInput(N_("Use GET or POST."))
            raise RequestError(error, status=405, keep_status=True, headers={"Allow": METHODS})
        if self.media_type is None:
            error = BadInput(N_("None of the types in the Accept header can be had."))
            raise RequestError(error, status=406, keep_status=True)
        try:
            async with asyncio.timeout(self.state.settings.query_timeout_s) as limit:
                request = await self.prepare()
                if request.operation.kind is OperationType.SUBSCRIPTION:
                    answers = await subscribe(request.operation, request.variables, request.context)
                else:
                    answer = await execute(request.operation, request.variables, request.context)
        except TimeoutError:
            if not limit.expired():
                raise
            raise RequestError(self.state.timeout_error(), status=504) from None
        if request.operation.kind is OperationType.SUBSCRIPTION:
            stream = EventStream(self.request_log, self.send, self.receive)
            await stream.stream(answers, request, self.state.stopping)
        else:
            await self.respond_answer(answer, request)

    async def prepare(self) -> PreparedRequest:
        """Everything before the first resolver. Raises RequestError."""
        identity = await self.authenticate()
        self.request_log.subject = identity.caller.subject
        if self.method == "POST":
            parameters = await parse_body(self.headers, self.receive, self.state.settings.max_body_bytes)
        else:
            parameters = parse_query_string(self.scope["query_string"])
        min_revisions = parse_revisions(self.headers.get("pickup-revision", ""))
        request = prepare_request(
            parameters, self.state, identity, self.accept_language, self.request_log, min_revisions
        )
        self.check_method(request.operation.kind)
        return request

    def check_method(self, kind: OperationType) -> None:
        """Raises RequestError if the method or the media type does not suit the kind of operation."""
        if kind is OperationType.MUTATION and self.method != "POST":
            error = BadInput(N_("Mutations are served by POST alone."))
            raise RequestError(error, status=405, keep_status=True, headers={"Allow": "POST"})
        if kind is OperationType.SUBSCRIPTION and self.method == "HEAD":
            error = BadInput(N_("Subscriptions are served by GET and POST."))
            raise RequestError(error, status=405, keep_status=True, headers={"Allow": "GET, POST"})
        if kind is OperationType.SUBSCRIPTION and self.media_type is not MediaType.EVENTS:
            raise RequestError(BadInput(N_("Subscriptions are served over a WebSocket, or as text/event-stream.")))

    async def authenticate(self) -> Identity:
        authorization = self.headers.get("authorization")
        try:
            return await self.state.authenticator.authenticate(authorization)
        except Unauthenticated as error:
            challenge = 'Bearer error="invalid_token"' if authorization else "Bearer"
            headers = {"WWW-Authenticate": challenge}
            raise RequestError(error, status=401, keep_status=True, headers=headers) from None
        except Unavailable as error:
            raise RequestError(error, status=503, keep_status=True) from None

    async def respond_answer(self, answer: Answer, request: PreparedRequest) -> None:
        headers = None
        if request.operation.kind is OperationType.MUTATION and request.context.seen:
            headers = {REVISION_HEADER: format_revisions(request.context.seen)}
        if self.media_type is MediaType.EVENTS:
            await EventStream(self.request_log, self.send, self.receive).answer(answer, headers)
        else:
            await self.respond(200, answer, headers)

    async def respond_error(self, error: RequestError) -> None:
        answer = {"errors": error.localized(translator(self.accept_language))}
        if self.media_type is MediaType.EVENTS and not error.keep_status:
            await EventStream(self.request_log, self.send, self.receive).answer(answer)
            return
        keep_status = error.keep_status or self.media_type is MediaType.RESPONSE
        await self.respond(error.status if keep_status else 200, answer, error.headers)

    async def respond(self, status: int, answer: Answer, headers: Headers | None = None) -> None:
        self.request_log.answered(answer)
        media_type = self.media_type if self.media_type is MediaType.RESPONSE else MediaType.JSON
        await respond(self.send, status, media_type, encode(answer), headers)


def _headers(scope: Scope) -> dict[str, str]:
    """By lower-case name; a repeated header becomes one list, as HTTP defines it. Raises RequestError."""
    lines: list[tuple[bytes, bytes]] = scope["headers"]
    headers: dict[str, str] = {}
    remaining = MAX_HEADER_BYTES if len(lines) <= MAX_HEADER_LINES else 0
    for raw_name, raw_value in lines:
        remaining -= len(raw_name) + len(raw_value)
        if remaining < 0:
            template = N_("The headers may have {lines} lines and {limit} bytes at most.")
            error = BadInput(template, lines=MAX_HEADER_LINES, limit=MAX_HEADER_BYTES)
            raise RequestError(error, status=431, keep_status=True)
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers
