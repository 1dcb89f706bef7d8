"""Measures import: `python -m tests.benchmark.directory URL [--users N]` on an empty database; run by hand.

Tells of the first load and of loading the same again: users a second, the peak memory of the command, and the longest
time that a transaction held its locks. Then of a reload in which every user of one site of 20,000 has changed.
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

from models.directory.files import GROUP_COLUMNS, SITE_COLUMNS, USER_COLUMNS
from tests.benchmark.data import STATIONS, name_of
from tests.benchmark.servers import Server

BIG, ORDINARY = 20_000, 250
"""Users of a site: of every 100,000, so many are of one site, and the others of ordinary ones."""

GROUPED, MEMBERS = 3, 6
"""Of the users of a site every third may be in a group, of so many members."""


def sites_of(users: int) -> Iterator[tuple[str, int]]:
    """The keys and the sizes of the sites, together of so many users."""
    number = 0
    while users:
        size = min(users, BIG if not number % (80_000 // ORDINARY + 1) else ORDINARY)
        yield f"S{number:05}", size
        users -= size
        number += 1


def write_files(folder: Path, users: int, *, domain: str = "example.com") -> None:
    """The three files, users.csv in an order that has nothing to do with anything."""
    rows: list[tuple[str, int]] = []
    with (
        (folder / "sites.csv").open("w", encoding="utf-8", newline="") as sites_file,
        (folder / "groups.csv").open("w", encoding="utf-8", newline="") as groups_file,
    ):
        sites, groups = csv.writer(sites_file), csv.writer(groups_file)
        sites.writerow(SITE_COLUMNS)
        groups.writerow(GROUP_COLUMNS)
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
        writer.writerow(USER_COLUMNS)
        for site, number in rows:
            first_name, last_name = name_of(number)
            station = "BASIC" if number % GROUPED == 0 else STATIONS[number % len(STATIONS)]
            changed = domain if site == "S00000" else "example.com"
            writer.writerow((
                f"u-{number:07}", site, first_name, last_name, str(1000 + number % 9000), f"+1514{2_000_000 + number}",
                f"user{number}@{changed}", station, "true" if number % 50 == 1 else "false",
            ))  # fmt: skip


def run_import(url: str, folder: Path) -> dict[str, float]:
    """Runs one import in a process of its own, and tells of it."""
    command = [sys.executable, "-m", "tests.benchmark.directory", url, "--import-from", str(folder)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    told: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return told


def measure_import(url: str, folder: Path) -> None:
    """Imports in this process, and prints what it took."""
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
                # What getrusage tells begins with the memory of the process that started this one.
                "peak": Server(0, os.getpid()).peak_mib(),
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
            told = run_import(given.url, folder)
            sys.stdout.write(
                f"{what:16} {told['seconds']:7.1f} s {given.users / told['seconds']:8,.0f} users/s   "
                f"peak {told['peak']:4.0f} MiB   longest lock {told['longest']:.2f} s   "
                f"added {told['added']:.0f} changed {told['changed']:.0f} refused {told['refused']:.0f}\n"
            )
            sys.stdout.flush()


if __name__ == "__main__":
    main()
