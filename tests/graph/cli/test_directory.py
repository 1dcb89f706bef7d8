"""`pickup import`, `export` and `check` as programs: what they print, and their exit codes."""

import asyncio
import os
import pty
import re
import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from graph.cli import directory as cli_directory
from graph.cli import import_progress
from graph.cli.main import main
from tests.graph.conftest import Run, without_settings
from tests.support.databases import connected
from tests.support.directory import GROUPS, SITES, USERS, user
from tests.support.sample import SAMPLE, rows_of
from tests.support.serving import PICKUP
from tests.support.waiting import eventually

LOADED = [part for name in ("sites", "users", "groups") for part in (f"--{name}", str(SAMPLE / f"{name}.csv"))]
LEFT = "u0 left the group Sales: has a station that may not be in a group"
TOO_MANY = "A: more than a fifth of its users would be removed; use --force to remove them\nno users were removed\n"
NOTHING = dict.fromkeys(
    (
        "sites added",
        "sites changed",
        "users added",
        "users changed",
        "users unchanged",
        "users removed",
        "groups added",
        "groups changed",
        "rows refused",
        "memberships ended",
        "exemptions cleared",
    ),
    0,
)


@pytest.fixture
def filled(run: Run, tmp_path: Path, database_file: Path) -> Path:
    """The database file, with a site of five users, one of them in a group; its CSV files are beside it."""
    assert database_file.parent == tmp_path
    (tmp_path / "sites.csv").write_text(f"{SITES}A,Ay,\n")
    (tmp_path / "users.csv").write_text(USERS + "".join(user(f"u{number}") for number in range(5)))
    (tmp_path / "groups.csv").write_text(f"{GROUPS}A,Sales,u0\n")
    run("import", "--sites", "sites.csv", "--users", "users.csv", "--groups", "groups.csv")
    return database_file


def table_in(printed: str) -> dict[str, int]:
    """The rows of the table that an import prints last."""
    return {name: int(number) for name, number in re.findall(r"│ (\S.*?) +│ +(\d+) │", printed)}


def stored(file: Path, table: str) -> int:
    with closing(sqlite3.connect(file)) as database:
        (number,) = database.execute(f"SELECT count(*) FROM {table}").fetchone()
    return int(number)


def test_import_prints_table_of_counts(run: Run) -> None:
    done = run("import", *LOADED)

    added = {f"{name} added": rows_of(name) for name in ("sites", "users", "groups")}
    assert (done.returncode, done.stderr) == (0, "")
    assert table_in(done.stdout) == NOTHING | added


def test_import_prints_every_refused_row_before_table(run: Run, tmp_path: Path) -> None:
    (tmp_path / "sites.csv").write_text(SITES + "A,Ay,\n" + "*,x,\n" * 25)

    done = run("import", "--sites", "sites.csv")

    lines = done.stdout.splitlines()
    assert done.returncode == 1
    reason = "site_id may not be * or have | in it"
    assert lines[:25] == [f"sites.csv, line {number}: {reason}" for number in range(3, 28)]
    assert lines[25] == "the refused rows are in sites.csv.rejected.csv"
    assert table_in(done.stdout) == NOTHING | {"sites added": 1, "rows refused": 25}
    assert (tmp_path / "sites.csv.rejected.csv").exists()


def test_import_dry_run_prints_refused_rows_and_writes_nothing(run: Run, tmp_path: Path, database_file: Path) -> None:
    (tmp_path / "sites.csv").write_text(SITES + "A,Ay,\n" + "*,x,\n" * 25)

    done = run("import", "--sites", "sites.csv", "--dry-run")

    assert done.returncode == 1
    assert done.stdout.count("sites.csv, line ") == 25
    assert "dry run: nothing was changed" in done.stdout
    assert "rejected" not in done.stdout
    assert table_in(done.stdout) == NOTHING | {"sites added": 1, "rows refused": 25}
    assert stored(database_file, "sites") == 0
    assert not (tmp_path / "sites.csv.rejected.csv").exists()


def test_import_dry_run_does_not_migrate(run: Run, tmp_path: Path) -> None:
    done = run("import", *LOADED, "--dry-run")

    assert done.returncode == 2
    assert (
        done.stderr
        == "pickup: there is no database at pickup.sqlite3: set PICKUP_DATABASE_URL, or run `pickup migrate`\n"
    )
    assert not (tmp_path / "pickup.sqlite3").exists()


def test_import_prunes_more_than_a_fifth_with_force_only(run: Run, filled: Path) -> None:
    (filled.parent / "users.csv").write_text(USERS + "".join(user(f"u{number}") for number in range(3)))

    kept = run("import", "--users", "users.csv", "--prune")
    after = stored(filled, "users")
    removed = run("import", "--users", "users.csv", "--prune", "--force")

    assert (kept.returncode, after) == (1, 5)
    assert kept.stderr == TOO_MANY
    assert (removed.returncode, removed.stderr) == (0, "")
    assert table_in(removed.stdout) == NOTHING | {"users unchanged": 3, "users removed": 2}
    assert stored(filled, "users") == 3


