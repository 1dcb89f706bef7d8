"""Imports for tests: texts as files, and queries on the database."""

import asyncio
import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

from models.database.database import Database
from models.directory import columns
from models.directory.columns import FileFormat
from models.directory.import_job import ImportJob, ImportListener, ImportReport, import_directory
from models.integrity.check import find_problems
from tests.support.databases import connected, execute


def _header(file_format: FileFormat) -> str:
    return ",".join(column.name for column in file_format.columns if column.required) + "\n"


SITES, USERS, GROUPS = (_header(file_format) for file_format in columns.FORMATS)
"""The headers of files without the columns that a file may lack: rows of tests need not name those."""


class Directory:
    """A database and a folder: `load` imports texts, each below the header of its file.

    `notes` are those of all imports, `refused` the file, line and reason of each row that the last one refused.
    """

    def __init__(self, database: Database, folder: Path) -> None:
        self.database = database
        self.folder = folder
        self.notes: list[str] = []
        self.refused: list[tuple[str, int, str]] = []

    async def load(self, sites: str = "", users: str = "", groups: str = "", **options: Any) -> ImportReport:
        given = {"sites": (SITES, sites), "users": (USERS, users), "groups": (GROUPS, groups)}
        paths: dict[str, Any] = {}
        for name, (header, text) in given.items():
            if text:
                paths[name] = self.folder / f"{name}.csv"
                paths[name].write_text(header + text, encoding="utf-8")
        job = ImportJob("import:test", **paths, **options)
        self.refused.clear()
        listener = ImportListener(
            note=self.notes.append, refused=lambda path, *why: self.refused.append((path.name, *why))
        )
        return await import_directory(self.database, job, listener)

    async def ask(self, sql: str) -> list[tuple[Any, ...]]:
        async with self.database.reading() as session:
            return [tuple(record.values()) for record in await session.fetch(sql, [])]

    async def members(self) -> dict[str, str]:
        """The name of the group of each member; the database must pass the check."""
        assert await find_problems(self.database) == []
        sql = "SELECT u.external_id, g.name FROM users AS u JOIN pickup_groups AS g ON g.id = u.pickup_group_id"
        return dict(await self.ask(f"{sql} ORDER BY u.external_id"))

    async def kinds(self) -> list[tuple[Any, ...]]:
        """The site and the kind of each change, site by site."""
        return await self.ask(
            "SELECT s.external_id, c.kind FROM changes AS c JOIN sites AS s ON s.id = c.site_id "
            "ORDER BY s.external_id, c.revision"
        )

    async def exempt(self) -> list[str]:
        return [key for (key,) in await self.ask("SELECT external_id FROM users WHERE barge_in_exempt ORDER BY 1")]


def user(key: str, site: str = "A", station: str = "BASIC", exempt: str = "", **other: str) -> str:
    """A row of users.csv."""
    extension, phone, email = other.get("extension", ""), other.get("phone", ""), other.get("email", "")
    first, last = other.get("first", "Ann"), other.get("last", key.upper())
    return f"{key},{site},{first},{last},{extension},{phone},{email},{station},{exempt}\n"


def read(url: str, sql: str) -> Any:
    """One value, read on another connection."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite://"))) as connection:
            return connection.execute(sql).fetchone()[0]
    found: list[Any] = []

    async def fetch() -> None:
        async with connected(url) as connection:
            found.append(await connection.fetchval(sql))

    thread = threading.Thread(target=lambda: asyncio.run(fetch()))
    thread.start()
    thread.join()
    return found[0]


def commit(url: str, *statements: str) -> None:
    """Commit statements on another connection, as another process does."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite://"))) as connection:
            for statement in statements:
                connection.execute(statement)
            connection.commit()
        return
    thread = threading.Thread(target=lambda: asyncio.run(execute(url, *statements)))
    thread.start()
    thread.join()
