"""Errors in an answer over HTTP: their code and status, and what clients get to see."""

import sqlite3
from pathlib import Path
from typing import Any

import jwt
import pytest

from tests.graph.conftest import Serve
from tests.support import trial
from tests.support.endpoint import NEW, OLD, code, only_error
from tests.support.serving import SECRET
from tests.support.telemetry import lines
from tests.support.tokens import ED, claims


@pytest.mark.parametrize(
    ("query", "variables", "expected"),
    [
        ("{", None, "GRAPHQL_PARSE_FAILED"),
        ("{missing}", None, "GRAPHQL_VALIDATION_FAILED"),
        ("mutation{echo(text: 1)}", None, "GRAPHQL_VALIDATION_FAILED"),
        ("mutation($t: String!){echo(text: $t)}", None, "BAD_USER_INPUT"),
        ("mutation($t: String!){echo(text: $t)}", {"t": 1}, "BAD_USER_INPUT"),
        ("query A{__typename} query B{__typename}", None, "BAD_USER_INPUT"),
        ("subscription{count(to: 3)}", None, "BAD_USER_INPUT"),
        ("{" + " ".join(f"a{n}:__typename" for n in range(2_000)) + "}", None, "QUERY_TOO_COSTLY"),
    ],
)
async def test_request_error_is_400_or_200_by_media_type(
    serve: Serve, query: str, variables: dict[str, Any] | None, expected: str
) -> None:
    body = {"query": query, "variables": variables}
    async with serve(trial.schema) as client:
        new = await client.post("/graphql", json=body, headers=NEW)
        old = await client.post("/graphql", json=body, headers=OLD)

    assert (new.status_code, code(new)) == (400, expected)
    assert (old.status_code, code(old)) == (200, expected)
    assert old.json() == new.json()


async def test_null_variable_in_argument_is_bad_user_input(serve: Serve) -> None:
    query = "query($d: OrderDirection = ASC){sites(orderBy: {field: NAME, direction: $d}){totalCount}}"
    async with serve() as client:
        response = await client.post("/graphql", json={"query": query, "variables": {"d": None}})

    assert response.json()["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


@pytest.mark.parametrize(
    ("query", "column"),
    [
        ("query($b: Boolean = true){__typename @include(if: $b)}", 51),
        ("query($b: Boolean = true){__typename @skip(if: $b)}", 48),
        ("query($b: Boolean = true){sites{nodes{id @skip(if: $b)}}}", 52),
        ("query($b: Boolean = true){...F} fragment F on Query{__typename @include(if: $b)}", 77),
        ("query($b: Boolean = true){...F @skip(if: $b)} fragment F on Query{__typename}", 42),
    ],
)
async def test_null_variable_in_condition_is_bad_user_input(serve: Serve, query: str, column: int) -> None:
    async with serve() as client:
        response = await client.post("/graphql", json={"query": query, "variables": {"b": None}}, headers=NEW)

    assert (response.status_code, code(response)) == (400, "BAD_USER_INPUT")
    assert only_error(response)["locations"] == [{"line": 1, "column": column}]


@pytest.mark.parametrize("headers", [OLD, NEW])
async def test_field_error_keeps_other_fields(serve: Serve, headers: dict[str, str]) -> None:
    async with serve(trial.schema) as client:
        response = await client.post("/graphql", json={"query": "mutation{a: forbidden language}"}, headers=headers)

    assert response.status_code == 200
    assert response.json() == {
        "data": {"a": None, "language": "en"},
        "errors": [
            {
                "message": "Use GET or POST.",
                "extensions": {"code": "FORBIDDEN"},
                "locations": [{"line": 1, "column": 10}],
                "path": ["a"],
            }
        ],
    }


async def test_errors_are_in_the_language_of_the_request(serve: Serve) -> None:
    async with serve(trial.schema) as client:
        response = await client.post(
            "/graphql", json={"query": "mutation{forbidden language}"}, headers={"Accept-Language": "fr-CA, en;q=0.5"}
        )

    assert response.json()["data"]["language"] == "fr"
    assert response.json()["errors"][0]["message"] == "Employez GET ou POST."


async def test_internal_error_is_masked_and_logged_once(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    async with serve(trial.schema) as client:
        response = await client.post(
            "/graphql", json={"query": "mutation{a: broken b: broken}"}, headers={"X-Request-Id": "trace-7"}
        )

    assert response.status_code == 200
    assert response.headers["x-request-id"] == "trace-7"
    assert response.json()["data"] == {"a": None, "b": None}
    for error in response.json()["errors"]:
        assert error["extensions"] == {"code": "INTERNAL", "requestId": "trace-7"}
        assert "secret" not in error["message"]
    assert lines(caplog) == [{"request_id": "trace-7"}]
    assert caplog.text.count("ZeroDivisionError: the secret of the inside") == 1


async def test_database_without_tables_is_internal_error(
    serve: Serve, database_file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with serve() as client:
        with sqlite3.connect(database_file) as database:
            database.execute("ALTER TABLE sites RENAME TO elsewhere")
        response = await client.post("/graphql", json={"query": "{sites{totalCount}}"})

    error = response.json()["errors"][0]
    assert error["extensions"]["code"] == "INTERNAL"
    assert error["extensions"]["requestId"] == response.headers["x-request-id"]
    assert "sites" not in error["message"]
    assert error["path"] == ["sites"]
    assert "no such table" in caplog.text


async def test_timeout_of_field_is_internal_and_keeps_other_fields(serve: Serve) -> None:
    async with serve(trial.schema) as client:
        response = await client.post("/graphql", json={"query": "mutation{timedOut language}"}, headers=NEW)

    (error,) = response.json()["errors"]
    assert (response.status_code, error["extensions"]["code"]) == (200, "INTERNAL")
    assert response.json()["data"] == {"timedOut": None, "language": "en"}


async def test_missing_or_wrong_token_is_unauthenticated(serve: Serve) -> None:
    async with serve(jwt_secret=SECRET) as client:
        missing = await client.post("/graphql", json={"query": "{__typename}"})
        wrong = await client.post(
            "/graphql", json={"query": "{__typename}"}, headers={"Authorization": "Bearer x.y.z", **NEW}
        )
        unread = await client.post("/graphql", content=b"nonsense")

    assert (missing.status_code, code(missing)) == (401, "UNAUTHENTICATED")
    assert missing.headers["www-authenticate"] == "Bearer"
    assert (wrong.status_code, code(wrong)) == (401, "UNAUTHENTICATED")
    assert wrong.headers["www-authenticate"] == 'Bearer error="invalid_token"'
    assert unread.status_code == 401


async def test_unreachable_identity_provider_is_unavailable(serve: Serve) -> None:
    token = jwt.encode(claims(), ED, "EdDSA")
    async with serve(jwks_url="http://127.0.0.1:1/keys") as client:
        response = await client.post(
            "/graphql", json={"query": "{__typename}"}, headers={"Authorization": f"Bearer {token}"}
        )

    assert (response.status_code, code(response)) == (503, "UNAVAILABLE")
