"""The server as an ASGI application: addresses, start and stop, and what stands around every request."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import strawberry
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from graph.errors import format_error, log_internal_error
from graph.graphiql import page as graphiql
from graph.i18n import language_of, translator
from graph.middleware.access_log import Mask, Watch
from graph.middleware.hosts import LoopbackHosts, Origins
from graph.observability import metrics
from graph.observability.logging import configure_logging
from graph.observability.tracing import tracing
from graph.schema.assembly import schema as contract
from graph.server.shutdown import shutdown_signal
from graph.settings import Settings
from graph.transport.encoding import encode
from graph.transport.http import GraphQLOverHTTP, Page
from graph.transport.revisions import REVISION
from graph.transport.websocket import GraphQLOverWebSocket
from graph.transport.work import Server
from models.database import timing
from models.database.database import Database
from models.database.opening import open_database
from models.database.url import parse_database_url
from models.errors import N_, BadInput, NotFoundError, PickupError

_GRAPHQL = "/graphql"

_PREFLIGHT_HOLDS_S = 7_200
_READY_WITHIN_S = 5.0
_STOPPING_S = 5.0


def create_app(settings: Settings, schema: strawberry.Schema = contract) -> Starlette:
    """The application of these settings; the database is opened when it starts. Raises SettingsError."""
    server = Server(schema._schema, settings)  # noqa: SLF001 - Strawberry has no public name for it
    page = None
    if settings.graphiql:
        page = Page(graphiql.page().encode(), graphiql.CONTENT_SECURITY_POLICY)
    graphql = GraphQLOverHTTP(server, page)
    # They are tried in this order.
    routes: list[BaseRoute] = [
        Route(_GRAPHQL, graphql),
        WebSocketRoute(_GRAPHQL, GraphQLOverWebSocket(server)),
        Route("/healthz", _healthz),
        Route("/readyz", _readyz),
    ]
    if settings.metrics:
        routes.append(Route("/metrics", _metrics))
    if settings.graphiql:
        routes.append(Route("/", _to_graphql))
        if graphiql.ASSETS.is_dir():
            routes.append(Mount("/graphiql", _Assets(directory=graphiql.ASSETS)))

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        replica = parse_database_url(settings.replica_url) if settings.replica_url else None
        # Requests stop their own statements when their time is over; this is for those that could not.
        timeout_s = settings.query_timeout_s + _STOPPING_S
        url = parse_database_url(settings.database_url).with_statement_timeout(timeout_s)
        server.database = app.state.database = await open_database(url, replica=replica)
        timing.listeners.append(metrics.STATEMENTS.observe)
        try:
            with shutdown_signal() as server.stopping:
                yield
        finally:
            timing.listeners.remove(metrics.STATEMENTS.observe)
            await server.authenticator.close()
            await server.database.close()

    return Starlette(
        routes=routes,
        middleware=[*_middleware(settings), Middleware(Straight, graphql=graphql)],
        lifespan=lifespan,
        exception_handlers={HTTPException: _not_served},
    )


def create_app_from_environment() -> Starlette:
    """The application that each process serves, with the logs set up for it. Raises SettingsError."""
    settings = Settings.from_environment()
    configure_logging(settings)
    return create_app(settings)


def _middleware(settings: Settings) -> list[Middleware]:
    """From the outermost in: what an inner one answers, errors included, carries the headers of the outer."""
    middleware = [Middleware(Watch, trace=tracing())]
    if settings.is_open:
        middleware.append(Middleware(LoopbackHosts))
    if settings.cors_origins:
        cors = Middleware(
            Origins,
            allow_origins=settings.cors_origins,
            allow_methods=["GET", "POST"],
            allow_headers=["*"],
            expose_headers=["X-Request-Id", REVISION],
            max_age=_PREFLIGHT_HOLDS_S,
        )
        middleware.append(cors)
    return [*middleware, Middleware(Mask)]


class Straight:
    """Past the router: it takes as long to find the one address that nearly all requests are for as a short query."""

    def __init__(self, app: ASGIApp, graphql: ASGIApp) -> None:
        self.app = app
        self.graphql = graphql

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        straight = scope["type"] == "http" and scope["path"] == _GRAPHQL and not scope.get("root_path")
        await (self.graphql if straight else self.app)(scope, receive, send)


class _Assets(StaticFiles):
    """GraphiQL's files: a file's name changes with its contents."""

    def file_response(self, *arguments: Any, **options: Any) -> Response:
        response = super().file_response(*arguments, **options)
        response.headers["Cache-Control"] = graphiql.ASSETS_CACHE_CONTROL
        return response


async def _to_graphql(_request: Request) -> Response:
    return RedirectResponse("graphql")


async def _healthz(_request: Request) -> Response:
    return Response("alive\n", media_type="text/plain")


async def _readyz(request: Request) -> Response:
    """The database was up to date when the server started; here it has to answer."""
    database: Database = request.app.state.database
    try:
        async with asyncio.timeout(_READY_WITHIN_S), database.reading(snapshot=False) as session:
            await session.fetch("SELECT count(*) FROM tortoise_migrations", [])
    except (PickupError, TimeoutError):
        return Response("the database cannot be reached\n", 503, media_type="text/plain")
    except Exception as error:  # noqa: BLE001 - whatever it is: with such a database nothing can be served
        log_internal_error(error, request.scope["record"].request_id)
        return Response("the database cannot be used\n", 503, media_type="text/plain")
    return Response("ready\n", media_type="text/plain")


async def _metrics(request: Request) -> Response:
    database: Database = request.app.state.database
    metrics.BUSY.set(database.busy)
    return Response(metrics.exposition(), media_type=metrics.CONTENT_TYPE)


async def _not_served(request: Request, error: Exception) -> Response:
    """An address or a method that we do not have."""
    assert isinstance(error, HTTPException)
    refusal: PickupError = NotFoundError(N_("Nothing is served at this address."))
    if error.status_code != 404:
        refusal = BadInput(N_("This address is not served that way."))
    translate = translator(language_of(request.headers.get("accept-language", "")))
    request.scope["record"].codes.append(refusal.code)
    return Response(
        encode({"errors": [format_error(refusal, translate)]}),
        error.status_code,
        error.headers,
        "application/json; charset=utf-8",
    )
