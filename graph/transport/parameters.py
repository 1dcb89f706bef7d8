"""The parameters of GraphQL requests, from addresses, bodies and headers."""

import codecs
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, NoReturn
from urllib.parse import parse_qsl

from graph.errors import RequestError
from graph.json import decode
from graph.transport.persisted_queries import parse_persisted_query
from graph.transport.responses import MAX_REVISIONS, REVISION_HEADER
from models.errors import N_, BadInput

MAX_HEADER_LINES = 100
MAX_HEADER_BYTES = 65_536

_REVISION = re.compile(r"Site:([1-9]\d{0,17})=(0|[1-9]\d{0,17})", re.ASCII)
_EVENT_ID = re.compile(r"\d{1,18}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Parameters:
    """A well-formed GraphQL request. Without a query it has the hash of one; `size` is that of its body in bytes."""

    query: str | None
    variables: dict[str, Any]
    operation_name: str | None
    query_sha256: str | None
    size: int | None = None


def fold_headers(headers: Collection[tuple[bytes, bytes]]) -> dict[str, str]:
    """The headers by their names; those of one name become one list, as HTTP defines it.

    Each is decoded once: Starlette's Headers look through all lines for each name. White space around a value is not
    part of it. Raises RequestError if there are too many lines or bytes.
    """
    folded: dict[str, str] = {}
    room = MAX_HEADER_BYTES if len(headers) <= MAX_HEADER_LINES else 0
    for raw_name, raw_value in headers:
        room -= len(raw_name) + len(raw_value)
        if room < 0:
            raise headers_too_large()
        name, value = raw_name.decode("latin-1"), raw_value.strip(b" \t").decode("latin-1")
        folded[name] = f"{folded[name]}, {value}" if name in folded else value
    return folded


def headers_too_large() -> RequestError:
    template = N_("The headers may have {lines} lines and {limit} bytes at most.")
    error = BadInput(template, lines=MAX_HEADER_LINES, limit=MAX_HEADER_BYTES)
    return RequestError(error, status=431, keep_status=True)


def parse_query_string(query_string: bytes) -> Parameters:
    """Parse a GET request: `variables` and `extensions` are JSON; an empty parameter is as good as none."""
    try:
        given: dict[str, Any] = {
            name: text
            for name, text in parse_qsl(query_string.decode(), keep_blank_values=True, errors="strict")
            if text
        }
    except ValueError:
        _refuse(N_("The query string is not URL-encoded UTF-8."))
    for name in ("variables", "extensions"):
        if name in given:
            try:
                given[name] = decode(given[name].encode())
            except ValueError:
                _refuse(N_("The parameter {name} is not valid JSON."), name=name)
    return parse_parameters(given)


def parse_body(body: bytes | bytearray) -> Parameters:
    """Parse a POST request; a byte order mark before the JSON is passed over. Raises RequestError."""
    try:
        given = decode(body.removeprefix(codecs.BOM_UTF8))
    except ValueError:
        _refuse(N_("The body is not valid JSON."))
    if isinstance(given, list):
        _refuse(N_("Batches are not served: send one request at a time."))
    if not isinstance(given, dict):
        _refuse(N_("The body must be a JSON object."))
    return parse_parameters(given, len(body))


def parse_parameters(given: dict[str, Any], size: int | None = None) -> Parameters:
    """Ignores other names than those of a GraphQL request; null is as good as absent."""
    query = given.get("query")
    variables = given.get("variables")
    operation_name = given.get("operationName")
    extensions = given.get("extensions")
    if query is not None and not isinstance(query, str):
        _refuse(N_("The parameter {name} must be a string."), name="query")
    if variables is not None and not isinstance(variables, dict):
        _refuse(N_("The parameter {name} must be an object."), name="variables")
    if operation_name is not None and not isinstance(operation_name, str):
        _refuse(N_("The parameter {name} must be a string."), name="operationName")
    if extensions is not None and not isinstance(extensions, dict):
        _refuse(N_("The parameter {name} must be an object."), name="extensions")
    query_sha256 = parse_persisted_query(extensions, query) if extensions else None
    if query is None and query_sha256 is None:
        _refuse(N_("The parameter {name} must be a string."), name="query")
    return Parameters(query, variables or {}, operation_name or None, query_sha256, size)


def parse_last_event_id(header: str | None) -> int | None:
    """Parse a Last-Event-ID header: the revision of the last event that the client has. Raises RequestError."""
    if not header:
        return None
    if not _EVENT_ID.fullmatch(header):
        raise RequestError(BadInput(N_("Last-Event-ID must be the id of an event: the revision of a change.")))
    return int(header)


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


def _refuse(template: str, **values: object) -> NoReturn:
    raise RequestError(BadInput(template, **values), keep_status=True)
