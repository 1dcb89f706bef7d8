"""Whole servers for tests: in this process by ASGI, or listening on a port where a test needs the wire."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import strawberry
import uvicorn

from graph.app import create_app
from graph.schema import schema as contract
from graph.settings import Settings

Serve = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]


@pytest.fixture
def database_file(sqlite_template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(sqlite_template, tmp_path / "pickup.sqlite3"))


@pytest.fixture
def serve(database_file: Path) -> Serve:
    """`async with serve(max_depth=5) as client`: an application of these settings, asked in this process."""

    @asynccontextmanager
    async def serving(schema: strawberry.Schema = contract, **settings: Any) -> AsyncIterator[httpx.AsyncClient]:
        app = create_app(Settings(database_url=f"sqlite://{database_file}", **settings), schema)
        transport = httpx.ASGITransport(app)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://localhost") as client,
        ):
            yield client

    return serving


@pytest.fixture
def listen(database_file: Path) -> Serve:
    """The same behind uvicorn on a free port: the client's `base_url` says which."""

    @asynccontextmanager
    async def listening(schema: strawberry.Schema = contract, **settings: Any) -> AsyncIterator[httpx.AsyncClient]:
        app = create_app(Settings(database_url=f"sqlite://{database_file}", **settings), schema)
        server = uvicorn.Server(
            uvicorn.Config(app, port=0, log_config=None, timeout_graceful_shutdown=1, lifespan="on")
        )
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

    return listening
