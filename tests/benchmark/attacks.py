"""`python -m tests.benchmark.attacks URL [--only NAME]`: what one caller can do to a server, and to another caller.

Each attack has a server of its own. Beside it another caller asks for one field of one site and changes
another site, again and again. The table has the errors that the attack got, the memory before it and the most during
it, the longest that `/healthz`, which needs no database, waited (the longest block of the event loop), and the p50 and
p99 of the other caller's queries and changes.
"""

import argparse
import asyncio
import multiprocessing
import os
import resource
import time
from collections import Counter
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from multiprocessing.synchronize import Event
from typing import Any

import httpx
from rich.table import Table

from tests.benchmark.attacker import ATTACKS, DIRECTORY, OTHER, RENAME, Attacker, bearer
from tests.benchmark.comparison import console
from tests.benchmark.data import fill
from tests.benchmark.servers import HERE, Server, peak_mib, sign_token
from tests.support.waiting import eventually

QUERY = {"query": f'{{ site(id: "{OTHER}") {{ name }} }}'}


class Bystander:
    """Another caller, and how long they waited, in ms."""

    def __init__(self, server: Server) -> None:
        self._url = f"http://127.0.0.1:{server.port}"
        self.waited: dict[str, list[float]] = {"healthz": [], "query": [], "change": []}
        self.failed: Counter[str] = Counter()

    async def keep_asking(self) -> None:
        async with httpx.AsyncClient(base_url=self._url, headers=bearer(sign_token(subject="bystander"))) as http:
            await asyncio.gather(self._look(http), self._query(http), self._change(http))

    async def _look(self, http: httpx.AsyncClient) -> None:
        while True:
            await self._time("healthz", http.get("/healthz", timeout=60))
            await asyncio.sleep(0.01)

    async def _query(self, http: httpx.AsyncClient) -> None:
        while True:
            await self._time("query", http.post("/graphql", json=QUERY, timeout=60))
            await asyncio.sleep(0.01)

    async def _change(self, http: httpx.AsyncClient) -> None:
        number = 0
        while True:
            number += 1
            given = {"id": "PickupGroup:1", "name": f"Name {number}"}
            request = {"query": RENAME % "violations { rule }", "variables": given}
            await self._time("change", http.post("/graphql", json=request, timeout=60))
            await asyncio.sleep(0.1)

    async def _time(self, what: str, request: Coroutine[Any, Any, httpx.Response]) -> None:
        began = time.perf_counter()
        response = await request
        self.waited[what].append((time.perf_counter() - began) * 1000)
        if response.status_code != 200 or "errors" in response.text:
            self.failed[f"{what} {response.status_code}"] += 1

    async def is_answered(self) -> bool:
        return all(self.waited.values())

    def percentiles(self, what: str) -> str:
        """The p50 and the p99."""
        waited = sorted(self.waited[what])
        return f"{waited[len(waited) // 2]:.0f} / {waited[len(waited) * 99 // 100]:.0f}"


def _run_attack(name: str, server: Server, begin: Event, ended: Event, stop: Event, codes: Any) -> None:
    async def run() -> None:
        async with AsyncExitStack() as stack:
            attacker = Attacker(server, stack)
            await stack.enter_async_context(attacker.http)
            begin.wait()
            await ATTACKS[name](attacker)
            codes.put(dict(attacker.codes))
            ended.set()
            await asyncio.to_thread(stop.wait)

    asyncio.run(run())


async def measure(server: Server, name: str) -> list[str]:
    """The columns of the table."""
    begin, ended, stop = (multiprocessing.Event() for _ in range(3))
    codes: Any = multiprocessing.Queue()
    # A process of its own: what keeps it busy must not look like a busy server.
    attacker = multiprocessing.Process(target=_run_attack, args=(name, server, begin, ended, stop, codes))
    attacker.start()
    bystander = Bystander(server)
    beside = asyncio.create_task(bystander.keep_asking())
    # The socket listens before the server has started.
    await eventually(bystander.is_answered, "the server answers")
    await asyncio.sleep(1)
    before, began = peak_mib(server.pid), time.perf_counter()
    for waited in bystander.waited.values():
        waited.clear()
    begin.set()
    await asyncio.to_thread(ended.wait)
    seconds = time.perf_counter() - began
    await asyncio.sleep(1)
    beside.cancel()
    await asyncio.wait([beside])
    stop.set()
    await asyncio.to_thread(attacker.join)
    return [
        name,
        ", ".join(f"{code} {count}" for code, count in codes.get().items()),
        f"{seconds:.1f}",
        f"{before:.0f} → {peak_mib(server.pid):.0f}",
        f"{max(bystander.waited['healthz']):.0f}",
        bystander.percentiles("query"),
        bystander.percentiles("change"),
        ", ".join(f"{what} {count}" for what, count in bystander.failed.items()),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmark.attacks", description=__doc__)
    parser.add_argument("url", metavar="URL")
    parser.add_argument("--only", default="", metavar="NAME", help="the attacks whose names begin so")
    given = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    HERE.migrate(given.url)
    asyncio.run(fill(given.url, DIRECTORY))
    table = Table(
        "attack", "errors", "seconds", "peak MiB", "longest block, ms", "queries, ms", "changes, ms", "failed beside"
    )
    for name in (name for name in ATTACKS if name.startswith(given.only)):
        with HERE.serve(given.url) as server:
            # A core that something else keeps busy must not look like a busy server.
            os.sched_setaffinity(server.pid, range(os.cpu_count() or 1))
            row = asyncio.run(measure(server, name))
        console.print(" | ".join(row))
        table.add_row(*row)
    console.print(table)


if __name__ == "__main__":
    main()
