"""What a request says in its address, headers and body."""

import time

import pytest

from graph.errors import RequestError
from graph.transport.parameters import fold_headers, parse_last_event_id, parse_revisions
from graph.transport.responses import MAX_REVISIONS, REVISION_HEADER, format_revisions
from tests.graph.conftest import Serve
from tests.support import trial
from tests.support.endpoint import NEW, OLD, code, only_error
from tests.support.serving import SECRET


@pytest.mark.parametrize(
    ("header", "seen"),
    [
        ("", {}),
        ("Site:5=42", {5: 42}),
        ("Site:5=0", {5: 0}),
        ("Site:5=42, Site:7=3", {5: 42, 7: 3}),
        (" Site:5=42,Site:7=3 ", {5: 42, 7: 3}),
        ("Site:5=42, Site:5=7", {5: 42}),
        ("Site:5=7, Site:5=42", {5: 42}),
        (f"Site:{'9' * 18}={'9' * 18}", {10**18 - 1: 10**18 - 1}),
    ],
)
def test_revisions_header_gives_highest_revision_of_each_site(header: str, seen: dict[int, int]) -> None:
    assert parse_revisions(header) == seen


@pytest.mark.parametrize(
    "header",
    [
        " ",
        ",",
        "Site:1",
        "Site:1=",
        "Site:1=x",
        "Site:1=-2",
        "Site:1=02",
        "Site:1=٢",
        "Site:0=2",
        "Site:01=2",
        "User:1=2",
        "site:1=2",
        "Site:1=2;Site:2=3",
        "Site:1=2,",
        f"Site:1={'9' * 19}",
        f"Site:{'9' * 19}=1",
        "x" * 9_000,
    ],
)
def test_malformed_revisions_header_is_rejected(header: str) -> None:
    with pytest.raises(RequestError) as refused:
        parse_revisions(header)

    assert (refused.value.status, refused.value.keep_status) == (400, True)


def test_revisions_header_is_bounded() -> None:
    most = {key: key for key in range(1, MAX_REVISIONS + 1)}

    assert parse_revisions(format_revisions(most)) == most
    assert parse_revisions(format_revisions({999: 1} | most)) == most
    with pytest.raises(RequestError):
        parse_revisions(f"{format_revisions(most)}, Site:999=1")


def test_formatted_revisions_are_parsed_back() -> None:
    assert format_revisions({}) == ""
    assert format_revisions({5: 42, 7: 3}) == "Site:5=42, Site:7=3"


@pytest.mark.parametrize("value", [b"12", b" 12", b"12 ", b"\t12 \t"])
def test_white_space_around_a_header_is_not_part_of_it(value: bytes) -> None:
    headers = fold_headers([(b"last-event-id", value), (b"pickup-revision", b"Site:5=42 ")])

    assert parse_last_event_id(headers["last-event-id"]) == 12
    assert headers["pickup-revision"] == "Site:5=42"


@pytest.mark.parametrize("revisions", ["Site:5=42 ", "\tSite:5=42\t", " "])
async def test_white_space_around_revisions_header_is_passed_over(serve: Serve, revisions: str) -> None:
    async with serve() as client:
        response = await client.post("/graphql", json={"query": "{__typename}"}, headers={REVISION_HEADER: revisions})

    assert response.json() == {"data": {"__typename": "Query"}}


async def test_error_about_revisions_header_has_an_example(serve: Serve) -> None:
    async with serve() as client:
        response = await client.post("/graphql", json={"query": "{__typename}"}, headers={REVISION_HEADER: "Site:1"})

    (error,) = response.json()["errors"]
    assert (response.status_code, error["extensions"]["code"]) == (400, "BAD_USER_INPUT")
    assert error["message"] == (
        "The header Pickup-Revision takes at most 100 revisions of sites, as in Site:5=42, Site:7=3."
    )


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


async def test_byte_order_mark_before_the_body_is_passed_over(serve: Serve) -> None:
    async with serve() as client:
        headers = {"Content-Type": "application/json"}
        marked = await client.post("/graphql", content=b'\xef\xbb\xbf{"query": "{__typename}"}', headers=headers)
        twice = await client.post(
            "/graphql", content=b"\xef\xbb\xbf" * 2 + b'{"query": "{__typename}"}', headers=headers
        )

    assert marked.json() == {"data": {"__typename": "Query"}}
    assert (twice.status_code, code(twice)) == (400, "BAD_USER_INPUT")


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
