"""The header that says what a client has seen."""

import pytest

from graph.errors import RequestError
from graph.transport.parameters import parse_revisions
from graph.transport.responses import MAX_REVISIONS, REVISION_HEADER, format_revisions
from tests.graph.conftest import Serve


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


async def test_error_about_revisions_header_has_an_example(serve: Serve) -> None:
    async with serve() as client:
        response = await client.post("/graphql", json={"query": "{__typename}"}, headers={REVISION_HEADER: "Site:1"})

    (error,) = response.json()["errors"]
    assert (response.status_code, error["extensions"]["code"]) == (400, "BAD_USER_INPUT")
    assert error["message"] == (
        "The header Pickup-Revision takes at most 100 revisions of sites, as in Site:5=42, Site:7=3."
    )
