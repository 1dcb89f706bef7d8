"""Requests: their GraphQL parameters, and everything that a valid one needs to be executed."""

import asyncio
import re
from collections.abc import Collection, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, NoReturn
from urllib.parse import parse_qsl

from graphql import GraphQLSchema, OperationType
from starlette.requests import ClientDisconnect, Request

from graph.auth.authenticator import Authenticator, Identity
from graph.context import Context
from graph.errors import FormattedError, RequestError, format_error
from graph.execution.documents import Documents, Operation
from graph.execution.executor import Variables
from graph.i18n import translator
from graph.observability.request_log import RequestLog
from graph.settings import Settings
from graph.transport.json import decode
from graph.transport.responses import REVISION_HEADER
from models.database.database import Database
from models.errors import N_, BadInput, PickupError, TimedOut

MAX_HEADER_LINES = 100
MAX_HEADER_BYTES = 65_536

MAX_REVISIONS = 100
"""Sites in one Pickup-Revision header."""

_REVISION = re.compile(r"Site:([1-9]\d{0,17})=(0|[1-9]\d{0,17})", re.ASCII)


class AppState:
    """What all requests share; the last two exist between the start and the stop of the application."""

    database: Database
    stopping: asyncio.Future[None]

    def __init__(self, schema: GraphQLSchema, settings: Settings) -> None:
        self.settings = settings
        self.documents = Documents(schema, settings)
        self.authenticator = Authenticator(settings)

    def timeout_error(self, request: "PreparedRequest | None" = None) -> RequestError:
        """The error of a request that took too long, with the mutations that were committed before."""
        template = N_("The request took longer than {seconds} seconds.")
        error = TimedOut(template, seconds=f"{self.settings.query_timeout_s:g}")
        return RequestError(error if request is None else request.interrupted_by(error), status=504)


@dataclass(frozen=True, slots=True)
class Parameters:
    """A well-formed GraphQL request."""

    query: str
    variables: dict[str, Any]
    operation_name: str | None


@dataclass(frozen=True, slots=True)
class PreparedRequest:
    """A request that is parsed, valid, within the limits and authenticated."""

    operation: Operation
    variables: Variables
    context: Context
    identity: Identity

    def interrupted_by(self, error: PickupError) -> FormattedError:
        """Format the error that ended the execution, with the mutations that were committed before."""
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
) -> PreparedRequest:
    """Raises RequestError."""
    request_log.subject = identity.caller.subject
    operation = state.documents.prepare(parameters.query).operation(parameters.operation_name)
    request_log.kind = operation.kind.value
    request_log.operation = operation.name
    request_log.cost = state.documents.check(operation, parameters.variables)
    translate = translator(accept_language)
    context = Context(state.database, identity.caller, request_log.request_id, translate, min_revisions)
    return PreparedRequest(operation, parameters.variables, context, identity)


def check_headers(headers: Collection[tuple[bytes, bytes]]) -> None:
    """Raises RequestError if there are too many lines or bytes."""
    if len(headers) > MAX_HEADER_LINES or sum(len(name) + len(value) for name, value in headers) > MAX_HEADER_BYTES:
        template = N_("The headers may have {lines} lines and {limit} bytes at most.")
        _refuse(template, status=431, lines=MAX_HEADER_LINES, limit=MAX_HEADER_BYTES)


def parse_query_string(query_string: bytes) -> Parameters:
    """Parse a GET request: `variables` and `extensions` are JSON; an empty parameter is as good as none."""
    try:
        given: dict[str, Any] = {
            name: text
            for name, text in parse_qsl(query_string.decode(), keep_blank_values=True, errors="strict")
            if text
        }
    except ValueError:
        _refuse(N_("The query of the address is not URL-encoded UTF-8."))
    for name in ("variables", "extensions"):
        if name in given:
            try:
                given[name] = decode(given[name].encode())
            except ValueError:
                _refuse(N_("The parameter {name} is not valid JSON."), name=name)
    return parse_parameters(given)


