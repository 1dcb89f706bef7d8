"""Operations over a WebSocket, in the protocol `graphql-transport-ws`."""

import asyncio
import time
from collections.abc import Iterable, Mapping
from contextlib import ExitStack, suppress
from typing import Any

from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketDisconnected

from graph.errors import format_error
from graph.json import decode, encode
from graph.observability.request_log import RequestLog
from graph.transport.operations import ClientGone, SocketOperation, SocketSession
from graph.transport.requests import AppState
from models.errors import N_, Forbidden, TooCostly, Unauthenticated, Unavailable

PROTOCOL = "graphql-transport-ws"

INIT_TIMEOUT_S = 10.0
MAX_OPERATIONS = 100
"""Operations at one time on one connection."""

SLOW_READER_S = 30.0
"""A client that reads nothing of what was sent for so long is given up."""

_MAX_ID_BYTES = 80
"""Of an operation's id in the reason of a close, which has room for 123 bytes."""

# Close codes, of the protocol and of WebSockets.
BAD_MESSAGE = 4400
UNAUTHORIZED = 4401
FORBIDDEN = 4403
WRONG_PROTOCOL = 4406
INIT_TIMEOUT = 4408
ID_TAKEN = 4409
TOO_MANY_INITS = 4429
MESSAGE_TOO_BIG = 1009
SERVICE_RESTART = 1012
TRY_AGAIN_LATER = 1013


