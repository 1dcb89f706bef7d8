"""`python -m tests.benchmark.directory_sizes URL URL`: what an ordinary site costs in a small and in a large directory.

Fills both databases if they are empty, the first with 200 sites of 100 users and the second with 10,000, and asks the
same of both by turns.
"""

import argparse
import asyncio
import os

from tests.benchmark import servers
from tests.benchmark.comparison import Contest, Contestant, Entry, console
from tests.benchmark.data import Directory, fill
from tests.benchmark.servers import HERE
from tests.benchmark.work import all_work
from tests.benchmark.wrk import require_wrk

FEW, MANY = Directory(200), Directory(10_000)
OF_ORDINARY_SITES = ("W1 groups, ordinary site", "W4 one group", "W5 set 20 members")

_ROUNDS, _SECONDS = 9, 1


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmark.directory_sizes", description=__doc__)
    parser.add_argument("few", metavar="URL")
    parser.add_argument("many", metavar="URL")
    given = parser.parse_args()
    require_wrk()
    for url, directory in ((given.few, FEW), (given.many, MANY)):
        console.print(f"filling {url.partition(':')[0]} with {directory.ordinary_sites:,} sites …")
        HERE.migrate(url)
        asyncio.run(fill(url, directory))
    os.sched_setaffinity(0, {servers.LOAD_CORE})
    with HERE.serve(given.few) as few, HERE.serve(given.many) as many:
        for work in all_work(FEW):
            if work.name in OF_ORDINARY_SITES:
                contest = Contest([Entry(Contestant("many", many), work), Entry(Contestant("few", few), work)])
                for _ in range(_ROUNDS):
                    for entry in contest.entries:
                        entry.measure(_SECONDS, latency=False)
                console.print(
                    f"{work.name}: {contest.ratio('cpu_ms'):.2f} times the CPU beside 10,000 sites as beside 200"
                )


main()
