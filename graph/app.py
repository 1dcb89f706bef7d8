"""The ASGI application: routes, middleware and lifespan."""

import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial

import strawberry
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.types import Message, Receive, Scope, Send

from graph.errors import format_error
from graph.i18n import translator
from graph.middleware.access_log import AccessLogMiddleware
from graph.middleware.cors import CORSMiddleware
from graph.middleware.errors import ErrorMiddleware
from graph.middleware.fast_path import GraphQLFastPath
from graph.middleware.hosts import LoopbackHostMiddleware
from graph.observability import health, metrics
from graph.observability.logging import configure_logging
from graph.observability.tracing import tracing
from graph.schema import schema as contract
from graph.settings import Settings
from graph.shutdown import let_cancelled_requests_end, shutdown_signal
from graph.transport.http import GraphQLOverHTTP
from graph.transport.requests import AppState
from graph.transport.responses import REVISION_HEADER, GraphQLResponse
from graph.transport.websocket import GraphQLOverWebSocket
from graph.web import pages
from models.database.opening import DatabaseError, opened_database
from models.database.url import parse_database_url
from models.errors import N_, BadInput, NotFoundError, PickupError

_GRAPHQL = ("/graphql", "/graphql/")

_PREFLIGHT_MAX_AGE_S = 7_200
_STATEMENT_GRACE_S = 5.0


class Application(Starlette):
    """Says in one line why the database cannot be opened at the start: Starlette sends the traceback of any error."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await super().__call__(scope, receive, partial(_send_lifespan, send) if scope["type"] == "lifespan" else send)


async def _send_lifespan(send: Send, message: Message) -> None:
    # Starlette reports a failed startup while it handles the error.
    error = sys.exception()
    await send({**message, "message": str(error)} if isinstance(error, DatabaseError) else message)


def create_app(settings: Settings, schema: strawberry.Schema = contract) -> Starlette:
    """An application with these settings. Its lifespan opens the database. Raises SettingsError."""
    state = AppState(schema._schema, settings)  # noqa: SLF001 - Strawberry has no public name for it
    graphql = GraphQLOverHTTP(state, pages.graphiql(settings) if settings.graphiql else None)
    # Starlette tries routes in this order.
    routes: list[BaseRoute] = [
        *(Route(path, graphql) for path in _GRAPHQL),
        *(WebSocketRoute(path, GraphQLOverWebSocket(state)) for path in _GRAPHQL),
        Route("/healthz", health.healthz),
        Route("/readyz", health.readyz),
    ]
    if settings.metrics:
        routes.append(Route("/metrics", health.prometheus))
    routes.append(Route("/", _respond_with(pages.portal(settings)) if settings.portal else _to_graphql))
    if (settings.portal or settings.graphiql) and pages.ASSETS.is_dir():
        routes.append(Mount("/assets", pages.Assets(directory=pages.ASSETS)))

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        replica = parse_database_url(settings.replica_url) if settings.replica_url else None
        # A request stops its statement after query_timeout_s; the database stops those that a request could not.
        timeout_s = settings.query_timeout_s + _STATEMENT_GRACE_S
        url = parse_database_url(settings.database_url).with_statement_timeout(timeout_s)
        try:
            async with opened_database(url, replica=replica) as state.database:
                app.state.database = state.database
                try:
                    async with metrics.measuring(state.database):
                        with shutdown_signal() as state.stopping:
                            yield
                finally:
                    await state.authenticator.close()
        finally:
            await let_cancelled_requests_end()

    return Application(
        routes=routes,
        middleware=[*_middleware(settings), Middleware(GraphQLFastPath, graphql=graphql, paths=_GRAPHQL)],
        lifespan=lifespan,
        exception_handlers={HTTPException: _respond_not_served},
    )


def create_app_from_environment() -> Starlette:
    """Configure logging, and create the application of this process. Raises SettingsError."""
    settings = Settings.from_environment()
    configure_logging(settings)
    return create_app(settings)


def _middleware(settings: Settings) -> list[Middleware]:
    """Outermost first, so that responses of inner ones, errors included, get the headers of the outer ones."""
    middleware = [Middleware(AccessLogMiddleware, trace=tracing())]
    if settings.is_open:
        middleware.append(Middleware(LoopbackHostMiddleware))
    if settings.cors_origins:
        cors = Middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=["GET", "POST"],
            allow_headers=["*"],
            expose_headers=["Retry-After", "X-Request-Id", REVISION_HEADER],
            max_age=_PREFLIGHT_MAX_AGE_S,
        )
        middleware.append(cors)
    return [*middleware, Middleware(ErrorMiddleware)]


def _respond_with(page: pages.Page) -> Callable[[Request], Awaitable[Response]]:
    async def respond(_request: Request) -> Response:
        return page.respond("/", {"Cache-Control": "no-cache"})

    return respond


async def _to_graphql(request: Request) -> Response:
    """With the query string: an identity provider returns to / with a code in it."""
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(f"graphql{query}")


async def _respond_not_served(request: Request, error: Exception) -> Response:
    """The response to an unknown path, or a method that a path does not have."""
    assert isinstance(error, HTTPException)
    refusal: PickupError = NotFoundError(N_("There is nothing at this address."))
    if error.status_code != 404:
        refusal = BadInput(N_("This address does not take that method."))
    translate = translator(request.headers.get("accept-language", ""))
    return GraphQLResponse({"errors": [format_error(refusal, translate)]}, error.status_code, headers=error.headers)
