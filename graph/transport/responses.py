"""Answers on the wire."""

from collections.abc import Mapping

from starlette.types import Send

from graph.errors import FormattedError
from graph.transport.encoding import encode
from graph.transport.negotiation import MediaType

_ALWAYS = [(b"cache-control", b"no-store"), (b"vary", b"Accept, Accept-Language")]


async def respond(
    send: Send,
    status: int,
    media_type: MediaType | None,
    body: bytes,
    headers: Mapping[str, str] | None = None,
) -> None:
    """A whole answer; without a type it has no body. To a HEAD request the server sends all but the body."""
    lines = [*_ALWAYS, (b"content-length", str(len(body)).encode())]
    if media_type is not None:
        lines.append((b"content-type", media_type.content_type))
    if headers:
        lines += [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": lines})
    await send({"type": "http.response.body", "body": body})


async def respond_errors(send: Send, status: int, *errors: FormattedError) -> None:
    """For what never became a GraphQL request."""
    await respond(send, status, MediaType.JSON, encode({"errors": errors}))
