"""The type of an answer, from an Accept header."""

import pytest

from graph.transport.responses import MediaType, negotiate

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, MediaType.JSON),
        (" ", MediaType.JSON),
        ("*/*", MediaType.JSON),
        ("application/*", MediaType.JSON),
        ("application/json", MediaType.JSON),
        ("APPLICATION/JSON; Charset=UTF-8", MediaType.JSON),
        ("application/graphql-response+json", MediaType.RESPONSE),
        ("application/graphql-response+json, application/json;q=0.9", MediaType.RESPONSE),
        ("application/graphql-response+json;q=0.5, application/json;q=0.9", MediaType.JSON),
        ("application/json, application/graphql-response+json", MediaType.JSON),
        ("application/graphql-response+json;q=0, */*", MediaType.JSON),
        ("application/json;q=0, */*;q=0.1", MediaType.RESPONSE),
        ("*/*, application/json;q=0", MediaType.RESPONSE),
        ("application/json;q=0, application/*;q=0.3", MediaType.RESPONSE),
        ("application/json;q=0, application/graphql-response+json;q=0, */*", None),
        ("application/*;q=0, */*", None),
        ("application/*;q=0.9, */*;q=0.1, text/event-stream;q=0.5", MediaType.JSON),
        ("*/*;q=0.1, text/event-stream;q=0.5, application/*;q=0.9", MediaType.JSON),
        ("application/*;q=0.1, */*;q=0.9, text/event-stream;q=0.5", MediaType.EVENTS),
        ("*/*, application/graphql-response+json", MediaType.RESPONSE),
        ("application/json;q=0.1, application/json;q=0.9, text/event-stream;q=0.5", MediaType.JSON),
        ("text/event-stream", MediaType.EVENTS),
        ("text/event-stream;q=0.5, application/json;q=0.4", MediaType.EVENTS),
        ("application/graphql-response+json, application/json, text/event-stream", MediaType.RESPONSE),
        ("text/*", None),
        ("text/*, application/json;q=0.1", MediaType.JSON),
        ("image/png", None),
        ("application/json; charset=latin-1", None),
        ("application/json;q=high", None),
        ("application/json;q=7", MediaType.JSON),
        (",,;", None),
        (BROWSER, MediaType.JSON),
        ("application/json" + ", image/png" * 100, MediaType.JSON),
    ],
)
def test_negotiate_chooses_type_of_highest_weight(accept: str | None, expected: MediaType | None) -> None:
    assert negotiate(accept, page=False) is expected


def test_negotiate_gives_a_browser_the_page() -> None:
    assert negotiate(BROWSER, page=True) is MediaType.PAGE
    assert negotiate("text/html", page=False) is None
    assert negotiate("application/json", page=True) is MediaType.JSON
    assert negotiate("*/*", page=True) is MediaType.JSON
