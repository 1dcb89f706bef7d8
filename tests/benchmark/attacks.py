"""`python -m tests.benchmark.attacks URL [--only NAME]`: what one caller can do to a server, and to another caller.

Each attack has a server of its own. Beside it another caller asks for one field of one site and changes
another site, again and again. The table has the errors that the attack got, the memory before it and the most during
it, the longest that `/healthz`, which needs no database, waited (the longest block of the event loop), and the p50 and
p99 of the other caller's queries and changes.
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import resource
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import AsyncExitStack
from multiprocessing.synchronize import Event
from typing import Any

import httpx
from rich.table import Table
from websockets.asyncio.client import connect

from tests.benchmark.comparison import console
from tests.benchmark.data import Directory, fill
from tests.benchmark.servers import HERE, Server, peak_mib, sign_token
from tests.support.serving import PROTOCOL

DIRECTORY = Directory()
HUGE, OTHER = f"Site:{DIRECTORY.huge_site}", "Site:1"

QUERY = {"query": f'{{ site(id: "{OTHER}") {{ name }} }}'}
RENAME = """mutation($id: ID!, $name: String!, $dryRun: Boolean! = false) {
  renamePickupGroup(input: {id: $id, name: $name, dryRun: $dryRun}) { %s } }"""


class Attacker:
    """A caller with one token, and the errors that they got."""

    def __init__(self, server: Server, stack: AsyncExitStack) -> None:
        self.address = f"127.0.0.1:{server.port}"
        self.token = sign_token(subject="attacker")
        self.stack = stack
        self.codes: Counter[str] = Counter()
        self.http = httpx.AsyncClient(headers=_headers(self.token), timeout=120)

    async def ask(self, query: str, variables: Mapping[str, Any] | None = None) -> None:
        response = await self.http.post(f"http://{self.address}/graphql", json={"query": query, "variables": variables})
        answer = response.json()
        self._count(answer.get("errors", ()))

    async def subscribe(self, operations: list[dict[str, Any]]) -> None:
        """All of them on one connection, which stays."""
        address = f"ws://{self.address}/graphql"
        socket = await self.stack.enter_async_context(
            connect(address, subprotocols=[PROTOCOL], max_queue=None, ping_interval=None, max_size=None)
        )
        await socket.send(json.dumps({"type": "connection_init", "payload": _headers(self.token)}))
        await socket.recv()
        for number, payload in enumerate(operations):
            await socket.send(json.dumps({"type": "subscribe", "id": str(number), "payload": payload}))
        await socket.send('{"type": "ping"}')
        while (message := json.loads(await socket.recv()))["type"] != "pong":
            self._count(message["payload"] if message["type"] == "error" else ())

    async def begin(self, head: str, body: bytes) -> None:
        """Send what is not complete on a connection that stays; of a WebSocket after the handshake."""
        host, port = self.address.split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        self.stack.callback(writer.close)
        writer.write(f"{head}\r\nHost: localhost\r\n\r\n".encode())
        if "Upgrade" in head:
            await reader.readuntil(b"\r\n\r\n")
        writer.write(body)

    def _count(self, errors: Any) -> None:
        self.codes.update(error["extensions"]["code"] for error in errors)


def _headers(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


Attack = Callable[[Attacker], Awaitable[None]]


def _many(count: int, write: Callable[[int], str]) -> str:
    return " ".join(write(number) for number in range(count))


async def long_aliases(attacker: Attacker) -> None:
    for length in (95_000, 128):
        alias = "x" * length
        await attacker.ask(f"{{ sites(first: 100) {{ nodes {{ users(first: 100) {{ nodes {{ {alias}: id }} }} }} }} }}")


async def compiling(attacker: Attacker) -> None:
    names = [f"v{number}" for number in range(4)]
    declared = ", ".join(f"${name}: Boolean!" for name in names)
    fields = _many(960, lambda n: f"f{n}: name @include(if: ${names[n % 4]})")
    for times in (150, 2):
        document = f"query({declared}) {{ {_many(times, lambda n: f'a{n}: site(id: 1) {{ ...F }}')} }}"
        for mask in range(16):
            given = {name: bool(mask >> number & 1) for number, name in enumerate(names)}
            await attacker.ask(f"{document} fragment F on Site {{ {fields} }}", given)


async def comments(attacker: Attacker) -> None:
    for number in range(200):
        await attacker.ask("# a\n" * 4_900 + f"{{ a{number}: __typename }}")


async def conditions(attacker: Attacker) -> None:
    declared, fields = _many(300, lambda n: f"$v{n}: Boolean!"), _many(300, lambda n: f"a{n}: id @include(if: $v{n})")
    for mask in range(10):
        given = {f"v{number}": number != mask for number in range(300)}
        await attacker.ask(f'query({declared}) {{ site(id: "{OTHER}") {{ {fields} }} }}', given)


async def lists(attacker: Attacker) -> None:
    ids = [f"User:{number}" for number in range(90_000)]
    add = "mutation($i: [ID!]!) { addPickupGroupMembers(input: {id: 1, userIds: $i}) { violations { rule } } }"
    await attacker.ask(add, {"i": ids})
    await attacker.ask("query($i: [String!]) { users(filter: {externalIds: $i}) { totalCount } }", {"i": ids})
    await attacker.ask(add.replace("$i: [ID!]!", "$x: ID").replace("$i", f"[{'1 ' * 4_900}]"))


async def searches(attacker: Attacker) -> None:
    repeated = _many(30, lambda n: f'a{n}: users(search: "qq") {{ totalCount }}')
    await asyncio.gather(*(attacker.ask(f'{{ site(id: "{HUGE}") {{ {repeated} }} }}') for _ in range(12)))


def payloads(*, dry_run: bool) -> Attack:
    async def ask(attacker: Attacker) -> None:
        group = f"PickupGroup:{DIRECTORY.group_of_big_site}"
        searching = _many(20, lambda n: f'a{n}: availableUsers(search: "qq{n}") {{ totalCount }}')
        query = RENAME % f"violations {{ rule }} pickupGroup {{ {searching} }}"
        for number in range(10):
            await attacker.ask(query, {"id": group, "name": f"Named {number}", "dryRun": dry_run})

    return ask


async def subscribers(attacker: Attacker) -> None:
    """2,000 of one site, whose other sites change."""
    follow = {"query": f'subscription {{ changes(siteId: "{HUGE}") {{ revision kind }} }}'}
    for _ in range(20):
        await attacker.subscribe([follow] * 100)
    await asyncio.sleep(5)


async def variables_of_subscriptions(attacker: Attacker) -> None:
    keys = [f"{number}".ljust(900, "y") for number in range(1_000)]
    users = "site { users(filter: {externalIds: $keys}) { nodes { id } } }"
    query = f'subscription($keys: [String!]) {{ changes(siteId: "{OTHER}") {{ id {users} }} }}'
    for _ in range(4):
        await attacker.subscribe([{"query": query, "variables": {"keys": keys, "unused": "x"}}] * 100)


async def half_bodies(attacker: Attacker) -> None:
    for _ in range(1_500):
        await attacker.begin(
            "POST /graphql HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 400000\r\n"
            f"Authorization: Bearer {attacker.token}",
            b" " * 200_000,
        )
    await asyncio.sleep(5)


async def half_messages(attacker: Attacker) -> None:
    # A text of 950,000 bytes, of which 900,000 come.
    frame = b"\x81\xff" + (950_000).to_bytes(8, "big") + bytes(4) + b" " * 900_000
    for _ in range(200):
        await attacker.begin(
            "GET /graphql HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\nSec-WebSocket-Protocol: {PROTOCOL}",
            frame,
        )
    await asyncio.sleep(5)


ATTACKS: Mapping[str, Attack] = {
    "A1 long aliases": long_aliases,
    "A2 compiling": compiling,
    "A2 documents of comments": comments,
    "A2 300 conditions": conditions,
    "A3 lists in variables": lists,
    "A4 searches": searches,
    "A5 payloads of dry runs": payloads(dry_run=True),
    "A5 payloads of changes": payloads(dry_run=False),
    "A6 2,000 idle subscribers": subscribers,
    "A11 half-sent bodies": half_bodies,
    "A11 half-sent messages": half_messages,
    "A11 variables of subscriptions": variables_of_subscriptions,
}


class Bystander:
    """Another caller, and how long they waited, in ms."""

    def __init__(self, server: Server) -> None:
        self._url = f"http://127.0.0.1:{server.port}"
        self.waited: dict[str, list[float]] = {"healthz": [], "query": [], "change": []}
        self.failed: Counter[str] = Counter()

    async def keep_asking(self) -> None:
        async with httpx.AsyncClient(base_url=self._url, headers=_headers(sign_token(subject="bystander"))) as http:
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
    while not all(bystander.waited.values()):
        await asyncio.sleep(0.1)
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
