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

from graph.transport import websocket
from tests.graph.conftest import Serve
from tests.support import trial
from tests.support.serving import PROTOCOL, SECRET, application
from tests.support.telemetry import grown, lines, open_streams, streams_end
from tests.support.tokens import ED, claims, signed
from tests.support.waiting import eventually


class Socket:
    """A client that says what it is told to."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def say(self, message: object) -> None:
        await self.connection.send(message if isinstance(message, str | bytes) else json.dumps(message))

    async def hear(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(await self.connection.recv())
        return message

    async def initialise(self, **payload: str) -> None:
        await self.say({"type": "connection_init", "payload": payload})
        assert await self.hear() == {"type": "connection_ack"}

    async def subscribe(self, key: str, query: str, **more: Any) -> None:
        await self.say({"type": "subscribe", "id": key, "payload": {"query": query, **more}})

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


async def test_a_subscription_is_served_until_it_completes(listen: Serve) -> None:
    async with listen(trial.schema) as client, opened(client) as socket:
        await socket.initialise()
        await socket.subscribe("1", "subscription($n: Int!){count(to: $n)}", variables={"n": 2})

        assert socket.connection.subprotocol == PROTOCOL
        assert await socket.hear() == {"type": "next", "id": "1", "payload": {"data": {"count": 1}}}
        assert await socket.hear() == {"type": "next", "id": "1", "payload": {"data": {"count": 2}}}
        assert await socket.hear() == {"type": "complete", "id": "1"}


async def test_queries_and_mutations_are_served_too(listen: Serve) -> None:
    query = 'query A{__typename} mutation B{echo(text: "x")}'
    async with listen(trial.schema) as client, opened(client) as socket:
        await socket.initialise()
        for name, data in (("A", {"__typename": "Query"}), ("B", {"echo": "x"})):
            await socket.subscribe(name, query, operationName=name)

            assert await socket.hear() == {"type": "next", "id": name, "payload": {"data": data}}
            assert await socket.hear() == {"type": "complete", "id": name}


async def test_address_with_a_slash_is_the_same(listen: Serve) -> None:
    async with listen(trial.schema) as client, opened(client, path="/graphql/") as socket:
        await socket.initialise()
        await socket.subscribe("1", "mutation{language}")

        assert (await socket.hear())["payload"] == {"data": {"language": "en"}}


async def test_an_id_may_be_used_again_when_its_operation_has_ended(listen: Serve) -> None:
    async with listen(trial.schema) as client, opened(client) as socket:
        await socket.initialise()
        for _ in range(2):
            await socket.subscribe("1", "mutation{language}")
            assert (await socket.hear())["type"] == "next"
            assert (await socket.hear())["type"] == "complete"


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
async def test_what_is_refused_is_an_error_of_the_operation_alone(
    listen: Serve, payload: dict[str, Any], code: str
) -> None:
    async with listen(trial.schema, query_timeout_s=0.2) as client, opened(client) as socket:
        await socket.initialise()
        await socket.say({"type": "subscribe", "id": "1", "payload": payload})
        refused = await socket.hear()
        await socket.subscribe("1", "mutation{language}")

        assert (refused["type"], refused["id"]) == ("error", "1")
        assert refused["payload"][0]["extensions"]["code"] == code
        assert (await socket.hear())["payload"] == {"data": {"language": "en"}}


async def test_timeout_lists_committed_mutations(listen: Serve) -> None:
    async with listen(trial.schema, query_timeout_s=0.2) as client, opened(client) as socket:
        await socket.initialise()
        await socket.subscribe("1", "mutation{a: commit b: slow}")
        (error,) = (await socket.hear())["payload"]

    assert error["extensions"] == {"code": "TIMEOUT", "committed": ["a"]}


async def test_what_breaks_inside_is_masked_with_an_id_that_is_logged(
    listen: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    async with listen(trial.schema) as client, opened(client) as socket:
        await socket.initialise()
        await socket.subscribe("1", "mutation{broken}")
        await socket.subscribe("2", "subscription{breaks}")
        told = [await socket.hear() for _ in range(5)]

    errors = [error for message in told for error in message.get("payload", {}).get("errors", [])]
    assert [error["extensions"]["code"] for error in errors] == ["INTERNAL", "INTERNAL"]
    assert "secret" not in json.dumps(told)
    assert sorted(line["request_id"] for line in lines(caplog)) == sorted(
        error["extensions"]["requestId"] for error in errors
    )


async def test_internal_error_of_query_is_masked(listen: Serve, database_file: Path) -> None:
    async with listen() as client, opened(client) as socket:
        await socket.initialise()
        with closing(sqlite3.connect(database_file)) as database:
            database.execute("ALTER TABLE sites RENAME TO elsewhere")
        await socket.subscribe("1", "{sites{totalCount}}")

        told = await socket.hear()
        assert (told["type"], told["id"]) == ("next", "1")
        assert told["payload"]["errors"][0]["extensions"]["code"] == "INTERNAL"


async def test_a_timeout_of_a_field_is_internal_and_keeps_the_rest(listen: Serve) -> None:
    async with listen(trial.schema) as client, opened(client) as socket:
        await socket.initialise()
        await socket.subscribe("1", "mutation{timedOut language}")

        told = (await socket.hear())["payload"]
        assert told["data"] == {"timedOut": None, "language": "en"}
        assert [error["extensions"]["code"] for error in told["errors"]] == ["INTERNAL"]


async def test_each_operation_has_its_line(listen: Serve, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "pickup.requests")
    async with listen(trial.schema, jwt_secret=SECRET) as client, opened(client) as socket:
        await socket.initialise(Authorization=f"Bearer {signed()}")
        await socket.subscribe("1", "subscription Two{count(to: 2)}")
        while (await socket.hear())["type"] != "complete":
            pass

    line = lines(caplog)[-1]
    assert line["operation"] == "Two"
    assert line["kind"] == "subscription"
    assert line["subject"] == "ann"
    assert line["status"] == 101


async def test_pings_are_answered_and_pongs_are_not(listen: Serve) -> None:
    async with listen(trial.schema) as client, opened(client) as socket:
        await socket.say({"type": "pong"})
        await socket.say({"type": "ping", "payload": {"any": 1}})
        first = await socket.hear()
        await socket.initialise()

        assert first == {"type": "pong"}


async def test_complete_ends_an_operation(listen: Serve) -> None:
    async with listen(trial.schema) as client, opened(client) as socket:
        await socket.initialise()
        await socket.subscribe("1", "subscription{silence}")
        assert (await socket.hear())["payload"] == {"data": {"silence": 0}}
        assert await open_streams(client) == 1
        await socket.say({"type": "complete", "id": "1"})
        await socket.say({"type": "complete", "id": "unknown"})
        await streams_end(client)
        await socket.subscribe("1", "subscription{silence}")

        assert (await socket.hear())["payload"] == {"data": {"silence": 0}}


async def test_operation_that_ends_late_leaves_the_next_with_its_id_alone(listen: Serve) -> None:
    async with listen(trial.schema) as client, opened(client) as socket:
        await socket.initialise()
        for query in ("subscription{stubborn}", "mutation{stubborn}", "subscription{silence}"):
            await socket.subscribe("1", query)
            if query.startswith("subscription"):
                message = await socket.hear()
                assert (message["type"], list(message["payload"]["data"].values())) == ("next", [0])
            await socket.say({"type": "complete", "id": "1"})
        await streams_end(client)
        await socket.subscribe("2", "mutation{language}")

        assert (await socket.hear())["id"] == "2"


async def test_who_leaves_ends_the_operations(listen: Serve) -> None:
    async with listen(trial.schema) as client:
        async with opened(client) as socket:
            await socket.initialise()
            await socket.subscribe("1", "subscription{silence}")
            await socket.subscribe("2", "subscription{silence}")
            await socket.hear()
            await socket.hear()
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
async def test_what_breaks_the_protocol_closes_the_connection(listen: Serve, messages: list[Any], code: int) -> None:
    async with listen(trial.schema, max_body_bytes=50_000) as client, opened(client) as socket:
        for message in messages:
            await socket.say(message)

        assert await socket.closed_with() == code


@pytest.mark.parametrize(
    ("key", "named"), [("1", "1"), ("☎️" * 80, "☎️" * 13), ("x" * 200, "x" * 80), ("\ud800", "?"), ("é\0", "é\0")]
)
async def test_an_id_that_is_taken_is_named_in_the_reason_as_far_as_there_is_room(
    listen: Serve, key: str, named: str
) -> None:
    async with listen(trial.schema) as client, opened(client) as socket:
        await socket.initialise()
        for _ in range(2):
            await socket.subscribe(key, "subscription{silence}")

        assert await socket.closed_with() == 4409
        assert socket.connection.close_reason == f"Subscriber for {named} already exists"


async def test_another_protocol_is_refused(listen: Serve) -> None:
    async with listen(trial.schema) as client:
        url = f"ws://{client.base_url.netloc.decode()}/graphql"
        async with connect(url, proxy=None) as connection:
            assert await Socket(connection).closed_with() == 4406


async def test_who_does_not_initialise_in_time_is_closed(listen: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websocket, "INIT_TIMEOUT_S", 0.05)
    async with listen(trial.schema) as client, opened(client) as socket:
        assert await socket.closed_with() == 4408


@pytest.mark.parametrize(
    "payload", [None, {}, {"Authorization": 1}, {"Authorization": "Bearer x.y.z"}, {"Authorization": "x"}]
)
async def test_a_bad_token_is_forbidden(listen: Serve, payload: object) -> None:
    async with listen(trial.schema, jwt_secret=SECRET) as client, opened(client) as socket:
        await socket.say({"type": "connection_init", "payload": payload})

        assert await socket.closed_with() == 4403


async def test_a_connection_that_is_refused_or_closed_has_a_line_and_is_counted(
    listen: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "pickup.requests")
    async with listen(trial.schema, jwt_secret=SECRET) as client:
        before = (await client.get("/metrics")).text
        with suppress(InvalidStatus):
            async with opened(client, origin="https://evil.example.com"):
                pass
        async with opened(client) as socket:
            await socket.say({"type": "connection_init", "payload": {"Authorization": "Bearer x.y.z"}})
            await socket.closed_with()
        async with opened(client) as socket:
            await socket.initialise(Authorization=f"Bearer {signed(exp=time.time() + 1)}")
            await socket.closed_with()
        async with opened(client) as socket:
            await socket.initialise(Authorization=f"Bearer {signed()}")
            await socket.say("nonsense")
            await socket.closed_with()
        async with opened(client) as socket:
            await socket.initialise(Authorization=f"Bearer {signed()}")
        after = (await client.get("/metrics")).text

    told = [(line["path"], line["status"], line.get("codes"), line.get("subject")) for line in lines(caplog)]
    assert told == [
        ("/graphql", 403, ["FORBIDDEN"], None),
        ("/graphql", 4403, ["UNAUTHENTICATED"], None),
        ("/graphql", 4403, ["UNAUTHENTICATED"], "ann"),
        ("/graphql", 4400, None, "ann"),
    ]
    assert grown('pickup_requests_total{kind="none",status="4403"}', before, after) == 2
    assert grown('pickup_errors_total{code="UNAUTHENTICATED"}', before, after) == 2
    # Those of the first and of the scrape before.
    assert grown('pickup_request_seconds_count{kind="none"}', before, after) == 2


async def test_what_breaks_around_the_operations_closes_the_connection_and_is_logged(
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


async def test_while_the_provider_is_away_the_client_shall_try_again(listen: Serve) -> None:
    token = jwt.encode(claims(), ED, "EdDSA")
    async with listen(trial.schema, jwks_url="http://127.0.0.1:1/keys") as client, opened(client) as socket:
        await socket.say({"type": "connection_init", "payload": {"Authorization": f"Bearer {token}"}})

        assert await socket.closed_with() == 1013


async def test_the_connection_ends_with_the_token(listen: Serve) -> None:
    async with listen(trial.schema, jwt_secret=SECRET) as client, opened(client) as socket:
        await socket.initialise(Authorization=f"Bearer {signed(exp=time.time() + 1)}")
        await socket.subscribe("1", "subscription{silence}")

        assert (await socket.hear())["payload"] == {"data": {"silence": 0}}
        assert await socket.closed_with() == 4403


async def test_told_to_stop_it_ends_the_streams_and_finishes_the_rest(
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
            assert (await socket.hear())["id"] == "stream"
            await socket.subscribe("held", "mutation{held}")
            await socket.say({"type": "ping"})
            assert await socket.hear() == {"type": "pong"}
            signal.raise_signal(signal.SIGTERM)
            # By the log: the server may accept no request any more.
            await eventually(stream_ended, "the stream ends")
            await socket.subscribe("late", "mutation{language}")
            trial.released.set()
            messages = [await socket.hear() for _ in range(2)]
            closed_with = await socket.closed_with()
    finally:
        signal.signal(signal.SIGTERM, handler)

    assert messages == [
        {"type": "next", "id": "held", "payload": {"data": {"held": "released"}}},
        {"type": "complete", "id": "held"},
    ]
    assert closed_with == 1012
    assert kinds() == [("subscription", 101), ("mutation", 101)]


async def test_a_connection_that_is_cut_when_the_server_stops_is_closed(
    listen: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "pickup.requests")
    handler = signal.signal(signal.SIGTERM, lambda _number, _frame: None)
    try:
        async with listen(trial.schema, shutdown_s=1) as client, opened(client) as socket:
            await socket.initialise()
            await socket.subscribe("1", "mutation{slow}")
            await socket.say({"type": "ping"})
            assert await socket.hear() == {"type": "pong"}
            signal.raise_signal(signal.SIGTERM)
            closed_with = await socket.closed_with()
    finally:
        signal.signal(signal.SIGTERM, handler)

    told = [(line.get("kind"), line["status"], line.get("codes")) for line in lines(caplog)]
    assert closed_with == 1012
    assert told == [("mutation", 499, None), (None, 1012, ["UNAVAILABLE"])]


async def test_an_operation_that_is_cut_has_a_line_that_says_so(
    listen: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "pickup.requests")
    async with listen(trial.schema) as client, opened(client) as socket:
        await socket.initialise()
        await socket.subscribe("1", "mutation{slow}")
        await socket.say({"type": "ping"})
        assert await socket.hear() == {"type": "pong"}
        await socket.say({"type": "complete", "id": "1"})
        await socket.subscribe("2", "mutation{language}")
        assert (await socket.hear())["id"] == "2"
        assert (await socket.hear())["type"] == "complete"

    kinds = [(line["kind"], line["status"]) for line in lines(caplog) if "kind" in line]
    assert kinds == [("mutation", 499), ("mutation", 101)]


async def test_only_so_many_operations_may_be_under_way(listen: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websocket, "MAX_OPERATIONS", 2)
    async with listen(trial.schema) as client, opened(client) as socket:
        await socket.initialise()
        for key in ("1", "2"):
            await socket.subscribe(key, "subscription{silence}")
            await socket.hear()
        await socket.subscribe("3", "mutation{language}")

        refused = await socket.hear()
        assert (refused["type"], refused["id"]) == ("error", "3")
        assert refused["payload"][0]["extensions"]["code"] == "QUERY_TOO_COSTLY"


@pytest.mark.parametrize("origin", ["https://evil.example.com", "null", "http://localhost:1"])
async def test_a_page_from_elsewhere_may_not_connect(listen: Serve, origin: str) -> None:
    async with listen(trial.schema, cors_origins=("https://portal.example.com",)) as client:
        with pytest.raises(InvalidStatus) as refused:
            async with opened(client, origin):
                pass

    assert refused.value.response.status_code == 403


async def test_our_own_pages_and_those_allowed_may_connect(listen: Serve) -> None:
    async with listen(trial.schema, cors_origins=("https://portal.example.com",)) as client:
        for origin in (str(client.base_url).rstrip("/"), "https://portal.example.com", None):
            async with opened(client, origin) as socket:
                await socket.initialise()


async def test_who_does_not_read_is_left(
    listen: Serve, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "pickup.requests")
    monkeypatch.setattr(websocket, "SLOW_READER_S", 0.05)
    async with listen(trial.schema) as client:
        url = f"ws://{client.base_url.netloc.decode()}/graphql"
        async with connect(url, subprotocols=[PROTOCOL], proxy=None, max_queue=1) as connection:
            socket = Socket(connection)
            await socket.initialise()
            await socket.subscribe("1", "subscription{flood}")
            await socket.hear()
            await streams_end(client)
            connection.transport.abort()

    assert [line["status"] for line in lines(caplog) if line.get("kind") == "subscription"] == [499]
