"""The protocol graphql-transport-ws, spoken over the wire."""

import asyncio
import json
import logging
import signal
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from graph.server import protocols
from graph.transport import websocket
from tests.graph.conftest import Serve
from tests.support import trial
from tests.support.serving import PROTOCOL, SECRET, application
from tests.support.telemetry import grown, lines, open_streams, streams_end
from tests.support.tokens import ED, claims, signed
from tests.support.waiting import eventually


class Socket:
    """A client of the protocol."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def send(self, message: object) -> None:
        await self.connection.send(message if isinstance(message, str | bytes) else json.dumps(message))

    async def receive(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(await self.connection.recv())
        return message

    async def initialise(self, **payload: str) -> None:
        await self.send({"type": "connection_init", "payload": payload})
        assert await self.receive() == {"type": "connection_ack"}

    async def subscribe(self, key: str, query: str, **more: Any) -> None:
        await self.send({"type": "subscribe", "id": key, "payload": {"query": query, **more}})

    async def closed_with(self) -> int:
        with suppress(ConnectionClosed):
            async for _message in self.connection:
                pass
        code = self.connection.close_code
        assert code is not None
        return code


@asynccontextmanager
async def opened(
    client: httpx.AsyncClient, origin: str | None = None, protocol: str = PROTOCOL, path: str = "/graphql"
) -> AsyncIterator[Socket]:
    url = f"ws://{client.base_url.netloc.decode()}{path}"
    headers = {"Origin": origin} if origin else {}
    async with connect(url, subprotocols=[Subprotocol(protocol)], additional_headers=headers, proxy=None) as connection:
        yield Socket(connection)


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


async def test_address_with_a_slash_is_the_same(listen: Serve) -> None:
    async with listen(trial.schema) as client, opened(client, path="/graphql/") as socket:
        await socket.initialise()
        await socket.subscribe("1", "mutation{language}")

        assert (await socket.receive())["payload"] == {"data": {"language": "en"}}


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
    async with listen(trial.schema, query_timeout_s=0.2) as client, opened(client) as socket:
        await socket.initialise()
        await socket.send({"type": "subscribe", "id": "1", "payload": payload})
        refused = await socket.receive()
        await socket.subscribe("1", "mutation{language}")

        assert (refused["type"], refused["id"]) == ("error", "1")
        assert refused["payload"][0]["extensions"]["code"] == code
        assert (await socket.receive())["payload"] == {"data": {"language": "en"}}


async def test_timeout_lists_committed_mutations(listen: Serve) -> None:
    async with listen(trial.schema, query_timeout_s=0.5) as client, opened(client) as socket:
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


async def test_ping_is_answered_and_pong_is_not(listen: Serve) -> None:
    async with listen(trial.schema) as client, opened(client) as socket:
        await socket.send({"type": "pong"})
        await socket.send({"type": "ping", "payload": {"any": 1}})
        first = await socket.receive()
        await socket.initialise()

        assert first == {"type": "pong"}


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


@pytest.mark.parametrize(
    ("messages", "code"),
    [
        ([b"{}"], 4400),
        (["nonsense"], 4400),
        (["[]"], 4400),
        (["{}"], 4400),
        ([{"type": 1}], 4400),
        ([{"type": "start"}], 4400),
        ([{"type": "connection_init", "payload": "x"}], 4400),
        ([{"type": "subscribe", "id": "1", "payload": {"query": "mutation{language}"}}], 4401),
        ([{"type": "connection_init"}, {"type": "connection_init"}], 4429),
        ([{"type": "connection_init"}, {"type": "subscribe", "payload": {"query": "mutation{language}"}}], 4400),
        ([{"type": "connection_init"}, {"type": "subscribe", "id": 1, "payload": {"query": "x"}}], 4400),
        ([{"type": "connection_init"}, {"type": "subscribe", "id": "", "payload": {"query": "x"}}], 4400),
        ([{"type": "connection_init"}, {"type": "subscribe", "id": "1"}], 4400),
        ([{"type": "connection_init"}, {"type": "subscribe", "id": "1", "payload": {}}], 4400),
        ([{"type": "connection_init"}, {"type": "complete"}], 4400),
        (
            [{"type": "connection_init"}]
            + [{"type": "subscribe", "id": "1", "payload": {"query": "subscription{silence}"}}] * 2,
            4409,
        ),
        ([" " * 60_000], 1009),
    ],
)
async def test_breach_of_protocol_closes_connection(listen: Serve, messages: list[Any], code: int) -> None:
    async with listen(trial.schema, max_body_bytes=50_000) as client, opened(client) as socket:
        for message in messages:
            await socket.send(message)

        assert await socket.closed_with() == code


@pytest.mark.parametrize(
    ("key", "named"), [("1", "1"), ("☎️" * 80, "☎️" * 13), ("x" * 200, "x" * 80), ("\ud800", "?"), ("é\0", "é\0")]
)
async def test_taken_id_is_shown_in_close_reason(listen: Serve, key: str, named: str) -> None:
    async with listen(trial.schema) as client, opened(client) as socket:
        await socket.initialise()
        for _ in range(2):
            await socket.subscribe(key, "subscription{silence}")

        assert await socket.closed_with() == 4409
        assert socket.connection.close_reason == f"Subscriber for {named} already exists"


async def test_other_subprotocol_is_rejected(listen: Serve) -> None:
    async with listen(trial.schema) as client:
        url = f"ws://{client.base_url.netloc.decode()}/graphql"
        async with connect(url, proxy=None) as connection:
            assert await Socket(connection).closed_with() == 4406


async def test_missing_init_closes_connection(listen: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websocket, "INIT_TIMEOUT_S", 0.05)
    async with listen(trial.schema) as client, opened(client) as socket:
        assert await socket.closed_with() == 4408


@pytest.mark.parametrize(
    "payload", [None, {}, {"Authorization": 1}, {"Authorization": "Bearer x.y.z"}, {"Authorization": "x"}]
)
async def test_wrong_token_closes_connection(listen: Serve, payload: object) -> None:
    async with listen(trial.schema, jwt_secret=SECRET) as client, opened(client) as socket:
        await socket.send({"type": "connection_init", "payload": payload})

        assert await socket.closed_with() == 4403


async def test_rejected_and_closed_connections_are_logged_and_counted(
    listen: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "pickup.requests")
    async with listen(trial.schema, jwt_secret=SECRET) as client:
        before = (await client.get("/metrics")).text
        with suppress(InvalidStatus):
            async with opened(client, origin="https://evil.example.com"):
                pass
        async with opened(client) as socket:
            await socket.send({"type": "connection_init", "payload": {"Authorization": "Bearer x.y.z"}})
            await socket.closed_with()
        async with opened(client) as socket:
            await socket.initialise(Authorization=f"Bearer {signed(exp=time.time() + 1)}")
            await socket.closed_with()
        async with opened(client) as socket:
            await socket.initialise(Authorization=f"Bearer {signed()}")
            await socket.send("nonsense")
            await socket.closed_with()
        async with opened(client) as socket:
            await socket.initialise(Authorization=f"Bearer {signed()}")
        after = (await client.get("/metrics")).text

    received = [(line["path"], line["status"], line.get("codes"), line.get("subject")) for line in lines(caplog)]
    assert received == [
        ("/graphql", 403, ["FORBIDDEN"], None),
        ("/graphql", 4403, ["UNAUTHENTICATED"], None),
        ("/graphql", 4403, ["UNAUTHENTICATED"], "ann"),
        ("/graphql", 4400, None, "ann"),
    ]
    assert grown('pickup_requests_total{kind="none",status="4403"}', before, after) == 2
    assert grown('pickup_errors_total{code="UNAUTHENTICATED"}', before, after) == 2
    # Those of the first and of the scrape before.
    assert grown('pickup_request_seconds_count{kind="none"}', before, after) == 2


async def test_internal_error_of_connection_closes_it_and_is_logged(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "pickup.requests")
    received = iter([{"type": "websocket.connect"}])
    sent: list[Any] = []

    async def receive() -> Any:
        for message in received:
            return message
        raise ZeroDivisionError("the secret of the inside")

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"host", b"localhost"), (b"x-request-id", b"trace-7")]
    scope = {"type": "websocket", "path": "/graphql", "headers": headers, "subprotocols": [PROTOCOL]}
    async with serve() as client:
        await application(client)(scope, receive, send)

    assert [message["type"] for message in sent] == ["websocket.accept", "websocket.close"]
    assert sent[1]["code"] == 1011
    internal, line = lines(caplog)
    assert internal == {"request_id": "trace-7"}
    assert (line["request_id"], line["status"], line["codes"]) == ("trace-7", 1011, ["INTERNAL"])
    assert caplog.text.count("ZeroDivisionError: the secret of the inside") == 1


async def test_unreachable_identity_provider_closes_connection_with_try_again(listen: Serve) -> None:
    token = jwt.encode(claims(), ED, "EdDSA")
    async with listen(trial.schema, jwks_url="http://127.0.0.1:1/keys") as client, opened(client) as socket:
        await socket.send({"type": "connection_init", "payload": {"Authorization": f"Bearer {token}"}})

        assert await socket.closed_with() == 1013


async def test_connection_ends_with_token(listen: Serve) -> None:
    async with listen(trial.schema, jwt_secret=SECRET) as client, opened(client) as socket:
        await socket.initialise(Authorization=f"Bearer {signed(exp=time.time() + 1)}")
        await socket.subscribe("1", "subscription{silence}")

        assert (await socket.receive())["payload"] == {"data": {"silence": 0}}
        assert await socket.closed_with() == 4403


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


async def test_connection_cut_by_shutdown_is_closed(listen: Serve, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "pickup.requests")
    handler = signal.signal(signal.SIGTERM, lambda _number, _frame: None)
    try:
        async with listen(trial.schema, shutdown_s=1) as client, opened(client) as socket:
            await socket.initialise()
            await socket.subscribe("1", "mutation{slow}")
            await socket.send({"type": "ping"})
            assert await socket.receive() == {"type": "pong"}
            signal.raise_signal(signal.SIGTERM)
            closed_with = await socket.closed_with()
    finally:
        signal.signal(signal.SIGTERM, handler)

    received = [(line.get("kind"), line["status"], line.get("codes")) for line in lines(caplog)]
    assert closed_with == 1012
    assert received == [("mutation", 499, None), (None, 1012, ["UNAVAILABLE"])]


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


@pytest.mark.parametrize("origin", ["https://evil.example.com", "null", "http://localhost:1"])
async def test_other_origin_is_rejected(listen: Serve, origin: str) -> None:
    async with listen(trial.schema, cors_origins=("https://portal.example.com",)) as client:
        with pytest.raises(InvalidStatus) as refused:
            async with opened(client, origin):
                pass

    assert refused.value.response.status_code == 403


async def test_own_and_allowed_origins_may_connect(listen: Serve) -> None:
    async with listen(trial.schema, cors_origins=("https://portal.example.com",)) as client:
        for origin in (str(client.base_url).rstrip("/"), "https://portal.example.com", None):
            async with opened(client, origin) as socket:
                await socket.initialise()


async def test_slow_reader_is_disconnected(
    listen: Serve, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "pickup.requests")
    monkeypatch.setattr(protocols, "SLOW_READER_S", 0.05)
    async with listen(trial.schema) as client:
        url = f"ws://{client.base_url.netloc.decode()}/graphql"
        async with connect(url, subprotocols=[PROTOCOL], proxy=None, max_queue=1) as connection:
            socket = Socket(connection)
            await socket.initialise()
            await socket.subscribe("1", "subscription{flood}")
            await socket.receive()
            await streams_end(client)
            connection.transport.abort()

    assert [line["status"] for line in lines(caplog) if line.get("kind") == "subscription"] == [499]
