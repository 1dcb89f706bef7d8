"""The pages that a browser gets: the portal at / and GraphiQL at /graphql, with their policies and their assets."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from string import Template
from typing import Any
from urllib.parse import quote

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from graph.settings import Settings, origin

_FOLDER = Path(__file__).parent
_MANIFEST = _FOLDER / "dist" / "manifest.json"

ASSETS = _FOLDER / "dist" / "assets"
"""The folder that is served under `/assets`."""

_NOT_BUILT = '<p class="notice">This page is not built here. Run <code>make setup</code> in the project.</p>'
_LOADING = '<p class="notice">Loading …</p>'

# React Aria adds style elements, which have the nonce; GraphiQL's editor adds its own, which have none.
_PORTAL_STYLES = "'self' 'nonce-{nonce}'"
_GRAPHIQL_STYLES = "'self' 'unsafe-inline'"


@dataclass(frozen=True, slots=True)
class Page:
    """A page without what differs from one response to the next.

    Its URLs are relative, so that a proxy may serve it under a prefix.
    """

    html: str
    policy: str

    def respond(self, path: str, headers: Mapping[str, str]) -> Response:
        """The page for the address `path`."""
        nonce = secrets.token_urlsafe(16)
        html = self.html.replace("{nonce}", nonce)
        if path == "/graphql/":
            html = html.replace('="assets/', '="../assets/')
        policy = {"Content-Security-Policy": self.policy.replace("{nonce}", nonce)}
        return HTMLResponse(html, headers={**headers, **policy})


def portal(settings: Settings) -> Page:
    return _page("portal", settings, styles=_PORTAL_STYLES)


def graphiql(settings: Settings) -> Page:
    return _page("graphiql", settings, styles=_GRAPHIQL_STYLES)


def _page(name: str, settings: Settings, *, styles: str) -> Page:
    """The page of this name. If the assets are not built, it says how to build them."""
    template = Template((_FOLDER / name / "page.html").read_text(encoding="utf-8"))
    icon = "data:image/svg+xml," + quote((_FOLDER / "icon.svg").read_text(encoding="utf-8"))
    try:
        manifest = json.loads(_MANIFEST.read_text(encoding="utf-8"))[name]
    except FileNotFoundError:
        head, body = "", _NOT_BUILT
    else:
        head, body = _head(manifest), _LOADING
    client_settings = escape(json.dumps(_client_settings(settings)))
    html = template.substitute(settings=client_settings, nonce="{nonce}", icon=icon, head=head, body=body)
    return Page(html, _policy(settings, styles))


def _head(manifest: Mapping[str, Any]) -> str:
    lines = [
        f'<link rel="stylesheet" href="assets/{manifest["style"]}">',
        *(f'<link rel="modulepreload" href="assets/{chunk}">' for chunk in manifest["chunks"]),
        f'<script type="module" src="assets/{manifest["script"]}"></script>',
    ]
    return "\n    ".join(lines)


def _client_settings(settings: Settings) -> dict[str, Any]:
    """What a page must know of the server before its first request: see sign-in/settings.ts. None of it is secret."""
    oidc = None
    if settings.oidc_issuer:
        oidc = {
            "issuer": settings.oidc_issuer,
            "clientId": settings.oidc_client_id,
            "scope": settings.oidc_scope,
            "parameters": dict(settings.oidc_parameters),
        }
    return {"open": settings.is_open, "graphiql": settings.graphiql, "oidc": oidc}


def _policy(settings: Settings, styles: str) -> str:
    provider = (origin(settings.oidc_issuer), *settings.oidc_origins) if settings.oidc_issuer else ()
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            f"style-src {styles}",
            "img-src 'self' data:",
            "font-src 'self' data:",
            " ".join(("connect-src 'self'", *provider)),
            "worker-src 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )


class Assets(StaticFiles):
    """The files of the pages, which browsers keep forever: a file's name changes with its contents.

    Beside each lies the same compressed, as the build makes it.
    """

    async def get_response(self, path: str, scope: Scope) -> Response:
        accepted = Headers(scope=scope).get("accept-encoding", "")
        compressed = f"{path}.gz"
        if "gzip" in accepted and self.lookup_path(compressed)[1] is not None:
            response = await super().get_response(compressed, scope)
            response.headers["Content-Encoding"] = "gzip"
        else:
            response = await super().get_response(path, scope)
        response.headers["Vary"] = "Accept-Encoding"
        return response

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response
