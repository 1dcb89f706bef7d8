"""The pages run under their own policies, and the examples of GraphiQL fit the published schema."""

import gzip
import json
import os
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import httpx
import pytest
from graphql import (
    GraphQLSchema,
    OperationDefinitionNode,
    Source,
    build_schema,
    parse,
    validate,
)
from graphql.execution.values import VariableValues, get_variable_values

from graph.settings import Settings
from graph.web import pages
from graph.web.pages import Assets
from tests.graph.conftest import Serve

MakePage = Callable[[Settings], pages.Page]

ROOT = Path(__file__).parents[3]
EXAMPLES = sorted((ROOT / "graph/web/graphiql/examples").glob("*.graphql"))


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    return build_schema((ROOT / "schema.graphql").read_text(encoding="utf-8"))


class Elements(HTMLParser):
    """The tags of a page with their attributes, in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def set_up_dist(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    manifest = folder / "manifest.json"
    page = {"script": "main-1.js", "style": "main-2.css", "chunks": ["chunk-3.js"]}
    manifest.write_text(json.dumps({"portal": page, "graphiql": page}), encoding="utf-8")
    monkeypatch.setattr(pages, "_MANIFEST", manifest)


def directives(policy: str) -> dict[str, str]:
    return dict(line.split(" ", 1) for line in policy.split("; "))


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_example_is_valid_with_its_variables(file: Path, schema: GraphQLSchema) -> None:
    document = parse(Source(file.read_text(encoding="utf-8"), file.name))
    operation = next(node for node in document.definitions if isinstance(node, OperationDefinitionNode))
    variables_file = file.with_suffix(".json")
    variables = json.loads(variables_file.read_text("utf-8")) if variables_file.exists() else {}

    problems = validate(schema, document)
    coerced = get_variable_values(schema, operation.variable_definitions or (), variables)

    assert problems == []
    assert isinstance(coerced, VariableValues), coerced
    assert set(variables) <= set(coerced.coerced)


def test_every_example_is_a_tab() -> None:
    tabs = (ROOT / "graph/web/graphiql/src/examples.js").read_text(encoding="utf-8")

    imported = re.findall(r'"\.\./examples/(.+\.graphql)"', tabs)

    assert imported == [file.name for file in EXAMPLES]
    assert len(imported) == 9


@pytest.mark.parametrize("page", [pages.portal, pages.graphiql])
def test_page_holds_no_inline_script_and_no_other_host(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, page: MakePage
) -> None:
    set_up_dist(tmp_path, monkeypatch)

    elements = Elements(page(Settings()).html).found

    scripts = [attributes for tag, attributes in elements if tag == "script"]
    addresses = [value for _, attributes in elements for name, value in attributes.items() if name in {"href", "src"}]
    assert scripts == [{"type": "module", "src": "assets/main-1.js"}]
    assert {"assets/main-2.css", "assets/chunk-3.js"} < set(addresses)
    assert [address.partition(",")[0] for address in addresses if address and ":" in address] == ["data:image/svg+xml"]


@pytest.mark.parametrize("page", [pages.portal, pages.graphiql])
def test_page_without_assets_says_what_to_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, page: MakePage) -> None:
    monkeypatch.setattr(pages, "_MANIFEST", tmp_path / "manifest.json")

    html = page(Settings()).html

    assert "make setup" in html
    assert "<script" not in html


@pytest.mark.parametrize("page", [pages.portal, pages.graphiql])
def test_page_has_the_settings_of_the_sign_in(page: MakePage) -> None:
    settings = Settings(
        jwt_secret="x" * 32,
        oidc_issuer="https://login.example.com/a",
        oidc_client_id='<"&>',
        oidc_parameters=(("audience", "urn:a"),),
    )

    elements = Elements(page(settings).html).found

    (client_settings,) = [
        attributes["content"] for tag, attributes in elements if attributes.get("name") == "pickup-settings"
    ]
    assert json.loads(client_settings or "") == {
        "open": False,
        "graphiql": True,
        "oidc": {
            "issuer": "https://login.example.com/a",
            "clientId": '<"&>',
            "scope": None,
            "parameters": {"audience": "urn:a"},
        },
    }


@pytest.mark.parametrize("address", ["/", "/graphql"])
@pytest.mark.parametrize("others", [(), ("https://tokens.example.com", "https://keys.example.com")])
async def test_page_may_connect_to_the_provider_alone(serve: Serve, address: str, others: tuple[str, ...]) -> None:
    issuer = "https://login.example.com:8443/a"
    async with serve(oidc_issuer=issuer, oidc_client_id="pickup", oidc_origins=others) as client:
        page = await client.get(address, headers={"Accept": "text/html"})

    sources = directives(page.headers["content-security-policy"])["connect-src"].split()
    assert sources == ["'self'", "https://login.example.com:8443", *others]


async def test_portal_is_fetched_anew_with_a_new_nonce(serve: Serve) -> None:
    async with serve(jwt_secret="x" * 32) as client:
        first, second = [await client.get("/") for _ in range(2)]

    nonces = []
    for page in (first, second):
        (nonce,) = [attributes["nonce"] for _, attributes in Elements(page.text).found if "nonce" in attributes]
        assert directives(page.headers["content-security-policy"])["style-src"] == f"'self' 'nonce-{nonce}'"
        nonces.append(nonce)
    assert nonces[0] != nonces[1]
    assert (first.status_code, first.headers["cache-control"]) == (200, "no-cache")
    assert first.headers["content-type"] == "text/html; charset=utf-8"


def test_script_of_the_first_view_is_small() -> None:
    if not pages.ASSETS.is_dir():
        reason = "make setup has not built the pages"
        pytest.fail(reason) if os.environ.get("PICKUP_REQUIRE_BROWSER") else pytest.skip(reason)
    manifest = json.loads((pages.ASSETS.parent / "manifest.json").read_text("utf-8"))["portal"]

    sizes = [(pages.ASSETS / f"{name}.gz").stat().st_size for name in (manifest["script"], *manifest["chunks"])]

    assert 0 < sum(sizes) <= 200_000


async def test_assets_that_are_not_built_are_not_found(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "ASSETS", tmp_path / "assets")

    async with serve() as client:
        response = await client.get("/assets/main-1.js")

    assert response.status_code == 404
    assert response.json()["errors"][0]["extensions"] == {"code": "NOT_FOUND"}


@pytest.mark.parametrize(
    ("page", "styles"),
    [(pages.portal, "'self' 'nonce-{nonce}'"), (pages.graphiql, "'self' 'unsafe-inline'")],
)
def test_policy_allows_no_foreign_source(page: MakePage, styles: str) -> None:
    policy = directives(page(Settings()).policy)

    assert policy.pop("style-src") == styles
    assert policy.pop("default-src") == "'none'"
    assert policy["script-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert {source for value in policy.values() for source in value.split()} == {"'self'", "'none'", "data:"}


async def test_asset_is_cached_forever(tmp_path: Path) -> None:
    (tmp_path / "page-1a2b.js").write_text("1")
    transport = httpx.ASGITransport(Assets(directory=tmp_path))

    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        response = await client.get("/page-1a2b.js")

    assert response.headers["cache-control"] == "public, max-age=31536000, immutable"


async def test_asset_is_sent_compressed_to_who_takes_that(tmp_path: Path) -> None:
    (tmp_path / "page-1a2b.js").write_text("1")
    (tmp_path / "page-1a2b.js.gz").write_bytes(gzip.compress(b"1"))
    transport = httpx.ASGITransport(Assets(directory=tmp_path))

    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        plain, compressed = [
            await client.get("/page-1a2b.js", headers={"Accept-Encoding": encoding}) for encoding in ("", "br, gzip")
        ]

    assert [answer.text for answer in (plain, compressed)] == ["1", "1"]
    assert [answer.headers.get("content-encoding") for answer in (plain, compressed)] == [None, "gzip"]
    assert {answer.headers["content-type"] for answer in (plain, compressed)} == {"text/javascript; charset=utf-8"}
    assert {answer.headers["vary"] for answer in (plain, compressed)} == {"Accept-Encoding"}
    assert {answer.headers["cache-control"] for answer in (plain, compressed)} == {
        "public, max-age=31536000, immutable"
    }
