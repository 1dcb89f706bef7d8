"""The memory of the server over varied requests: `python -m tests.benchmark.memory URL [--documents N]`.

Every document differs from all before it, and so does its caller: random queries with three sets of variables each,
right and wrong ones, mutations of groups and of the directory, and subscriptions over both transports. Reports the
resident memory after each part of them. It must level off.
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import sys
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from random import Random
from typing import Any

import jwt
from websockets.sync.client import connect

from tests.benchmark.servers import HERE, SECRET, Server
from tests.support.oracle.documents import random_document
from tests.support.oracle.rows import Rows, read_rows
from tests.support.oracle.sample import SITES, make_sample
from tests.support.oracle.schema import make_schema
from tests.support.serving import PROTOCOL

CLIENTS = 3
PART = 10_000
_SUBSCRIBES, _MUTATES, _IS_LONG = 25, 10, 5
"""One document in so many is a subscription, else a mutation, else a random query of the whole schema."""

_CHANGES = 'subscription {name} {{ changes(siteId: "Site:1", afterRevision: 0) {{ {alias}: revision kind }} }}'
_RENAME = """mutation {name}($i: RenamePickupGroupInput!) {{
  {alias}: renamePickupGroup(input: $i) {{ violations {{ rule }} }} }}"""
_UPSERT = """mutation {name}($i: UpsertUsersInput!) {{
  {alias}: upsertUsers(input: $i) {{ users {{ id }} violations {{ rule }} }} }}"""
_SHORT = (
    "users(search: $text, first: $number) {{ totalCount nodes {{ {alias}: displayName }} }}",
    "{alias}: site(id: $id) {{ name pickupGroups(first: $number, search: $text) {{ nodes {{ name memberCount }} }} }}",
    "pickupGroups(first: $number) {{ edges {{ cursor node {{ {alias}: site {{ name }} }} }} }} node(id: $id) {{ id }}",
    "{alias}: users(filter: {{externalIds: [$text]}}, last: $number) {{ nodes {{ email }} }} user(id: $id) {{ id }}",
    "viewer {{ {alias}: subject }} sites(search: $text) {{ nodes {{ users(first: $number) {{ nodes {{ id }} }} }} }}",
)
_STATIONS = ("PREMIUM", "STANDARD", "BASIC", "FAX")


class Client:
    """One that sends its share of the documents, one after the other."""

    def __init__(self, port: int, rows: Rows) -> None:
        self._port = port
        self._rows = rows
        self._schema = make_schema()
        self._http = HTTPConnection("127.0.0.1", port, timeout=60)

    def send(self, seed: int) -> None:
        random = Random(seed)
        token = _token(random, seed)
        if seed % _SUBSCRIBES == 0:
            follow = self._follow_socket if seed % (2 * _SUBSCRIBES) else self._follow_events
            follow(_CHANGES.format(name=f"S{seed}", alias=f"r{seed}"), token)
        elif seed % _MUTATES == 0:
            self._post(_mutation(random, seed), token)
        elif seed % _IS_LONG:
            self._post(_short_query(random, seed), token)
        else:
            document = random_document(seed, self._schema, self._rows)
            for variables in document.variables:
                self._post({"query": document.text, "variables": variables}, token)

    def _post(self, request: dict[str, Any], token: str) -> None:
        try:
            self._http.request("POST", "/graphql", json.dumps(request), _headers(token, "application/json"))
            response = self._http.getresponse()
            response.read()
        except (BrokenPipeError, ConnectionResetError):
            # The server does not read a request that is too large to its end.
            self._http.close()
            return
        if response.status >= 500:
            raise RuntimeError(f"{response.status}: {request!r}")

    def _follow_events(self, query: str, token: str) -> None:
        """Read the first event of a stream, and leave."""
        http = HTTPConnection("127.0.0.1", self._port, timeout=60)
        http.request("POST", "/graphql", json.dumps({"query": query}), _headers(token, "text/event-stream"))
        http.getresponse().read1()
        http.close()

    def _follow_socket(self, query: str, token: str) -> None:
        address = f"ws://127.0.0.1:{self._port}/graphql"
        with connect(address, subprotocols=[PROTOCOL], open_timeout=60, max_queue=None) as socket:
            for message in (
                {"type": "connection_init", "payload": {"Authorization": f"Bearer {token}"}},
                {"type": "subscribe", "id": "1", "payload": {"query": query}},
            ):
                socket.send(json.dumps(message))
                socket.recv(timeout=60)


def _headers(token: str, accept: str) -> dict[str, str]:
    return {"Content-Type": "application/json", "Accept": accept, "Authorization": f"Bearer {token}"}


def _token(random: Random, seed: int) -> str:
    """One of a caller who has been granted some sites, or all."""
    sites = [key for key, _, _ in SITES if random.random() < 0.7] + [f"other {seed}"] * random.randrange(3)
    claims = {
        "sub": f"caller {seed}",
        "exp": int(time.time()) + 3_600 + random.randrange(3_600),
        "permissions": ["READ", "WRITE", "PROVISION"],
        "sites": random.choice([sites, ["*"]]),
    }
    return jwt.encode(claims, SECRET, "HS256")


def _short_query(random: Random, seed: int) -> dict[str, Any]:
    fields = random.choice(_SHORT).format(alias=f"a{seed}")
    declarable = {"text": f'String! = "{seed}"', "number": "Int", "id": "ID! = 1"}
    declared = ", ".join(f"${name}: {kind}" for name, kind in declarable.items() if f"${name}" in fields)
    types = ("Site", "User", "PickupGroup", "Change")
    variables = {"text": f"a {seed}", "number": random.randint(0, 101), "id": f"{random.choice(types)}:{seed % 50}"}
    query = f"query Q({declared}) {{ {fields} }}"
    return {"query": query, "variables": dict(random.sample([*variables.items()], random.randint(0, 3)))}


def _mutation(random: Random, seed: int) -> dict[str, Any]:
    named = {"name": f"M{seed}", "alias": f"a{seed}"}
    if random.random() < 0.5:
        given: dict[str, Any] = {"id": f"PickupGroup:{random.randint(1, 6)}", "name": f"Name {seed}"}
        return {"query": _RENAME.format(**named), "variables": {"i": given}}
    rows = [
        {
            "externalId": f"m{key}",
            "siteExternalId": "S1",
            "lastName": f"L{seed}",
            "stationType": random.choice(_STATIONS),
        }
        for key in random.sample(range(100), random.randint(1, 10))
    ]
    return {"query": _UPSERT.format(**named), "variables": {"i": {"users": rows}}}


def _send_share(port: int, url: str, seeds: Iterator[int], done: Any) -> None:
    client = Client(port, asyncio.run(read_rows(url)))
    for seed in seeds:
        client.send(seed)
        with done.get_lock():
            done.value += 1


def resident_mib(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split(maxsplit=1)[0]) / 1024


def measure(server: Server, url: str, documents: int, first: int) -> None:
    done = multiprocessing.Value("L", 0)
    shares = [range(first + number, first + documents, CLIENTS) for number in range(CLIENTS)]
    clients = [multiprocessing.Process(target=_send_share, args=(server.port, url, share, done)) for share in shares]
    for client in clients:
        client.start()
    began, reported = time.perf_counter(), 0
    while reported < documents and any(client.is_alive() for client in clients):
        time.sleep(0.2)
        if done.value >= min(reported + PART, documents):
            reported = min(reported + PART, documents)
            took = time.perf_counter() - began
            sys.stdout.write(f"{done.value:9,} documents {took:7.0f} s {resident_mib(server.pid):7.1f} MiB\n")
            sys.stdout.flush()
    for client in clients:
        client.join()
    sys.exit(any(client.exitcode for client in clients))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmark.memory", description=__doc__)
    parser.add_argument("url", help="that of an empty database")
    parser.add_argument("--documents", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    HERE.migrate(given.url)
    if not asyncio.run(read_rows(given.url)).of["Site"]:
        asyncio.run(make_sample(given.url))
    with HERE.serve(given.url) as server:
        sys.stdout.write(f"{0:9,} documents {0:7.0f} s {resident_mib(server.pid):7.1f} MiB\n")
        sys.stdout.flush()
        os.sched_setaffinity(0, range(os.cpu_count() or 1))
        measure(server, given.url, given.documents, given.seed)


if __name__ == "__main__":
    main()
