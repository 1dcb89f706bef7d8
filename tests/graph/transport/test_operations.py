"""The operations of a WebSocket: answers, errors, and how they end."""

import asyncio
import json
import logging
import signal
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from graph.transport import websocket
from tests.graph.conftest import Serve
from tests.support import trial
from tests.support.serving import PROTOCOL, SECRET
from tests.support.telemetry import lines, open_streams, streams_end
from tests.support.tokens import signed
from tests.support.waiting import eventually
from tests.support.websocket import opened


async def test_subscription_is_sent_until_complete(listen: Serve) -> None:
    async with listen(trial.schema) as client, opened(client) as socket:
        await socket.initialise()
        await socket.subscribe("1", "subscription($n: Int!){count(to: $n)}", variables={"n": 2})

        assert socket.connection.subprotocol == PROTOCOL
        assert await socket.receive() == {"type": "next", "id": "1", "payload": {"data": {"count": 1}}}
        assert await socket.receive() == {"type": "next", "id": "1", "payload": {"data": {"count": 2}}}
        assert await socket.receive() == {"type": "complete", "id": "1"}


async def test_query_and_mutation_are_answered(listen: Serve) -> None:
    query = 'query A{__typename} mutation B{echo(text: "x")}'
    async with listen(trial.schema) as client, opened(client) as socket:
        await socket.initialise()
        for name, data in (("A", {"__typename": "Query"}), ("B", {"echo": "x"})):
            await socket.subscribe(name, query, operationName=name)

            assert await socket.receive() == {"type": "next", "id": name, "payload": {"data": data}}
            assert await socket.receive() == {"type": "complete", "id": name}


async def test_id_of_ended_operation_is_free(listen: Serve) -> None:
    async with listen(trial.schema) as client, opened(client) as socket:
        await socket.initialise()
        for _ in range(2):
            await socket.subscribe("1", "mutation{language}")
            assert (await socket.receive())["type"] == "next"
            assert (await socket.receive())["type"] == "complete"


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ({"query": "{"}, "GRAPHQL_PARSE_FAILED"),
        ({"query": "{missing}"}, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": "mutation($t: String!){echo(text: $t)}"}, "BAD_USER_INPUT"),
        ({"query": "mutation{language}", "variables": []}, "BAD_USER_INPUT"),
        ({"query": "mutation{" + " a:language" * 3_000 + "}"}, "QUERY_TOO_COSTLY"),
        ({"query": "subscription{refused}"}, "BAD_USER_INPUT"),
        ({"query": "mutation{slow}"}, "TIMEOUT"),
    ],
)
async def test_request_error_ends_its_operation_only(listen: Serve, payload: dict[str, Any], code: str) -> None:
    # The others, and the mutation after it, take as long as they do.
    limit_s = 1.0 if code == "TIMEOUT" else 30.0
    async with listen(trial.schema, query_timeout_s=limit_s) as client, opened(client) as socket:
        await socket.initialise()
        await socket.send({"type": "subscribe", "id": "1", "payload": payload})
        refused = await socket.receive()
        await socket.subscribe("1", "mutation{language}")

        assert (refused["type"], refused["id"]) == ("error", "1")
        assert refused["payload"][0]["extensions"]["code"] == code
        assert (await socket.receive())["payload"] == {"data": {"language": "en"}}


async def test_timeout_lists_committed_mutations(listen: Serve) -> None:
    async with listen(trial.schema, query_timeout_s=2.0) as client, opened(client) as socket:
        await socket.initialise()
        await socket.subscribe("1", "mutation{a: commit b: slow}")
        (error,) = (await socket.receive())["payload"]

    assert error["extensions"] == {"code": "TIMEOUT", "committed": ["a"]}


