"""GraphQL over HTTP: methods, addresses and media types."""

import json

import pytest

from tests.graph.conftest import Serve
from tests.support import trial
from tests.support.endpoint import NEW, code
from tests.support.serving import SECRET


async def test_post_answers_query(serve: Serve) -> None:
    async with serve() as client:
        response = await client.post("/graphql", json={"query": "{viewer{subject permissions}}"})

    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json; charset=utf-8"
    assert response.headers["cache-control"] == "no-store"
    assert "Accept" in response.headers["vary"]
    assert response.json() == {
        "data": {"viewer": {"subject": "anonymous", "permissions": ["PROVISION", "READ", "WRITE"]}}
    }


async def test_post_uses_variables_and_operation_name(serve: Serve) -> None:
    query = "mutation A($t: String!){a: echo(text: $t)} mutation B($t: String!){b: echo(text: $t)}"
    async with serve(trial.schema) as client:
        body = {"query": query, "variables": {"t": "x"}, "operationName": "B", "extensions": {}, "other": 1}
        response = await client.post("/graphql", json=body, headers=NEW)

    assert response.status_code == 200
    assert response.headers["content-type"] == "application/graphql-response+json; charset=utf-8"
    assert response.json() == {"data": {"b": "x"}}


async def test_get_answers_query(serve: Serve) -> None:
    parameters = {
        "query": "query A($i: [ID!]!){nodes(ids: $i){id}} query B{__typename}",
        "variables": '{"i": ["é"]}',
        "operationName": "A",
        "extensions": "",
    }
    async with serve() as client:
        response = await client.get("/graphql", params=parameters)

    assert response.json() == {"data": {"nodes": [None]}}


@pytest.mark.parametrize("accept", ["application/json", "application/graphql-response+json", "text/html", "image/png"])
async def test_head_has_the_headers_of_get(serve: Serve, accept: str) -> None:
    parameters = {"query": "{__typename}"}
    names = ("content-type", "content-length", "content-security-policy", "cache-control", "vary")
    async with serve() as client:
        got = await client.get("/graphql", params=parameters, headers={"Accept": accept})
        head = await client.head("/graphql", params=parameters, headers={"Accept": accept})

    assert int(head.headers["content-length"]) == len(got.content)
    assert (head.status_code, head.content) == (got.status_code, b"")
    assert [head.headers[name] for name in names] == [got.headers[name] for name in names]


async def test_head_rejects_subscription(serve: Serve) -> None:
    parameters = {"query": "subscription{count(to: 1)}"}
    async with serve(trial.schema) as client:
        response = await client.head("/graphql", params=parameters, headers={"Accept": "text/event-stream"})

    assert (response.status_code, response.headers["allow"]) == (405, "GET, POST")


async def test_get_rejects_mutation(serve: Serve) -> None:
    async with serve(trial.schema) as client:
        response = await client.get("/graphql", params={"query": "mutation{language}"}, headers=NEW)

    assert response.status_code == 405
    assert response.headers["allow"] == "POST"
    assert code(response) == "BAD_USER_INPUT"


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE", "QUERY"])
async def test_other_methods_are_rejected(serve: Serve, method: str) -> None:
    async with serve() as client:
        response = await client.request(method, "/graphql", json={"query": "{__typename}"})

    assert response.status_code == 405
    assert response.headers["allow"] == "GET, HEAD, POST, OPTIONS"
    assert code(response) == "BAD_USER_INPUT"


async def test_options_lists_methods(serve: Serve) -> None:
    async with serve() as client:
        response = await client.options("/graphql")

    assert (response.status_code, response.content) == (204, b"")
    assert response.headers["allow"] == "GET, HEAD, POST, OPTIONS"


async def test_unacceptable_type_is_rejected(serve: Serve) -> None:
    async with serve() as client:
        response = await client.post("/graphql", json={"query": "{__typename}"}, headers={"Accept": "image/png"})

    assert (response.status_code, code(response)) == (406, "BAD_USER_INPUT")


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "text/plain"},
        {"Content-Type": ""},
        {"Content-Type": "application/graphql"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "multipart/form-data; boundary=x"},
        {"Content-Type": "application/json; charset=latin-1"},
        {"Content-Type": "application/json", "Content-Encoding": "gzip"},
    ],
)
async def test_body_of_another_type_or_encoding_is_rejected(serve: Serve, headers: dict[str, str]) -> None:
    async with serve() as client:
        response = await client.post("/graphql", content=b'{"query": "{__typename}"}', headers=headers)

    assert (response.status_code, code(response)) == (415, "BAD_USER_INPUT")


async def test_browser_gets_graphiql_without_token(serve: Serve) -> None:
    browser = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
    async with serve(jwt_secret=SECRET) as client:
        page = await client.get("/graphql", headers=browser)
    async with serve(jwt_secret=SECRET, graphiql=False) as client:
        none = await client.get("/graphql", headers=browser)

    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert page.headers["x-content-type-options"] == "nosniff"
    assert none.status_code == 401


async def test_address_with_a_slash_is_the_same(serve: Serve) -> None:
    body = {"query": "{__typename}"}
    async with serve() as client:
        answers = [await client.post(path, json=body) for path in ("/graphql", "/graphql/")]
        page, page_with_slash = [
            await client.get(path, headers={"Accept": "text/html"}) for path in ("/graphql", "/graphql/")
        ]

    assert [(answer.status_code, answer.json()) for answer in answers] == [(200, {"data": {"__typename": "Query"}})] * 2
    assert page_with_slash.text == page.text.replace('="assets/', '="../assets/')


async def test_control_characters_are_escaped(serve: Serve) -> None:
    async with serve(trial.schema) as client:
        response = await client.post("/graphql", json={"query": 'mutation{echo(text: "☎ \\" \\\\ \\u0001")}'})

    assert json.loads(response.content) == {"data": {"echo": '☎ " \\ \x01'}}
