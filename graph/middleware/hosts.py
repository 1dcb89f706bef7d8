"""The host check of an open server, against DNS rebinding."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from graph.errors import format_error
from graph.i18n import translator
from graph.transport.responses import GraphQLResponse, accept_language
from models.errors import N_, Forbidden


def is_loopback(host: str) -> bool:
    """Whether a Host header names this computer: localhost, 127.0.0.0/8 or [::1], with or without a port."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
        return name == "localhost" or ip_address(name).is_loopback
    except ValueError:
        return False


class LoopbackHostMiddleware:
    """Refuse requests for any host but this computer: a page elsewhere may have its own name resolve to it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        hosts = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
        if len(hosts) == 1 and is_loopback(hosts[0]):
            await self.app(scope, receive, send)
            return
        error = Forbidden(N_("Without keys the server answers to localhost only."))
        if scope["type"] == "websocket":
            scope["request_log"].codes.append(error.code)
            await send({"type": "websocket.close"})
            return
        response = GraphQLResponse({"errors": [format_error(error, translator(accept_language(scope)))]}, 403)
        await response(scope, receive, send)