async def test_answer_over_the_limit_is_too_costly(listen: Serve) -> None:
    async with listen(trial.schema, max_answer_bytes=200) as client, opened(client) as socket:
        await socket.initialise()
        await socket.subscribe("1", 'mutation{a: commit echo(text: "%s")}' % ("x" * 200))
        message = await socket.receive()
        await socket.subscribe("2", "subscription{flood}")
        flood = await socket.receive()

    assert message["type"] == flood["type"] == "error"
    assert message["payload"] == [
        {
            "message": "The answer has 229 bytes; the limit is 200. Ask for less at a time.",
            "extensions": {"code": "QUERY_TOO_COSTLY", "committed": ["a"]},
        }
    ]
    assert flood["payload"][0]["extensions"] == {"code": "QUERY_TOO_COSTLY"}


async def test_id_with_lone_surrogate_is_answered(listen: Serve) -> None:
    async with listen() as client, opened(client) as socket:
        await socket.initialise()
        await socket.subscribe("\ud800", "{ viewer { subject } }")

        assert await socket.receive() == {
            "id": "\ud800",
            "type": "next",
            "payload": {"data": {"viewer": {"subject": "anonymous"}}},
        }


async def test_internal_error_is_masked_and_logged(listen: Serve, caplog: pytest.LogCaptureFixture) -> None:
    async with listen(trial.schema) as client, opened(client) as socket:
        await socket.initialise()
        await socket.subscribe("1", "mutation{broken}")
        await socket.subscribe("2", "subscription{breaks}")
        received = [await socket.receive() for _ in range(5)]

    errors = [error for message in received for error in message.get("payload", {}).get("errors", [])]
    assert [error["extensions"]["code"] for error in errors] == ["INTERNAL", "INTERNAL"]
    assert "secret" not in json.dumps(received)
    assert sorted(line["request_id"] for line in lines(caplog)) == sorted(
        error["extensions"]["requestId"] for error in errors
    )


async def test_internal_error_of_query_is_masked(listen: Serve, database_file: Path) -> None:
    async with listen() as client, opened(client) as socket:
        await socket.initialise()
        with closing(sqlite3.connect(database_file)) as database:
            database.execute("ALTER TABLE sites RENAME TO elsewhere")
        await socket.subscribe("1", "{sites{totalCount}}")

        received = await socket.receive()
        assert (received["type"], received["id"]) == ("next", "1")
        assert received["payload"]["errors"][0]["extensions"]["code"] == "INTERNAL"


async def test_timeout_of_field_is_internal_and_keeps_other_fields(listen: Serve) -> None:
    async with listen(trial.schema) as client, opened(client) as socket:
        await socket.initialise()
        await socket.subscribe("1", "mutation{timedOut language}")

        received = (await socket.receive())["payload"]
        assert received["data"] == {"timedOut": None, "language": "en"}
        assert [error["extensions"]["code"] for error in received["errors"]] == ["INTERNAL"]


async def test_operation_has_a_log_line(listen: Serve, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "pickup.requests")
    async with listen(trial.schema, jwt_secret=SECRET) as client, opened(client) as socket:
        await socket.initialise(Authorization=f"Bearer {signed()}")
        await socket.subscribe("1", "subscription Two{count(to: 2)}")
        while (await socket.receive())["type"] != "complete":
            pass

    line = lines(caplog)[-1]
    assert line["operation"] == "Two"
    assert line["kind"] == "subscription"
    assert line["subject"] == "ann"
    assert line["status"] == 101


async def test_complete_ends_operation(listen: Serve) -> None:
    async with listen(trial.schema) as client, opened(client) as socket:
        await socket.initialise()
        await socket.subscribe("1", "subscription{silence}")
        assert (await socket.receive())["payload"] == {"data": {"silence": 0}}
        assert await open_streams(client) == 1
        await socket.send({"type": "complete", "id": "1"})
        await socket.send({"type": "complete", "id": "unknown"})
        await streams_end(client)
        await socket.subscribe("1", "subscription{silence}")

        assert (await socket.receive())["payload"] == {"data": {"silence": 0}}


