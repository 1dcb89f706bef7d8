"""GraphQL over HTTP: methods, types, bodies and errors."""

import asyncio
import json
import logging
import sqlite3
import time
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest

from tests.graph.conftest import Serve
from tests.support import trial
from tests.support.serving import SECRET, application
from tests.support.telemetry import lines
from tests.support.tokens import ED, claims

NEW = {"Accept": "application/graphql-response+json"}
OLD = {"Accept": "application/json"}
POST = {
    "type": "http",
    "method": "POST",
    "path": "/graphql",
    "query_string": b"",
    "headers": [(b"host", b"localhost"), (b"content-type", b"application/json")],
}


def only_error(response: httpx.Response) -> dict[str, Any]:
    body = response.json()
    assert set(body) == {"errors"}
    assert len(body["errors"]) == 1
    error: dict[str, Any] = body["errors"][0]
    assert set(error) >= {"message", "extensions"}
    return error


def code(response: httpx.Response) -> str:
    return str(only_error(response)["extensions"]["code"])


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


async def test_lone_surrogate_is_accepted_and_returned(serve: Serve) -> None:
    body = rb'{"query": "mutation($t: String!){echo(text: $t)}", "variables": {"t": "\ud800"}}'
    async with serve(trial.schema) as client:
        response = await client.post(
            "/graphql", content=body, headers={"Content-Type": "application/json; charset=UTF-8"}
        )

    assert response.content == rb'{"data":{"echo":"\ud800"}}'


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, 400),
        ({"query": ""}, 400),
        ({"query": "{__typename}", "variables": "{"}, 400),
        ({"query": "{__typename}", "variables": "[1]"}, 400),
        ({"query": "{__typename}", "extensions": '"x"'}, 400),
    ],
)
async def test_get_rejects_malformed_request(serve: Serve, parameters: dict[str, str], expected: int) -> None:
    async with serve() as client:
        response = await client.get("/graphql", params=parameters)

    assert (response.status_code, code(response)) == (expected, "BAD_USER_INPUT")


async def test_get_rejects_wrong_utf_8(serve: Serve) -> None:
    async with serve() as client:
        response = await client.get("/graphql?query=%ff")

    assert (response.status_code, code(response)) == (400, "BAD_USER_INPUT")


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


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b'"{__typename}"',
        b"[]",
        b'[{"query": "{__typename}"}]',
        b"{}",
        b'{"query": null}',
        b'{"query": 1}',
        b'{"query": ["{__typename}"]}',
        b'{"query": "{__typename}", "variables": []}',
        b'{"query": "{__typename}", "variables": "{}"}',
        b'{"query": "{__typename}", "operationName": 1}',
        b'{"query": "{__typename}", "extensions": []}',
    ],
)
@pytest.mark.parametrize("headers", [OLD, NEW])
async def test_post_rejects_malformed_request(serve: Serve, body: bytes, headers: dict[str, str]) -> None:
    async with serve() as client:
        response = await client.post("/graphql", content=body, headers={**headers, "Content-Type": "application/json"})

    assert (response.status_code, code(response)) == (400, "BAD_USER_INPUT")
    assert response.headers["content-type"].startswith(headers["Accept"])


@pytest.mark.parametrize("length_is_told", [True, False])
async def test_body_over_the_limit_is_rejected_before_it_is_read(serve: Serve, length_is_told: bool) -> None:
    sent = 0

    async def body() -> Any:
        nonlocal sent
        for _ in range(100):
            sent += 1
            yield b" " * 1_000

    headers = {"Content-Type": "application/json"} | ({"Content-Length": "100000"} if length_is_told else {})
    async with serve(max_body_bytes=10_000) as client:
        response = await client.post("/graphql", content=body(), headers=headers)

    assert (response.status_code, code(response)) == (413, "BAD_USER_INPUT")
    assert only_error(response)["message"] == "The body may have 10000 bytes at most."
    assert sent <= 12


async def test_body_at_the_limit_is_read(serve: Serve) -> None:
    body = b'{"query": "{__typename}"}'
    async with serve(max_body_bytes=len(body)) as client:
        response = await client.post("/graphql", content=body, headers={"Content-Type": "application/json"})

    assert response.status_code == 200


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


