"""A caller who means harm, and what they try: the scenarios that `tests.benchmark.attacks` measures."""

import asyncio
import json
import secrets
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from typing import Any

import httpx
from websockets.asyncio.client import connect

from tests.benchmark.data import Directory
from tests.benchmark.servers import Server, sign_token
from tests.support.serving import PROTOCOL

DIRECTORY = Directory()
HUGE, OTHER = f"Site:{DIRECTORY.huge_site}", "Site:1"

RENAME = """mutation($id: ID!, $name: String!, $version: Int, $dryRun: Boolean! = false) {
  renamePickupGroup(input: {id: $id, name: $name, expectedVersion: $version, dryRun: $dryRun}) { %s } }"""


class Attacker:
    """A caller with one token, and the errors that they got."""

    def __init__(self, server: Server, stack: AsyncExitStack) -> None:
        self.address = f"127.0.0.1:{server.port}"
        self.token = sign_token(subject="attacker")
        self.stack = stack
        self.codes: Counter[str] = Counter()
        self.http = httpx.AsyncClient(headers=bearer(self.token), timeout=120)

    async def ask(self, query: str, variables: Mapping[str, Any] | None = None) -> Any:
        """The data of the answer, None if the request was rejected."""
        response = await self.http.post(f"http://{self.address}/graphql", json={"query": query, "variables": variables})
        answer = response.json()
        self._count(answer.get("errors", ()))
        return answer.get("data")

    async def subscribe(self, operations: list[dict[str, Any]]) -> None:
        """All of them on one connection, which stays."""
        address = f"ws://{self.address}/graphql"
        socket = await self.stack.enter_async_context(
            connect(address, subprotocols=[PROTOCOL], max_queue=None, ping_interval=None, max_size=None)
        )
        await socket.send(json.dumps({"type": "connection_init", "payload": bearer(self.token)}))
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


def bearer(token: str) -> dict[str, str]:
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


def payloads(*, dry_run: bool = False, version: int | None = None) -> Attack:
    """Renames of a group of the huge site, with as many searches of the site as one payload may cost.

    Such a payload must not be read while the change has SQLite's only write lock, unless the change is made.
    """

    async def rename(attacker: Attacker) -> None:
        create = f'mutation($name: String!) {{ createPickupGroup(input: {{siteId: "{HUGE}", name: $name}}) {{ %s }} }}'
        name = secrets.token_hex(8)
        created = await attacker.ask(create % "pickupGroup { id }", {"name": name})
        searching = _many(3, lambda n: f'a{n}: users(search: "qq{n}") {{ totalCount }}')
        query = RENAME % f"violations {{ rule }} pickupGroup {{ site {{ {searching} }} }}"
        given = {"id": created["createPickupGroup"]["pickupGroup"]["id"], "version": version, "dryRun": dry_run}
        for number in range(10):
            answer = await attacker.ask(query, given | {"name": f"{name} {number}"})
            payload = answer["renamePickupGroup"]
            assert payload["pickupGroup"]["site"] == {f"a{n}": {"totalCount": 0} for n in range(3)}
            assert payload["violations"] == ([] if version is None else [{"rule": "VERSION_CONFLICT"}])

    return rename


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
    "A5 payloads of refused changes": payloads(version=1_000),
    "A5 payloads of changes": payloads(),
    "A6 2,000 idle subscribers": subscribers,
    "A11 half-sent bodies": half_bodies,
    "A11 half-sent messages": half_messages,
    "A11 variables of subscriptions": variables_of_subscriptions,
}
