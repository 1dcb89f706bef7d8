"""Requests to the endpoint, and the error of an answer without data."""

from typing import Any

import httpx

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
