"""More changes at once than the server can make in time: each is answered within its patience."""

import asyncio
import json
import time
from collections import Counter
from pathlib import Path

import httpx
import pytest

from models.database.database import CHANGE_TIMEOUT_S
from models.database.migrating import migrate_database
from models.database.opening import opened_database
from models.database.url import parse_database_url
from tests.support.administrators import Crowd
from tests.support.processes import served
from tests.support.serving import token
from tests.system.resilience.conftest import Record

WRITERS = 500
GRACE_S = 10.0
"""For what comes before and after the wait, of as many requests on one event loop of a busy machine."""

QUERY = "mutation($input: CreatePickupGroupInput!) { createPickupGroup(input: $input) { pickupGroup { id } } }"

pytestmark = pytest.mark.slow


async def test_no_writer_of_flood_waits_longer_than_ten_seconds(tmp_path: Path, record_property: Record) -> None:
    url = f"sqlite://{tmp_path}/pickup.sqlite3"
    await migrate_database(parse_database_url(url))
    async with opened_database(parse_database_url(url)) as database:
        crowd = await Crowd.of_new_site(users=1)
        headers = {"Authorization": f"Bearer {token()}"}
        began = time.monotonic()
        async with (
            served(url, PICKUP_LOG_LEVEL="info", PICKUP_LOG_FORMAT="json") as server,
            httpx.AsyncClient(
                base_url=server.address, headers=headers, timeout=120, limits=httpx.Limits(max_connections=WRITERS)
            ) as http,
        ):

            async def write(number: int) -> httpx.Response:
                given = {"siteId": crowd.site.id, "name": f"Group {number}"}
                return await http.post("/graphql", json={"query": QUERY, "variables": {"input": given}})

            responses = await asyncio.gather(*(write(number) for number in range(WRITERS)))
            await server.stop()
            lines = [json.loads(line) for line in server.log().splitlines() if line.startswith("{")]
        seconds = time.monotonic() - began

        statuses = Counter(response.status_code for response in responses)
        assert set(statuses) <= {200, 503}
        assert statuses[200] > 0
        for response in responses:
            if response.status_code == 503:
                assert int(response.headers["retry-after"]) >= 1
                assert response.json()["errors"][0]["extensions"] == {"code": "UNAVAILABLE"}
        took = [line["ms"] / 1_000 for line in lines if line.get("kind") == "mutation"]
        assert len(took) == WRITERS
        assert max(took) < CHANGE_TIMEOUT_S + GRACE_S
        async with database.reading() as session:
            (changes,) = await session.fetch("SELECT count(*) AS number FROM changes", [])
    assert changes["number"] == statuses[200]
    record_property("figure", f"{WRITERS} writers in {seconds:.0f} s, {dict(statuses)}, {max(took):.1f} s at most")
