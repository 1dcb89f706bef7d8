"""Servers under test: in this process by ASGI, listening on a port, or as the program that an operator runs."""

import asyncio
import sys
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import httpx
import strawberry
import uvicorn
from starlette.types import ASGIApp
from websockets.typing import Subprotocol

from graph.app import create_app
from graph.auth.tokens import sign_token
from graph.schema import schema as contract
from graph.server.http_protocol import HttpProtocol
from graph.server.websocket_protocol import WebSocketProtocol
from graph.settings import Settings
from models.caller import Permission
from tests.support.api import Api

PROTOCOL = Subprotocol("graphql-transport-ws")
PICKUP = Path(sys.executable).parent / "pickup"
SECRET = "0123456789abcdef" * 4
"""The key of the servers that have one."""


def token(
    subject: str = "ann", permissions: Iterable[Permission] = (Permission.WRITE,), sites: Iterable[str] | None = None
) -> str:
    """A token of the servers with that key, for an hour; `sites` None grants every site."""
    return sign_token(Settings(jwt_secret=SECRET), subject, permissions, sites, 3_600)


@asynccontextmanager
async def serving(
    url: str, schema: strawberry.Schema = contract, *, token: str | None = None, **settings: Any
) -> AsyncIterator[Api]:
    """A client of an application on that database, with these settings; with a token, of one that has the key."""
    headers = {}
    if token is not None:
        settings["jwt_secret"] = SECRET
        headers["Authorization"] = f"Bearer {token}"
    app = create_app(Settings(database_url=url, **settings), schema)
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=headers) as http,
    ):
        yield Api(http, app.state.database)


def application(client: httpx.AsyncClient) -> ASGIApp:
    """The one behind a client, to be called as a server would."""
    transport = client._transport
    assert isinstance(transport, httpx.ASGITransport)
    return transport.app


@contextmanager
def serving_in_runner(url: str) -> Iterator[tuple[asyncio.Runner, Api]]:
    """A client as above and its event loop, for a test that is not async, as those of Hypothesis are not."""
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        api = runner.run(stack.enter_async_context(serving(url)))
        try:
            yield runner, api
        finally:
            runner.run(stack.aclose())


@asynccontextmanager
async def listening(
    url: str, schema: strawberry.Schema = contract, *, shutdown_s: int = 2, **settings: Any
) -> AsyncIterator[httpx.AsyncClient]:
    """The same behind uvicorn on a free port, in the client's `base_url`; after `shutdown_s` it cuts connections."""
    app = create_app(Settings(database_url=url, **settings), schema)
    config = uvicorn.Config(
        app,
        port=0,
        http=HttpProtocol,
        ws=WebSocketProtocol,
        ws_per_message_deflate=False,
        log_config=None,
        timeout_graceful_shutdown=shutdown_s,
        lifespan="on",
    )
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0)
        if running.done():
            await running
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            yield client
    finally:
        server.should_exit = True
        await running