async def test_operation_that_ends_late_leaves_the_next_with_its_id_alone(listen: Serve) -> None:
    async with listen(trial.schema) as client, opened(client) as socket:
        await socket.initialise()
        for query in ("subscription{stubborn}", "mutation{stubborn}", "subscription{silence}"):
            await socket.subscribe("1", query)
            if query.startswith("subscription"):
                message = await socket.receive()
                assert (message["type"], list(message["payload"]["data"].values())) == ("next", [0])
            await socket.send({"type": "complete", "id": "1"})
        await streams_end(client)
        await socket.subscribe("2", "mutation{language}")

        assert (await socket.receive())["id"] == "2"


async def test_client_that_leaves_ends_operations(listen: Serve) -> None:
    async with listen(trial.schema) as client:
        async with opened(client) as socket:
            await socket.initialise()
            await socket.subscribe("1", "subscription{silence}")
            await socket.subscribe("2", "subscription{silence}")
            await socket.receive()
            await socket.receive()
            assert await open_streams(client) == 2
        await streams_end(client)


async def test_shutdown_ends_streams_and_finishes_other_operations(
    listen: Serve, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.INFO, "pickup.requests")
    monkeypatch.setattr(trial, "released", asyncio.Event())
    handler = signal.signal(signal.SIGTERM, lambda _number, _frame: None)

    def kinds() -> list[tuple[str, int]]:
        return [(line["kind"], line["status"]) for line in lines(caplog) if "kind" in line]

    async def stream_ended() -> bool:
        return kinds() == [("subscription", 101)]

    try:
        async with listen(trial.schema, shutdown_s=60, query_timeout_s=60) as client, opened(client) as socket:
            await socket.initialise()
            await socket.subscribe("stream", "subscription{silence}")
            assert (await socket.receive())["id"] == "stream"
            await socket.subscribe("held", "mutation{held}")
            await socket.send({"type": "ping"})
            assert await socket.receive() == {"type": "pong"}
            signal.raise_signal(signal.SIGTERM)
            # By the log: the server may accept no request any more.
            await eventually(stream_ended, "the stream ends")
            await socket.subscribe("late", "mutation{language}")
            trial.released.set()
            messages = [await socket.receive() for _ in range(2)]
            closed_with = await socket.closed_with()
    finally:
        signal.signal(signal.SIGTERM, handler)

    assert messages == [
        {"type": "next", "id": "held", "payload": {"data": {"held": "released"}}},
        {"type": "complete", "id": "held"},
    ]
    assert closed_with == 1012
    assert kinds() == [("subscription", 101), ("mutation", 101)]


async def test_cancelled_operation_is_logged_as_499(listen: Serve, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "pickup.requests")
    async with listen(trial.schema) as client, opened(client) as socket:
        await socket.initialise()
        await socket.subscribe("1", "mutation{slow}")
        await socket.send({"type": "ping"})
        assert await socket.receive() == {"type": "pong"}
        await socket.send({"type": "complete", "id": "1"})
        await socket.subscribe("2", "mutation{language}")
        assert (await socket.receive())["id"] == "2"
        assert (await socket.receive())["type"] == "complete"

    kinds = [(line["kind"], line["status"]) for line in lines(caplog) if "kind" in line]
    assert kinds == [("mutation", 499), ("mutation", 101)]


async def test_operations_of_connection_are_bounded(listen: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websocket, "MAX_OPERATIONS", 2)
    async with listen(trial.schema) as client, opened(client) as socket:
        await socket.initialise()
        for key in ("1", "2"):
            await socket.subscribe(key, "subscription{silence}")
            await socket.receive()
        await socket.subscribe("3", "mutation{language}")

        refused = await socket.receive()
        assert (refused["type"], refused["id"]) == ("error", "3")
        assert refused["payload"][0]["extensions"]["code"] == "QUERY_TOO_COSTLY"
