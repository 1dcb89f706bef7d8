"""The last place where an exception becomes a response."""

import asyncio
from contextlib import suppress

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.utils import ClientDisconnected

from graph.errors import STOPPING, FormattedError, format_error, format_internal_error, log_internal_error
from graph.i18n import Translate, translator
from graph.observability.request_log import RequestLog
from graph.transport.responses import GraphQLResponse, accept_language
from models.errors import Unavailable

# WebSocket close codes.
_INTERNAL_ERROR = 1011
_SERVICE_RESTART = 1012


class ErrorMiddleware:
    """Log exceptions, and answer them with an error that shows nothing of the server's insides.

    A cancellation is answered too, and ends here whoever asked for it: uvicorn cancels a request only when the server
    stops and has waited as long as it may, and would log a traceback. So nothing above it may cancel a request and
    count on the error, as `asyncio.timeout` does.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        request_log: RequestLog = scope["request_log"]
        try:
            await self.app(scope, receive, send)
        except asyncio.CancelledError:
            error = format_error(Unavailable(STOPPING), _translate(scope))
            if "committed" in scope:
                error["extensions"]["committed"] = scope["committed"]
            await _answer((scope, receive, send), 503, _SERVICE_RESTART, error)
        except (ClientDisconnect, ClientDisconnected):
            request_log.status = 499
        except Exception as error:  # noqa: BLE001 - the last place where it can be answered
            log_internal_error(error, request_log.request_id)
            internal = format_internal_error(_translate(scope), request_log.request_id)
            await _answer((scope, receive, send), 500, _INTERNAL_ERROR, internal)


async def _answer(call: tuple[Scope, Receive, Send], status: int, close_code: int, error: FormattedError) -> None:
    """Respond with the status, or close the WebSocket with the code, unless a response has begun."""
    scope, receive, send = call
    request_log: RequestLog = scope["request_log"]
    if scope["type"] == "http" and request_log.status == 0:
        await GraphQLResponse({"errors": [error]}, status)(scope, receive, send)
        return
    request_log.codes.append(error["extensions"]["code"])
    if scope["type"] == "websocket" and request_log.status == 0:
        with suppress(ClientDisconnected):
            await send({"type": "websocket.close", "code": close_code})


def _translate(scope: Scope) -> Translate:
    return translator(accept_language(scope))
