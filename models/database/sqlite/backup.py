"""A consistent copy of a SQLite file, made while it is written."""

import os
import shutil
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from models.database.sqlite.connections import existing_file_uri

_PAGES_PER_STEP = 4_096
"""16 MiB; an interrupt waits for the end of a step."""


def back_up(source: str, target: Path) -> None:
    """Copy the database to a new file, which appears under its name when it is complete and on the disk.

    The copy has every change that was acknowledged before, whatever is written meanwhile. Raises FileExistsError if
    there is such a file, or one that SQLite would take for its journal; OSError or sqlite3.Error if there is no copy.
    """
    for file in (target, *(target.with_name(target.name + suffix) for suffix in ("-wal", "-shm", "-journal"))):
        if os.path.lexists(file):
            raise FileExistsError(f"{file} exists already")
    # A folder of its own, so that SQLite's files beside an unfinished copy are removed with it.
    with tempfile.TemporaryDirectory(prefix=f".{target.name}-", dir=target.parent) as folder:
        unfinished = Path(folder) / "copy"
        _copy(source, unfinished)
        shutil.copymode(source, unfinished)
        _sync(unfinished)
        # Unlike a rename, a link replaces no file that has come meanwhile.
        target.hardlink_to(unfinished)
    _sync(target.parent)


def _copy(source: str, target: Path) -> None:
    with (
        closing(sqlite3.connect(existing_file_uri(source), uri=True, isolation_level=None)) as reader,
        closing(sqlite3.connect(target)) as copy,
    ):
        # One snapshot for all steps. Without it each change that is made between two of them begins the copy anew.
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM sqlite_master").fetchone()
        reader.backup(copy, pages=_PAGES_PER_STEP, sleep=0)
        reader.execute("ROLLBACK")


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
