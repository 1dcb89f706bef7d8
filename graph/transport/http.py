"""GraphQL over HTTP: queries and mutations, and subscriptions as server-sent events."""

import asyncio
from collections.abc import Mapping
from contextlib import ExitStack
from functools import partial

from graphql import OperationType
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from graph.auth.authenticator import Identity
from graph.context import Context
from graph.errors import RequestError
from graph.execution.executor import Answer, execute, subscribe
from graph.i18n import translator
from graph.observability.request_log import RequestLog
from graph.transport.bodies import body_timeout
from graph.transport.parameters import (
    fold_headers,
    parse_body,
    parse_last_event_id,
    parse_query_string,
    parse_revisions,
)
from graph.transport.requests import AppState, PreparedRequest, prepare_request
from graph.transport.responses import (
    HEADERS,
    REVISION_HEADER,
    GraphQLResponse,
    MediaType,
    format_revisions,
    negotiate,
)
from graph.transport.sse import EventStream, SingleEvent
from graph.transport.turns import metered
from graph.web.pages import Page
from models.caller import Caller
from models.errors import N_, BadInput, Unauthenticated, Unavailable

METHODS = "GET, HEAD, POST, OPTIONS"


class GraphQLOverHTTP:
    """The endpoint; each request has a RequestHandler."""

    def __init__(self, state: AppState, page: Page | None = None) -> None:
        self.state = state
        self.page = page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self.respond(Request(scope, receive))
        await response(scope, receive, send)

    async def respond(self, request: Request) -> Response:
        try:
            headers = fold_headers(request.scope["headers"])
        except RequestError as error:
            return GraphQLResponse({"errors": error.localized(translator(""))}, error.status)
        if request.method == "OPTIONS":
            return Response(status_code=204, headers={**HEADERS, "Allow": METHODS})
        page = self.page if request.method in ("GET", "HEAD") else None
        media_type = negotiate(headers.get("accept"), page=page is not None)
        if page is not None and media_type is MediaType.PAGE:
            return page.respond(request.scope["path"], HEADERS)
        handler = RequestHandler(self.state, request, headers, media_type)
        try:
            return await metered(handler.respond(), handler.charge)
        except RequestError as error:
            return handler.error_response(error)


