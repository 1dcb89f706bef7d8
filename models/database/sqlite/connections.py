"""Connections to a SQLite file that must exist: one that writes, and readers that cannot."""

import asyncio
import contextlib
import os
import sqlite3
from typing import Any
from urllib.parse import quote

import aiosqlite

from models.database.cancellation import uncancellable
from models.database.url import SQLITE_PRAGMAS

_OPTIONS: dict[str, Any] = {"isolation_level": None, "cached_statements": 512}
"""Transactions are begun by BEGIN alone; and reads have more texts than the 128 that sqlite3 caches by default."""

_WRITER_BUSY_TIMEOUT_MS = 100
"""SQLite's own wait for a lock cannot be interrupted: it is short, and the group commit waits again."""

_READER_BUSY_TIMEOUT_MS = 2_000
"""A reader waits for a lock only while another connection recovers the file after a crash."""


async def open_writer(path: str) -> aiosqlite.Connection:
    return await _open(path, {**SQLITE_PRAGMAS, "busy_timeout": _WRITER_BUSY_TIMEOUT_MS})


async def open_reader(path: str) -> aiosqlite.Connection:
    return await _open(path, {"query_only": "ON", "busy_timeout": _READER_BUSY_TIMEOUT_MS})


async def _open(path: str, pragmas: dict[str, Any]) -> aiosqlite.Connection:
    """Open to the end even if cancelled: aiosqlite would leave the connection behind, open."""
    opening = asyncio.ensure_future(_open_with_pragmas(path, pragmas))
    try:
        return await asyncio.shield(opening)
    except asyncio.CancelledError:
        with contextlib.suppress(Exception):
            connection = await uncancellable(opening)
            await uncancellable(connection.close())
        raise


async def _open_with_pragmas(path: str, pragmas: dict[str, Any]) -> aiosqlite.Connection:
    connection: aiosqlite.Connection = await aiosqlite.connect(existing_file_uri(path), uri=True, **_OPTIONS)
    try:
        for name, value in pragmas.items():
            # Read to the end: a statement that is still open would keep an interrupt in force.
            await connection.execute_fetchall(f"PRAGMA {name} = {value}")
    except BaseException:
        await connection.close()
        raise
    return connection


def open_inline_reader(path: str) -> sqlite3.Connection:
    """A reader for the thread of the event loop, where it must not wait for a lock."""
    connection: sqlite3.Connection = sqlite3.connect(existing_file_uri(path), uri=True, **_OPTIONS)
    connection.execute("PRAGMA query_only = ON")
    connection.execute("PRAGMA busy_timeout = 0")
    return connection


def existing_file_uri(path: str) -> str:
    """The URI of the file; SQLite does not create it."""
    return f"file:{quote(path)}?mode=rw"


class SameFile:
    """The file that a path names now. A write to a file that was moved or replaced since would be lost."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._identity = _identity(path)

    def check(self) -> None:
        """Raise OSError if the path names another file, or none."""
        if _identity(self._path) != self._identity:
            raise FileNotFoundError(f"{self._path} has been moved, removed or replaced")


def _identity(path: str) -> tuple[int, int] | None:
    try:
        found = os.stat(path)  # noqa: PTH116 - a Path takes five times as long
    except OSError:
        return None
    return found.st_dev, found.st_ino
