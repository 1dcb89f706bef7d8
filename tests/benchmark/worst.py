"""`python -m tests.benchmark.worst URL`: the slowest documents that the default limits let through.

Fills the database if it is empty. Each shape of document is repeated as often as the limits allow, and sent to the
server three times; the table has the fastest of these. Everything must stay well below the timeout of a request.
"""

import argparse
import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any

import httpx
from rich.table import Table

from graph.errors import RequestError
from graph.execution.documents import Documents
from graph.execution.limits import check_limits
from graph.schema import schema
from graph.settings import Settings
from tests.benchmark.comparison import console
from tests.benchmark.data import Directory, fill
from tests.benchmark.servers import HERE, sign_token

SETTINGS = Settings()
DIRECTORY = Directory()
HUGE, BIG, GROUP = f"Site:{DIRECTORY.huge_site}", f"Site:{DIRECTORY.big_site}", DIRECTORY.group_of_big_site

_TIMES = 3
_MOST_REPEATS = 2_000
_MANY_TERMS = " ".join(f"a{letter}" for letter in "bcdefghijk")

Shape = Callable[[int], str]
"""The fields of a query that repeats itself so many times."""


def _aliases(field: str) -> Shape:
    return lambda times: " ".join(f"a{number}: {field}" for number in range(times))


def _in(around: str, field: str) -> Shape:
    """`around` with the repeated field in the place of its `%s`."""
    repeated = _aliases(field)
    return lambda times: around % repeated(times)


SHAPES: Mapping[str, Shape] = {
    "counts of all users": _aliases("users { totalCount }"),
    "searches of all users": _aliases('users(search: "qq") { totalCount }'),
    "searches of all users for three letters": _aliases('users(search: "mar") { totalCount }'),
    "searches of all users for ten terms": _aliases(f'users(search: "{_MANY_TERMS}") {{ totalCount }}'),
    "pages of all available users": _aliases("users(filter: {pickupStatus: AVAILABLE}, last: 1) { nodes { id } }"),
    "pages of all users with a rare station": _aliases(
        "users(filter: {stationTypes: [AUTO_ATTENDANT]}) { nodes { id } }"
    ),
    "counts of a huge site": _aliases(f'users(siteId: "{HUGE}") {{ totalCount }}'),
    "searches of a huge site": _aliases(f'users(siteId: "{HUGE}", search: "qq") {{ totalCount }}'),
    "pages of a search of a huge site": _aliases(
        f'users(siteId: "{HUGE}", search: "qq", first: 1) {{ nodes {{ id }} }}'
    ),
    "pages of a huge site with a rare station": _aliases(
        f'users(siteId: "{HUGE}", filter: {{stationTypes: [AUTO_ATTENDANT]}}, first: 1) {{ nodes {{ id }} }}'
    ),
    "available users of a big site": _aliases(
        f'pickupGroup(id: "PickupGroup:{GROUP}") {{ availableUsers(search: "qq") {{ totalCount }} }}'
    ),
    "page info of searches of a huge site": _aliases(
        f'users(siteId: "{HUGE}", search: "a", last: 100, orderBy: {{field: EXTENSION}}) '
        "{ pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }"
    ),
    "counts of each site": _in("sites(first: 100) { nodes { %s } }", "users { totalCount }"),
    "counts of the last sites": _in("sites(last: 2) { nodes { %s } }", "users { totalCount }"),
    "searches of the last sites": _in("sites(last: 2) { nodes { %s } }", 'users(search: "qq") { totalCount }'),
    "counts of the members of groups": _in("pickupGroups(first: 100) { nodes { %s } }", "members { totalCount }"),
    "searches of the members of groups": _in(
        "pickupGroups(first: 100) { nodes { %s } }", 'members(search: "a", first: 1) { nodes { id } }'
    ),
    "sites of users, with their users": _in(
        "users(first: 100) { nodes { site { %s } } }", "users(first: 20) { nodes { id displayName } }"
    ),
    "fields of users": _in("users(first: 100) { nodes { %s } }", "displayName"),
    "member counts": _in("users(first: 100) { nodes { pickupGroup { %s } } }", "memberCount"),
    "rows of rows": _in(
        f'site(id: "{BIG}") {{ pickupGroups(first: 20) {{ nodes {{ members(first: 20) {{ nodes {{ pickupGroup '
        "{ members(first: 20) { nodes { %s } } } } } } } }",
        "extension",
    ),
    "users by 1,000 external ids": _in(
        "site(id: 1) { id } %s",
        f'users(siteId: "{HUGE}", first: 1, filter: {{externalIds: $ids}}) {{ totalCount nodes {{ id }} }}',
    ),
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmark.worst", description=__doc__)
    parser.add_argument("url", metavar="URL")
    parser.add_argument("--only", default="", metavar="NAME", help="the shapes whose names begin so")
    given = parser.parse_args()
    HERE.migrate(given.url)
    asyncio.run(fill(given.url, DIRECTORY))
    table = Table("document", "repeats", "cost", "bytes of the response", "seconds")
    worst = 0.0
    with HERE.serve(given.url) as server:
        for name in (name for name in SHAPES if name.startswith(given.only)):
            times, cost, request = _largest(SHAPES[name])
            seconds, size = _ask(f"http://127.0.0.1:{server.port}/graphql", request)
            worst = max(worst, seconds)
            table.add_row(name, f"{times:,}", f"{cost:,}", f"{size:,}", f"{seconds:.2f}")
    console.print(table)
    console.print(f"The slowest takes {worst:.1f} s; the timeout is {SETTINGS.query_timeout_s:.0f} s.")


def _largest(shape: Shape) -> tuple[int, int, dict[str, Any]]:
    """The most repeats within the limits, found by bisection; the cost and the request."""
    documents = Documents(schema._schema, SETTINGS)
    least, most = 1, _MOST_REPEATS
    while least < most:
        middle = (least + most + 1) // 2
        if _cost(documents, _request(shape(middle))) is None:
            most = middle - 1
        else:
            least = middle
    request = _request(shape(least))
    return least, _cost(documents, request) or 0, request


def _request(fields: str) -> dict[str, Any]:
    if "$ids" not in fields:
        return {"query": f"{{ {fields} }}", "variables": {}}
    ids = [f"u-{number}" for number in range(100_000, 101_000)]
    return {"query": f"query($ids: [String!]) {{ {fields} }}", "variables": {"ids": ids}}


def _cost(documents: Documents, request: Mapping[str, Any]) -> int | None:
    """None if the document exceeds a limit."""
    try:
        operation = documents.prepare(request["query"]).operation(None)
        return check_limits(operation, request["variables"], SETTINGS)
    except RequestError:
        return None


def _ask(url: str, request: Mapping[str, Any]) -> tuple[float, int]:
    """The fastest of a few answers in seconds, and its bytes."""
    taken = []
    for _ in range(_TIMES):
        began = time.perf_counter()
        headers = {"Authorization": f"Bearer {sign_token()}"}
        response = httpx.post(url, json=request, headers=headers, timeout=2 * SETTINGS.query_timeout_s)
        taken.append(time.perf_counter() - began)
        if "errors" in response.json():
            console.print(f"[yellow]{response.json()['errors']!r}[/]")
    return min(taken), len(response.content)


main()
