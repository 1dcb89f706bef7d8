"""A flood of writers on one SQLite server: how long each waits, what memory it takes, and what it does to reads.

    python -m tests.benchmark.flood WRITERS SECONDS

Each writer has a connection that is open before, sends a change, and the next one when that is answered; one that is
refused waits as long as `Retry-After` says. How long it takes is the server's own time, from its log.

Readers in another process ask for a page at fixed moments, 100 a second in all: alone, in the first seconds of the
flood, when all writers send at once, and beside it from then on. Their times are given as they see them, with what a
request waits before the server takes it up, and as the log has them. How long the event loop's thread waited for a
processor says how quiet the machine was: all times contain it.
"""

import asyncio
import json
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import uvloop

from models.database.migrating import migrate_database
from models.database.opening import opened_database
from models.database.url import parse_database_url
from tests.benchmark.paced_readers import read, readers_process
from tests.support.factories import make_group, make_site
from tests.support.processes import ServerProcess, served
from tests.support.serving import token

CHANGE = "mutation($input: CreatePickupGroupInput!) { createPickupGroup(input: $input) { pickupGroup { id } } }"
PAGE = (
    "query($id: ID!) { site(id: $id) { id name pickupGroups(first: 12) { totalCount nodes { id name memberCount } } } }"
)
_GROUPS = 12
_ALONE_S = 5.0
_FIRST_S = 2.0


class Connection:
    """A connection to the server that is kept open. The server closes one that was idle for some seconds."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def open(self) -> "Connection":
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        return self

    async def ask(self, query: str, **variables: object) -> float:
        """The seconds in `Retry-After`."""
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

    async def _send(self, request: bytes) -> float:
        self._writer.write(request)
        answer = await self._reader.readuntil(b"\r\n\r\n")
        headers = dict(re.findall(rb"([\w-]+): (.*)\r\n", answer.lower()))
        await self._reader.readexactly(int(headers[b"content-length"]))
        return float(headers.get(b"retry-after", 0))

    def close(self) -> None:
        self._writer.close()


_TOKEN = token()


@dataclass
class Phase:
    """What was measured in a part of the time: the seconds that pages took, and shares of the time."""

    seen: list[float]
    loop_ran: float
    loop_waited: float
    """For a processor."""
    writers_ran: float
    """This process."""
    logged: list[float] = field(default_factory=list)
    """The same pages, by the server's log."""

    def __str__(self) -> str:
        return (
            f"{len(self.seen)} pages, p50 and p99 {_quantiles_ms(self.seen)} as the readers see them, "
            f"{_quantiles_ms(self.logged)} in the server; its event loop ran {self.loop_ran:.0%} of the time, "
            f"and waited {self.loop_waited:.0%} for a processor; the writers' process ran {self.writers_ran:.0%}"
        )


@dataclass
class Figures:
    """What was measured, in seconds and bytes."""

    statuses: Counter[int]
    changes: list[float]
    phases: Mapping[str, Phase]
    memory: int

    def __str__(self) -> str:
        lines = [f"{name}: {phase}" for name, phase in self.phases.items()]
        lines.append(
            f"changes {dict(self.statuses)}, p50 {_quantile(self.changes, 0.5):.1f} s, max {max(self.changes):.1f} s; "
            f"at most {self.memory / 2**20:.0f} MiB"
        )
        return "\n".join(lines)


def _quantiles_ms(values: Sequence[float]) -> str:
    return f"{_quantile(values, 0.5) * 1000:.1f} and {_quantile(values, 0.99) * 1000:.1f} ms"


def _quantile(values: Sequence[float], part: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


async def flood(
    server: ServerProcess, flooded: str, read_site: str, writers: int, seconds: float, readers: ProcessPoolExecutor
) -> dict[str, Phase]:
    """Read alone, and then beside the writers."""
    connections = [await Connection(server.port).open() for _ in range(writers)]
    page = json.dumps({"query": PAGE, "variables": {"id": read_site}}).encode()
    loop = asyncio.get_running_loop()

    async def measured(phase: str, lasts_s: float) -> Phase:
        before, ran_before = _loop_times(server.pid), time.process_time()
        began = time.perf_counter()
        seen = await loop.run_in_executor(readers, read, server.port, page, _TOKEN, phase, lasts_s)
        took = time.perf_counter() - began
        ran, waited = (after - earlier for after, earlier in zip(_loop_times(server.pid), before, strict=True))
        return Phase(seen, ran / took, waited / took, (time.process_time() - ran_before) / took)

    async def write(number: int, connection: Connection) -> None:
        attempt = 0
        while not attempt or writing:
            attempt += 1
            name = f"Group {number} {attempt}"
            await asyncio.sleep(await connection.ask(CHANGE, input={"siteId": flooded, "name": name}))

    writing = True
    phases = {"alone": await measured("alone", _ALONE_S)}
    flooding = asyncio.gather(*(write(number, one) for number, one in enumerate(connections)))
    phases["first"] = await measured("first", _FIRST_S)
    phases["beside"] = await measured("beside", seconds - _FIRST_S)
    writing = False
    await flooding
    for connection in connections:
        connection.close()
    return phases


async def measure(writers: int, seconds: float) -> Figures:
    """The figures of a new server on a new SQLite file."""
    with tempfile.TemporaryDirectory() as folder, readers_process() as readers:
        url = f"sqlite://{folder}/pickup.sqlite3"
        await migrate_database(parse_database_url(url))
        async with opened_database(parse_database_url(url)):
            flooded, read_site = await make_site("Flooded"), await make_site("Read")
            for number in range(_GROUPS):
                await make_group(read_site, f"Group {number}")
        async with served(url, PICKUP_LOG_LEVEL="info", PICKUP_LOG_FORMAT="json") as server:
            phases = await flood(server, flooded.id, read_site.id, writers, seconds, readers)
            memory = _peak_memory(server.pid)
            await server.stop()
            lines = [json.loads(line) for line in server.log().splitlines() if line.startswith("{")]
    for line in lines:
        if line.get("kind") == "query":
            phases[line["request_id"].partition("-")[0]].logged.append(line["ms"] / 1000)
    changes = [line for line in lines if line.get("kind") == "mutation"]
    return Figures(Counter(line["status"] for line in changes), [line["ms"] / 1000 for line in changes], phases, memory)


def _loop_times(pid: int) -> tuple[float, float]:
    """The seconds that the thread of the event loop has run, and waited for a processor, so far."""
    ran, waited, _ = Path(f"/proc/{pid}/task/{pid}/schedstat").read_text().split()
    return int(ran) / 1e9, int(waited) / 1e9


def _peak_memory(pid: int) -> int:
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found is not None
    return int(found[1]) * 1024


if __name__ == "__main__":
    print(uvloop.run(measure(int(sys.argv[1]), float(sys.argv[2]))))  # noqa: T201 - a command