def test_import_prints_ended_membership(run: Run, filled: Path) -> None:
    (filled.parent / "users.csv").write_text(USERS + user("u0", station="FAX"))

    done = run("import", "--users", "users.csv")

    changed = {"users changed": 1, "groups changed": 1, "memberships ended": 1}
    assert done.stdout.splitlines()[0] == LEFT
    assert table_in(done.stdout) == NOTHING | changed


@contextmanager
def on_a_terminal(folder: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], Iterator[str]]]:
    """The command with standard error on a terminal, and the growing text that is printed there."""
    master, terminal = pty.openpty()
    command = [str(PICKUP), *arguments]
    settings = without_settings() | {"TERM": "xterm", "COLUMNS": "100"}
    with subprocess.Popen(
        command, cwd=folder, env=settings, stdout=subprocess.PIPE, stderr=terminal, text=True
    ) as program:
        os.close(terminal)
        try:
            yield program, _shown(master)
        finally:
            program.kill()
            os.close(master)


def _shown(master: int) -> Iterator[str]:
    text = ""
    while True:
        try:
            text += os.read(master, 65_536).decode(errors="replace")
        except OSError:
            # Linux raises it when the terminal has no writer any more.
            return
        yield text


def test_import_shows_progress_bar_on_terminal(filled: Path) -> None:
    (filled.parent / "users.csv").write_text(USERS + user("u0", station="FAX"))

    with on_a_terminal(filled.parent, "import", "--users", "users.csv") as (program, shown):
        *_, screen = shown
        printed, _ = program.communicate(timeout=120)

    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", screen)
    for step in ("reading users.csv", "comparing", "applying"):
        assert re.search(rf"{step} +━+ +\d+%", plain), step
    assert re.search(r"100% [\d,]+ rows/s +0:00:00", plain)
    assert LEFT not in plain.splitlines()
    assert printed.splitlines()[0] == LEFT
    assert screen.endswith("\x1b[1A\x1b[2K")
    assert program.returncode == 0
    assert table_in(printed)["memberships ended"] == 1


def test_import_interrupted_exits_130_and_changes_nothing(filled: Path) -> None:
    (filled.parent / "users.csv").write_text(USERS + user("new"))

    with closing(sqlite3.connect(filled)) as other_writer:
        other_writer.execute("BEGIN IMMEDIATE")
        with on_a_terminal(filled.parent, "import", "--users", "users.csv") as (program, shown):
            next(text for text in shown if "applying" in text)
            program.send_signal(signal.SIGINT)
            program.communicate(timeout=120)

    assert program.returncode == 130
    assert stored(filled, "users") == 5


def test_import_prints_progress_lines_without_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], database_file: Path
) -> None:
    monkeypatch.setenv("PICKUP_DATABASE_URL", f"sqlite://{database_file}")
    monkeypatch.setattr(import_progress, "LINE_EVERY_S", 0.0)

    with pytest.raises(SystemExit) as ended:
        main(["import", *LOADED])

    printed, progress = capsys.readouterr()
    lines = progress.splitlines()
    number = rows_of("users")
    assert ended.value.code == 0
    assert table_in(printed)["users added"] == number
    assert "comparing" in lines
    assert any(re.fullmatch(r"reading users.csv, 1,000 of about [\d,]+ rows, \d+ s left", line) for line in lines)
    assert any(
        re.fullmatch(rf"reading users.csv, {number:,} of about {number:,} rows, [\d,]+ rows/s, 0 s left", line)
        for line in lines
    )


def test_import_reports_unwritable_rejected_file_last(run: Run, tmp_path: Path) -> None:
    (tmp_path / "sites.csv").write_text(SITES + "A,Ay,\n*,x,\n")
    (tmp_path / "sites.csv.rejected.csv").mkdir()

    done = run("import", "--sites", "sites.csv")

    assert (done.returncode, done.stderr) == (1, "pickup: sites.csv.rejected.csv: Is a directory\n")
    assert done.stdout.splitlines()[0] == "sites.csv, line 3: site_id may not be * or have | in it"
    assert table_in(done.stdout) == NOTHING | {"sites added": 1, "rows refused": 1}


@pytest.mark.parametrize("deaf", ["stdout", "stderr"])
def test_import_finishes_with_closed_output(filled: Path, deaf: str) -> None:
    bad = "bad\n" * 5_000
    (filled.parent / "users.csv").write_text(USERS + user("u0", station="FAX") + bad + user("new"))
    reader, writer = os.pipe()
    os.close(reader)

    done = subprocess.run(
        [str(PICKUP), "import", "--users", "users.csv", "--prune"],
        cwd=filled.parent,
        env=without_settings(),
        stdout=writer if deaf == "stdout" else subprocess.PIPE,
        stderr=writer if deaf == "stderr" else subprocess.PIPE,
        check=False,
        text=True,
        timeout=120,
    )
    os.close(writer)

    assert done.returncode == 1
    assert done.stderr in (None, TOO_MANY)
    assert stored(filled, "users") == 6
    assert (filled.parent / "users.csv.rejected.csv").read_text().count("the row has 1 cells") == 5_000


