"""GraphQL over HTTP: queries and mutations, and subscriptions as server-sent events."""

import asyncio
from dataclasses import dataclass

from graphql import OperationType
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from graph.auth.authenticator import Identity
from graph.errors import RequestError
from graph.execution.executor import Answer, execute, subscribe
from graph.i18n import language_of, translator
from graph.observability.request_log import RequestLog
from graph.transport.encoding import encode
from graph.transport.negotiation import MediaType, negotiate
from graph.transport.requests import Headers, parameters_of_body, parameters_of_url
from graph.transport.responses import respond
from graph.transport.revisions import REVISION, revisions_of, revisions_said
from graph.transport.sse import EventStream
from graph.transport.work import Server, Work, work_of
from models.errors import N_, BadInput, Unauthenticated, Unavailable

ALLOWED = "GET, HEAD, POST, OPTIONS"

MOST_HEADER_LINES = 100
MOST_HEADER_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Page:
    """What a browser gets."""

    html: bytes
    content_security_policy: str


class GraphQLOverHTTP:
    """The ASGI application behind one address, for the methods that it is asked with."""

    def __init__(self, server: Server, page: Page | None = None) -> None:
        self.server = server
        self.page = page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            headers = _headers(scope)
        except RequestError as refusal:
            await Exchange(self.server, (scope, receive, send), {}, MediaType.JSON).refuse(refusal)
            return
        method: str = scope["method"]
        if method == "OPTIONS":
            await respond(send, 204, None, b"", {"Allow": ALLOWED})
            return
        media_type = negotiate(headers.get("accept"), page=method in ("GET", "HEAD") and self.page is not None)
        if media_type is MediaType.PAGE and self.page is not None:
            policy = {"Content-Security-Policy": self.page.content_security_policy}
            await respond(send, 200, media_type, self.page.html, policy)
            return
        exchange = Exchange(self.server, (scope, receive, send), headers, media_type)
        try:
            await exchange.run()
        except ClientDisconnect:
            exchange.record.status = 499
        except RequestError as refusal:
            await exchange.refuse(refusal)


class Exchange:
    """One request and its answer."""

    def __init__(
        self,
        server: Server,
        call: tuple[Scope, Receive, Send],
        headers: Headers,
        media_type: MediaType | None,
    ) -> None:
        self.server = server
        self.scope, self.receive, self.send = call
        self.headers = headers
        self.media_type = media_type
        self.method: str = self.scope["method"]
        self.language = headers.get("accept-language", "")
        self.record: RequestLog = self.scope["record"]

    async def run(self) -> None:
        if self.method not in ("GET", "HEAD", "POST"):
            error = BadInput(N_("Use GET or POST."))
            raise RequestError(error, status=405, keep_status=True, headers={"Allow": ALLOWED})
        if self.media_type is None:
            error = BadInput(N_("None of the types in the Accept header can be had."))
            raise RequestError(error, status=406, keep_status=True)
        try:
            async with asyncio.timeout(self.server.settings.query_timeout_s) as limit:
                work = await self.prepare()
                if work.operation.kind is OperationType.SUBSCRIPTION:
                    answers = await subscribe(work.operation, work.variables, work.context)
                else:
                    answer = await execute(work.operation, work.variables, work.context)
        except TimeoutError:
            if not limit.expired():
                raise
            raise RequestError(self.server.late(), status=504) from None
        if work.operation.kind is OperationType.SUBSCRIPTION:
            stream = EventStream(self.record, self.send, self.receive)
            await stream.stream(answers, work, self.server.stopping)
        else:
            await self.answer(answer, work)

    async def prepare(self) -> Work:
        """Everything before the first resolver. Raises RequestError."""
        identity = await self.authenticate()
        self.record.subject = identity.caller.subject
        if self.method == "POST":
            parameters = await parameters_of_body(self.headers, self.receive, self.server.settings.max_body_bytes)
        else:
            parameters = parameters_of_url(self.scope["query_string"])
        seen = revisions_of(self.headers.get("pickup-revision", ""))
        work = work_of(parameters, self.server, identity, self.language, self.record, seen)
        kind = work.operation.kind
        if kind is OperationType.MUTATION and self.method != "POST":
            error = BadInput(N_("Mutations are served by POST alone."))
            raise RequestError(error, status=405, keep_status=True, headers={"Allow": "POST"})
        if kind is OperationType.SUBSCRIPTION and self.method == "HEAD":
            error = BadInput(N_("Subscriptions are served by GET and POST."))
            raise RequestError(error, status=405, keep_status=True, headers={"Allow": "GET, POST"})
        if kind is OperationType.SUBSCRIPTION and self.media_type is not MediaType.EVENTS:
            raise RequestError(BadInput(N_("Subscriptions are served over a WebSocket, or as text/event-stream.")))
        return work

    async def authenticate(self) -> Identity:
        authorization = self.headers.get("authorization")
        try:
            return await self.server.authenticator.authenticate(authorization)
        except Unauthenticated as error:
            challenge = 'Bearer error="invalid_token"' if authorization else "Bearer"
            raise RequestError(error, status=401, keep_status=True, headers={"WWW-Authenticate": challenge}) from None
        except Unavailable as error:
            raise RequestError(error, status=503, keep_status=True) from None

    async def answer(self, answer: Answer, work: Work) -> None:
        headers = None
        if work.operation.kind is OperationType.MUTATION and work.context.seen:
            headers = {REVISION: revisions_said(work.context.seen)}
        if self.media_type is MediaType.EVENTS:
            await EventStream(self.record, self.send, self.receive).answer(answer, headers)
        else:
            await self.respond(200, answer, headers)

    async def refuse(self, refusal: RequestError) -> None:
        answer = {"errors": refusal.localized(translator(language_of(self.language)))}
        if self.media_type is MediaType.EVENTS and not refusal.keep_status:
            await EventStream(self.record, self.send, self.receive).answer(answer)
            return
        new = self.media_type is MediaType.RESPONSE
        await self.respond(refusal.status if new or refusal.keep_status else 200, answer, refusal.headers)

    async def respond(self, status: int, answer: Answer, headers: Headers | None = None) -> None:
        self.record.answered(answer)
        media_type = self.media_type if self.media_type is MediaType.RESPONSE else MediaType.JSON
        await respond(self.send, status, media_type, encode(answer), headers)


def _headers(scope: Scope) -> dict[str, str]:
    """By lower-case name; what is given several times is one list, as HTTP has it. Raises RequestError."""
    lines: list[tuple[bytes, bytes]] = scope["headers"]
    headers: dict[str, str] = {}
    room = MOST_HEADER_BYTES if len(lines) <= MOST_HEADER_LINES else 0
    for raw_name, raw_value in lines:
        room -= len(raw_name) + len(raw_value)
        if room < 0:
            template = N_("The headers may have {lines} lines and {limit} bytes at most.")
            error = BadInput(template, lines=MOST_HEADER_LINES, limit=MOST_HEADER_BYTES)
            raise RequestError(error, status=431, keep_status=True)
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers
