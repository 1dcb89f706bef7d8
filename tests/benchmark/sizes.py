"""`python -m tests.benchmark.sizes URL URL`: what an ordinary site costs beside few others, and beside very many.

Fills both databases where they are empty, the first with 200 sites of 100 users and the second with 10,000, and asks
for the same in both by turns.
"""

import argparse
import asyncio
import os
import statistics

from rich.console import Console

from graph.auth.tokens import sign_token
from graph.settings import Settings
from models.caller import Permission
from tests.benchmark import servers
from tests.benchmark.data import Directory, load
from tests.benchmark.load import post, put_load
from tests.benchmark.servers import Server
from tests.benchmark.work import Work, all_work

FEW, MANY = Directory(200), Directory(10_000)
OF_ORDINARY_SITES = ("W1 groups, ordinary site", "W4 one group", "W5 set 20 members")

_ROUNDS, _SECONDS = 9, 0.6

_out = Console(highlight=False)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmark.sizes", description=__doc__)
    parser.add_argument("few", metavar="URL")
    parser.add_argument("many", metavar="URL")
    given = parser.parse_args()
    for url, directory in ((given.few, FEW), (given.many, MANY)):
        _out.print(f"filling {url.partition(':')[0]} with {directory.ordinary_sites:,} sites …")
        asyncio.run(load(url, directory))
    os.sched_setaffinity(0, {servers.LOAD_CORE})
    token = sign_token(Settings(jwt_secret=servers.SECRET), "benchmark", [Permission.WRITE], None, 3_600)
    with servers.pickup(given.few) as few, servers.pickup(given.many) as many:
        for work in all_work(FEW):
            if work.name in OF_ORDINARY_SITES:
                _compare(work, few, many, token)


def _compare(work: Work, few: Server, many: Server, token: str) -> None:
    requests = [[post("/graphql", body, token) for body in each] for each in work.bodies()]
    for server in (few, many):
        put_load(server.port, requests, 16, _SECONDS)
    ratios = []
    for _ in range(_ROUNDS):
        beside_few, beside_many = (put_load(server.port, requests, 16, _SECONDS) for server in (few, many))
        ratios.append(beside_few.per_second / beside_many.per_second)
    _out.print(f"{work.name}: {statistics.median(ratios):.2f} times as long beside 10,000 sites as beside 200")


main()
