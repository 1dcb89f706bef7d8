"""Apollo Client, urql and graphql-ws on a listening server, and the reference audit of GraphQL over HTTP."""

import asyncio
import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.factories import make_site, make_user
from tests.support.serving import listening

HERE = Path(__file__).parent

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def node() -> str:
    """A node with the packages beside it; without, skips, or fails where PICKUP_REQUIRE_CLIENTS is set."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    found = shutil.which("node", path=path)
    if found and (HERE / "node_modules").exists():
        return found
    reason = "make test has not installed the clients"
    if os.environ.get("PICKUP_REQUIRE_CLIENTS"):
        pytest.fail(reason)
    pytest.skip(reason)


async def run(node: str, *arguments: str) -> Any:
    """What one of the programs beside this file prints."""
    program = await asyncio.create_subprocess_exec(
        node, *arguments, cwd=HERE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(120):
        printed, complaints = await program.communicate()
    assert program.returncode == 0, complaints.decode()
    return json.loads(printed)


async def test_graphql_http_audit_finds_nothing(node: str, url: str) -> None:
    async with listening(url) as client:
        results = await run(node, "audit.mjs", f"{client.base_url}/graphql")

    assert len(results) > 60
    assert [result for result in results if result["status"] != "ok"] == []


async def test_apollo_pages_through_site_without_gap(node: str, url: str) -> None:
    async with listening(url) as client:
        site = await make_site()
        other = await make_site()
        for number in range(113):
            await make_user(site, "Pat", f"Name {number:03}")
        await make_user(other, "Not", "Here")

        read = await run(node, "apollo.mjs", f"{client.base_url}/graphql", site.id, "10")

    assert read == {"pages": 12, "totalCount": 113, "names": [f"Pat Name {number:03}" for number in range(113)]}


async def test_urql_queries_mutates_and_subscribes(node: str, url: str) -> None:
    async with listening(url) as client:
        site = await make_site()

        result = await run(node, "urql.mjs", f"{client.base_url}/graphql", site.id)

    assert result["viewer"] == {"subject": "anonymous"}
    assert result["created"] == {"pickupGroup": {"name": "First"}, "violations": []}
    assert result["refused"] == ["GRAPHQL_VALIDATION_FAILED"]
    assert result["changes"] == [[1, "First"], [2, "Second"]]
    new = "application/graphql-response+json; charset=utf-8"
    assert result["types"] == [new, new, new, "text/event-stream; charset=utf-8", new]


@pytest.mark.parametrize("method", ["POST", "GET"])
async def test_apollo_sends_document_of_persisted_query_once(node: str, url: str, method: str) -> None:
    async with listening(url) as client:
        result = await run(node, "persisted.mjs", f"{client.base_url}/graphql", method)

    assert result["subjects"] == ["anonymous"] * 2
    assert result["sent"] == [[method, False], ["POST", True], [method, False]]


async def test_subscription_resumed_after_cut_misses_nothing(node: str, url: str) -> None:
    async with listening(url) as client:
        site = await make_site()
        created = await client.post(
            "/graphql",
            json={
                "query": "mutation($i: CreatePickupGroupInput!){createPickupGroup(input: $i){pickupGroup{id}}}",
                "variables": {"i": {"siteId": site.id, "name": "Group"}},
            },
        )
        group = created.json()["data"]["createPickupGroup"]["pickupGroup"]["id"]

        result = await run(node, "resume.mjs", f"{client.base_url}/graphql", site.id, group, "200")

    assert result == {"cuts": 4, "revisions": list(range(1, 201))}
