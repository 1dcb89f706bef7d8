"""Servers under test: in this process by ASGI, or listening on a port where a test needs the wire."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import strawberry
import uvicorn

from graph.app import create_app
from graph.schema import schema as contract
from graph.settings import Settings


@asynccontextmanager
async def serving(url: str, schema: strawberry.Schema = contract, **settings: Any) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an application on that database, with these settings."""
    app = create_app(Settings(database_url=url, **settings), schema)
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://localhost") as client,
    ):
        yield client


@asynccontextmanager
async def listening(
    url: str, schema: strawberry.Schema = contract, **settings: Any
) -> AsyncIterator[httpx.AsyncClient]:
    """The same behind uvicorn on a free port: the client's `base_url` says which."""
    app = create_app(Settings(database_url=url, **settings), schema)
    config = uvicorn.Config(app, port=0, log_config=None, timeout_graceful_shutdown=1, lifespan="on")
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0)
        if running.done():
            await running
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            yield client
    finally:
        server.should_exit = True
        await running
