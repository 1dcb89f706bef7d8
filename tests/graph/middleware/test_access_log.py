"""Around every request: the headers of the response, its id, and its log line."""

import logging

import pytest

from tests.graph.conftest import Serve
from tests.support import trial
from tests.support.serving import SECRET
from tests.support.telemetry import lines


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
