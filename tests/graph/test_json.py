"""JSON in and out."""

import json

import orjson
import pytest

from graph.json import decode, encode


def test_lone_surrogate_is_decoded_and_encoded() -> None:
    value = decode(b'{"name": "\\ud800"}')

    assert value == {"name": "\ud800"}
    assert encode(value) == b'{"name":"\\ud800"}'


@pytest.mark.parametrize("contents", ['{"name":"☎"}', '{"name":"☎"}'.encode(), '{"name":"\\ud800"}'])
def test_fragment_beside_lone_surrogate_is_encoded(contents: str | bytes) -> None:
    text = encode({"id": "\ud800", "data": orjson.Fragment(contents)})

    assert json.loads(text) == {"id": "\ud800", "data": json.loads(contents)}


def test_encode_rejects_what_is_not_json() -> None:
    with pytest.raises(TypeError, match="object is not JSON"):
        encode({"data": object()})


def test_text_is_encoded_as_utf_8() -> None:
    assert encode({"name": "Hélène"}) == '{"name":"Hélène"}'.encode()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"NaN",
        b"[Infinity]",
        b"1" * 5_000,
        b"[" * 50_000 + b"]" * 50_000,
        b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
        b'"\xff"',
        "{}".encode("utf-16"),
        b"\xef\xbb\xbf{}",
    ],
    ids=[
        "empty",
        "cut off",
        "NaN",
        "infinity",
        "long integer",
        "deep list",
        "deep object",
        "latin",
        "utf-16",
        "bom",
    ],
)
def test_decode_rejects_what_is_not_json(body: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - of whatever kind, in whatever words
        decode(body)


def test_decode_agrees_with_the_standard_library() -> None:
    body = b'{"a": [1, -2.5, true, null, "\\u00e9", {"b": {}}], "a": 2}'

    assert decode(body) == json.loads(body)
