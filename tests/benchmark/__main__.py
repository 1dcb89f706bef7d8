"""`make bench`: the server beside hand-written endpoints or another checkout, in rounds by turns."""

import argparse
import asyncio
import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.benchmark import servers
from tests.benchmark.comparison import Contestant, compare, console
from tests.benchmark.data import Directory, fill
from tests.benchmark.servers import HERE, Checkout, serve_floor
from tests.benchmark.tricks import compare_tricks
from tests.benchmark.work import all_work
from tests.benchmark.wrk import require_wrk
from tests.support.databases import connected, database_url

LONG, QUICK = (7, 2), (3, 1)
"""Rounds, and seconds of each."""


def main() -> None:
    given = _arguments()
    require_wrk()
    directory = Directory(given.sites)
    rounds, seconds = QUICK if given.quick else LONG
    work = [one for one in all_work(directory) if one.name.startswith(given.only)]
    with tempfile.TemporaryDirectory(prefix="pickup-bench-") as folder:
        url = given.database or f"sqlite://{Path(folder) / 'bench.sqlite3'}"
        _prepare(HERE, url, directory)
        if given.tricks:
            os.sched_setaffinity(0, {servers.LOAD_CORE})
            compare_tricks(url, work, given.rounds or rounds, seconds)
            return
        with _contestants(url, directory, given.against) as contestants:
            os.sched_setaffinity(0, {servers.LOAD_CORE})
            compare(work, contestants, given.rounds or rounds, seconds)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmark", description=__doc__)
    parser.add_argument(
        "--database",
        metavar="URL",
        help="filled if it is empty, and kept; by default a SQLite file that is removed. With --against, the other "
        "checkout has a database of its own beside it, whose name ends in _against",
    )
    parser.add_argument("--against", metavar="DIR", type=Path, help="compare with another checkout of the project")
    parser.add_argument("--tricks", action="store_true", help="measure what each trick for speed gives")
    parser.add_argument("--sites", type=int, default=200, help="ordinary sites of 100 users, beside two large ones")
    parser.add_argument("--quick", action="store_true", help="few and short rounds")
    parser.add_argument("--only", default="", metavar="NAME", help="the work whose name begins so: W1, W2 …")
    parser.add_argument("--rounds", type=int, help="how often each is measured")
    return parser.parse_args()


def _prepare(checkout: Checkout, url: str, directory: Directory) -> None:
    console.print(f"filling {url.partition(':')[0]} for {checkout.folder.name} …")
    checkout.migrate(url)
    asyncio.run(fill(url, directory))


@contextmanager
def _contestants(url: str, directory: Directory, against: Path | None) -> Iterator[list[Contestant]]:
    """This checkout, and the other one or the hand-written endpoints."""
    with ExitStack() as stack:
        if against is None:
            other = Contestant("by hand", stack.enter_context(serve_floor(url)), by_hand=True)
        else:
            checkout = Checkout(against.resolve())
            other_url = _url_beside(url)
            _prepare(checkout, other_url, directory)
            other = Contestant(checkout.folder.name, stack.enter_context(checkout.serve(other_url)))
        yield [Contestant(HERE.folder.name, stack.enter_context(HERE.serve(url))), other]


def _url_beside(url: str) -> str:
    """The URL of the database for another checkout, which is made if it is not there."""
    if url.startswith("sqlite:"):
        return f"{url}_against"
    name = url.rpartition("/")[2].partition("?")[0] + "_against"

    async def make() -> None:
        async with connected(url) as connection:
            if not await connection.fetch("SELECT 1 FROM pg_database WHERE datname = $1", name):
                await connection.execute(f'CREATE DATABASE "{name}"')

    asyncio.run(make())
    return database_url(url, name)


main()