async def test_request_over_the_time_limit_is_stopped(serve: Serve) -> None:
    async with serve(trial.schema, query_timeout_s=0.05) as client:
        new = await client.post("/graphql", json={"query": "mutation{slow}"}, headers=NEW)
        old = await client.post("/graphql", json={"query": "mutation{slow}"}, headers=OLD)

    assert (new.status_code, code(new)) == (504, "TIMEOUT")
    assert (old.status_code, code(old)) == (200, "TIMEOUT")
    assert only_error(new)["message"] == "The request took longer than 0.05 seconds."


@pytest.mark.parametrize(
    ("query", "committed"), [("{a: commit b: commit c: slow d: commit}", ["a", "b"]), ("{slow commit}", [])]
)
async def test_timeout_lists_committed_mutations(serve: Serve, query: str, committed: list[str]) -> None:
    async with serve(trial.schema, query_timeout_s=0.5) as client:
        response = await client.post("/graphql", json={"query": f"mutation{query}"}, headers=NEW)

    assert response.status_code == 504
    assert only_error(response)["extensions"] == {"code": "TIMEOUT", "committed": committed}


@pytest.mark.parametrize("accept", ["application/json", "application/graphql-response+json", "text/event-stream"])
async def test_answer_over_the_limit_is_too_costly(serve: Serve, accept: str) -> None:
    body = {"query": 'mutation{a: commit echo(text: "%s")}' % ("x" * 200)}
    size = len('{"data":{"a":true,"echo":""}}') + 200
    framed = size + (len("event: next\ndata: \n\nevent: complete\ndata: \n\n") if "event" in accept else 0)
    async with serve(trial.schema, max_answer_bytes=framed) as client:
        within = await client.post("/graphql", json=body, headers={"Accept": accept})
    async with serve(trial.schema, max_answer_bytes=framed - 1) as client:
        over = await client.post("/graphql", json=body, headers={"Accept": accept})

    assert f'{{"data":{{"a":true,"echo":"{"x" * 200}"}}}}' in within.text
    expected = {
        "errors": [
            {
                "message": f"The answer has {framed} bytes; the limit is {framed - 1}. Ask for less at a time.",
                "extensions": {"code": "QUERY_TOO_COSTLY", "committed": ["a"]},
            }
        ]
    }
    assert json.loads(over.text.removeprefix("event: next\ndata: ").partition("\n")[0]) == expected
    assert over.status_code == (400 if "graphql" in accept else 200)


async def test_client_that_leaves_begins_no_further_mutation(
    serve: Serve, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.INFO, "pickup.requests")
    monkeypatch.setattr(trial, "released", asyncio.Event())
    scope = {**POST}
    messages = [{"type": "http.request", "body": b'{"query": "mutation{a: commit held b: commit}"}'}]

    async def receive() -> dict[str, Any]:
        if messages:
            return messages.pop()
        trial.released.set()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        raise AssertionError(message)

    async with serve(trial.schema) as client:
        await application(client)(scope, receive, send)

    assert scope["committed"] == ["a"]
    assert [line["status"] for line in lines(caplog)] == [499]


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


async def test_timeout_of_field_is_internal_and_keeps_other_fields(serve: Serve) -> None:
    async with serve(trial.schema) as client:
        response = await client.post("/graphql", json={"query": "mutation{timedOut language}"}, headers=NEW)

    (error,) = response.json()["errors"]
    assert (response.status_code, error["extensions"]["code"]) == (200, "INTERNAL")
    assert response.json()["data"] == {"timedOut": None, "language": "en"}


async def test_timeout_of_transport_is_internal(serve: Serve) -> None:
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        raise TimeoutError

    async def send(message: Any) -> None:
        sent.append(message)

    async with serve() as client:
        await application(client)({**POST}, receive, send)

    start, body = sent
    assert start["status"] == 500
    assert json.loads(body["body"])["errors"][0]["extensions"]["code"] == "INTERNAL"


async def test_client_that_leaves_while_sending_gets_no_response(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "pickup.requests")

    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        raise AssertionError(message)

    async with serve() as client:
        await application(client)({**POST}, receive, send)

    assert [line["status"] for line in lines(caplog)] == [499]


