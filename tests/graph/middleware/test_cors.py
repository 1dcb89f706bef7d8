"""Requests from pages of other origins."""

import logging

import pytest

from tests.graph.conftest import Serve
from tests.support import trial
from tests.support.endpoint import code
from tests.support.serving import SECRET
from tests.support.telemetry import grown, lines

PORTAL = "https://portal.example.com"


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
