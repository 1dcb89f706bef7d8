"""An import while administrators work: `python -m tests.benchmark.import_under_load URL` on an empty database.

Eight clients page through the groups of a site and change them, first alone, then while a directory is loaded again in
which every user of another site of 20,000 has changed. Reports their errors and the 99th percentile of the latencies.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from tests.benchmark.import_speed import import_apart, write_files
from tests.benchmark.servers import HERE, sign_token

CLIENTS = 8
ALONE_S = 10
PAGE = """query($site: ID!, $after: String) { site(id: $site) { pickupGroups(first: 20, after: $after) {
  totalCount pageInfo { hasNextPage endCursor } nodes { id name memberCount } } } }"""
CHANGE = "mutation($input: RenamePickupGroupInput!) { renamePickupGroup(input: $input) { violations { message } } }"


async def work(address: str, token: str, number: int, go_on: Callable[[], bool]) -> tuple[list[float], int]:
    """One client at a site of its own: the seconds that its answers took, and the number of errors."""
    took, errors = [], 0
    site, cursor = f"Site:{number + 10}", None
    async with httpx.AsyncClient(base_url=address, headers={"Authorization": f"Bearer {token}"}, timeout=60) as http:

        async def ask(query: str, **variables: Any) -> dict[str, Any]:
            nonlocal errors
            began = time.perf_counter()
            answer = (await http.post("/graphql", json={"query": query, "variables": variables})).json()
            took.append(time.perf_counter() - began)
            errors += "errors" in answer
            data: dict[str, Any] = answer.get("data") or {}
            return data

        while go_on():
            page = (await ask(PAGE, site=site, after=cursor)).get("site", {}).get("pickupGroups", {})
            cursor = page["pageInfo"]["endCursor"] if page and page["pageInfo"]["hasNextPage"] else None
            if page.get("nodes"):
                await ask(CHANGE, input={"id": page["nodes"][0]["id"], "name": f"Renamed {len(took)}"})
    return took, errors


async def load(address: str, token: str, go_on: Callable[[], bool]) -> str:
    done = await asyncio.gather(*(work(address, token, number, go_on) for number in range(CLIENTS)))
    took = sorted(seconds for one, _ in done for seconds in one)
    errors = sum(number for _, number in done)
    return f"{len(took)} answers, {errors} errors, p99 {took[len(took) * 99 // 100] * 1000:.0f} ms"


async def measure(url: str, folder: Path, users: int) -> None:
    write_files(folder, users)
    import_apart(url, folder)
    write_files(folder, users, domain="x.test")
    with HERE.serve(url) as server:
        token = sign_token()
        address = f"http://127.0.0.1:{server.port}"
        until = time.monotonic() + ALONE_S
        sys.stdout.write(f"alone        {await load(address, token, lambda: time.monotonic() < until)}\n")
        loading = asyncio.create_task(asyncio.to_thread(import_apart, url, folder))
        sys.stdout.write(f"beside it    {await load(address, token, lambda: not loading.done())}\n")
        figures = await loading
        sys.stdout.write(f"the import   {figures['seconds']:.1f} s, {figures['changed']:.0f} changed\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--users", type=int, default=100_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        asyncio.run(measure(given.url, Path(name), given.users))


if __name__ == "__main__":
    main()
