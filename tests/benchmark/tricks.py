"""What each trick for speed gives: the server beside itself without the trick, in rounds by turns.

A trick that gives less than 3 % of CPU on all work is not worth its lines.
"""

from collections.abc import Sequence
from contextlib import ExitStack

from rich.table import Table

from tests.benchmark.comparison import Contest, Contestant, Entry, console
from tests.benchmark.servers import HERE, Server
from tests.benchmark.without import POSTGRES_ALONE, SQLITE_ALONE, TRICKS
from tests.benchmark.work import Work

ENOUGH = 0.03

_WORK = ("W4", "W1 groups, ordinary", "W5")


def compare_tricks(url: str, work: Sequence[Work], rounds: int, seconds: int) -> None:
    """Measure each trick on one group, a page of groups and a change, and print the table."""
    chosen = [next(one for one in work if one.name.startswith(name)) for name in _WORK]
    elsewhere = POSTGRES_ALONE if url.startswith("sqlite:") else SQLITE_ALONE
    table = Table("without", title="What each trick saves: CPU per request, requests/s")
    for one in chosen:
        table.add_column(f"{one.name}\nCPU", justify="right")
        table.add_column("\nrequests/s", justify="right")
    with HERE.serve(url) as server:
        for trick in (trick for trick in TRICKS if trick not in elsewhere):
            cells = _row(Contestant("with", server), url, trick, chosen, rounds, seconds)
            table.add_row(trick, *cells)
            console.print(f"{trick}: {' '.join(cells)}")
    console.print(table)


def _row(plain: Contestant, url: str, trick: str, work: Sequence[Work], rounds: int, seconds: int) -> list[str]:
    cells = []
    with ExitStack() as stack:
        server: Server = stack.enter_context(HERE.serve(url, without=trick))
        for one in work:
            contest = Contest([Entry(Contestant("without", server), one), Entry(plain, one)])
            contest.agree()
            for _ in range(rounds):
                for entry in contest.entries:
                    entry.measure(seconds, latency=False)
            cpu, speed = contest.ratio("cpu_ms") - 1, 1 - contest.ratio("per_second")
            cells += [f"[{'green' if cpu >= ENOUGH else 'red'}]{cpu:+.1%}[/]", f"{speed:+.1%}"]
    return cells
