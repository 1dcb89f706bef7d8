"""A flood of writers on one SQLite server: how long each waits, what memory it takes, and what it does to reads.

    python -m tests.benchmark.flood WRITERS SECONDS

Each writer has a connection that is open before, sends a change, and the next one when that is answered; one that is
refused waits as long as `Retry-After` says. One reader asks for a page again and again, before and meanwhile. All times
are the server's own, from its log: this program is slower than the server.
"""

import asyncio
import json
import re
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from models.database.migrating import migrate_database
from models.database.opening import opened_database
from models.database.url import parse_database_url
from tests.support.administrators import Crowd
from tests.support.processes import ServerProcess, served
from tests.support.serving import token

CHANGE = "mutation($input: CreatePickupGroupInput!) { createPickupGroup(input: $input) { pickupGroup { id } } }"
PAGE = (
    "query($id: ID!) { site(id: $id) { id name pickupGroups(first: 12) { totalCount nodes { id name memberCount } } } }"
)
_READ_ALONE_S = 3.0


class Connection:
    """A connection to the server that is kept open. The server closes one that was idle for some seconds."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def open(self) -> "Connection":
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        return self

    async def ask(self, query: str, **variables: object) -> tuple[int, float]:
        """The status of the answer, and the seconds in `Retry-After`."""
        body = json.dumps({"query": query, "variables": variables}).encode()
        head = (
            f"POST /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {_TOKEN}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        try:
            return await self._send(head.encode() + body)
        except (ConnectionResetError, asyncio.IncompleteReadError):
            self.close()
            await self.open()
            return await self._send(head.encode() + body)

    async def _send(self, request: bytes) -> tuple[int, float]:
        self._writer.write(request)
        answer = await self._reader.readuntil(b"\r\n\r\n")
        headers = dict(re.findall(rb"([\w-]+): (.*)\r\n", answer.lower()))
        await self._reader.readexactly(int(headers[b"content-length"]))
        return int(answer[9:12]), float(headers.get(b"retry-after", 0))

    def close(self) -> None:
        self._writer.close()


_TOKEN = token()


@dataclass
class Figures:
    """What was measured, in seconds and bytes: `alone` and `beside` are the times of pages."""

    statuses: Counter[int]
    changes: list[float]
    alone: list[float]
    beside: list[float]
    memory: int

    def __str__(self) -> str:
        return (
            f"changes {dict(self.statuses)}, p50 {_quantile(self.changes, 0.5):.1f} s, max {max(self.changes):.1f} s; "
            f"pages p99 {_quantile(self.alone, 0.99) * 1000:.1f} ms alone ({len(self.alone)}), "
            f"{_quantile(self.beside, 0.99) * 1000:.1f} ms beside ({len(self.beside)}); "
            f"at most {self.memory / 2**20:.0f} MiB"
        )


def _quantile(values: list[float], part: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


async def flood(server: ServerProcess, site_id: str, writers: int, seconds: float) -> int:
    """Read alone, and then beside the writers; the number of pages that were read alone."""
    reader = await Connection(server.port).open()
    connections = [await Connection(server.port).open() for _ in range(writers)]

    async def read(until: float) -> int:
        number = 0
        while time.monotonic() < until:
            status, _ = await reader.ask(PAGE, id=site_id)
            assert status == 200
            number += 1
        return number

    async def write(number: int, connection: Connection, until: float) -> None:
        attempt = 0
        while not attempt or time.monotonic() < until:
            attempt += 1
            name = f"Group {number} {attempt}"
            _, retry_after = await connection.ask(CHANGE, input={"siteId": site_id, "name": name})
            await asyncio.sleep(retry_after)

    alone = await read(time.monotonic() + _READ_ALONE_S)
    until = time.monotonic() + seconds
    await asyncio.gather(read(until), *(write(number, one, until) for number, one in enumerate(connections)))
    for connection in (reader, *connections):
        connection.close()
    return alone


async def measure(writers: int, seconds: float) -> Figures:
    """The figures of a new server on a new SQLite file."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite://{folder}/pickup.sqlite3"
        await migrate_database(parse_database_url(url))
        async with opened_database(parse_database_url(url)):
            crowd = await Crowd.of_new_site(users=1)
        async with served(url, PICKUP_LOG_LEVEL="info", PICKUP_LOG_FORMAT="json") as server:
            alone = await flood(server, crowd.site.id, writers, seconds)
            memory = _peak_memory(server.pid)
            await server.stop()
            lines = [json.loads(line) for line in server.log().splitlines() if line.startswith("{")]
    changes = [line for line in lines if line.get("kind") == "mutation"]
    pages = [line["ms"] / 1000 for line in lines if line.get("kind") == "query"]
    return Figures(
        Counter(line["status"] for line in changes),
        [line["ms"] / 1000 for line in changes],
        pages[:alone],
        pages[alone:],
        memory,
    )


def _peak_memory(pid: int) -> int:
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found is not None
    return int(found[1]) * 1024


if __name__ == "__main__":
    print(asyncio.run(measure(int(sys.argv[1]), float(sys.argv[2]))))  # noqa: T201 - a command
