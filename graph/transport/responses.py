"""Responses: their media types, their headers, and whole responses that need no endpoint."""

from collections.abc import Mapping
from enum import Enum
from functools import lru_cache

from starlette.types import Scope, Send

from graph.errors import FormattedError
from graph.transport.json import encode
from models.row import global_id
from models.site import Site

REVISION_HEADER = "Pickup-Revision"
"""By which a client reads its own writes if queries go to a replica: `Pickup-Revision: Site:5=42, Site:7=3`.

A response to a mutation has the revisions of the sites that it changed; a query sent with them reads no older state.
"""

SLOW_READER_S = 30.0
"""How long a client may take to read what was sent; after that the connection is given up."""

_HEADERS = [(b"cache-control", b"no-store"), (b"vary", b"Accept, Accept-Language")]
_MAX_CACHED_ACCEPT = 500


class MediaType(Enum):
    """The types of responses."""

    RESPONSE = "application/graphql-response+json"
    JSON = "application/json"
    EVENTS = "text/event-stream"
    PAGE = "text/html"

    @property
    def content_type(self) -> bytes:
        return f"{self.value}; charset=utf-8".encode()


_BY_NAME = {media_type.value: media_type for media_type in MediaType}
_BY_RANGE = (MediaType.JSON, MediaType.RESPONSE)
"""The types that `*/*` and `application/*` match, in order of preference; a stream or a page must be named."""


def negotiate(accept: str | None, *, page: bool) -> MediaType | None:
    """Choose the type of the highest weight, of equal ones the first; None if no type is acceptable.

    A type's own weight overrides that of a range, and `application/*` overrides `*/*`. `page` says whether there is an
    HTML page. Without an Accept header the type is JSON.
    """
    if accept is None or not accept.strip():
        return MediaType.JSON
    if len(accept) > _MAX_CACHED_ACCEPT:
        return _negotiate(accept, page)
    return _negotiate_cached(accept, page)


def _negotiate(accept: str, page: bool) -> MediaType | None:
    weights: dict[str, float] = {}
    for media_range in accept.lower().split(","):
        name, *parameters = (part.strip() for part in media_range.split(";"))
        weight = _weight(parameters)
        if weight is not None:
            weights[name] = max(weight, weights.get(name, 0.0))
    acceptable = {_BY_NAME[name]: weight for name, weight in weights.items() if name in _BY_NAME}
    for media_type in _BY_RANGE:
        acceptable.setdefault(media_type, weights.get("application/*", weights.get("*/*", 0.0)))
    if not page:
        acceptable.pop(MediaType.PAGE, None)
    best = max(acceptable, key=acceptable.__getitem__)
    return best if acceptable[best] > 0 else None


_negotiate_cached = lru_cache(maxsize=256)(_negotiate)


def _weight(parameters: list[str]) -> float | None:
    """The weight of a media range; None if it asks for another character set than UTF-8."""
    weight = 1.0
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name == "charset" and value.strip('"') not in ("utf-8", "utf8"):
            return None
        if name == "q":
            try:
                weight = min(max(float(value), 0.0), 1.0)
            except ValueError:
                return None
    return weight


async def respond(
    send: Send,
    status: int,
    media_type: MediaType | None,
    body: bytes,
    headers: Mapping[str, str] | None = None,
) -> None:
    """Send a whole response; without a type it has no body. To a HEAD request the server sends all but the body."""
    lines = [*_HEADERS, (b"content-length", str(len(body)).encode())]
    if media_type is not None:
        lines.append((b"content-type", media_type.content_type))
    if headers:
        lines += [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": lines})
    await send({"type": "http.response.body", "body": body})


async def respond_errors(send: Send, status: int, *errors: FormattedError) -> None:
    """Send errors of a request that did not become a GraphQL request."""
    await respond(send, status, MediaType.JSON, encode({"errors": errors}))


def accept_language(scope: Scope) -> str:
    header: bytes = dict(scope["headers"]).get(b"accept-language", b"")
    return header.decode("latin-1")


def format_revisions(revisions: Mapping[int, int]) -> str:
    """The value of a Pickup-Revision header, from revisions by the keys of their sites."""
    return ", ".join(f"{global_id(Site, key)}={revision}" for key, revision in revisions.items())
