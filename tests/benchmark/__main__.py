"""`make bench`: the server beside the floor, in rounds by turns, and a table of how they compare."""

import argparse
import asyncio
import os
import statistics
import tempfile
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

from graph.auth.tokens import sign_token
from graph.settings import Settings
from models.caller import Permission
from tests.benchmark import servers
from tests.benchmark.data import Directory, load
from tests.benchmark.load import Measured, post, put_load
from tests.benchmark.servers import Server
from tests.benchmark.work import Work, all_work

CONNECTIONS = 16

_out = Console(highlight=False, width=150)


@dataclass
class Figures:
    """What one server came to on one piece of work, a value for each round."""

    per_second: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)
    p50: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)

    def round(self, server: Server, requests: Sequence[Sequence[bytes]], seconds: float) -> None:
        before = server.cpu_ms()
        many = put_load(server.port, requests, CONNECTIONS, seconds)
        self.per_second.append(many.per_second)
        self.cpu_ms.append((server.cpu_ms() - before) / many.count)
        one: Measured = put_load(server.port, requests, 1, seconds / 2)
        self.p50.append(one.p50)
        self.p99.append(one.p99)


@dataclass(frozen=True)
class Contest:
    """One piece of work, the requests that ask for it, and the figures of both servers."""

    work: Work
    of_floor: list[list[bytes]]
    of_pickup: list[list[bytes]]
    floor: Figures = field(default_factory=Figures)
    pickup: Figures = field(default_factory=Figures)

    @classmethod
    def of(cls, work: Work, token: str) -> "Contest":
        def requests(path: str) -> list[list[bytes]]:
            return [[post(path, body, token) for body in each] for each in work.bodies()]

        return cls(work, requests(work.floor), requests("/graphql"))

    def row(self) -> list[str]:
        ours, floor = self.pickup, self.floor
        # Each round's own ratio: what else the machine did in the meantime is in both.
        speed = statistics.median(a / b for a, b in zip(ours.per_second, floor.per_second, strict=True))
        cpu = statistics.median(a / b for a, b in zip(ours.cpu_ms, floor.cpu_ms, strict=True))
        met = speed >= self.work.least and cpu <= 2
        figures = [f"{statistics.median(one.per_second):,.0f}" for one in (floor, ours)]
        figures += [f"[{'green' if met else 'red'}]{speed:.2f}[/] of {self.work.least}"]
        figures += [f"{statistics.median(one.cpu_ms):.3f}" for one in (floor, ours)]
        figures += [f"{cpu:.2f}"]
        figures += [f"{statistics.median(one.p50):.2f} / {statistics.median(one.p99):.2f}" for one in (floor, ours)]
        return [self.work.name, *figures]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmark", description=__doc__)
    parser.add_argument("--database", metavar="URL", help="filled where it is empty, and kept; else a SQLite file")
    parser.add_argument("--sites", type=int, default=200, help="ordinary sites in it, of 100 users each")
    parser.add_argument("--quick", action="store_true", help="short rounds, and few")
    parser.add_argument("--only", default="", help="the work whose name begins so: W1, W2 …")
    parser.add_argument("--rounds", type=int, help="how often each is measured")
    given = parser.parse_args()
    directory = Directory(given.sites)
    with tempfile.TemporaryDirectory(prefix="pickup-bench-") as folder:
        url = given.database or f"sqlite://{Path(folder) / 'bench.sqlite3'}"
        _out.print(f"filling {url.partition(':')[0]} with {given.sites:,} sites, a big and a huge one …")
        asyncio.run(load(url, directory))
        os.sched_setaffinity(0, {servers.LOAD_CORE})
        with servers.floor(url) as floor, servers.pickup(url) as pickup:
            work = [one for one in all_work(directory) if one.name.startswith(given.only)]
            rounds, seconds = (3, 0.6) if given.quick else (7, 2.0)
            _compare(work, floor, pickup, given.rounds or rounds, seconds)


def _compare(work: Sequence[Work], floor: Server, pickup: Server, rounds: int, seconds: float) -> None:
    settings = Settings(jwt_secret=servers.SECRET)
    token = sign_token(settings, "benchmark", [Permission.WRITE], None, 3_600)
    contests = [Contest.of(one, token) for one in work]
    peak = 0.0
    for number, contest in enumerate(contests):
        _agree(contest, floor, pickup)
        for _ in range(rounds):
            contest.floor.round(floor, contest.of_floor, seconds)
            contest.pickup.round(pickup, contest.of_pickup, seconds)
        if contest.work.name.startswith("W1"):
            peak = pickup.peak_mib()
        _out.print(f"{number + 1} of {len(contests)}: {contest.work.name}")
    table = Table("work", "floor/s", "ours/s", "share", "floor CPU ms", "ours", "times", "floor p50/p99 ms", "ours")
    for contest in contests:
        table.add_row(*contest.row())
    _out.print(table)
    _out.print(
        f"Requests/s and CPU a request at {CONNECTIONS} connections, latencies at 1; medians of {rounds} rounds. "
        f"Peak memory under W1: {peak:.0f} MiB."
    )


def _agree(contest: Contest, floor: Server, pickup: Server) -> None:
    """Both servers have to give the same bytes, or they did not do the same work."""
    # Changes go to and fro: each is asked for what the other left as it was before.
    for body in contest.work.bodies()[0]:
        _ask(floor.port, contest.work.floor, body)
    expected = [_ask(floor.port, contest.work.floor, body) for body in contest.work.bodies()[0]]
    answers = [_ask(pickup.port, "/graphql", body) for body in contest.work.bodies()[0]]
    if answers != expected:
        raise SystemExit(f"{contest.work.name}: the floor answers {expected!r}, the server {answers!r}")


def _ask(port: int, path: str, body: bytes) -> bytes:
    token = sign_token(Settings(jwt_secret=servers.SECRET), "benchmark", [Permission.WRITE], None, 3_600)
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", body, headers)
    with urllib.request.urlopen(request) as answered:  # noqa: S310 - a server of our own
        read: bytes = answered.read()
    return read


main()
