"""A caller whose queries are as slow as the limits allow, beside one who reads pages of groups."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from models.caller import Permission
from models.database.migrating import migrate_database
from models.database.url import parse_database_url
from tests.benchmark.data import Directory, fill
from tests.support.processes import served
from tests.support.serving import token
from tests.system.resilience.conftest import Record

pytestmark = [pytest.mark.slow, pytest.mark.alone]

DIRECTORY = Directory(ordinary_sites=1)
SLOW_REQUESTS = {"sqlite": 5, "postgres": 12}
PAGES = 200
PAGE = """{ site(id: "Site:1") { id name pickupGroups(first: 12) { totalCount nodes { id name memberCount } } }
  sites(first: 1) { totalCount } }"""
"""Two root fields: on SQLite a thread reads them."""

CREATE = """mutation($name: String!) { createPickupGroup(input: {siteId: "Site:1", name: $name}) {
  violations { rule } } }"""


@pytest.fixture
def filled(empty: str) -> str:
    """The URL of a database with a site of 200,000 users."""
    asyncio.run(migrate_database(parse_database_url(empty)))
    asyncio.run(fill(empty, DIRECTORY))
    return empty


def searches(times: int) -> str:
    """A query that searches the huge site so many times."""
    field = f'users(siteId: "Site:{DIRECTORY.huge_site}", search: "qq") {{ totalCount }}'
    return f"{{ {' '.join(f'a{number}: {field}' for number in range(times))} }}"


@asynccontextmanager
async def client_of(address: str, subject: str, permission: Permission) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"Authorization": f"Bearer {token(subject, [permission])}"}
    async with httpx.AsyncClient(base_url=address, headers=headers, timeout=60) as client:
        yield client


async def ask(client: httpx.AsyncClient, query: str, **variables: object) -> dict[str, object]:
    answer: dict[str, object] = (await client.post("/graphql", json={"query": query, "variables": variables})).json()
    return answer


async def most_searches(client: httpx.AsyncClient) -> int:
    """How many of them the limits allow in one request, at most 150."""
    times = 150
    while True:
        errors = (await ask(client, searches(times))).get("errors")
        if errors is None or "cost" not in str(errors):
            return times
        times = times * 9 // 10


async def test_slow_queries_of_one_caller_do_not_delay_another(filled: str, record_property: Record) -> None:
    dialect = parse_database_url(filled).dialect
    async with (
        served(filled) as server,
        client_of(server.address, "slow", Permission.READ) as slow,
        client_of(server.address, "quick", Permission.WRITE) as quick,
    ):
        query = searches(await most_searches(slow))
        began = time.perf_counter()
        assert "errors" not in await ask(slow, query)
        slow_s = time.perf_counter() - began

        async def keep_searching() -> None:
            while True:
                await ask(slow, query)

        assert "errors" not in await ask(quick, PAGE)
        tasks = [asyncio.create_task(keep_searching()) for _ in range(SLOW_REQUESTS[dialect])]
        try:
            # They run when none is answered at once.
            await asyncio.wait(tasks, timeout=1)
            seconds, changes, ready = [], [], []
            for number in range(PAGES):
                began = time.perf_counter()
                answer = await ask(quick, PAGE)
                seconds.append(time.perf_counter() - began)
                assert "errors" not in answer, answer
                if number % 20 == 0:
                    began = time.perf_counter()
                    ready.append((await quick.get("/readyz")).status_code)
                    answer = await ask(quick, CREATE, name=f"New {number}")
                    changes.append(time.perf_counter() - began)
                    assert answer == {"data": {"createPickupGroup": {"violations": []}}}
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    p99 = sorted(seconds)[PAGES * 99 // 100 - 1]
    times = (
        f"p50 {sorted(seconds)[PAGES // 2] * 1000:.0f} ms, p99 {p99 * 1000:.0f} ms, max {max(seconds) * 1000:.0f} ms"
    )
    others = f"/readyz and a change at most {max(changes) * 1000:.0f} ms; a slow request alone {slow_s * 1000:.0f} ms"
    figure = f"{dialect}: pages of groups {times}; {others}"
    record_property("figure", figure)
    assert ready == [200] * len(ready)
    # On a machine of any speed, which may do something else now and then: without shares a page waits for a slow
    # request to end.
    assert sorted(seconds)[PAGES * 9 // 10] < slow_s / 4, figure
