"""Operations over a WebSocket, in the protocol `graphql-transport-ws`."""

import asyncio
import time
from collections.abc import Mapping
from contextlib import aclosing, suppress
from typing import Any

from graphql import OperationType
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketDisconnected

from graph.auth.authenticator import Identity
from graph.errors import STOPPING, FormattedError, RequestError, format_error, format_internal_error, log_internal_error
from graph.execution.executor import Answer, execute, subscribe
from graph.i18n import language_of, translator
from graph.middleware.hosts import is_welcome
from graph.observability import metrics
from graph.observability.request_log import RequestLog
from graph.transport.encoding import decode, encode
from graph.transport.requests import parameters_of
from graph.transport.work import SLOW_READER_S, Server, Work, work_of
from models.errors import N_, Forbidden, TooCostly, Unauthenticated, Unavailable

PROTOCOL = "graphql-transport-ws"

INIT_TIMEOUT_S = 10.0
MOST_UNDER_WAY = 100
"""Operations at one time on one connection."""

LONGEST_NAMED = 80
"""Bytes of an operation's id in the reason of a close, which has room for 123."""

BAD_MESSAGE = 4400
UNAUTHORIZED = 4401
FORBIDDEN = 4403
WRONG_PROTOCOL = 4406
INIT_TIMEOUT = 4408
TAKEN = 4409
TOO_MANY_INITS = 4429
SERVICE_RESTART = 1012
TRY_AGAIN_LATER = 1013
TOO_BIG = 1009


