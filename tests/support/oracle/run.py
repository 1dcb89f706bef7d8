"""`python -m tests.support.oracle.run URL --documents N --seed S`: compares a server with the oracle.

URL is that of a database, which is made up to date, and filled with the sample if it is empty.
"""

import argparse
import asyncio
import sys
import time

from models.database.migrating import migrate_database
from models.database.url import parse_database_url
from tests.support.oracle.comparison import compare
from tests.support.oracle.rows import read_rows
from tests.support.oracle.sample import make_sample

SEEDS_AT_ONCE = 1_000


async def run(url: str, seeds: range) -> int:
    """How many calls were answered otherwise than by the oracle."""
    await migrate_database(parse_database_url(url))
    if not (await read_rows(url)).of["Site"]:
        await make_sample(url)
    mismatches = 0
    for first in range(seeds.start, seeds.stop, SEEDS_AT_ONCE):
        start = time.perf_counter()
        outcome = await compare(url, range(first, min(first + SEEDS_AT_ONCE, seeds.stop)))
        speed = outcome.documents / (time.perf_counter() - start)
        for mismatch in outcome.mismatches:
            print(mismatch, end="\n\n")  # noqa: T201
        print(  # noqa: T201
            f"seeds from {first}: {outcome.documents} documents, {outcome.calls} calls ({outcome.wrong} with wrong "
            f"arguments, {outcome.too_large} too large), {speed:.0f} documents/s, {len(outcome.mismatches)} mismatches",
            flush=True,
        )
        mismatches += len(outcome.mismatches)
    return mismatches


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--documents", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=0, help="the first of consecutive seeds")
    given = parser.parse_args()
    seeds = range(given.seed, given.seed + given.documents)
    sys.exit(1 if asyncio.run(run(given.url, seeds)) else 0)


if __name__ == "__main__":
    main()
