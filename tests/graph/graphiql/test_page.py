"""GraphiQL: its examples fit the published schema, and the page runs under its own policy."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

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

from graph.graphiql import page
from tests.graph.conftest import Serve

ROOT = Path(__file__).parents[3]
EXAMPLES = sorted((ROOT / "graph/graphiql/examples").glob("*.graphql"))


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
    manifest.write_text('{"script": "main-1.js", "style": "main-2.css"}', encoding="utf-8")
    monkeypatch.setattr(page, "_MANIFEST", manifest)


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
    tabs = (ROOT / "graph/graphiql/src/examples.js").read_text(encoding="utf-8")

    imported = re.findall(r'"\.\./examples/(.+\.graphql)"', tabs)

    assert imported == [file.name for file in EXAMPLES]
    assert len(imported) == 6


def test_page_holds_no_inline_script_and_no_other_host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    set_up_dist(tmp_path, monkeypatch)

    elements = Elements(page.page()).found

    scripts = [attributes for tag, attributes in elements if tag == "script"]
    addresses = [value for _, attributes in elements for name, value in attributes.items() if name in {"href", "src"}]
    assert scripts == [{"type": "module", "src": "graphiql/main-1.js"}]
    assert "graphiql/main-2.css" in addresses
    assert [address.partition(",")[0] for address in addresses if address and ":" in address] == ["data:image/svg+xml"]


def test_page_without_assets_says_what_to_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "_MANIFEST", tmp_path / "manifest.json")

    html = page.page()

    assert "make setup" in html
    assert "<script" not in html


async def test_assets_that_are_not_built_are_not_found(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "ASSETS", tmp_path / "assets")

    async with serve() as client:
        response = await client.get("/graphiql/main-1.js")

    assert response.status_code == 404
    assert response.json()["errors"][0]["extensions"] == {"code": "NOT_FOUND"}


def test_policy_allows_no_foreign_source() -> None:
    directives = dict(line.split(" ", 1) for line in page.CONTENT_SECURITY_POLICY.split("; "))

    assert directives.pop("default-src") == "'none'"
    assert directives["script-src"] == "'self'"
    assert directives["frame-ancestors"] == "'none'"
    assert {source for value in directives.values() for source in value.split()} == {
        "'self'",
        "'none'",
        "'unsafe-inline'",
        "data:",
    }