class RequestHandler:
    """Answers one request."""

    def __init__(
        self, state: AppState, request: Request, headers: Mapping[str, str], media_type: MediaType | None
    ) -> None:
        self.state = state
        self.request = request
        self.headers = headers
        self.media_type = media_type
        self.method = request.method
        self.accept_language = headers.get("accept-language", "")
        self.is_receiving = False
        self.caller: Caller | None = None
        self.request_log: RequestLog = request.scope["request_log"]

    def charge(self, seconds: float) -> None:
        """The caller has blocked the event loop for so long."""
        if self.caller is not None:
            self.state.turns.charge(self.caller.share, seconds)

    async def respond(self) -> Response:
        """Raises RequestError."""
        if self.method not in ("GET", "HEAD", "POST"):
            error = BadInput(N_("Use GET or POST."))
            raise RequestError(error, status=405, keep_status=True, headers={"Allow": METHODS})
        if self.media_type is None:
            error = BadInput(N_("The server offers none of the types in the Accept header."))
            raise RequestError(error, status=406, keep_status=True)
        prepared: PreparedRequest | None = None
        try:
            async with asyncio.timeout(self.state.settings.query_timeout_s) as limit:
                prepared = await self.prepare()
                if prepared.operation.kind is OperationType.SUBSCRIPTION:
                    return await self.stream(prepared)
                with prepared.memory:
                    answer = await self.execute(prepared)
        except TimeoutError:
            if not limit.expired():
                raise
            if self.is_receiving:
                raise body_timeout(self.state.settings.query_timeout_s) from None
            raise self.state.timeout_error(prepared) from None
        headers = None
        if prepared.operation.kind is OperationType.MUTATION and prepared.context.min_revisions:
            headers = {REVISION_HEADER: format_revisions(prepared.context.min_revisions)}
        response = self.response(answer, headers=headers)
        try:
            response.memory = self.state.hold_answer(len(response.body), prepared)
        except RequestError as error:
            error.headers = {**error.headers, **(headers or {})}
            raise
        return response

    async def stream(self, prepared: PreparedRequest) -> EventStream:
        """Raises RequestError."""
        prepared.context.last_event_id = parse_last_event_id(self.headers.get("last-event-id"))
        with ExitStack() as memory:
            memory.enter_context(prepared.memory)
            try:
                memory.enter_context(self.state.connections.hold(prepared.identity.caller.share))
            except Unavailable as error:
                raise RequestError(error, status=503, keep_status=True, headers={"Retry-After": "1"}) from None
            answers = await subscribe(prepared.operation, prepared.variables, prepared.context)
            hold_answer = partial(self.state.hold_answer, request=prepared)
            return EventStream(answers, prepared, self.state.stopping, memory.pop_all(), hold_answer)

    async def execute(self, prepared: PreparedRequest) -> Answer:
        """Execute the operation. If the client leaves, no further mutation begins, and ClientDisconnect is raised."""
        context = prepared.context
        if prepared.operation.kind is not OperationType.MUTATION:
            return await execute(prepared.operation, prepared.variables, context)
        self.request.scope["committed"] = context.committed
        watcher = asyncio.create_task(_watch_disconnect(self.request, context))
        try:
            return await execute(prepared.operation, prepared.variables, context)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            raise ClientDisconnect from None
        finally:
            watcher.cancel()

    async def prepare(self) -> PreparedRequest:
        """Everything before the first resolver. Raises RequestError."""
        identity = await self.authenticate()
        self.caller = identity.caller
        self.request_log.subject = identity.caller.subject
        if self.method == "POST":
            self.is_receiving = True
            body = await self.state.bodies.read(self.request, self.headers)
            self.is_receiving = False
            await self.wait_for_turn(identity.caller.share, len(body))
            parameters = parse_body(body)
        else:
            query_string = self.request.scope["query_string"]
            await self.wait_for_turn(identity.caller.share, len(query_string))
            parameters = parse_query_string(query_string)
        min_revisions = parse_revisions(self.headers.get("pickup-revision", ""))
        return prepare_request(
            parameters,
            self.state,
            identity,
            self.accept_language,
            self.request_log,
            min_revisions,
            self.check_method,
        )

    async def wait_for_turn(self, share: str | None, size: int) -> None:
        """Raises RequestError, and ClientDisconnect if the client has left meanwhile."""
        turns = self.state.turns
        if not turns.must_wait(share):
            return
        leaving = asyncio.create_task(_wait_for_disconnect(self.request))
        try:
            await turns.wait(share, size)
            if leaving.done():
                raise ClientDisconnect
        finally:
            leaving.cancel()

    def check_method(self, kind: OperationType) -> None:
        """Raises RequestError if the method or the media type does not suit the kind of operation."""
        if kind is OperationType.MUTATION and self.method != "POST":
            error = BadInput(N_("Mutations must be sent by POST."))
            raise RequestError(error, status=405, keep_status=True, headers={"Allow": "POST"})
        if kind is OperationType.SUBSCRIPTION and self.method == "HEAD":
            error = BadInput(N_("Subscriptions must be sent by GET or POST."))
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

    def error_response(self, error: RequestError) -> Response:
        answer = {"errors": error.localized(translator(self.accept_language))}
        if self.media_type is MediaType.EVENTS and not error.keep_status:
            return SingleEvent(answer, error.headers)
        media_type = self.media_type if self.media_type is MediaType.RESPONSE else MediaType.JSON
        keep_status = error.keep_status or media_type is MediaType.RESPONSE
        return GraphQLResponse(answer, error.status if keep_status else 200, media_type, error.headers)

    def response(self, answer: Answer, headers: Mapping[str, str] | None = None) -> GraphQLResponse:
        if self.media_type is MediaType.EVENTS:
            return SingleEvent(answer, headers)
        media_type = self.media_type if self.media_type is MediaType.RESPONSE else MediaType.JSON
        return GraphQLResponse(answer, 200, media_type, headers)


async def _wait_for_disconnect(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _watch_disconnect(request: Request, context: Context) -> None:
    """Wait for the message that follows the body, which says that the client has left."""
    context.cancelled = (await request.receive())["type"] == "http.disconnect"
