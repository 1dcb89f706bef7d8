"""Measures an import beside administrators: `python -m tests.benchmark.beside URL` on an empty database; run by hand.

Eight clients page through the groups of a site and change them, first alone, then while a directory is loaded anew in
which every user of another site of 20,000 has changed. Tells of their errors and of the slowest of a hundred answers.
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

from graph.auth.tokens import sign_token
from graph.settings import Settings
from models.caller import Permission
from tests.benchmark import servers
from tests.benchmark.directory import run_import, write_files

CLIENTS = 8
ALONE_S = 10
PAGE = """query($site: ID!, $after: String) { site(id: $site) { pickupGroups(first: 20, after: $after) {
  totalCount pageInfo { hasNextPage endCursor } nodes { id name memberCount } } } }"""
CHANGE = "mutation($input: RenamePickupGroupInput!) { renamePickupGroup(input: $input) { violations { message } } }"


async def work(address: str, token: str, number: int, go_on: Callable[[], bool]) -> tuple[list[float], int]:
    """What one client does on a site of its own: the seconds of its answers, and how many were errors."""
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


async def crowd(address: str, token: str, go_on: Callable[[], bool]) -> str:
    done = await asyncio.gather(*(work(address, token, number, go_on) for number in range(CLIENTS)))
    took = sorted(seconds for one, _ in done for seconds in one)
    errors = sum(number for _, number in done)
    return f"{len(took)} answers, {errors} errors, p99 {took[len(took) * 99 // 100] * 1000:.0f} ms"


async def measure(url: str, folder: Path, users: int) -> None:
    write_files(folder, users)
    run_import(url, folder)
    write_files(folder, users, domain="x.test")
    with servers.pickup(url) as server:
        settings = Settings(jwt_secret=servers.SECRET)
        token = sign_token(settings, "benchmark", [Permission.WRITE], None, 3_600)
        address = f"http://127.0.0.1:{server.port}"
        until = time.monotonic() + ALONE_S
        sys.stdout.write(f"alone        {await crowd(address, token, lambda: time.monotonic() < until)}\n")
        loading = asyncio.create_task(asyncio.to_thread(run_import, url, folder))
        sys.stdout.write(f"beside it    {await crowd(address, token, lambda: not loading.done())}\n")
        told = await loading
        sys.stdout.write(f"the import   {told['seconds']:.1f} s, {told['changed']:.0f} changed\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--users", type=int, default=100_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        asyncio.run(measure(given.url, Path(name), given.users))


if __name__ == "__main__":
    main()
