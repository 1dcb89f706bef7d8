"""Connections to a SQLite file."""

import asyncio
import contextlib
import sqlite3
from pathlib import Path

import pytest

from models.database.sqlite.connections import open_reader


def open_files(path: Path) -> int:
    """How often this process has the file open."""
    descriptors = [descriptor for descriptor in Path("/proc/self/fd").iterdir() if descriptor.is_symlink()]
    return sum(descriptor.readlink() == path.resolve() for descriptor in descriptors)


@pytest.mark.parametrize("turns", range(8))
async def test_open_that_is_cancelled_has_closed_its_connection(tmp_path: Path, turns: int) -> None:
    path = tmp_path / "directory.sqlite3"
    sqlite3.connect(path).close()
    opening = asyncio.create_task(open_reader(str(path)))
    for _ in range(turns):
        await asyncio.sleep(0)
    opening.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await (await opening).close()

    assert open_files(path) == 0
