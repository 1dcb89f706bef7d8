"""Imports killed at any moment: run again, they reach the state of an undisturbed import."""

import asyncio
import os
import random
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from models.database.opening import opened_database
from models.database.url import parse_database_url
from models.directory.import_job import ImportJob, import_directory
from models.directory.staging_area import with_single_connection
from models.integrity.check import find_problems
from tests.support.databases import TABLES, execute
from tests.support.directory import GROUPS, SITES, USERS, user
from tests.support.serving import PICKUP
from tests.system.resilience.conftest import FULL

pytestmark = pytest.mark.slow

STATE = (
    "SELECT u.external_id, s.external_id AS site, u.first_name, u.station_type, u.barge_in_exempt, g.name "
    "FROM users AS u JOIN sites AS s ON s.id = u.site_id LEFT JOIN pickup_groups AS g ON g.id = u.pickup_group_id "
    "ORDER BY u.external_id",
    "SELECT s.external_id, s.name, g.name AS group_name, g.version FROM sites AS s "
    "LEFT JOIN pickup_groups AS g ON g.site_id = s.id ORDER BY s.external_id, g.name_key",
    "SELECT s.external_id, s.revision, c.revision AS number, c.kind, g.name, c.cleared_keys = '[]' AS none_cleared "
    "FROM sites AS s JOIN changes AS c ON c.site_id = s.id LEFT JOIN pickup_groups AS g ON g.id = c.pickup_group_id "
    "ORDER BY s.external_id, c.revision",
)
"""Users, groups and change log by external id, since primary keys may differ."""


def write(folder: Path, sites: int, users: int, *, second: bool) -> list[str]:
    """Write the files of a directory, the second with changes of all kinds; return the arguments of the command."""
    chosen = random.Random(5)
    rows, groups = [], []
    for number in range(users):
        if second and number % 13 == 0:
            continue
        site = f"S{(number + (second and number % 7 == 0)) % sites}"
        station = "FAX" if second and number % 11 == 0 else "BASIC"
        exempt = "yes" if number % (3 if second else 4) == 0 else "no"
        rows.append(user(f"u{number}", site, station, exempt, first="Zoé" if second else "Ann"))
    if second:
        rows += [user(f"new{number}", f"S{number % sites}") for number in range(users // 5)] + ["bad row\n"]
    for place in range(sites):
        members = [number for number in range(place, users, sites) if number % 7 and number % 11 and number % 13]
        half = len(members) // 2
        first, last = members[:half], members[half:]
        if second:
            first, last = last[: half // 2], first
        groups += [f"S{place},{name},{'|'.join(f'u{one}' for one in one_of)}\n"
                   for name, one_of in (("One", first), ("Two", last))]  # fmt: skip
    chosen.shuffle(rows)
    named = "".join(f"S{number},{'New' if second else 'Old'} {number},\n" for number in range(sites + second))
    arguments = ["--prune", "--force"]
    for name, text in (
        ("sites", SITES + named),
        ("users", USERS + "".join(rows)),
        ("groups", GROUPS + "".join(groups)),
    ):
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
        arguments += [f"--{name}", str(folder / f"{name}.csv")]
    return arguments


def state_of(url: str) -> list[Any]:
    async def look() -> list[Any]:
        async with opened_database(parse_database_url(url)) as database:
            assert await find_problems(database) == []
            async with database.reading() as session:
                return [await session.fetch(sql, []) for sql in STATE]

    return asyncio.run(look())


def load(url: str, folder: Path) -> None:
    async def loading() -> None:
        async with opened_database(with_single_connection(parse_database_url(url))) as database:
            files = (folder / "sites.csv", folder / "users.csv", folder / "groups.csv")
            await import_directory(database, ImportJob("import:test", *files))

    asyncio.run(loading())


class Trial:
    """A database with the first directory, which can be reset."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self.folder = folder
        self.saved = folder / "saved.sqlite3"
        if url.startswith("sqlite"):
            shutil.copyfile(url.removeprefix("sqlite://"), self.saved)

    def reset(self) -> None:
        if self.url.startswith("sqlite"):
            path = self.url.removeprefix("sqlite://")
            for end in ("-wal", "-shm"):
                Path(path + end).unlink(missing_ok=True)
            shutil.copyfile(self.saved, path)
        else:
            asyncio.run(execute(self.url, f"TRUNCATE {', '.join(TABLES)} RESTART IDENTITY CASCADE"))
            load(self.url, self.folder)

    def run(self, arguments: list[str], kill_after: float | None = None) -> float:
        """Run the import, killed after so many seconds; return how long it ran."""
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("PICKUP_", "COVERAGE"))
        }
        began = time.monotonic()
        process = subprocess.Popen(
            [PICKUP, "import", *arguments],
            env=environment | {"PICKUP_DATABASE_URL": self.url},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            code = process.wait(kill_after)
            assert code == 1, "one row is refused"
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
        return time.monotonic() - began


def kill_and_compare(url: str, tmp_path: Path, *, sites: int, users: int, kills: int) -> int:
    """Kill imports and run them again; return how many were killed before they ended."""
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    write(first, sites, users, second=False)
    arguments = write(second, sites, users, second=True)
    load(url, first)
    trial = Trial(url, first)
    took = trial.run(arguments)
    expected = state_of(url)
    refused = (second / "users.csv.rejected.csv").read_bytes()
    killed = 0
    moments = random.Random(7)

    for _ in range(kills):
        trial.reset()
        (second / "users.csv.rejected.csv").unlink(missing_ok=True)
        ran = trial.run(arguments, moments.uniform(0.3, 1.0) * took)
        if state_of(url) != expected or not (second / "users.csv.rejected.csv").exists():
            killed += 1
        else:
            # It had ended before: the machine is less busy now.
            took = min(took, ran)
        trial.run(arguments)

        assert state_of(url) == expected
        assert (second / "users.csv.rejected.csv").read_bytes() == refused

    return killed


def test_killed_import_is_run_again(url: str, tmp_path: Path) -> None:
    assert kill_and_compare(url, tmp_path, sites=3, users=120, kills=3) > 0


def test_large_killed_import_is_run_again(url: str, tmp_path: Path) -> None:
    kills = 5 if FULL else 2
    assert kill_and_compare(url, tmp_path, sites=20, users=3_000, kills=kills) >= kills // 2
