"""A list of mutations whose client leaves or completes it: those begun end, no further one begins."""

import json
import logging
from typing import Any

import pytest

from models.pickup_group import PickupGroup
from models.site import Site
from tests.support.databases import connected
from tests.support.endpoint import POST
from tests.support.factories import make_site
from tests.support.serving import application, listening, serving
from tests.support.sessions import ON_POSTGRES
from tests.support.telemetry import lines
from tests.support.waiting import eventually
from tests.support.websocket import opened

MUTATIONS = 180


def document(site: Site) -> str:
    """Creates groups G0, G1 and so on, under the keys g0, g1 and so on."""
    fields = [
        f'g{number}: createPickupGroup(input: {{siteId: "{site.id}", name: "G{number}"}}) {{ violations {{ rule }} }}'
        for number in range(MUTATIONS)
    ]
    return f"mutation {{ {' '.join(fields)} }}"


async def created() -> list[str]:
    return [group.name for group in await PickupGroup.all().order_by("key")]


async def any_created() -> bool:
    return await PickupGroup.exists()


async def test_client_that_leaves_begins_no_further_mutation(url: str) -> None:
    async with serving(url) as api:
        site = await make_site()
        scope: dict[str, Any] = {**POST}
        messages = [{"type": "http.request", "body": json.dumps({"query": document(site)}).encode()}]

        async def receive() -> dict[str, Any]:
            if messages:
                return messages.pop()
            await eventually(any_created, "the first mutation is committed")
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            raise AssertionError(message)

        await application(api.http)(scope, receive, send)
        names = await created()

    assert 0 < len(names) < MUTATIONS
    assert names == [key.upper() for key in scope["committed"]] == [f"G{number}" for number in range(len(names))]


async def test_completed_operation_begins_no_further_mutation(url: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "pickup.requests")

    async def ended() -> list[int]:
        return [line["status"] for line in lines(caplog) if line.get("kind") == "mutation"]

    async with listening(url) as client, opened(client) as socket:
        site = await make_site()
        await socket.initialise()
        await socket.subscribe("1", document(site))
        await eventually(any_created, "the first mutation is committed")
        await socket.send({"type": "complete", "id": "1"})
        statuses = await eventually(ended, "the operation ends")
        names = await created()
        await socket.subscribe("1", "{ __typename }")
        answer = await socket.receive()

    assert statuses == [499]
    assert 0 < len(names) < MUTATIONS
    assert names == [f"G{number}" for number in range(len(names))]
    assert answer["payload"] == {"data": {"__typename": "Query"}}


@ON_POSTGRES
async def test_timeout_lists_mutations_before_one_that_waits(url: str) -> None:
    async with serving(url, query_timeout_s=2.0) as api:
        free, locked = await make_site(), await make_site()
        inputs = {name: {"siteId": site.id, "name": name} for name, site in (("a", free), ("b", locked), ("c", free))}
        fields = [f"{name}: createPickupGroup(input: ${name}) {{ violations {{ rule }} }}" for name in inputs]
        query = f"mutation({' '.join(f'${name}: CreatePickupGroupInput!' for name in inputs)}) {{ {' '.join(fields)} }}"
        # The document is prepared and compiled before the clock runs.
        await api.ask(query, **{name: given | {"dryRun": True} for name, given in inputs.items()})
        async with connected(url) as other, other.transaction():
            await other.execute("SELECT id FROM sites WHERE id = $1 FOR UPDATE", locked.key)
            error = await api.error(query, **inputs)
        names = await created()

    assert error["extensions"] == {"code": "TIMEOUT", "committed": ["a"]}
    assert names == ["a"]