async def parse_body(request: Request, max_bytes: int) -> Parameters:
    """Parse a POST request. Raises RequestError, for a long body as soon as it is too long, and ClientDisconnect."""
    _check_type(request.headers)
    body = await _read_body(request, max_bytes)
    try:
        given = decode(body)
    except ValueError:
        _refuse(N_("The body is not valid JSON."))
    if isinstance(given, list):
        _refuse(N_("Batches are not served: send one request at a time."))
    if not isinstance(given, dict):
        _refuse(N_("The body has to be a JSON object."))
    return parse_parameters(given)


def parse_parameters(given: dict[str, Any]) -> Parameters:
    """Ignores other names than those of a GraphQL request; null is as good as absent."""
    query = given.get("query")
    variables = given.get("variables")
    operation_name = given.get("operationName")
    extensions = given.get("extensions")
    if not isinstance(query, str):
        _refuse(N_("The parameter {name} has to be a text."), name="query")
    if variables is not None and not isinstance(variables, dict):
        _refuse(N_("The parameter {name} has to be an object."), name="variables")
    if operation_name is not None and not isinstance(operation_name, str):
        _refuse(N_("The parameter {name} has to be a text."), name="operationName")
    if extensions is not None and not isinstance(extensions, dict):
        _refuse(N_("The parameter {name} has to be an object."), name="extensions")
    return Parameters(query, variables or {}, operation_name or None)


def parse_revisions(header: str) -> dict[int, int]:
    """Parse a Pickup-Revision header: the highest revision of each site, by its key. Raises RequestError."""
    revisions: dict[int, int] = {}
    for part in header.split(",") if header else ():
        found = _REVISION.fullmatch(part.strip())
        if found is None or len(revisions) >= MAX_REVISIONS:
            template = N_("The header {name} takes at most {most} revisions of sites, as in {example}.")
            _refuse(template, name=REVISION_HEADER, most=MAX_REVISIONS, example="Site:5=42, Site:7=3")
        key, revision = int(found[1]), int(found[2])
        revisions[key] = max(revision, revisions.get(key, 0))
    return revisions


def _check_type(headers: Mapping[str, str]) -> None:
    media_type, *parameters = (part.strip().lower() for part in headers.get("content-type", "").split(";"))
    charsets = {
        value.strip('"') for name, _, value in (part.partition("=") for part in parameters) if name == "charset"
    }
    if media_type != "application/json" or not charsets <= {"utf-8", "utf8"}:
        _refuse(N_("The body has to be of the type application/json, in UTF-8."), status=415)
    if headers.get("content-encoding", "identity").lower() != "identity":
        _refuse(N_("The body has to come without a Content-Encoding."), status=415)


async def _read_body(request: Request, max_bytes: int) -> bytes:
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length[:20]) > max_bytes:
        _refuse_long_body(max_bytes)
    first = await request.receive()
    if first["type"] == "http.disconnect":
        raise ClientDisconnect
    # Nearly every body comes in one message, and stream() takes as long as all of its parsing.
    chunks: list[bytes] = [first.get("body", b"")]
    size = len(chunks[0])
    if size > max_bytes:
        _refuse_long_body(max_bytes)
    if not first.get("more_body", False):
        return chunks[0]
    async with aclosing(request.stream()) as stream:
        async for chunk in stream:
            size += len(chunk)
            if size > max_bytes:
                _refuse_long_body(max_bytes)
            chunks.append(chunk)
    return b"".join(chunks)


def _refuse_long_body(max_bytes: int) -> NoReturn:
    _refuse(N_("The body may have {limit} bytes at most."), status=413, limit=max_bytes)


def _refuse(template: str, status: int = 400, **values: object) -> NoReturn:
    raise RequestError(BadInput(template, **values), status=status, keep_status=True)