def test_import_replaces_unencodable_characters_in_output(run: Run, run_process: Run, filled: Path) -> None:
    (filled.parent / "groups.csv").write_text(f"{GROUPS}A,\u260e Sales,u1\n", encoding="utf-8")
    run("import", "--groups", "groups.csv")
    (filled.parent / "users.csv").write_text(USERS + user("u1", station="FAX"))

    done = run_process("import", "--users", "users.csv", PYTHONIOENCODING="latin-1")

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[0] == "u1 left the group ? Sales: has a station that may not be in a group"


@pytest.mark.parametrize("url", ["postgres"], indirect=True)
async def test_import_reports_lost_connection_in_one_line(tmp_path: Path, url: str) -> None:
    async with connected(url) as other, other.transaction():
        await other.execute("LOCK TABLE users IN ACCESS EXCLUSIVE MODE")
        program = await asyncio.create_subprocess_exec(
            PICKUP,
            *("import", *LOADED),
            env=without_settings() | {"PICKUP_DATABASE_URL": url},
            cwd=tmp_path,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        waiting = "datname = current_database() AND application_name = 'pickup' AND wait_event_type = 'Lock'"
        sql = f"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE {waiting}"
        async with connected(url) as administrator:
            await eventually(lambda: administrator.fetchval(sql), "the import waits for the lock")
        printed, error = await program.communicate()

    assert (program.returncode, printed) == (2, b"")
    *progress, last = error.splitlines()
    assert last == b"pickup: The database cannot be reached. Try again in a moment."
    assert all(line.startswith((b"reading", b"comparing")) for line in progress)


def test_login_without_name_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 2**31 - 7)

    assert cli_directory._login() == "unknown"


def test_export_imported_again_changes_nothing(run: Run, filled: Path) -> None:
    exported = run("export", "--directory", "out")
    again = run("import", *(part for name in ("sites", "users", "groups") for part in (f"--{name}", f"out/{name}.csv")))

    assert (exported.returncode, exported.stdout, exported.stderr) == (0, "", "")
    assert sorted(path.name for path in (filled.parent / "out").iterdir()) == ["groups.csv", "sites.csv", "users.csv"]
    assert table_in(again.stdout) == NOTHING | {"users unchanged": 5}


def test_export_for_excel_imported_again_changes_nothing(run: Run, filled: Path) -> None:
    exported = run("export", "--directory", "out", "--excel")
    again = run("import", *(part for name in ("sites", "users", "groups") for part in (f"--{name}", f"out/{name}.csv")))

    assert (exported.returncode, exported.stdout, exported.stderr) == (0, "", "")
    assert (filled.parent / "out" / "sites.csv").read_bytes().startswith(b"\xef\xbb\xbfsite_id,")
    assert table_in(again.stdout) == NOTHING | {"users unchanged": 5}


def test_export_reports_unwritable_folder_in_one_line(run: Run, filled: Path) -> None:
    done = run("export", "--directory", "/proc/none")

    assert done.returncode == 2
    assert done.stderr == "pickup: --directory /proc/none: No such file or directory\n"


def test_check_finds_nothing_after_import(run: Run, filled: Path) -> None:
    done = run("check")

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "no problems found\n")


def test_check_prints_each_problem(run: Run, database_file: Path) -> None:
    connection = sqlite3.connect(database_file)
    connection.execute("PRAGMA ignore_check_constraints = ON")
    connection.executescript(
        """
        INSERT INTO sites (id, external_id, name, sort_key, search_key, revision) VALUES (1, 'A', 'Ay', 'x', 'ay', 3);
        INSERT INTO pickup_groups (id, site_id, name, name_key, sort_key, search_key, created_at, updated_at) VALUES
          (1, 1, 'Sales', 'sales', 'sales', 'sales', 'x', 'x'), (2, 1, ' Bad', 'bad', 'bad', 'bad', 'x', 'x'),
          (3, 1, 'Wrong', 'else', 'wrong', 'wrong', 'x', 'x'), (5, 9, 'Far', 'far', 'far', 'far', 'x', 'x');
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
    for problem in (
        "user u2 is in a group of another site, or in one that does not exist",
        "user u1 is in a group with a station of the type FAX",
        "user u2 has the unknown station type PHONE",
        "user u1 is in a group and exempt from barge-in",
        "user u2 has no site",
        "pickup group 5 has no site",
        "site A is at revision 3, but has 3 changes, the last of revision 4",
        "site A has a sort or search key that does not match its name",
        "user u1 has a sort or search key that does not match their name or numbers",
        "pickup group 2 has an invalid name",
        "pickup group 3 has a sort or search key that does not match its name",
        "site 1, revision 3: a change to a group that does not exist",
        "pickup group 1 differs from the change log: in its name, version or members",
        "pickup group 2 is stored, but not in the change log",
        "pickup group 9 is in the change log of site 1, but it is not stored there",
    ):
        assert problem in done.stdout.splitlines()
