"""A server that has too many changes to make: 503 with Retry-After, and nothing is changed."""

import json

import pytest

from models.database import write_limit
from tests.support.api import Api
from tests.support.factories import make_site

CREATE = "createPickupGroup(input: $input) { pickupGroup { id } }"
MESSAGE = "The server is busy. Try again in a moment."


@pytest.mark.parametrize("media_type", ["application/json", "application/graphql-response+json"])
async def test_busy_server_answers_503_with_retry_after(
    api: Api, monkeypatch: pytest.MonkeyPatch, media_type: str
) -> None:
    site = await make_site()
    monkeypatch.setattr(write_limit, "MAX_WAITING", 0)
    query = f"mutation($input: CreatePickupGroupInput!) {{ {CREATE} }}"
    variables = {"input": {"siteId": site.id, "name": "Sales"}}

    response = await api.http.post(
        "/graphql", json={"query": query, "variables": variables}, headers={"Accept": media_type}
    )

    assert (response.status_code, response.headers["retry-after"]) == (503, "1")
    assert response.headers["content-type"] == f"{media_type}; charset=utf-8"
    assert response.json() == {
        "errors": [
            {
                "message": MESSAGE,
                "extensions": {"code": "UNAVAILABLE"},
                "locations": [{"line": 1, "column": 45}],
                "path": ["createPickupGroup"],
            }
        ]
    }
    monkeypatch.undo()
    assert await api.ask("query($id: ID!) { site(id: $id) { revision } }", id=site.id) == {"site": {"revision": 0}}


async def test_mutation_after_committed_one_keeps_status_200(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    site = await make_site()
    checks = []

    def check(_limit: write_limit.WriteLimit, waiting: int, timeout_s: float) -> None:
        checks.append((waiting, timeout_s))
        if len(checks) > 1:
            original(_limit, write_limit.MAX_WAITING, timeout_s)

    original = write_limit.WriteLimit.check
    monkeypatch.setattr(write_limit.WriteLimit, "check", check)
    create = "createPickupGroup(input: {siteId: %s, name: %s}) { pickupGroup { name } }"
    fields = " ".join(f"{name}: {create % (json.dumps(site.id), json.dumps(name))}" for name in ("a", "b"))

    response = await api.http.post("/graphql", json={"query": f"mutation {{ {fields} }}"})

    (error,) = response.json()["errors"]
    assert (response.status_code, response.json()["data"]) == (200, None)
    assert (error["message"], error["path"]) == (MESSAGE, ["b"])
    assert "retry-after" not in response.headers
