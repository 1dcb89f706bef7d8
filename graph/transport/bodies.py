"""Request bodies: their type, their size, and what those that are still arriving may take."""

import asyncio
from collections.abc import Mapping
from contextlib import aclosing
from typing import NoReturn

from starlette.requests import ClientDisconnect, Request

from graph.errors import RequestError
from models.errors import N_, BadInput, TimedOut, Unavailable

BODY_TIMEOUT_S = 15.0
"""How long a body may take from its first piece to its last."""

MAX_BYTES_IN_FLIGHT = 64 * 1_048_576
"""Bytes of all bodies of the process that are not yet complete."""


class BodyReader:
    """Reads the bodies of one process."""

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self.bytes_in_flight = 0

    async def read(self, request: Request, headers: Mapping[str, str]) -> bytes | bytearray:
        """Raises RequestError, as soon as there is a reason, and ClientDisconnect.

        The protocol ends a body that is not HTTP, and says so in the scope's `body_error`.
        """
        _check_type(headers)
        length = headers.get("content-length", "")
        if length.isdecimal() and int(length[:20]) > self.max_bytes:
            self._refuse_long()
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        body: bytes = message.get("body", b"")
        if len(body) > self.max_bytes:
            self._refuse_long()
        # Nearly every body comes in one piece. For the others, what follows costs as much as a short query.
        whole = await self._read_on(request, body) if message.get("more_body", False) else body
        if "body_error" in request.scope:
            raise request.scope["body_error"]
        return whole

    async def _read_on(self, request: Request, first: bytes) -> bytearray:
        """Read what follows the first piece, into one buffer: many small pieces would take many times their size."""
        body = bytearray()
        try:
            self._append(body, first)
            async with asyncio.timeout(BODY_TIMEOUT_S) as limit, aclosing(request.stream()) as stream:
                async for piece in stream:
                    self._append(body, piece)
        except TimeoutError:
            if not limit.expired():
                raise
            raise body_timeout(BODY_TIMEOUT_S) from None
        finally:
            self.bytes_in_flight -= len(body)
        return body

    def _append(self, body: bytearray, piece: bytes) -> None:
        if len(body) + len(piece) > self.max_bytes:
            self._refuse_long()
        if self.bytes_in_flight + len(piece) > MAX_BYTES_IN_FLIGHT:
            error = Unavailable(N_("The server is receiving too many bodies. Try again in a moment."))
            raise RequestError(error, status=503, keep_status=True, headers={"Retry-After": "1"})
        body += piece
        self.bytes_in_flight += len(piece)

    def _refuse_long(self) -> NoReturn:
        error = BadInput(N_("The body may have {limit} bytes at most."), limit=self.max_bytes)
        raise RequestError(error, status=413, keep_status=True)


def body_timeout(seconds: float) -> RequestError:
    error = TimedOut(N_("The body did not arrive within {seconds} seconds."), seconds=f"{seconds:g}")
    return RequestError(error, status=408, keep_status=True, headers={"Connection": "close"})


def _check_type(headers: Mapping[str, str]) -> None:
    if headers.get("content-type") == "application/json" and "content-encoding" not in headers:
        return
    media_type, *parameters = (part.strip().lower() for part in headers.get("content-type", "").split(";"))
    charsets = {
        value.strip('"') for name, _, value in (part.partition("=") for part in parameters) if name == "charset"
    }
    if media_type != "application/json" or not charsets <= {"utf-8", "utf8"}:
        error = BadInput(N_("The body must have the type application/json, in UTF-8."))
        raise RequestError(error, status=415, keep_status=True)
    if headers.get("content-encoding", "identity").lower() != "identity":
        error = BadInput(N_("The body must not have a Content-Encoding."))
        raise RequestError(error, status=415, keep_status=True)
