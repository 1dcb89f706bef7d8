"""GraphiQL, the page that a browser gets at /graphql: its HTML, its content security policy and its assets."""

import json
from pathlib import Path
from string import Template
from typing import Any
from urllib.parse import quote

from starlette.responses import Response
from starlette.staticfiles import StaticFiles

_FOLDER = Path(__file__).parent
_MANIFEST = _FOLDER / "dist" / "manifest.json"

ASSETS = _FOLDER / "dist" / "assets"
"""The folder that is served under `/graphiql`."""

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",  # the editor writes its colours into style elements
        "img-src 'self' data:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "worker-src 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'none'",
    )
)

_NOT_BUILT = '<p class="notice">GraphiQL is not built here. Run <code>make setup</code> in the project.</p>'


def page() -> str:
    """The HTML. If the assets are not built, it says how to build them.

    Its URLs are relative to `/graphql`, so that a proxy may serve both under a prefix.
    """
    template = Template((_FOLDER / "page.html").read_text(encoding="utf-8"))
    icon = "data:image/svg+xml," + quote((_FOLDER / "icon.svg").read_text(encoding="utf-8"))
    try:
        manifest = json.loads(_MANIFEST.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return template.substitute(icon=icon, head="", body=_NOT_BUILT)
    head = (
        f'<link rel="stylesheet" href="graphiql/{manifest["style"]}">\n'
        f'    <script type="module" src="graphiql/{manifest["script"]}"></script>'
    )
    return template.substitute(icon=icon, head=head, body='<p class="notice">Loading GraphiQL …</p>')


class Assets(StaticFiles):
    """The files of the page, which browsers keep forever: a file's name changes with its contents."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response