@pytest.mark.parametrize(
    "headers",
    [
        [("Accept", "*/*")] * 101,
        [("Accept", "*/*")] * 20_000,
        [("Cookie", "x" * 65_536)],
        [("Cookie", "x" * 40_000), ("Accept", "y" * 40_000)],
        [("X" * 66_000, "1")],
    ],
    ids=["too many", "very many", "too long", "too long together", "too long a name"],
)
async def test_headers_over_the_limits_are_rejected_first(serve: Serve, headers: list[tuple[str, str]]) -> None:
    async with serve(jwt_secret=SECRET) as client:
        began = time.process_time()
        response = await client.get("/graphql", headers=headers)
        took = time.process_time() - began

    assert (response.status_code, code(response)) == (431, "BAD_USER_INPUT")
    assert only_error(response)["message"] == "The headers may have 100 lines and 65536 bytes at most."
    assert took < 1.0


async def test_headers_within_the_limits_are_read(serve: Serve) -> None:
    async with serve() as client:
        headers = [*client.headers.multi_items(), *[("X-Forwarded-For", "::1")] * 80, ("Cookie", "x" * 60_000)]
        response = await client.post("/graphql", json={"query": "{__typename}"}, headers=headers)

    assert response.status_code == 200


@pytest.mark.parametrize("accept", [b"application/json", b"text/event-stream"])
async def test_request_cut_by_shutdown_is_unavailable(
    serve: Serve, caplog: pytest.LogCaptureFixture, accept: bytes
) -> None:
    caplog.set_level(logging.INFO, "pickup.requests")
    heard = asyncio.Event()
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        heard.set()
        return {"type": "http.request", "body": b'{"query": "mutation{a: commit b: slow}"}'}

    async def send(message: Any) -> None:
        sent.append(message)

    async with serve(trial.schema) as client:
        scope = {**POST, "headers": [*POST["headers"], (b"accept", accept), (b"accept-language", b"fr")]}
        asking = asyncio.ensure_future(application(client)(scope, receive, send))
        await heard.wait()
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking

    start, body = sent
    (error,) = json.loads(body["body"])["errors"]
    (line,) = lines(caplog)
    assert start["status"] == 503
    assert error == {
        "message": "Le serveur s’arrête. Réessayez dans un instant.",
        "extensions": {"code": "UNAVAILABLE", "committed": ["a"]},
    }
    assert (line["status"], line["codes"]) == (503, ["UNAVAILABLE"])


@pytest.mark.parametrize("path", ["/graphql", "/healthz"])
async def test_client_that_has_left_is_logged_as_499(serve: Serve, caplog: pytest.LogCaptureFixture, path: str) -> None:
    caplog.set_level(logging.INFO, "pickup.requests")

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b'{"query": "{__typename}"}'}

    async def send(message: Any) -> None:
        # What uvloop says.
        raise RuntimeError("unable to perform operation on <TCPTransport closed=True>; the handler is closed")

    async with serve() as client:
        await application(client)({**POST, "path": path}, receive, send)

    assert [line["status"] for line in lines(caplog)] == ([499] if path == "/graphql" else [])


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


async def test_byte_order_mark_before_the_body_is_passed_over(serve: Serve) -> None:
    async with serve() as client:
        headers = {"Content-Type": "application/json"}
        marked = await client.post("/graphql", content=b'\xef\xbb\xbf{"query": "{__typename}"}', headers=headers)
        twice = await client.post(
            "/graphql", content=b"\xef\xbb\xbf" * 2 + b'{"query": "{__typename}"}', headers=headers
        )

    assert marked.json() == {"data": {"__typename": "Query"}}
    assert (twice.status_code, code(twice)) == (400, "BAD_USER_INPUT")


async def test_control_characters_are_escaped(serve: Serve) -> None:
    async with serve(trial.schema) as client:
        response = await client.post("/graphql", json={"query": 'mutation{echo(text: "☎ \\" \\\\ \\u0001")}'})

    assert json.loads(response.content) == {"data": {"echo": '☎ " \\ \x01'}}
