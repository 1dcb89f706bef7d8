"""Responses: their media types, their headers and their JSON."""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from enum import Enum
from functools import lru_cache
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from graph.json import encode
from models.row import global_id
from models.site import Site

REVISION_HEADER = "Pickup-Revision"
"""By which a client reads its own writes if queries go to a replica: `Pickup-Revision: Site:5=42, Site:7=3`.

A response to a mutation has the revisions of the sites that it changed; a query sent with them reads no older state.
"""

MAX_REVISIONS = 100
"""Sites in one Pickup-Revision header."""

LARGE_ANSWER = 262_144
"""Bytes of an answer from which on it counts as memory of the caller until the client has read it."""

HEADERS = {"Cache-Control": "no-store", "Vary": "Accept, Accept-Language"}
_RAW_HEADERS = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]
PIECE = 65_536
_MAX_CACHED_ACCEPT = 500


class MediaType(Enum):
    """The types of responses."""

    RESPONSE = "application/graphql-response+json"
    JSON = "application/json"
    EVENTS = "text/event-stream"
    PAGE = "text/html"

    def __init__(self, name: str) -> None:
        self.content_type = f"{name}; charset=utf-8"


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


class GraphQLResponse(Response):
    """A whole GraphQL response; it notes the codes of its errors in the request log."""

    def __init__(
        self,
        answer: Mapping[str, Any],
        status: int = 200,
        media_type: MediaType = MediaType.JSON,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.answer = answer
        self.memory: AbstractContextManager[object] = nullcontext()
        """Held until the response is sent."""
        super().__init__(answer, status, {**HEADERS, **headers} if headers else HEADERS, media_type.content_type)

    def render(self, content: Any) -> bytes:
        return encode(content)

    def init_headers(self, headers: Mapping[str, str] | None = None) -> None:
        """Starlette's, with the lines that nearly every response has made once: 9 microseconds instead of 15."""
        if headers is not HEADERS:
            super().init_headers(headers)
            return
        length = str(len(self.body)).encode("latin-1")
        self.raw_headers = [*_RAW_HEADERS, (b"content-length", length), _content_type(self.media_type or "")]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["request_log"].add_errors(self.answer)
        with self.memory:
            if len(self.body) <= LARGE_ANSWER or scope["method"] == "HEAD":
                await super().__call__(scope, receive, send)
            else:
                await self._send_in_pieces(send)

    async def _send_in_pieces(self, send: Send) -> None:
        """One when the last has gone out: uvicorn keeps what it is given until the client reads, and returns at once.

        Without this 35 answers of 10 MB that were not read held 400 MiB for up to a minute.
        """
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        for start in range(0, len(self.body), PIECE):
            piece = bytes(self.body[start : start + PIECE])
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


@lru_cache(maxsize=16)
def _content_type(media_type: str) -> tuple[bytes, bytes]:
    return b"content-type", media_type.encode("latin-1")


def accept_language(scope: Scope) -> str:
    header: bytes = dict(scope["headers"]).get(b"accept-language", b"")
    return header.decode("latin-1")


def format_revisions(revisions: Mapping[int, int]) -> str:
    """The value of a Pickup-Revision header, from revisions by the keys of their sites: the last ones of too many."""
    last = list(revisions.items())[-MAX_REVISIONS:]
    return ", ".join(f"{global_id(Site, key)}={revision}" for key, revision in last)
