"""The application: its routes and its middleware."""

import asyncio
import gzip
import logging
import sqlite3
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from graph.app import create_app_from_environment
from graph.middleware.hosts import is_loopback
from graph.web.pages import Assets
from tests.graph.conftest import Serve
from tests.support import trial
from tests.support.serving import SECRET
from tests.support.telemetry import grown, lines, logging_restored

PORTAL = "https://portal.example.com"


def code(response: httpx.Response) -> str:
    return str(response.json()["errors"][0]["extensions"]["code"])


@pytest.fixture
def broken_metrics(monkeypatch: pytest.MonkeyPatch) -> None:
    """A route outside GraphQL that raises."""
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", "/no/such/folder")


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


async def test_root_redirects_to_graphql_without_portal(serve: Serve) -> None:
    async with serve(portal=False) as client:
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


async def test_asset_is_cached_forever(tmp_path: Path) -> None:
    (tmp_path / "page-1a2b.js").write_text("1")
    transport = httpx.ASGITransport(Assets(directory=tmp_path))

    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        response = await client.get("/page-1a2b.js")

    assert response.headers["cache-control"] == "public, max-age=31536000, immutable"


async def test_asset_is_sent_compressed_to_who_takes_that(tmp_path: Path) -> None:
    (tmp_path / "page-1a2b.js").write_text("1")
    (tmp_path / "page-1a2b.js.gz").write_bytes(gzip.compress(b"1"))
    transport = httpx.ASGITransport(Assets(directory=tmp_path))

    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        plain, compressed = [
            await client.get("/page-1a2b.js", headers={"Accept-Encoding": encoding}) for encoding in ("", "br, gzip")
        ]

    assert [answer.text for answer in (plain, compressed)] == ["1", "1"]
    assert [answer.headers.get("content-encoding") for answer in (plain, compressed)] == [None, "gzip"]
    assert {answer.headers["content-type"] for answer in (plain, compressed)} == {"text/javascript; charset=utf-8"}
    assert {answer.headers["vary"] for answer in (plain, compressed)} == {"Accept-Encoding"}
    assert {answer.headers["cache-control"] for answer in (plain, compressed)} == {
        "public, max-age=31536000, immutable"
    }


async def test_features_that_are_off_are_not_served(serve: Serve) -> None:
    async with serve(metrics=False, portal=False, graphiql=False, introspection=False) as client:
        assert (await client.get("/metrics")).status_code == 404
        assert (await client.get("/")).status_code == 404
        schema = await client.post("/graphql", json={"query": "{__schema{types{name}}}"})

    assert code(schema) == "GRAPHQL_VALIDATION_FAILED"


async def test_every_response_has_the_security_headers(serve: Serve) -> None:
    async with serve(jwt_secret=SECRET) as client:
        answers = [
            await client.get("/healthz"),
            await client.get("/nowhere"),
            await client.post("/graphql"),
            await client.get("/graphql", headers={"Accept": "text/html"}),
        ]

    for answer in answers:
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert len(answer.headers["x-request-id"]) == 16


@pytest.mark.parametrize("given", ["", "with space", "x" * 65, "é"])
async def test_request_id_that_could_harm_a_log_is_replaced(serve: Serve, given: str) -> None:
    async with serve() as client:
        response = await client.get("/healthz", headers={b"X-Request-Id": given.encode()})

    assert len(response.headers["x-request-id"]) == 16


@pytest.mark.usefixtures("broken_metrics")
async def test_allowed_origin_may_read_every_response(serve: Serve) -> None:
    headers = {"Origin": PORTAL}
    async with serve(trial.schema, cors_origins=(PORTAL,), jwt_secret=SECRET) as client:
        unauthenticated = await client.post("/graphql", json={"query": "{x}"}, headers=headers)
        nowhere = await client.get("/nowhere", headers=headers)
        broken = await client.get("/metrics", headers=headers)

    assert [answer.status_code for answer in (unauthenticated, nowhere, broken)] == [401, 404, 500]
    for answer in (unauthenticated, nowhere, broken):
        assert answer.headers["access-control-allow-origin"] == PORTAL
        assert answer.headers["access-control-expose-headers"] == "Retry-After, X-Request-Id, Pickup-Revision"
        assert "Origin" in answer.headers["vary"]