class CloseConnection(Exception):
    """The server closes the connection, with a close code and a reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class GraphQLOverWebSocket:
    """The endpoint; each handshake leads to a Connection."""

    def __init__(self, state: AppState) -> None:
        self.state = state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        websocket = WebSocket(scope, receive, send)
        headers = websocket.headers
        origin = headers.get("origin")
        if origin and not is_allowed_origin(origin, headers.get("host", ""), self.state.settings.cors_origins):
            scope["request_log"].codes.append(Forbidden.code)
            await websocket.close()
            return
        if PROTOCOL not in websocket.scope["subprotocols"]:
            await websocket.accept()
            await websocket.close(WRONG_PROTOCOL, "Subprotocol not acceptable")
            return
        await websocket.accept(PROTOCOL)
        with ExitStack() as held:
            await Connection(self.state, websocket, held).run()


def is_allowed_origin(origin: str, host: str, allowed: Iterable[str]) -> bool:
    """Whether a page of this origin may open a WebSocket: our own, or an allowed one.

    The scheme of our own is not compared: a proxy in front of the server may have ended TLS.
    """
    return origin.lower() in allowed or origin.partition("://")[2].lower() == host.lower()


class Connection:
    """From the handshake to the close: one caller and their operations."""

    def __init__(self, state: AppState, websocket: WebSocket, held: ExitStack) -> None:
        self.state = state
        self.websocket = websocket
        self.held = held
        """What the caller holds until the connection has ended."""
        self.request_log: RequestLog = websocket.scope["request_log"]
        self.session: SocketSession | None = None
        self.deadline = time.time() + INIT_TIMEOUT_S
        self.count = 0

    async def run(self) -> None:
        """Serve until the connection ends, which cancels its operations; a server that stops cancels only streams."""
        try:
            async with asyncio.TaskGroup() as self.tasks:
                listening = self.tasks.create_task(self.listen())
                await asyncio.wait({self.state.stopping})
                # Without "complete": the client subscribes again, to another process or later.
                listening.cancel()
                self.cancel_streams()
            raise CloseConnection(SERVICE_RESTART, "The server is stopping")
        except* CloseConnection as group:
            closing = group.exceptions[0]
            assert isinstance(closing, CloseConnection)
            with suppress(TimeoutError, WebSocketDisconnect, WebSocketDisconnected):
                async with asyncio.timeout(SLOW_READER_S):
                    await self.websocket.close(closing.code, closing.reason)
        except* ClientGone:
            pass

    def cancel_streams(self) -> None:
        for operation in self.session.operations.values() if self.session else ():
            if operation.is_stream:
                operation.task.cancel()

    async def listen(self) -> None:
        while True:
            await self.handle_message(*await self.receive_message())
            # Thousands of messages may have arrived at once: the other connections have their turn between them.
            await asyncio.sleep(0)

    async def receive_message(self) -> tuple[Mapping[str, Any], int]:
        """A message, and the bytes that it has.

        Raises CloseConnection if no message comes in time or it is malformed, and ClientGone.
        """
        try:
            async with asyncio.timeout(max(0.0, self.deadline - time.time()) if self.deadline else None):
                received = await self.websocket.receive()
        except TimeoutError:
            if self.session is None:
                raise CloseConnection(INIT_TIMEOUT, "Connection initialisation timeout") from None
            self.request_log.codes.append(Unauthenticated.code)
            raise CloseConnection(FORBIDDEN, "Forbidden") from None
        if received["type"] == "websocket.disconnect":
            raise ClientGone
        text = received.get("text")
        if text is None:
            raise CloseConnection(BAD_MESSAGE, "Messages must be text")
        if len(text) > self.state.settings.max_body_bytes:
            raise CloseConnection(MESSAGE_TOO_BIG, "The message is too big")
        try:
            encoded = text.encode()
            message = decode(encoded)
        except ValueError:
            raise CloseConnection(BAD_MESSAGE, "Messages must be JSON") from None
        if not isinstance(message, dict) or not isinstance(message.get("type"), str):
            raise CloseConnection(BAD_MESSAGE, "Messages must be objects with a type")
        return message, len(encoded)

    async def handle_message(self, message: Mapping[str, Any], size: int) -> None:
        match message["type"]:
            case "connection_init":
                await self.initialise(message.get("payload"))
            case "ping":
                await self.send({"type": "pong"})
            case "pong":
                pass
            case "subscribe":
                await self.subscribe(message, size)
            case "complete":
                self.complete(_operation_id(message))
            case _:
                raise CloseConnection(BAD_MESSAGE, "Unknown type of message")

    async def initialise(self, payload: object) -> None:
        if self.session is not None:
            raise CloseConnection(TOO_MANY_INITS, "Too many initialisation requests")
        if payload is not None and not isinstance(payload, dict):
            raise CloseConnection(BAD_MESSAGE, "The payload must be an object")
        authorization = (payload or {}).get("Authorization")
        try:
            identity = await self.state.authenticator.authenticate(
                authorization if isinstance(authorization, str) else None
            )
        except Unauthenticated as error:
            self.request_log.codes.append(error.code)
            raise CloseConnection(FORBIDDEN, "Forbidden") from None
        except Unavailable as error:
            self.request_log.codes.append(error.code)
            raise CloseConnection(TRY_AGAIN_LATER, "Try again later") from None
        self.request_log.subject = identity.caller.subject
        try:
            self.held.enter_context(self.state.connections.hold(identity.caller.share))
        except Unavailable as error:
            self.request_log.codes.append(error.code)
            raise CloseConnection(TRY_AGAIN_LATER, "Too many connections") from None
        # uvicorn's protocol sees it: from now on the connection counts as the caller's.
        self.websocket.scope["caller"] = identity.caller
        self.deadline = identity.expires_at or 0.0
        accept_language = self.websocket.headers.get("accept-language", "")
        self.session = SocketSession(self.state, identity, accept_language, self.send)
        await self.send({"type": "connection_ack"})

    async def subscribe(self, message: Mapping[str, Any], size: int) -> None:
        session = self.session
        if session is None:
            raise CloseConnection(UNAUTHORIZED, "Unauthorized")
        id_ = _operation_id(message)
        payload = message.get("payload")
        if not isinstance(payload, dict) or not isinstance(payload.get("query"), str):
            raise CloseConnection(BAD_MESSAGE, "The payload must be an object with a query")
        if id_ in session.operations:
            shown = id_.encode(errors="replace")[:_MAX_ID_BYTES].decode(errors="ignore")
            raise CloseConnection(ID_TAKEN, f"Subscriber for {shown} already exists")
        if len(session.operations) >= MAX_OPERATIONS:
            template = N_("A connection may run {limit} operations at most.")
            error = format_error(TooCostly(template, limit=MAX_OPERATIONS), session.translate)
            await self.send({"id": id_, "type": "error", "payload": [error]})
            return
        self.count += 1
        request_log = RequestLog(f"{self.request_log.request_id}.{self.count}", self.request_log.path, status=101)
        SocketOperation(id_, payload, size, session, request_log).start(self.tasks)

    def complete(self, id_: str) -> None:
        operation = self.session.operations.get(id_) if self.session else None
        if operation is not None:
            operation.complete()

    async def send(self, message: Mapping[str, Any]) -> None:
        """Raises ClientGone."""
        try:
            await self.websocket.send_text(encode(message).decode())
        except (WebSocketDisconnect, WebSocketDisconnected):
            raise ClientGone from None


def _operation_id(message: Mapping[str, Any]) -> str:
    id_ = message.get("id")
    if not isinstance(id_, str) or not id_:
        raise CloseConnection(BAD_MESSAGE, "The id must be a string")
    return id_
