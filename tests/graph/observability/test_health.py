"""`/healthz` and `/readyz`."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.graph.conftest import Serve
from tests.support.serving import SECRET
from tests.support.telemetry import lines


async def test_health_readiness_and_metrics_need_no_token(serve: Serve) -> None:
    async with serve(jwt_secret=SECRET) as client:
        answers = {path: await client.get(path) for path in ("/healthz", "/readyz", "/metrics")}

    assert {path: answer.status_code for path, answer in answers.items()} == dict.fromkeys(answers, 200)


async def test_readyz_rejects_database_that_is_slow(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    async with serve() as client:
        monkeypatch.setattr("graph.observability.health._READY_TIMEOUT_S", 0.0)
        ready = await client.get("/readyz")
        healthy = await client.get("/healthz")

    assert ready.status_code == 503
    assert healthy.status_code == 200


async def test_readyz_rejects_database_that_is_not_migrated(
    serve: Serve, database_file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with serve() as client:
        with closing(sqlite3.connect(database_file)) as database:
            database.execute("ALTER TABLE tortoise_migrations RENAME TO elsewhere")
        ready = await client.get("/readyz")

    assert (ready.status_code, ready.text) == (503, "the database cannot be used\n")
    assert lines(caplog) == [{"request_id": ready.headers["x-request-id"]}]
    assert "no such table: tortoise_migrations" in caplog.text
