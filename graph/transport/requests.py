"""From an HTTP request to the parameters of a GraphQL request, or to a refusal that says what was wrong."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect
from starlette.types import Receive

from graph.errors import RequestError
from graph.transport.encoding import decode
from models.errors import N_, BadInput

Headers = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Parameters:
    """A well-formed GraphQL request."""

    query: str
    variables: dict[str, Any]
    operation_name: str | None


def parameters_of_url(query_string: bytes) -> Parameters:
    """Of a GET request: `variables` and `extensions` are JSON texts; an empty text is as good as none."""
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
    return parameters_of(given)


async def parameters_of_body(headers: Headers, receive: Receive, most_bytes: int) -> Parameters:
    """Of a POST request, read piece by piece until there is too much of it. Raises RequestError."""
    _check_type(headers)
    body = await _body(headers, receive, most_bytes)
    try:
        given = decode(body)
    except ValueError:
        _refuse(N_("The body is not valid JSON."))
    if isinstance(given, list):
        _refuse(N_("Batches are not served: send one request at a time."))
    if not isinstance(given, dict):
        _refuse(N_("The body has to be a JSON object."))
    return parameters_of(given)


def _check_type(headers: Headers) -> None:
    media_type, *parameters = (part.strip().lower() for part in headers.get("content-type", "").split(";"))
    charsets = {
        value.strip('"') for name, _, value in (part.partition("=") for part in parameters) if name == "charset"
    }
    if media_type != "application/json" or not charsets <= {"utf-8", "utf8"}:
        _refuse(N_("The body has to be of the type application/json, in UTF-8."), status=415)
    if headers.get("content-encoding", "identity").lower() != "identity":
        _refuse(N_("The body has to come without a Content-Encoding."), status=415)


async def _body(headers: Headers, receive: Receive, most_bytes: int) -> bytes:
    length = headers.get("content-length", "")
    if length.isdecimal() and int(length[:20]) > most_bytes:
        _too_large(most_bytes)
    pieces: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        piece = message.get("body", b"")
        size += len(piece)
        if size > most_bytes:
            _too_large(most_bytes)
        pieces.append(piece)
        if not message.get("more_body", False):
            return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def parameters_of(given: dict[str, Any]) -> Parameters:
    """Other names than those of a GraphQL request are ignored; null is as good as absent."""
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


def _too_large(most_bytes: int) -> NoReturn:
    _refuse(N_("The body may have {limit} bytes at most."), status=413, limit=most_bytes)


def _refuse(template: str, status: int = 400, **values: object) -> NoReturn:
    raise RequestError(BadInput(template, **values), status=status, keep_status=True)