class Closing(Exception):
    """The connection is to be closed, with a code and a reason of the protocol."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Left(Exception):
    """The client is gone, or takes nothing of what is sent."""


class GraphQLOverWebSocket:
    """The endpoint; each connection is a Connection."""

    def __init__(self, server: Server) -> None:
        self.server = server

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        websocket = WebSocket(scope, receive, send)
        headers = websocket.headers
        origin = headers.get("origin")
        if origin and not is_welcome(origin, headers.get("host", ""), self.server.settings.cors_origins):
            scope["record"].codes.append(Forbidden.code)
            await websocket.close()
            return
        if PROTOCOL not in websocket.scope["subprotocols"]:
            await websocket.accept()
            await websocket.close(WRONG_PROTOCOL, "Subprotocol not acceptable")
            return
        await websocket.accept(PROTOCOL)
        await Connection(self.server, websocket).run()


class Connection:
    """From the handshake to the close: one caller, and the operations that they have under way."""

    def __init__(self, server: Server, websocket: WebSocket) -> None:
        self.server = server
        self.websocket = websocket
        self.record: RequestLog = websocket.scope["record"]
        self.language = websocket.headers.get("accept-language", "")
        self.translate = translator(language_of(self.language))
        self.identity: Identity | None = None
        self.deadline = time.time() + INIT_TIMEOUT_S
        self.operations: dict[str, asyncio.Task[None]] = {}
        self.streams: set[asyncio.Task[None]] = set()
        self.count = 0
        self.seen: dict[int, int] = {}

    async def run(self) -> None:
        """Whatever ends the connection ends its operations; but a server that stops waits for all but the streams."""
        try:
            async with asyncio.TaskGroup() as self.tasks:
                listening = self.tasks.create_task(self.listen())
                await asyncio.wait({self.server.stopping})
                # Not complete: whoever wants the rest asks again, elsewhere or later.
                for task in (listening, *self.streams):
                    task.cancel()
            raise Closing(SERVICE_RESTART, "The server is stopping")
        except* Closing as ended:
            closing = ended.exceptions[0]
            assert isinstance(closing, Closing)
            with suppress(TimeoutError, WebSocketDisconnect):
                async with asyncio.timeout(SLOW_READER_S):
                    await self.websocket.close(closing.code, closing.reason)
        except* Left:
            pass

    async def listen(self) -> None:
        while True:
            await self.obey(await self.next_message())

    async def next_message(self) -> Mapping[str, Any]:
        """Raises Closing where none comes in time, or what comes is no message."""
        try:
            async with asyncio.timeout(max(0.0, self.deadline - time.time()) if self.deadline else None):
                received = await self.websocket.receive()
        except TimeoutError:
            if self.identity is None:
                raise Closing(INIT_TIMEOUT, "Connection initialisation timeout") from None
            self.record.codes.append(Unauthenticated.code)
            raise Closing(FORBIDDEN, "Forbidden") from None
        if received["type"] == "websocket.disconnect":
            raise Left
        text = received.get("text")
        if text is None:
            raise Closing(BAD_MESSAGE, "Messages have to be text")
        if len(text) > self.server.settings.max_body_bytes:
            raise Closing(TOO_BIG, "The message is too big")
        try:
            message = decode(text.encode())
        except ValueError:
            raise Closing(BAD_MESSAGE, "Messages have to be JSON") from None
        if not isinstance(message, dict) or not isinstance(message.get("type"), str):
            raise Closing(BAD_MESSAGE, "Messages have to be objects with a type")
        return message

    async def obey(self, message: Mapping[str, Any]) -> None:
        match message["type"]:
            case "connection_init":
                await self.initialise(message.get("payload"))
            case "ping":
                await self.send({"type": "pong"})
            case "pong":
                pass
            case "subscribe":
                await self.subscribe(message)
            case "complete":
                operation = self.operations.pop(_id_of(message), None)
                if operation is not None:
                    operation.cancel()
            case _:
                raise Closing(BAD_MESSAGE, "Unknown type of message")

    async def initialise(self, payload: object) -> None:
        if self.identity is not None:
            raise Closing(TOO_MANY_INITS, "Too many initialisation requests")
        if payload is not None and not isinstance(payload, dict):
            raise Closing(BAD_MESSAGE, "The payload has to be an object")
        authorization = (payload or {}).get("Authorization")
        try:
            self.identity = await self.server.authenticator.authenticate(
                authorization if isinstance(authorization, str) else None
            )
        except Unauthenticated as error:
            self.record.codes.append(error.code)
            raise Closing(FORBIDDEN, "Forbidden") from None
        except Unavailable as error:
            self.record.codes.append(error.code)
            raise Closing(TRY_AGAIN_LATER, "Try again later") from None
        self.record.subject = self.identity.caller.subject
        self.deadline = self.identity.expires_at or 0.0
        await self.send({"type": "connection_ack"})

    async def subscribe(self, message: Mapping[str, Any]) -> None:
        if self.identity is None:
            raise Closing(UNAUTHORIZED, "Unauthorized")
        key = _id_of(message)
        payload = message.get("payload")
        if not isinstance(payload, dict) or not isinstance(payload.get("query"), str):
            raise Closing(BAD_MESSAGE, "The payload has to be an object with a query")
        if key in self.operations:
            named = key.encode(errors="replace")[:LONGEST_NAMED].decode(errors="ignore")
            raise Closing(TAKEN, f"Subscriber for {named} already exists")
        if len(self.operations) >= MOST_UNDER_WAY:
            template = N_("A connection may have {limit} operations under way at most.")
            await self.fail(key, [format_error(TooCostly(template, limit=MOST_UNDER_WAY), self.translate)])
            return
        self.count += 1
        record = RequestLog(f"{self.record.request_id}.{self.count}", self.record.path, status=101)
        self.operations[key] = self.tasks.create_task(self.operate(key, payload, self.identity, record))

    async def operate(self, key: str, payload: dict[str, Any], identity: Identity, record: RequestLog) -> None:
        """One operation from its start to its `complete` or `error`."""
        try:
            errors = await self.serve(key, payload, identity, record)
            self.operations.pop(key, None)
            if errors is None:
                await self.send({"id": key, "type": "complete"})
            else:
                record.answered({"errors": errors})
                await self.fail(key, errors)
        except asyncio.CancelledError:
            if record.kind != "subscription":
                record.status = 499
            raise
        finally:
            metrics.count(record)
            record.write()

    async def serve(
        self, key: str, payload: dict[str, Any], identity: Identity, record: RequestLog
    ) -> list[FormattedError] | None:
        """The errors of an operation that was not executed to its end; None where it was."""
        try:
            work = work_of(parameters_of(payload), self.server, identity, self.language, record, self.seen)
            if work.operation.kind is OperationType.SUBSCRIPTION:
                await self.stream(key, work, record)
            else:
                await self.next(key, await self.answer(work), record)
        except RequestError as refusal:
            return refusal.localized(self.translate)
        except Left:
            record.status = 499
            raise
        except Exception as error:  # noqa: BLE001 - told to the client, and logged
            log_internal_error(error, record.request_id)
            return [format_internal_error(self.translate, record.request_id)]
        return None

    async def answer(self, work: Work) -> Answer:
        try:
            async with asyncio.timeout(self.server.settings.query_timeout_s) as limit:
                return await execute(work.operation, work.variables, work.context)
        except TimeoutError:
            if not limit.expired():
                raise
            raise RequestError(self.server.late()) from None

    async def stream(self, key: str, work: Work, record: RequestLog) -> None:
        if self.server.stopping.done():
            raise RequestError(Unavailable(STOPPING))
        task = asyncio.current_task()
        assert task is not None
        self.streams.add(task)
        task.add_done_callback(self.streams.discard)
        async with aclosing(await subscribe(work.operation, work.variables, work.context)) as answers:
            with metrics.STREAMS.track_inprogress():
                async for answer in answers:
                    await self.next(key, answer, record)

    async def next(self, key: str, answer: Answer, record: RequestLog) -> None:
        record.answered(answer)
        await self.send({"id": key, "type": "next", "payload": answer})

    async def fail(self, key: str, errors: list[FormattedError]) -> None:
        await self.send({"id": key, "type": "error", "payload": errors})

    async def send(self, message: Mapping[str, Any]) -> None:
        """Raises Left."""
        try:
            async with asyncio.timeout(SLOW_READER_S):
                await self.websocket.send_text(encode(message).decode())
        except (TimeoutError, WebSocketDisconnect, WebSocketDisconnected):
            raise Left from None


def _id_of(message: Mapping[str, Any]) -> str:
    key = message.get("id")
    if not isinstance(key, str) or not key:
        raise Closing(BAD_MESSAGE, "The id has to be a text")
    return key
