"""What a valid request needs to be executed, and what all requests share."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass

from graphql import GraphQLSchema, OperationType
from graphql.execution.values import VariableValues

from graph.auth.authenticator import Authenticator, Identity
from graph.context import Context
from graph.errors import FormattedError, RequestError, format_error
from graph.execution.documents import Document, Documents, Operation
from graph.execution.limits import check_limits
from graph.i18n import translator
from graph.observability.request_log import RequestLog
from graph.settings import Settings
from graph.transport.bodies import BodyReader
from graph.transport.connections import CallerConnections
from graph.transport.memory import CallerMemory
from graph.transport.parameters import Parameters
from graph.transport.persisted_queries import PersistedQueries
from graph.transport.responses import LARGE_ANSWER
from graph.transport.turns import Turns
from models.database.database import Database
from models.errors import N_, PickupError, TimedOut, TooCostly, Unavailable
from resolvers.subscriptions import BATCH


class AppState:
    """What all requests share; the last two exist between the start and the stop of the application."""

    database: Database
    stopping: asyncio.Future[None]

    def __init__(self, schema: GraphQLSchema, settings: Settings) -> None:
        self.settings = settings
        self.documents = Documents(schema, settings)
        self.authenticator = Authenticator(settings)
        self.persisted_queries = PersistedQueries()
        self.bodies = BodyReader(settings.max_body_bytes)
        self.memory = CallerMemory()
        self.turns = Turns()
        self.connections = CallerConnections()

    def timeout_error(self, request: "PreparedRequest | None" = None) -> RequestError:
        """The error of a request that took too long, with the mutations that were committed before."""
        template = N_("The request took longer than {seconds} seconds.")
        error = TimedOut(template, seconds=f"{self.settings.query_timeout_s:g}")
        return RequestError(error if request is None else request.interrupted_by(error), status=504)

    def hold_answer(self, size: int, request: "PreparedRequest") -> AbstractContextManager[object]:
        """To be closed when an answer of so many bytes is sent. Raises RequestError if it is over a limit."""
        limit = self.settings.max_answer_bytes
        if size > limit:
            template = N_("The answer has {size} bytes; the limit is {limit}. Ask for less at a time.")
            raise RequestError(request.interrupted_by(TooCostly(template, size=size, limit=limit)))
        holding = ExitStack()
        if size > LARGE_ANSWER:
            try:
                holding.enter_context(self.memory.hold_answer(request.identity.caller.share, size))
            except TooCostly as error:
                raise RequestError(request.interrupted_by(error)) from None
            except Unavailable as error:
                formatted = request.interrupted_by(error)
                if request.context.committed:
                    # Not to be asked again.
                    raise RequestError(formatted) from None
                raise RequestError(formatted, status=503, keep_status=True, headers={"Retry-After": "1"}) from None
        return holding


@dataclass(frozen=True, slots=True)
class PreparedRequest:
    """A request that is parsed, valid, within the limits and authenticated."""

    operation: Operation
    variables: VariableValues
    """Coerced, and no others than those that the operation defines."""
    context: Context
    identity: Identity
    memory: AbstractContextManager[None]
    """To be entered for as long as the operation runs. Entering it raises RequestError."""

    def interrupted_by(self, error: PickupError) -> FormattedError:
        """Format an error that is sent in place of an answer, with the mutations that were committed before."""
        formatted = format_error(error, self.context.translate)
        if self.operation.kind is OperationType.MUTATION:
            formatted["extensions"]["committed"] = self.context.committed
        return formatted


def prepare_request(
    parameters: Parameters,
    state: AppState,
    identity: Identity,
    accept_language: str,
    request_log: RequestLog,
    min_revisions: dict[int, int],
    check_kind: Callable[[OperationType], None] = lambda _kind: None,
) -> PreparedRequest:
    """Raises RequestError."""
    request_log.subject = identity.caller.subject
    operation = _document(parameters, state).operation(parameters.operation_name)
    request_log.kind = operation.kind.value
    request_log.operation = operation.name
    cost = request_log.cost = check_limits(operation, parameters.variables, state.settings)
    check_kind(operation.kind)
    variables = operation.variables.coerce(parameters.variables)
    translate = translator(accept_language)
    region = state.settings.default_region
    context = Context(state.database, identity.caller, request_log.request_id, translate, min_revisions, region)
    # A subscription lasts, however small it is.
    size = None if operation.kind is OperationType.SUBSCRIPTION else parameters.size
    context.run_on_thread = state.turns.run_on_thread
    # Of the changes that are read at a time as much as one answer may cost.
    context.changes_at_a_time = max(1, min(BATCH, state.settings.max_cost // max(1, cost)))
    memory = state.memory.hold(identity.caller.share, operation, variables, size)
    return PreparedRequest(operation, variables, context, identity, memory)


def _document(parameters: Parameters, state: AppState) -> Document:
    sha256 = parameters.query_sha256
    if parameters.query is None:
        assert sha256 is not None
        return state.documents.prepare(state.persisted_queries.find(sha256))
    document = state.documents.prepare(parameters.query)
    if sha256 is not None:
        state.persisted_queries.put(sha256, parameters.query)
    return document
