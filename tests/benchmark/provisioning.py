"""The directory's mutations: `python -m tests.benchmark.provisioning URL` on an empty database, or on its own data.

First what calls of 500 users on a site of 20,000 cost, in milliseconds and statements. Then what the pages and changes
of administrators take while the directory changes 20 users a second, each in a call of its own, beside what they take
alone, in rounds by turns: the 99th percentile may be a fifth higher at most.
"""

import argparse
import asyncio
import http.client
import json
import os
import re
import statistics
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import jwt
import orjson

from tests.benchmark.data import Directory, external_id, fill, name_of
from tests.benchmark.servers import HERE, LOAD_CORE, SECRET, Server, sign_tokens
from tests.benchmark.work import Work, all_work
from tests.benchmark.wrk import put_load, require_wrk

ROWS, CALLS = 500, 7
CHANGES_PER_S = 20
CONNECTIONS, SECONDS = 8, 4
_WORK = ("W1 groups, ordinary site", "W4", "W5")

_UPSERT = (
    "mutation($users: [UserRow!]!) { upsertUsers(input: {users: $users}) { added changed violations { message } } }"
)
_REMOVE = "mutation($ids: [String!]!) { removeUsers(input: {externalIds: $ids}) { removed violations { message } } }"


class Provisioner:
    """A program that keeps users in step, over a connection of its own."""

    def __init__(self, server: Server) -> None:
        claims = {"sub": "hr", "exp": int(time.time()) + 86_400, "permissions": ["PROVISION"], "sites": ["*"]}
        token = jwt.encode(claims, SECRET, "HS256")
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self._http = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)

    def reconnect(self) -> None:
        """With the next call: the server closes a connection that nothing comes from for some seconds."""
        self._http.close()

    def call(self, query: str, **variables: Any) -> dict[str, Any]:
        body = orjson.dumps({"query": query, "variables": variables})
        self._http.request("POST", "/graphql", body, self._headers)
        answer = json.loads(self._http.getresponse().read())
        (payload,) = answer["data"].values()
        if payload["violations"]:
            raise RuntimeError(payload["violations"])
        return dict(payload)

    def statements(self) -> int:
        """How many the server has run so far."""
        self._http.request("GET", "/metrics")
        metrics = self._http.getresponse().read().decode()
        found = re.search(r"^pickup_sql_seconds_count (\S+)", metrics, re.MULTILINE)
        assert found is not None
        return int(float(found[1]))


def user_row(key: str, site: int, number: int, *, email: str) -> dict[str, Any]:
    first, last = name_of(number)
    texts = {"firstName": first, "lastName": last, "extension": str(1000 + number % 9000), "email": email}
    return {"externalId": key, "siteExternalId": f"s-{site}", "stationType": "BASIC", **texts}


def measure_calls(provisioner: Provisioner, directory: Directory) -> None:
    """Calls of 500 rows, each kind in turn."""
    site, took, statements = directory.big_site, dict[str, list[float]](), dict[str, int]()

    def timed(what: str, query: str, **variables: Any) -> None:
        before, began = provisioner.statements(), time.perf_counter()
        provisioner.call(query, **variables)
        took.setdefault(what, []).append((time.perf_counter() - began) * 1_000)
        statements[what] = provisioner.statements() - before

    for call in range(CALLS):
        rows = [user_row(f"new-{number}", site, number, email=f"{call}@example.com") for number in range(ROWS)]
        changed = [row | {"email": f"x{call}@example.com"} for row in rows]
        moved = [row | {"siteExternalId": "s-1"} for row in changed]
        timed("added", _UPSERT, users=rows)
        timed("changed", _UPSERT, users=changed)
        timed("unchanged", _UPSERT, users=changed)
        timed("moved to another site", _UPSERT, users=moved)
        timed("removed", _REMOVE, ids=[row["externalId"] for row in rows])
    for what, times in took.items():
        sys.stdout.write(f"500 users {what:22} {statistics.median(times):7.1f} ms {statements[what]:4} statements\n")


@contextmanager
def users_changing(provisioner: Provisioner, directory: Directory) -> Iterator[None]:
    """Change users of ordinary sites while the block runs."""
    ended = threading.Event()
    failed: list[Exception] = []

    def change() -> None:
        provisioner.reconnect()
        due, number = time.perf_counter(), 0
        while not ended.is_set():
            number += 1
            site = number % directory.ordinary_sites + 1
            key = external_id((site - 1) * 100 + 90)
            row = user_row(key, site, number, email=f"{time.time_ns()}@example.com")
            try:
                provisioner.call(_UPSERT, users=[row])
            except Exception as error:  # noqa: BLE001 - raised below
                failed.append(error)
                return
            due += 1 / CHANGES_PER_S
            ended.wait(max(0.0, due - time.perf_counter()))

    thread = threading.Thread(target=change)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
    if failed:
        raise failed[0]


def measure_load(server: Server, work: Work, provisioner: Provisioner, directory: Directory, rounds: int) -> None:
    url, tokens = f"http://127.0.0.1:{server.port}/graphql", sign_tokens(CONNECTIONS)
    bodies = [orjson.dumps({"query": work.query, "variables": variables}) for variables in work.variables]
    alone, beside = list[float](), list[float]()
    for _ in range(rounds):
        alone.append(put_load(url, bodies, tokens, CONNECTIONS, SECONDS).p99)
        with users_changing(provisioner, directory):
            beside.append(put_load(url, bodies, tokens, CONNECTIONS, SECONDS).p99)
    ratios = [two / one for one, two in zip(alone, beside, strict=True)]
    sys.stdout.write(
        f"{work.name:26} p99 alone {statistics.median(alone):7.2f} ms, beside {CHANGES_PER_S} changed users/s "
        f"{statistics.median(beside):7.2f} ms, ratio {statistics.median(ratios):.2f}\n"
    )
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmark.provisioning", description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--rounds", type=int, default=7)
    given = parser.parse_args()
    require_wrk()
    directory = Directory()
    HERE.migrate(given.url)
    asyncio.run(fill(given.url, directory))
    with HERE.serve(given.url) as server:
        os.sched_setaffinity(0, {LOAD_CORE})
        provisioner = Provisioner(server)
        measure_calls(provisioner, directory)
        for work in all_work(directory):
            if work.name.startswith(_WORK):
                measure_load(server, work, provisioner, directory, given.rounds)


if __name__ == "__main__":
    main()
