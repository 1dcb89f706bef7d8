"""Requests over HTTP that end before they are answered: time limits, clients that leave, the end of the server."""

import asyncio
import json
import logging
from typing import Any

import pytest

from tests.graph.conftest import Serve
from tests.support import trial
from tests.support.endpoint import NEW, OLD, POST, code, only_error
from tests.support.serving import application
from tests.support.telemetry import lines


async def test_request_over_the_time_limit_is_stopped(serve: Serve) -> None:
    async with serve(trial.schema, query_timeout_s=0.05) as client:
        new = await client.post("/graphql", json={"query": "mutation{slow}"}, headers=NEW)
        old = await client.post("/graphql", json={"query": "mutation{slow}"}, headers=OLD)

    assert (new.status_code, code(new)) == (504, "TIMEOUT")
    assert (old.status_code, code(old)) == (200, "TIMEOUT")
    assert only_error(new)["message"] == "The request took longer than 0.05 seconds."


@pytest.mark.parametrize(
    ("query", "committed"), [("{a: commit b: commit c: slow d: commit}", ["a", "b"]), ("{slow commit}", [])]
)
async def test_timeout_lists_committed_mutations(serve: Serve, query: str, committed: list[str]) -> None:
    async with serve(trial.schema, query_timeout_s=2.0) as client:
        response = await client.post("/graphql", json={"query": f"mutation{query}"}, headers=NEW)

    assert response.status_code == 504
    assert only_error(response)["extensions"] == {"code": "TIMEOUT", "committed": committed}


@pytest.mark.parametrize("accept", ["application/json", "application/graphql-response+json", "text/event-stream"])
async def test_answer_over_the_limit_is_too_costly(serve: Serve, accept: str) -> None:
    body = {"query": 'mutation{a: commit echo(text: "%s")}' % ("x" * 200)}
    size = len('{"data":{"a":true,"echo":""}}') + 200
    framed = size + (len("event: next\ndata: \n\nevent: complete\ndata: \n\n") if "event" in accept else 0)
    async with serve(trial.schema, max_answer_bytes=framed) as client:
        within = await client.post("/graphql", json=body, headers={"Accept": accept})
    async with serve(trial.schema, max_answer_bytes=framed - 1) as client:
        over = await client.post("/graphql", json=body, headers={"Accept": accept})

    assert f'{{"data":{{"a":true,"echo":"{"x" * 200}"}}}}' in within.text
    expected = {
        "errors": [
            {
                "message": f"The answer has {framed} bytes; the limit is {framed - 1}. Ask for less at a time.",
                "extensions": {"code": "QUERY_TOO_COSTLY", "committed": ["a"]},
            }
        ]
    }
    assert json.loads(over.text.removeprefix("event: next\ndata: ").partition("\n")[0]) == expected
    assert over.status_code == (400 if "graphql" in accept else 200)


async def test_client_that_leaves_begins_no_further_mutation(
    serve: Serve, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.INFO, "pickup.requests")
    monkeypatch.setattr(trial, "released", asyncio.Event())
    scope = {**POST}
    messages = [{"type": "http.request", "body": b'{"query": "mutation{a: commit held b: commit}"}'}]

    async def receive() -> dict[str, Any]:
        if messages:
            return messages.pop()
        trial.released.set()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        raise AssertionError(message)

    async with serve(trial.schema) as client:
        await application(client)(scope, receive, send)

    assert scope["committed"] == ["a"]
    assert [line["status"] for line in lines(caplog)] == [499]


async def test_client_that_leaves_while_sending_gets_no_response(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "pickup.requests")

    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        raise AssertionError(message)

    async with serve() as client:
        await application(client)({**POST}, receive, send)

    assert [line["status"] for line in lines(caplog)] == [499]


@pytest.mark.parametrize("accept", [b"application/json", b"text/event-stream"])
async def test_request_cut_by_shutdown_is_unavailable(
    serve: Serve, caplog: pytest.LogCaptureFixture, accept: bytes
) -> None:
    caplog.set_level(logging.INFO, "pickup.requests")
    heard = asyncio.Event()
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        heard.set()
        return {"type": "http.request", "body": b'{"query": "mutation{a: commit b: slow}"}'}

    async def send(message: Any) -> None:
        sent.append(message)

    async with serve(trial.schema) as client:
        scope = {**POST, "headers": [*POST["headers"], (b"accept", accept), (b"accept-language", b"fr")]}
        asking = asyncio.ensure_future(application(client)(scope, receive, send))
        await heard.wait()
        asking.cancel()
        # Without an error, of which uvicorn would log the traceback.
        await asking

    start, body = sent
    (error,) = json.loads(body["body"])["errors"]
    (line,) = lines(caplog)
    assert start["status"] == 503
    assert error == {
        "message": "Le serveur s’arrête. Réessayez dans un instant.",
        "extensions": {"code": "UNAVAILABLE", "committed": ["a"]},
    }
    assert (line["status"], line["codes"]) == (503, ["UNAVAILABLE"])
