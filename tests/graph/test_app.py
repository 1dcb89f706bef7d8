"""The application: its routes, its features and its lifespan."""

import asyncio
import re
import sqlite3
from contextlib import suppress
from pathlib import Path
from unittest.mock import ANY

import aiosqlite
import pytest
from starlette.types import Message

from graph import shutdown
from graph.app import create_app, create_app_from_environment
from graph.settings import Settings
from models.database.opening import DatabaseError
from tests.graph.conftest import Serve
from tests.support.clock import settle
from tests.support.endpoint import code
from tests.support.telemetry import logging_restored


@pytest.mark.parametrize("graphiql", [True, False])
async def test_root_redirects_to_graphql_without_portal(serve: Serve, graphiql: bool) -> None:
    async with serve(portal=False, graphiql=graphiql) as client:
        response = await client.get("/?code=1")

    assert (response.status_code, response.headers["location"]) == (307, "graphql?code=1")


async def test_unknown_path_or_method_is_answered_in_graphql_json(serve: Serve) -> None:
    async with serve() as client:
        nowhere = await client.get("/nowhere")
        asset = await client.get("/assets/nothing.js")
        method = await client.post("/healthz")

    assert (nowhere.status_code, code(nowhere)) == (404, "NOT_FOUND")
    assert (asset.status_code, code(asset)) == (404, "NOT_FOUND")
    assert (method.status_code, code(method)) == (405, "BAD_USER_INPUT")
    assert set(method.headers["allow"].split(", ")) == {"GET", "HEAD"}


async def test_features_that_are_off_are_not_served(serve: Serve) -> None:
    async with serve(metrics=False, portal=False, graphiql=False, introspection=False) as client:
        assert (await client.get("/metrics")).status_code == 404
        schema = await client.post("/graphql", json={"query": "{__schema{__typename}}"})

    assert code(schema) == "GRAPHQL_VALIDATION_FAILED"


async def test_database_is_closed_at_shutdown(serve: Serve, database_file: Path) -> None:
    async with serve() as client:
        await client.post("/graphql", json={"query": "{sites{totalCount}}"})

    with sqlite3.connect(database_file) as database:
        assert database.execute("PRAGMA journal_mode = DELETE").fetchone() == ("delete",)


async def test_cancelled_request_is_waited_for_if_database_fails_to_close(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def close(connection: aiosqlite.Connection) -> None:
        await closed(connection)
        failed.set()
        raise OSError("it failed to close")

    async def request() -> None:
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        await failed.wait()
        await settle()

    closed = aiosqlite.Connection.close
    failed = asyncio.Event()
    monkeypatch.setattr(shutdown, "CANCELLED_S", 60)
    served = serve()
    await served.__aenter__()
    requesting = asyncio.create_task(request())
    await settle()
    requesting.cancel()
    monkeypatch.setattr(aiosqlite.Connection, "close", close)
    with pytest.raises(OSError, match="it failed to close"):
        await served.__aexit__(None, None, None)

    assert requesting.done()


async def test_startup_without_database_fails_in_one_line(tmp_path: Path) -> None:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "lifespan.startup"}

    async def send(message: Message) -> None:
        sent.append(message)

    app = create_app(Settings(database_url=f"sqlite://{tmp_path / 'none.db'}"))
    with pytest.raises(DatabaseError):
        await app({"type": "lifespan"}, receive, send)

    assert sent == [{"type": "lifespan.startup.failed", "message": ANY}]
    assert re.fullmatch(
        "there is no database at .*: set PICKUP_DATABASE_URL, or run `pickup migrate`", sent[0]["message"]
    )


def test_app_from_environment_uses_its_settings(monkeypatch: pytest.MonkeyPatch, database_file: Path) -> None:
    monkeypatch.setenv("PICKUP_DATABASE_URL", f"sqlite://{database_file}")
    monkeypatch.setenv("PICKUP_METRICS", "off")

    with logging_restored():
        app = create_app_from_environment()

    assert "/metrics" not in [getattr(route, "path", None) for route in app.routes]