async def test_other_origin_may_read_nothing(serve: Serve) -> None:
    async with serve(cors_origins=(PORTAL,)) as client:
        response = await client.get("/healthz", headers={"Origin": "https://evil.example.com"})
        preflight = await client.options(
            "/graphql",
            headers={"Origin": "https://evil.example.com", "Access-Control-Request-Method": "POST"},
        )

    assert "access-control-allow-origin" not in response.headers
    assert "Origin" in response.headers["vary"]
    assert (preflight.status_code, code(preflight)) == (403, "FORBIDDEN")
    assert preflight.headers["content-type"] == "application/json; charset=utf-8"
    assert "access-control-allow-origin" not in preflight.headers


async def test_preflight_allows_headers_of_graphql_clients(serve: Serve) -> None:
    async with serve(cors_origins=(PORTAL,), jwt_secret=SECRET) as client:
        response = await client.options(
            "/graphql",
            headers={
                "Origin": PORTAL,
                "Access-Control-Request-Method": "POST",
                "Access-Control-Request-Headers": "authorization, content-type",
            },
        )

    assert response.status_code == 200
    assert response.headers["access-control-allow-origin"] == PORTAL
    assert response.headers["access-control-allow-headers"] == "authorization, content-type"
    assert "access-control-allow-credentials" not in response.headers


@pytest.mark.parametrize(
    ("origin", "status", "codes"), [(PORTAL, 200, None), ("https://evil.example.com", 403, ["FORBIDDEN"])]
)
async def test_preflight_is_logged_and_counted(
    serve: Serve, caplog: pytest.LogCaptureFixture, origin: str, status: int, codes: list[str] | None
) -> None:
    caplog.set_level(logging.INFO, "pickup.requests")
    async with serve(cors_origins=(PORTAL,), jwt_secret=SECRET) as client:
        before = (await client.get("/metrics")).text
        response = await client.options(
            "/graphql", headers={"Origin": origin, "Access-Control-Request-Method": "POST", "X-Request-Id": "trace-7"}
        )
        after = (await client.get("/metrics")).text

    (line,) = lines(caplog)
    assert (response.status_code, response.headers["x-request-id"]) == (status, "trace-7")
    assert response.headers["x-content-type-options"] == "nosniff"
    assert (line["request_id"], line["status"], line.get("codes")) == ("trace-7", status, codes)
    # The scrape before is counted too.
    assert grown(f'pickup_requests_total{{kind="none",status="{status}"}}', before, after) == (
        2 if status == 200 else 1
    )


async def test_open_server_rejects_preflight_to_another_host(serve: Serve) -> None:
    async with serve(cors_origins=(PORTAL,)) as client:
        response = await client.options(
            "/graphql",
            headers={"Origin": PORTAL, "Access-Control-Request-Method": "POST", "Host": "evil.example.com"},
        )

    assert (response.status_code, code(response)) == (403, "FORBIDDEN")
    assert "access-control-allow-origin" not in response.headers


@pytest.mark.usefixtures("broken_metrics")
async def test_internal_error_outside_graphql_is_masked(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    async with serve() as client:
        response = await client.get("/metrics", headers={"Accept-Language": "fr"})

    error = response.json()["errors"][0]
    assert (response.status_code, code(response)) == (500, "INTERNAL")
    assert error["message"].startswith("Une erreur s’est produite")
    assert error["extensions"]["requestId"] == response.headers["x-request-id"]
    assert "PROMETHEUS_MULTIPROC_DIR is not set or not a directory" in caplog.text


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", True),
        ("LocalHost:8000", True),
        ("127.0.0.1", True),
        ("127.5.6.7:80", True),
        ("[::1]:8000", True),
        ("::1", False),
        ("", False),
        ("localhost.evil.example.com", False),
        ("evil.example.com", False),
        ("10.0.0.1", False),
        ("[::1", False),
        ("0.0.0.0", False),
    ],
)
async def test_open_server_accepts_loopback_hosts_alone(serve: Serve, host: str, expected: bool) -> None:
    async with serve() as client:
        response = await client.post(
            "/graphql", json={"query": "{__typename}"}, headers={"Host": host, "Accept-Language": "en"}
        )

    assert is_loopback(host) is expected
    assert response.status_code == (200 if expected else 403)
    assert expected or code(response) == "FORBIDDEN"


