"""What serves a request and what it comes to: the same for HTTP, server-sent events and WebSockets."""

import asyncio
from dataclasses import dataclass

from graphql import GraphQLSchema

from graph.auth.authenticator import Authenticator, Identity
from graph.context import Context
from graph.execution.documents import Documents, Operation
from graph.execution.executor import Variables
from graph.i18n import language_of, translator
from graph.observability.request_log import RequestLog
from graph.settings import Settings
from graph.transport.requests import Parameters
from models.database.database import Database
from models.errors import N_, TimedOut

SLOW_READER_S = 30.0
"""A client who does not take what was sent for so long is left; nothing more is read for them meanwhile."""


class Server:
    """What all requests to one application share; the last two are there between its start and its stop."""

    database: Database
    stopping: asyncio.Future[None]

    def __init__(self, schema: GraphQLSchema, settings: Settings) -> None:
        self.settings = settings
        self.documents = Documents(schema, settings)
        self.authenticator = Authenticator(settings)

    def late(self) -> TimedOut:
        """What is said where an operation took too long."""
        template = N_("The request took longer than {seconds} seconds.")
        return TimedOut(template, seconds=f"{self.settings.query_timeout_s:g}")


@dataclass(frozen=True, slots=True)
class Work:
    """Parsed, valid and within the limits, for a caller who is known."""

    operation: Operation
    variables: Variables
    context: Context
    identity: Identity


def work_of(
    parameters: Parameters,
    server: Server,
    identity: Identity,
    accept_language: str,
    record: RequestLog,
    seen: dict[int, int],
) -> Work:
    """Raises RequestError."""
    record.subject = identity.caller.subject
    operation = server.documents.prepare(parameters.query).operation(parameters.operation_name)
    record.kind = operation.kind.value
    record.operation = operation.name
    record.cost = server.documents.check(operation, parameters.variables)
    translate = translator(language_of(accept_language))
    context = Context(server.database, identity.caller, record.request_id, translate, seen)
    return Work(operation, parameters.variables, context, identity)
