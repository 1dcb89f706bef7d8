"""The page that a browser gets at /graphql: its HTML, its policy, and where its assets lie."""

import json
from pathlib import Path
from string import Template
from urllib.parse import quote

_FOLDER = Path(__file__).parent
_MANIFEST = _FOLDER / "dist" / "manifest.json"

ASSETS = _FOLDER / "dist" / "assets"
"""The folder that is served under `/graphiql`; a file's name changes with its contents."""

ASSETS_CACHE_CONTROL = "public, max-age=31536000, immutable"

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
    """The HTML, or a line that says what to run where the assets were never built.

    Its addresses are relative to `/graphql`, so a proxy may serve both under a prefix.
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
