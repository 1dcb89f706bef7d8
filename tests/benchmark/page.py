"""The page with much to show: `python -m tests.benchmark.page [--database URL]`, on an empty database.

10,000 sites, one of them with 20,000 users and 1,500 groups. Types into the searches of the page, turns its pages and
scrolls its lists in Chromium, and prints for each how long an answer took to be seen, and the longest frame: 300 ms and
200 ms at most are promised. Needs Chromium, Node, and the npm packages of tests/system/browser.
"""

import argparse
import csv
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from models.directory.columns import GROUPS, SITES, USERS
from tests.benchmark.data import name_of
from tests.support.serving import PICKUP

SITE_COUNT, USER_COUNT, GROUP_COUNT, MEMBERS = 10_000, 20_000, 1_500, 8
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", help="default: SQLite in a temporary folder")
    given = parser.parse_args()
    chromium = next(filter(None, map(shutil.which, BROWSERS)), None)
    node = shutil.which("node")
    if chromium is None or node is None:
        sys.exit("Chromium or Node is not installed")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_files(folder)
        environment = os.environ | {"PICKUP_DATABASE_URL": given.database or f"sqlite://{folder / 'page.sqlite3'}"}
        files = [f"--{part}={folder / f'{part}.csv'}" for part in ("sites", "users", "groups")]
        subprocess.run([PICKUP, "import", *files], env=environment, check=True, capture_output=True)
        with served(environment) as address:
            script = Path(__file__).with_suffix(".mjs")
            done = subprocess.run(
                [node, script, chromium, address], check=True, stdout=subprocess.PIPE, text=True, timeout=600
            )
    figures: dict[str, dict[str, float]] = json.loads(done.stdout)
    sys.stdout.write(f"{'':24}{'shown, median':>16}{'shown, longest':>16}{'longest frame':>16}\n")
    for name, figure in figures.items():
        times = "".join(f"{figure[part]:13.0f} ms" for part in ("median", "longest", "frame"))
        sys.stdout.write(f"{name:24}{times}\n")


def write_files(folder: Path) -> None:
    """Write the three files of the directory."""
    with (
        (folder / "sites.csv").open("w", encoding="utf-8", newline="") as sites_file,
        (folder / "users.csv").open("w", encoding="utf-8", newline="") as users_file,
        (folder / "groups.csv").open("w", encoding="utf-8", newline="") as groups_file,
    ):
        sites, users, groups = csv.writer(sites_file), csv.writer(users_file), csv.writer(groups_file)
        for writer, table in ((sites, SITES), (users, USERS), (groups, GROUPS)):
            writer.writerow(table.header)
        sites.writerows((f"S{number:05}", f"Branch {number:05}", "") for number in range(SITE_COUNT))
        for number in range(USER_COUNT + GROUP_COUNT * MEMBERS):
            first_name, last_name = name_of(number)
            extension = str(10_000 + number)
            users.writerow((f"U{number}", "S00000", first_name, last_name, extension, "", "", "PREMIUM", "false"))
        for number in range(GROUP_COUNT):
            first = USER_COUNT + number * MEMBERS
            members = "|".join(f"U{member}" for member in range(first, first + MEMBERS))
            groups.writerow(("S00000", f"Team {number:04} {name_of(number)[1]}", members))


@contextmanager
def served(environment: dict[str, str]) -> Iterator[str]:
    """The address of the page on a server of its own."""
    command = [str(PICKUP), "serve", "--port", "0"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as server:
        try:
            assert server.stderr is not None
            yield next(found[0] for line in server.stderr if (found := re.search(r"http://[\d.:]+/(?=[\"\s]|$)", line)))
        finally:
            server.terminate()


if __name__ == "__main__":
    main()
