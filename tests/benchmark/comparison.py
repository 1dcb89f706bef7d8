"""Two servers that do the same work by turns, and a table of how they compare."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
import orjson
from rich.console import Console
from rich.table import Table

from tests.benchmark.servers import Server, peak_mib, sign_tokens
from tests.benchmark.work import PLACE, Work
from tests.benchmark.wrk import SATURATED, put_load

CONNECTIONS = 16

console = Console(highlight=False, width=170)

_CURSORS = ("cursor", "startCursor", "endCursor")


@dataclass(frozen=True)
class Contestant:
    """A server under the name that the table gives it; `by_hand` if it has an endpoint for each operation."""

    name: str
    server: Server
    by_hand: bool = False

    def url(self, query: str) -> str:
        operation = query.split("(", 1)[0].split()[1].lower()
        return f"http://127.0.0.1:{self.server.port}/{operation if self.by_hand else 'graphql'}"

    def ask(self, query: str, body: bytes, token: str) -> Any:
        """The answer to one request. Raises SystemExit if it is not a good one."""
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
        answer = httpx.post(self.url(query), content=body, headers=headers).json()
        if "errors" in answer:
            raise SystemExit(f"{self.name} answers {body!r} with {answer['errors']!r}")
        return answer


@dataclass
class Figures:
    """What one server came to on one piece of work, a value for each round."""

    cpu_ms: list[float] = field(default_factory=list)
    per_second: list[float] = field(default_factory=list)
    p50: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)

    def latency(self) -> str:
        return f"{statistics.median(self.p50):.2f} / {statistics.median(self.p99):.2f}"


class Entry:
    """One contestant at one piece of work: its requests and its figures."""

    def __init__(self, contestant: Contestant, work: Work) -> None:
        self.contestant = contestant
        self.work = work
        self.figures = Figures()
        self._tokens = sign_tokens(CONNECTIONS, work.sites)
        self._url = contestant.url(work.query)
        after = self._cursor()
        self._bodies = [
            orjson.dumps({"query": work.query, "variables": variables | after}) for variables in work.variables
        ]

    def _cursor(self) -> dict[str, str]:
        """The cursor after which the page begins, which each server writes in its own way."""
        if self.work.after is None:
            return {}
        ((variables),) = self.work.variables
        body = orjson.dumps({"query": PLACE, "variables": variables | {"user": self.work.after}})
        answer = self.contestant.ask(PLACE, body, self._tokens[0])
        return {"after": answer["data"]["users"]["edges"][0]["cursor"]}

    def answers(self) -> list[Any]:
        """The answers to all requests, without their cursors."""
        return [_without_cursors(self.contestant.ask(self.work.query, body, self._tokens[0])) for body in self._bodies]

    def measure(self, seconds: int, *, latency: bool = True) -> None:
        server = self.contestant.server
        before = server.cpu_ms()
        load = put_load(self._url, self._bodies, self._tokens, CONNECTIONS, seconds)
        self.figures.cpu_ms.append((server.cpu_ms() - before) / load.requests)
        self.figures.per_second.append(load.per_second)
        if load.generator_share > SATURATED:
            console.print(
                f"[yellow]wrk used {load.generator_share:.0%} of its core on {self.work.name}: the requests per second "
                f"of {self.contestant.name} may be wrk's limit, its CPU is not.[/]"
            )
        if latency:
            alone = put_load(self._url, self._bodies, self._tokens[:1], 1, max(1, seconds // 2))
            self.figures.p50.append(alone.p50)
            self.figures.p99.append(alone.p99)


def _without_cursors(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_cursors(item) for item in value]
    if isinstance(value, dict):
        return {key: _without_cursors(item) for key, item in value.items() if key not in _CURSORS}
    return value


@dataclass(frozen=True)
class Contest:
    """One piece of work and those who do it: this checkout first, then what it is compared with, if that can."""

    entries: Sequence[Entry]

    @classmethod
    def of(cls, work: Work, contestants: Sequence[Contestant]) -> "Contest":
        can = [contestant for contestant in contestants if work.least is not None or not contestant.by_hand]
        return cls([Entry(contestant, work) for contestant in can])

    def agree(self) -> None:
        """Raises SystemExit if the answers differ: then the servers did not do the same work."""
        for entry in self.entries:
            # Changes go to and fro: each is asked for in the state that this leaves.
            entry.answers()
        ours, *theirs = [(entry.contestant.name, entry.answers()) for entry in self.entries]
        for name, answers in theirs:
            if answers != ours[1]:
                raise SystemExit(
                    f"{self.entries[0].work.name}: {name} answers {answers!r:.500}, {ours[0]} {ours[1]!r:.500}"
                )

    def ratio(self, figure: str) -> float:
        """The median of each round's own ratio, ours to theirs: what else the machine did meanwhile is in both."""
        ours, theirs = [getattr(entry.figures, figure) for entry in self.entries]
        ratio: float = statistics.median(a / b for a, b in zip(ours, theirs, strict=True))
        return ratio

    def row(self) -> list[str]:
        work = self.entries[0].work
        figures = [entry.figures for entry in self.entries]
        cells = [work.name]
        for figure, form in (("cpu_ms", "{:.3f}"), ("per_second", "{:,.0f}")):
            cells += [form.format(statistics.median(getattr(one, figure))) for one in figures]
            cells += [""] * (2 - len(figures)) + [self._verdict(figure) if len(figures) == 2 else ""]
        return [*cells, *(one.latency() for one in figures)]

    def _verdict(self, figure: str) -> str:
        ratio = f"{self.ratio(figure):.2f}"
        least = self.entries[0].work.least
        if figure == "cpu_ms" or not self.entries[1].contestant.by_hand or least is None:
            return ratio
        return f"[{'green' if self.ratio(figure) >= least else 'red'}]{ratio}[/] of {least}"


def compare(work: Sequence[Work], contestants: Sequence[Contestant], rounds: int, seconds: int) -> None:
    """Let the contestants, this checkout first, do all work by turns, and print the table."""
    contests = [Contest.of(one, contestants) for one in work]
    peaks = ""
    for number, contest in enumerate(contests, 1):
        contest.agree()
        for _ in range(rounds):
            for entry in contest.entries:
                entry.measure(seconds)
        if contest.entries[0].work.name.startswith("W1"):
            peaks = ", ".join(f"{one.name} {peak_mib(one.server.pid):.0f} MiB" for one in contestants)
        console.print(f"{number} of {len(contests)}: {' '.join(contest.row())}")
    names = [one.name for one in contestants]
    table = Table("work", title=f"{names[0]} beside {names[1]}")
    for head in ("CPU ms/request", "requests/s"):
        for column in (f"{head}\n{names[0]}", names[1], "ratio"):
            table.add_column(column, justify="right")
    for name in names:
        table.add_column(f"p50 / p99 ms\n{name}", justify="right")
    for contest in contests:
        table.add_row(*contest.row())
    console.print(table)
    console.print(
        f"CPU (user and system, of the server's process) and requests/s at {CONNECTIONS} connections of as many "
        f"callers, latencies at 1; medians of {rounds} rounds by turns, ratios of each round's pair."
    )
    if peaks:
        console.print(f"Peak memory under W1: {peaks}.")
