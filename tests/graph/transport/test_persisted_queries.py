"""Automatic persisted queries, with the requests of Apollo's and urql's links."""

import hashlib
import json
from typing import Any

import pytest

from graph.transport import persisted_queries
from graph.transport.persisted_queries import PersistedQueries
from tests.graph.conftest import Serve
from tests.support import trial
from tests.support.endpoint import code
from tests.support.serving import SECRET
from tests.support.tokens import signed

QUERY = "query Type {\n  __typename\n}"
DATA = {"data": {"__typename": "Query"}}
ACCEPTS = ["application/json", "application/graphql-response+json,application/json;q=0.9"]


def sha256(query: str) -> str:
    return hashlib.sha256(query.encode()).hexdigest()


def persisted(query: str, **more: Any) -> dict[str, Any]:
    return {"persistedQuery": {"version": 1, "sha256Hash": sha256(query)} | more}


@pytest.mark.parametrize("accept", ACCEPTS)
async def test_hash_is_answered_after_its_document(serve: Serve, accept: str) -> None:
    body = {"operationName": "Type", "variables": {}, "extensions": persisted(QUERY)}
    async with serve() as client:
        client.headers["Accept"] = accept
        unknown = await client.post("/graphql", json=body)
        # Apollo's link, then urql's, which says that the hash was missed.
        first = await client.post("/graphql", json=body | {"query": QUERY})
        missed = await client.post("/graphql", json=body | {"query": QUERY, "extensions": persisted(QUERY, miss=True)})
        known = await client.post("/graphql", json=body)

    assert unknown.status_code == 200
    assert unknown.headers["content-type"].startswith(accept.split(",", maxsplit=1)[0])
    assert unknown.json() == {
        "errors": [{"message": "PersistedQueryNotFound", "extensions": {"code": "PERSISTED_QUERY_NOT_FOUND"}}]
    }
    assert [answer.json() for answer in (first, missed, known)] == [DATA] * 3


async def test_hash_is_answered_by_get(serve: Serve) -> None:
    parameters = {"operationName": "Type", "variables": "{}", "extensions": json.dumps(persisted(QUERY))}
    async with serve() as client:
        unknown = await client.get("/graphql", params=parameters)
        first = await client.get("/graphql", params=parameters | {"query": QUERY})
        known = await client.get("/graphql", params=parameters)
        posted = await client.post("/graphql", json={"extensions": persisted(QUERY)})

    assert (unknown.status_code, code(unknown)) == (200, "PERSISTED_QUERY_NOT_FOUND")
    assert [answer.json() for answer in (first, known, posted)] == [DATA] * 3


async def test_persisted_mutation_by_get_is_rejected(serve: Serve) -> None:
    query = "mutation { language }"
    async with serve(trial.schema) as client:
        await client.post("/graphql", json={"query": query, "extensions": persisted(query)})
        response = await client.get("/graphql", params={"extensions": json.dumps(persisted(query))})

    assert (response.status_code, code(response)) == (405, "BAD_USER_INPUT")


@pytest.mark.parametrize(
    "persisted_query",
    [
        {"version": 1, "sha256Hash": sha256(QUERY + " ")},
        {"version": 1, "sha256Hash": sha256(QUERY).upper()},
        {"version": 2, "sha256Hash": sha256(QUERY)},
        {"version": "1", "sha256Hash": sha256(QUERY)},
        {"version": True, "sha256Hash": sha256(QUERY)},
        {"sha256Hash": sha256(QUERY)},
        {"version": 1},
        {"version": 1, "sha256Hash": None},
        {"version": 1, "sha256Hash": 7},
        {},
        None,
        sha256(QUERY),
    ],
)
async def test_persisted_query_of_another_form_is_bad_input(serve: Serve, persisted_query: object) -> None:
    body = {"query": QUERY, "extensions": {"persistedQuery": persisted_query}}
    async with serve() as client:
        with_query = await client.post("/graphql", json=body)
        known = await client.post("/graphql", json={"extensions": persisted(QUERY)})

    assert (with_query.status_code, code(with_query)) == (400, "BAD_USER_INPUT")
    assert code(known) == "PERSISTED_QUERY_NOT_FOUND"


async def test_invalid_document_is_not_kept(serve: Serve) -> None:
    query = "{ missing }"
    async with serve() as client:
        refused = await client.post("/graphql", json={"query": query, "extensions": persisted(query)})
        unknown = await client.post("/graphql", json={"extensions": persisted(query)})

    assert code(refused) == "GRAPHQL_VALIDATION_FAILED"
    assert code(unknown) == "PERSISTED_QUERY_NOT_FOUND"


async def test_persisted_query_with_lone_surrogate_is_rejected(serve: Serve) -> None:
    body = json.dumps({"query": '{ site(id: "\ud800") { id } }', "extensions": persisted(QUERY)})
    async with serve() as client:
        response = await client.post("/graphql", content=body, headers={"Content-Type": "application/json"})

    assert code(response) == "BAD_USER_INPUT"


async def test_request_without_query_and_hash_is_rejected(serve: Serve) -> None:
    async with serve() as client:
        bodies: list[dict[str, Any]] = [{"extensions": {}}, {"extensions": {"other": 1}}, {"query": None}]
        for body in bodies:
            response = await client.post("/graphql", json=body)

            assert (response.status_code, code(response)) == (400, "BAD_USER_INPUT")


async def test_persisted_query_needs_a_token(serve: Serve) -> None:
    async with serve(jwt_secret=SECRET) as client:
        body = {"query": QUERY, "extensions": persisted(QUERY)}
        await client.post("/graphql", json=body, headers={"Authorization": f"Bearer {signed()}"})
        response = await client.post("/graphql", json={"extensions": persisted(QUERY)})

    assert (response.status_code, code(response)) == (401, "UNAUTHENTICATED")


def test_persisted_queries_are_bounded_in_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(persisted_queries, "MAX_DOCUMENTS", 3)
    kept = PersistedQueries()
    for number in range(5):
        kept.put(str(number), "{a}")

    assert [number in kept for number in "01234"] == [False, False, True, True, True]


def test_persisted_queries_are_bounded_in_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(persisted_queries, "MAX_BYTES", 10_000)
    kept = PersistedQueries()
    kept.put("small", "{a}")
    # Four bytes a character.
    kept.put("large", "☎\U0001f4de" * 1_100)
    kept.put("too large", "x" * 10_000)

    assert [name in kept for name in ("small", "large", "too large")] == [True, True, False]
    kept.put("another", "x" * 1_050)
    assert [name in kept for name in ("small", "large", "another")] == [False, True, True]