async def test_server_with_a_key_accepts_any_host(serve: Serve) -> None:
    async with serve(jwt_secret=SECRET) as client:
        response = await client.get("/healthz", headers={"Host": "pickup.example.com"})

    assert response.status_code == 200


async def test_open_server_rejects_websocket_to_another_host(listen: Serve) -> None:
    key = "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13"
    async with listen() as client:
        reader, writer = await asyncio.open_connection(client.base_url.host, client.base_url.port)
        writer.write(
            "GET /graphql HTTP/1.1\r\nHost: evil.example.com\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\n{key}\r\n\r\n".encode()
        )
        status = await reader.readline()
        writer.close()
        await writer.wait_closed()

    assert b" 403 " in status


async def test_request_has_one_log_line_without_secrets(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "pickup.requests")
    body = {"query": 'mutation Page{echo(text: "secret text")}', "variables": {"password": "hidden"}}
    async with serve(trial.schema) as client:
        response = await client.post("/graphql", json=body, headers={"Authorization": "Bearer abc"})
        await client.get("/healthz")

    (line,) = lines(caplog)
    assert line.pop("ms") > 0
    assert line == {
        "request_id": response.headers["x-request-id"],
        "path": "/graphql",
        "status": 200,
        "kind": "mutation",
        "operation": "Page",
        "cost": 1,
        "subject": "anonymous",
    }


@pytest.mark.parametrize(
    ("path", "logged"),
    [
        ("/graphql", "/graphql"),
        ("/graphql/", "/graphql"),
        ("/", "/"),
        ("/assets/page-1a2b.js", "/assets"),
        ("/graphql/Bearer%20abc", "other"),
        ("/%0aforged", "other"),
        ("/" + "x" * 60_000, "other"),
    ],
)
async def test_unknown_paths_are_logged_as_other(
    serve: Serve, caplog: pytest.LogCaptureFixture, path: str, logged: str
) -> None:
    caplog.set_level(logging.INFO, "pickup.requests")
    async with serve() as client:
        await client.get(path)

    assert [line["path"] for line in lines(caplog)] == [logged]


async def test_log_line_holds_error_codes(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "pickup.requests")
    async with serve(jwt_secret=SECRET) as client:
        await client.post("/graphql", json={"query": "{viewer{subject}}"})

    (line,) = lines(caplog)
    assert (line["status"], line["codes"]) == (401, ["UNAUTHENTICATED"])
    assert "subject" not in line


async def test_metrics_count_requests_errors_and_durations(serve: Serve) -> None:
    async with serve(trial.schema) as client:
        before = (await client.get("/metrics")).text
        await client.post("/graphql", json={"query": "mutation NeverALabel{language forbidden}"})
        after = (await client.get("/metrics")).text

    assert grown('pickup_requests_total{kind="mutation",status="200"}', before, after) == 1
    assert grown('pickup_errors_total{code="FORBIDDEN"}', before, after) == 1
    assert grown('pickup_request_seconds_count{kind="mutation"}', before, after) == 1
    assert "NeverALabel" not in after


async def test_metrics_count_statements(serve: Serve) -> None:
    async with serve() as client:
        before = (await client.get("/metrics")).text
        await client.post("/graphql", json={"query": "{sites{totalCount}}"})
        after = (await client.get("/metrics")).text

    def statements(text: str) -> float:
        return float(
            next(line for line in text.splitlines() if line.startswith("pickup_sql_seconds_count ")).split()[1]
        )

    assert statements(after) - statements(before) == 1
    assert "pickup_sql_connections_busy 0.0" in after.splitlines()


async def test_database_is_closed_at_shutdown(serve: Serve, database_file: Path) -> None:
    async with serve() as client:
        await client.post("/graphql", json={"query": "{sites{totalCount}}"})

    with sqlite3.connect(database_file) as database:
        assert database.execute("PRAGMA journal_mode = DELETE").fetchone() == ("delete",)


def test_app_from_environment_uses_its_settings(monkeypatch: pytest.MonkeyPatch, database_file: Path) -> None:
    monkeypatch.setenv("PICKUP_DATABASE_URL", f"sqlite://{database_file}")
    monkeypatch.setenv("PICKUP_METRICS", "off")

    with logging_restored():
        app = create_app_from_environment()

    assert "/metrics" not in [getattr(route, "path", None) for route in app.routes]
