"""The operations of a WebSocket connection."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

import orjson
from graphql import OperationType

from graph.auth.authenticator import Identity
from graph.errors import STOPPING, FormattedError, RequestError, format_internal_error, log_internal_error
from graph.execution.executor import Answer, execute, subscribe
from graph.i18n import Translate, translator
from graph.json import encode
from graph.observability import metrics
from graph.observability.request_log import RequestLog
from graph.transport.parameters import parse_parameters
from graph.transport.requests import AppState, PreparedRequest, prepare_request
from graph.transport.turns import metered
from models.errors import Unavailable


class ClientGone(Exception):
    """The client has left, or does not read what is sent."""


@dataclass
class SocketSession:
    """What the operations of a connection share. `send` raises ClientGone."""

    state: AppState
    identity: Identity
    accept_language: str
    send: Callable[[Mapping[str, Any]], Awaitable[None]]
    operations: dict[str, "SocketOperation"] = field(default_factory=dict)
    min_revisions: dict[int, int] = field(default_factory=dict)

    @property
    def translate(self) -> Translate:
        return translator(self.accept_language)


class SocketOperation:
    """One operation, from its "subscribe" to its "complete" or "error"."""

    def __init__(
        self, id_: str, payload: dict[str, Any], size: int, session: SocketSession, request_log: RequestLog
    ) -> None:
        """`size` are the bytes of the message that brought it."""
        self.id = id_
        self.payload = payload
        self.size = size
        self.session = session
        self.request_log = request_log
        self.is_stream = False
        self.completed = False

    def start(self, tasks: asyncio.TaskGroup) -> None:
        self.session.operations[self.id] = self
        self.task = tasks.create_task(self.run())

    def complete(self) -> None:
        """End it for the client, who may use its id for another operation at once.

        The cancellation comes too late for a mutation that is being committed, and for an operation that has just
        ended; nothing is sent then.
        """
        del self.session.operations[self.id]
        self.completed = True
        self.task.cancel()

    def charge(self, seconds: float) -> None:
        """The caller has blocked the event loop for so long."""
        self.session.state.turns.charge(self.session.identity.caller.share, seconds)

    async def run(self) -> None:
        try:
            errors = await metered(self.answer(), self.charge)
            if self.completed:
                raise asyncio.CancelledError
            del self.session.operations[self.id]
            if errors is None:
                await self.session.send({"id": self.id, "type": "complete"})
            else:
                self.request_log.add_errors({"errors": errors})
                await self.session.send({"id": self.id, "type": "error", "payload": errors})
        except asyncio.CancelledError:
            if not self.is_stream:
                self.request_log.status = 499
            raise
        finally:
            metrics.count(self.request_log)
            self.request_log.write()

    async def answer(self) -> list[FormattedError] | None:
        """Send the answers. Returns the errors if the operation was not executed to its end."""
        try:
            deadline = asyncio.get_running_loop().time() + self.session.state.settings.query_timeout_s
            await self.wait_for_turn(deadline)
            request = self.prepare()
            with request.memory:
                if request.operation.kind is OperationType.SUBSCRIPTION:
                    await self.stream(request, deadline)
                else:
                    await self.send_next(await self.execute(request, deadline), request)
        except RequestError as error:
            return error.localized(self.session.translate)
        except ClientGone:
            self.request_log.status = 499
            raise
        except Exception as error:  # noqa: BLE001 - sent to the client as an internal error, and logged
            log_internal_error(error, self.request_log.request_id)
            return [format_internal_error(self.session.translate, self.request_log.request_id)]
        return None

    async def wait_for_turn(self, deadline: float) -> None:
        """Raises RequestError."""
        state, share = self.session.state, self.session.identity.caller.share
        if not state.turns.must_wait(share):
            return
        try:
            async with asyncio.timeout_at(deadline):
                await state.turns.wait(share, self.size)
        except TimeoutError:
            raise state.timeout_error() from None

    def prepare(self) -> PreparedRequest:
        """Everything before the first resolver; then the payload is no longer held. Raises RequestError."""
        payload, self.payload = self.payload, {}
        session = self.session
        return prepare_request(
            parse_parameters(payload),
            session.state,
            session.identity,
            session.accept_language,
            self.request_log,
            session.min_revisions,
        )

    async def execute(self, request: PreparedRequest, deadline: float) -> Answer:
        """Raises RequestError."""
        try:
            async with asyncio.timeout_at(deadline) as limit:
                return await execute(request.operation, request.variables, request.context)
        except TimeoutError:
            if not limit.expired():
                raise
            raise self.session.state.timeout_error(request) from None

    async def stream(self, request: PreparedRequest, deadline: float) -> None:
        """Raises RequestError."""
        if self.session.state.stopping.done():
            raise RequestError(Unavailable(STOPPING))
        self.is_stream = True
        try:
            async with asyncio.timeout_at(deadline) as limit:
                subscribed = await subscribe(request.operation, request.variables, request.context)
        except TimeoutError:
            if not limit.expired():
                raise
            raise self.session.state.timeout_error(request) from None
        async with aclosing(subscribed) as answers:
            with metrics.STREAMS.track_inprogress():
                async for answer in answers:
                    await self.send_next(answer, request)

    async def send_next(self, answer: Answer, request: PreparedRequest) -> None:
        if self.completed:
            raise asyncio.CancelledError
        payload = encode(answer)
        with self.session.state.hold_answer(len(payload), request):
            self.request_log.add_errors(answer)
            await self.session.send({"id": self.id, "type": "next", "payload": orjson.Fragment(payload)})
