"""The command as a program: what it prints, its exit codes, and a server that stops as told."""

import json
import os
import signal
import sqlite3
import subprocess
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.databases import free_port
from tests.sample import SAMPLE, rows_of
from tests.serving import PICKUP, SECRET

ROOT = Path(__file__).parents[2]


@pytest.fixture
def run(tmp_path: Path) -> Any:
    """Runs the command in a folder of its own; more settings by name."""

    def running(*arguments: str | Path, **settings: str) -> subprocess.CompletedProcess[str]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PICKUP_")}
        return subprocess.run(
            [PICKUP, *arguments],
            cwd=tmp_path,
            env=environment | settings,
            capture_output=True,
            check=False,
            text=True,
            timeout=60,
        )

    return running


def test_schema_prints_the_file(run: Any) -> None:
    assert run("schema").stdout == (ROOT / "schema.graphql").read_text()


@pytest.mark.parametrize(
    ("arguments", "settings", "message"),
    [
        (["frob"], {}, "No such command 'frob'."),
        (["import"], {}, "name at least one file: --sites, --users, --groups"),
        (["import", "--sites", "x.csv", "--prune"], {}, "--prune needs --users"),
        (["import", "--users", "x.csv", "--force"], {}, "--force goes with --prune"),
        (["import", "--sites", "missing.csv"], {}, "missing.csv: No such file or directory"),
        (["token", "--subject", "me", "--all-sites"], {}, "PICKUP_JWT_SECRET is not set: it signs the token."),
        (
            ["token", "--subject", "me"],
            {"PICKUP_JWT_SECRET": SECRET},
            "name the sites with --site, or grant all with --all-sites",
        ),
        (["token", "--subject", " ", "--all-sites"], {"PICKUP_JWT_SECRET": SECRET}, "--subject may not be empty"),
        (
            ["token", "--subject", "me", "--all-sites", "--expires-in", "3y"],
            {"PICKUP_JWT_SECRET": SECRET},
            "--expires-in takes a number and s, m, h or d, as in 12h",
        ),
        (["migrate"], {"PICKUP_DATABASE_URL": "mysql://x"}, "PICKUP_DATABASE_URL: it must be sqlite://FILE"),
        (["migrate"], {"PICKUP_DATABASE_URL": "sqlite:///no/such/folder/x"}, "unable to open database file"),
        (["migrate"], {"PICKUP_DATABASE_URL": "postgres://x@127.0.0.1:1/x"}, "127.0.0.1:1 cannot be used"),
        (["check"], {}, "the database is not up to date: run `pickup migrate`"),
        (["serve", "--host", "0.0.0.0"], {}, "and no key is set"),
        (["serve", "--host", "no.such.host.invalid"], {}, "there is no such address"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(
    run: Any, arguments: list[str], settings: dict[str, str], message: str
) -> None:
    done = run(*arguments, **settings)

    assert done.returncode == 2
    assert message in done.stderr
    assert done.stderr.count("\n") == 1


def test_without_a_command_the_help_is_shown(run: Any) -> None:
    done = run()

    assert (done.returncode, "Usage: pickup" in done.stderr) == (2, True)


def test_import_check_and_export(run: Any, tmp_path: Path) -> None:
    migrated = run("migrate")
    again = run("migrate")
    loaded = run(
        "import", *(part for name in ("sites", "users", "groups") for part in (f"--{name}", SAMPLE / f"{name}.csv"))
    )
    bad = tmp_path / "sites.csv"
    bad.write_text("site_id,name,main_number\n" + "*,x,\n" * 25)
    refused = run("import", "--sites", bad)
    exported = run("export", "--directory", "out")
    unwritable = run("export", "--directory", "/proc/none")
    checked = run("check")

    assert migrated.stdout.startswith("applied ")
    assert again.stdout == "the database is up to date\n"
    assert (loaded.returncode, str(rows_of("users")) in loaded.stdout) == (0, True)
    assert (refused.returncode, "… and 5 more" in refused.stdout) == (1, True)
    assert exported.returncode == checked.returncode == 0
    assert unwritable.returncode == 2
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["groups.csv", "sites.csv", "users.csv"]


def test_check_tells_of_each_fault(run: Any, tmp_path: Path) -> None:
    run("migrate")
    connection = sqlite3.connect(tmp_path / "pickup.sqlite3")
    connection.execute("PRAGMA ignore_check_constraints = ON")
    connection.executescript(
        """
        INSERT INTO sites (id, external_id, name, sort_key, search_key, revision) VALUES (1, 'A', 'Ay', 'x', 'ay', 3);
        INSERT INTO pickup_groups VALUES (1, 1, 'Sales', 'sales', 'sales', 'sales', 1, 'x', 'x');
        INSERT INTO pickup_groups VALUES (2, 1, ' Bad', 'bad', 'bad', 'bad', 1, 'x', 'x');
        INSERT INTO pickup_groups VALUES (3, 1, 'Wrong', 'else', 'wrong', 'wrong', 1, 'x', 'x');
        INSERT INTO pickup_groups VALUES (5, 9, 'Far', 'far', 'far', 'far', 1, 'x', 'x');
        INSERT INTO users (external_id, site_id, first_name, last_name, station_type, barge_in_exempt, pickup_group_id,
          sort_key, search_key) VALUES ('u1', 1, 'A', 'B', 'FAX', 1, 1, 'wrong', 'a' || char(10) || 'b'),
          ('u2', 9, 'A', 'B', 'PHONE', 0, 77, 'b' || char(1) || 'a', 'a' || char(10) || 'b');
        INSERT INTO changes (site_id, revision, kind, actor, occurred_at, pickup_group_id, name_after) VALUES
          (1, 1, 'PICKUP_GROUP_CREATED', 'me', 'x', 1, 'Sales'), (1, 3, 'PICKUP_GROUP_RENAMED', 'me', 'x', 8, 'y'),
          (1, 4, 'PICKUP_GROUP_CREATED', 'me', 'x', 9, 'Nine');
        """
    )
    connection.close()

    done = run("check")

    assert done.returncode == 1
    for fault in (
        "user u2 is in a group of another site, or in one that does not exist",
        "user u1 is in a group with a station of type FAX",
        "user u2 has the unknown station type PHONE",
        "user u1 is in a group and exempt from barge-in",
        "user u2 is of no site",
        "pickup group 5 is of no site",
        "site A is at revision 3, but has 3 changes, the last of revision 4",
        "site A has keys of order or search that are not those of its name",
        "user u1 has keys of order or search that are not those of their texts",
        "pickup group 2 has a name that no group can have",
        "pickup group 3 has keys of order or search that are not those of its name",
        "site 1, revision 3: a change to a group that was not made",
        "pickup group 1 is not what the history says: its name, version or members differ",
        "pickup group 2 is stored, but the history says not so",
        "pickup group 9 is told of, but the history says not so",
    ):
        assert fault in done.stdout.splitlines()


@pytest.mark.parametrize("workers", ["1", "2"])
def test_serve_answers_and_stops_as_told(tmp_path: Path, workers: str) -> None:
    port = free_port()
    environment = os.environ | {"PICKUP_DATABASE_URL": f"sqlite://{tmp_path}/p.sqlite3", "PICKUP_JWT_SECRET": SECRET}
    token = subprocess.run(
        [PICKUP, "token", "--subject", "me", "--site", "MTL-01", "--permission", "WRITE"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    server = subprocess.Popen(
        [PICKUP, "serve", "--demo", "--port", str(port), "--workers", workers],
        env=environment,
        stderr=subprocess.DEVNULL,
    )
    try:
        answer = _first_answer(f"http://127.0.0.1:{port}/graphql", token)
    finally:
        server.send_signal(signal.SIGTERM)
        code = server.wait(15)

    assert answer == {"data": {"sites": {"totalCount": 1}, "viewer": {"permissions": ["READ", "WRITE"]}}}
    assert code == 0


def _first_answer(url: str, token: str) -> Any:
    body = json.dumps({"query": "{ sites { totalCount } viewer { permissions } }"})
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    deadline = time.monotonic() + 30
    while True:
        try:
            return httpx.post(url, content=body, headers=headers).json()
        except httpx.TransportError:
            assert time.monotonic() < deadline
