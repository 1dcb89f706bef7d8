"""Exceptions that reach the last place where they can be answered."""

import json
from typing import Any

import pytest

from tests.graph.conftest import Serve
from tests.support.endpoint import POST, code
from tests.support.serving import application


@pytest.mark.usefixtures("broken_metrics")
async def test_internal_error_outside_graphql_is_masked(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    async with serve() as client:
        response = await client.get("/metrics", headers={"Accept-Language": "fr"})

    error = response.json()["errors"][0]
    assert (response.status_code, code(response)) == (500, "INTERNAL")
    assert error["message"].startswith("Une erreur s’est produite")
    assert error["extensions"]["requestId"] == response.headers["x-request-id"]
    assert "PROMETHEUS_MULTIPROC_DIR is not set or not a directory" in caplog.text


async def test_timeout_of_transport_is_internal(serve: Serve) -> None:
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        raise TimeoutError

    async def send(message: Any) -> None:
        sent.append(message)

    async with serve() as client:
        await application(client)({**POST}, receive, send)

    start, body = sent
    assert start["status"] == 500
    assert json.loads(body["body"])["errors"][0]["extensions"]["code"] == "INTERNAL"
