"""`pickup backup`: what it copies, and what it refuses."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.graph.conftest import Run
from tests.support.sample import SAMPLE, rows_of

LOADED = [part for name in ("sites", "users", "groups") for part in (f"--{name}", str(SAMPLE / f"{name}.csv"))]


def test_backup_has_every_row(run: Run, tmp_path: Path, database_file: Path) -> None:
    run("import", *LOADED)
    database_file.chmod(0o640)

    done = run("backup", "copy.sqlite3")

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["copy.sqlite3", "pickup.sqlite3"]
    copy = tmp_path / "copy.sqlite3"
    assert copy.stat().st_mode & 0o777 == 0o640
    with closing(sqlite3.connect(copy)) as database:
        (users,) = database.execute("SELECT count(*) FROM users").fetchone()
    assert users == rows_of("users")
    assert run("check", PICKUP_DATABASE_URL="sqlite://copy.sqlite3").returncode == 0


@pytest.mark.usefixtures("database_file")
@pytest.mark.parametrize("name", ["copy", "copy-wal", "copy-shm", "copy-journal"])
def test_backup_refuses_existing_file(run: Run, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("kept")

    done = run("backup", "copy")

    assert (done.returncode, done.stderr) == (2, f"pickup: there is no backup in copy: {name} exists already\n")
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted([name, "pickup.sqlite3"])
    assert (tmp_path / name).read_text() == "kept"


@pytest.mark.usefixtures("database_file")
def test_backup_reports_missing_folder(run: Run) -> None:
    done = run("backup", "missing/copy")

    message = "pickup: there is no backup in missing/copy: No such file or directory\n"
    assert (done.returncode, done.stderr) == (2, message)


def test_backup_of_damaged_database_leaves_no_file(run: Run, tmp_path: Path, database_file: Path) -> None:
    database_file.write_bytes(b"garbage" * 1_000)

    done = run("backup", "copy")

    assert (done.returncode, done.stderr) == (2, "pickup: there is no backup in copy: file is not a database\n")
    assert [file.name for file in tmp_path.iterdir()] == ["pickup.sqlite3"]
