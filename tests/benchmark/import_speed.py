"""The speed of an import: `python -m tests.benchmark.import_speed URL [--users N]` on an empty database.

Measures the first load, the same load again, and a load in which every user of one site of 20,000 has changed: users
per second, the peak memory of the command, and the longest time that a transaction held its locks.
"""

import argparse
import asyncio
import csv
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from models.directory.columns import GROUPS, SITES, USERS
from tests.benchmark.data import STATIONS, name_of
from tests.benchmark.servers import peak_mib

BIG, ORDINARY = 20_000, 250
"""Users of a site: of every 100,000 users one site has that many, the rest are on ordinary sites."""

GROUPED, MEMBERS = 3, 6
"""Every third user of a site is in a group, of that many members."""


def sites_of(users: int) -> Iterator[tuple[str, int]]:
    """The keys and sizes of sites that have that many users together."""
    number = 0
    while users:
        size = min(users, BIG if not number % (80_000 // ORDINARY + 1) else ORDINARY)
        yield f"S{number:05}", size
        users -= size
        number += 1


def write_files(folder: Path, users: int, *, domain: str = "example.com") -> None:
    """Write the three files, users.csv in random order."""
    rows: list[tuple[str, int]] = []
    with (
        (folder / "sites.csv").open("w", encoding="utf-8", newline="") as sites_file,
        (folder / "groups.csv").open("w", encoding="utf-8", newline="") as groups_file,
    ):
        sites, groups = csv.writer(sites_file), csv.writer(groups_file)
        sites.writerow(SITES.header)
        groups.writerow(GROUPS.header)
        for place, (site, size) in enumerate(sites_of(users)):
            sites.writerow((site, f"Site {site}", f"+1438{2_000_000 + place}"))
            first = len(rows)
            rows += [(site, first + number) for number in range(size)]
            grouped = [number for number in range(first, first + size) if number % GROUPED == 0]
            for number in range(0, len(grouped), MEMBERS):
                members = "|".join(f"u-{one:07}" for one in grouped[number : number + MEMBERS])
                groups.writerow((site, f"Équipe {number:05}", members))
    random.Random(1).shuffle(rows)
    with (folder / "users.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(USERS.header)
        for site, number in rows:
            first_name, last_name = name_of(number)
            station = "BASIC" if number % GROUPED == 0 else STATIONS[number % len(STATIONS)]
            changed = domain if site == "S00000" else "example.com"
            writer.writerow((
                f"u-{number:07}", site, first_name, last_name, str(1000 + number % 9000), f"+1514{2_000_000 + number}",
                f"user{number}@{changed}", station, "true" if number % 50 == 1 else "false",
            ))  # fmt: skip


def import_apart(url: str, folder: Path) -> dict[str, float]:
    """Run one import in a process of its own; its figures."""
    command = [sys.executable, "-m", "tests.benchmark.import_speed", url, "--import-from", str(folder)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def measure_import(url: str, folder: Path) -> None:
    """Import in this process, and print the figures."""
    from graph.cli.directory import run_import
    from graph.settings import Settings
    from models.database.database import Database
    from models.directory.import_job import ImportJob

    longest = 0.0
    change = Database.change

    async def timed(*args: object, **named: object) -> object:
        nonlocal longest
        began = time.perf_counter()
        try:
            return await change(*args, **named)  # type: ignore[arg-type]
        finally:
            longest = max(longest, time.perf_counter() - began)

    Database.change = timed  # type: ignore[method-assign,assignment]
    job = ImportJob("import:benchmark", folder / "sites.csv", folder / "users.csv", folder / "groups.csv")
    began = time.perf_counter()
    report = asyncio.run(run_import(Settings(database_url=url), job))
    sys.stdout.write(
        json.dumps(
            {
                "seconds": time.perf_counter() - began,
                "longest": longest,
                "peak": peak_mib(os.getpid()),
                "added": report.tally.added,
                "changed": report.tally.changed,
                "refused": report.refused,
            }
        )
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--users", type=int, default=100_000)
    parser.add_argument("--import-from", type=Path, help="used by the program itself")
    given = parser.parse_args()
    if given.import_from:
        measure_import(given.url, given.import_from)
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for what, domain in (("first load", "example.com"), ("the same again", "example.com"), ("changed", "x.test")):
            write_files(folder, given.users, domain=domain)
            figures = import_apart(given.url, folder)
            sys.stdout.write(
                f"{what:16} {figures['seconds']:7.1f} s {given.users / figures['seconds']:8,.0f} users/s   "
                f"peak {figures['peak']:4.0f} MiB   longest lock {figures['longest']:.2f} s   "
                f"added {figures['added']:.0f} changed {figures['changed']:.0f} refused {figures['refused']:.0f}\n"
            )
            sys.stdout.flush()


if __name__ == "__main__":
    main()
