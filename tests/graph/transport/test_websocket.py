"""Connections by graphql-transport-ws: how they begin, what they may say, and how they end."""

import asyncio
import logging
import signal
import time
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import jwt
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from graph.server import slow_readers
from graph.transport import websocket
from tests.graph.conftest import Serve
from tests.support import trial
from tests.support.serving import PROTOCOL, SECRET, application
from tests.support.telemetry import grown, lines, streams_end
from tests.support.tokens import ED, claims, signed
from tests.support.websocket import Socket, opened


async def test_address_with_a_slash_is_the_same(listen: Serve) -> None:
    async with listen(trial.schema) as client, opened(client, path="/graphql/") as socket:
        await socket.initialise()
        await socket.subscribe("1", "mutation{language}")

        assert (await socket.receive())["payload"] == {"data": {"language": "en"}}


async def test_ping_is_answered_and_pong_is_not(listen: Serve) -> None:
    async with listen(trial.schema) as client, opened(client) as socket:
        await socket.send({"type": "pong"})
        await socket.send({"type": "ping", "payload": {"any": 1}})
        first = await socket.receive()
        await socket.initialise()

        assert first == {"type": "pong"}


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


async def test_wrong_message_of_a_client_that_has_gone_causes_no_error(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    """The answer to the operation before it cannot be sent at the same moment."""
    gone = asyncio.Event()
    subscribe = '{"type": "subscribe", "id": "1", "payload": {"query": "{ __typename }"}}'
    texts = ['{"type": "connection_init"}', subscribe]
    messages = iter([{"type": "websocket.connect"}, *({"type": "websocket.receive", "text": text} for text in texts)])

    async def receive() -> Any:
        for message in messages:
            return message
        await gone.wait()
        return {"type": "websocket.receive", "text": "wrong"}

    async def send(message: Any) -> None:
        if '"next"' in message.get("text", ""):
            gone.set()
            await asyncio.sleep(0)
            raise OSError

    async with serve() as client:
        headers = [(b"host", b"localhost")]
        scope = {"type": "websocket", "path": "/graphql", "headers": headers, "subprotocols": [PROTOCOL]}
        await application(client)(scope, receive, send)

    assert gone.is_set()
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


async def test_unreachable_identity_provider_closes_connection_with_try_again(listen: Serve) -> None:
    token = jwt.encode(claims(), ED, "EdDSA")
    async with listen(trial.schema, jwks_url="http://127.0.0.1:1/keys") as client, opened(client) as socket:
        await socket.send({"type": "connection_init", "payload": {"Authorization": f"Bearer {token}"}})

        assert await socket.closed_with() == 1013


async def test_connection_ends_with_token(listen: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    ahead_s = 0.0
    monkeypatch.setattr(websocket, "time", SimpleNamespace(time=lambda: time.time() + ahead_s))
    async with listen(trial.schema, jwt_secret=SECRET) as client, opened(client) as socket:
        await socket.initialise(Authorization=f"Bearer {signed(exp=time.time() + 3_600)}")
        await socket.subscribe("1", "subscription{silence}")

        assert (await socket.receive())["payload"] == {"data": {"silence": 0}}
        # It looks at the clock after each message.
        ahead_s = 3_599.8
        await socket.send({"type": "ping"})
        assert await socket.receive() == {"type": "pong"}
        assert await socket.closed_with() == 4403


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
    monkeypatch.setattr(slow_readers, "SLOW_READER_S", 0.05)
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
    assert {record.levelname for record in caplog.records} == {"INFO"}
