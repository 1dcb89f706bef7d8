"""Which pages may reach the server: by the Host that they ask for, and by the Origin that they come from."""

from collections.abc import Iterable
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from graph.errors import format_error
from graph.i18n import language_of, translator
from graph.transport.encoding import encode
from graph.transport.negotiation import MediaType
from graph.transport.responses import respond_errors
from models.errors import N_, Forbidden


def is_loopback(host: str) -> bool:
    """Whether a Host header names this computer: localhost, 127.0.0.0/8 or [::1], with or without a port."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
        return name == "localhost" or ip_address(name).is_loopback
    except ValueError:
        return False


def is_welcome(origin: str, host: str, allowed: Iterable[str]) -> bool:
    """Whether a page of this origin may open a WebSocket: ours, or one of those allowed.

    The scheme of our own is not compared: a proxy in front of us may have taken TLS off.
    """
    return origin.lower() in allowed or origin.partition("://")[2].lower() == host.lower()


class LoopbackHosts:
    """For an open server: a page elsewhere that has its own name point here (DNS rebinding) is refused."""

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
        error = Forbidden(N_("Without keys the server answers to localhost alone."))
        scope["record"].codes.append(error.code)
        if scope["type"] == "websocket":
            await send({"type": "websocket.close"})
        else:
            accepted = dict(scope["headers"]).get(b"accept-language", b"").decode("latin-1")
            await respond_errors(send, 403, format_error(error, translator(language_of(accepted))))


class Origins(CORSMiddleware):
    """For the pages of origins that are allowed; the preflight of any other is refused like any request, in JSON."""

    def preflight_response(self, request_headers: Headers) -> Response:
        response = super().preflight_response(request_headers)
        if response.status_code == 200:
            return response
        error = Forbidden(N_("A page of that origin may not send this request."))
        translate = translator(language_of(request_headers.get("accept-language", "")))
        headers = {"Vary": response.headers["Vary"], "Content-Type": MediaType.JSON.content_type.decode()}
        return _Refused(encode({"errors": [format_error(error, translate)]}), 403, headers)


class _Refused(Response):
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["record"].codes.append(Forbidden.code)
        await super().__call__(scope, receive, send)
