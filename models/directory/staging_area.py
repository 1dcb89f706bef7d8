"""The staging area: temporary tables with the rows of the files, compared there with what is stored.

They lock no table that servers use, and are dropped with their connection.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from models.database.database import Database
from models.database.sessions import Records, Session
from models.database.sqlite.threads import fetch, run_on_thread
from models.database.url import DatabaseURL
from models.directory.staging_tables import INDEXES, create_tables, staging_tables

BATCH = 5_000
"""Rows that are written to the staging tables, or read from them, at once."""

_YIELD_EVERY = 500
"""Rows after which the event loop may write the batch before."""

_SQLITE_SETTINGS = (
    "PRAGMA temp_store = FILE",
    "PRAGMA temp.cache_size = -16384",
    # Small caches and frequent checkpoints write the same pages of the indexes again and again.
    "PRAGMA cache_size = -32768",
    "PRAGMA wal_autocheckpoint = 16384",
)

_POSTGRES_SETTINGS = {
    "jit": "off",
    "work_mem": "64MB",
    "temp_buffers": "64MB",
    # Additions to the trigram index go into its tree between transactions, without a lock: see flush_trigram_index.
    "gin_pending_list_limit": "64MB",
    "maintenance_work_mem": "128MB",
    # A partition finds its few thousand users by key. With the default, meant for spinning disks, it reads all users.
    "random_page_cost": "1.1",
}


def with_single_connection(address: DatabaseURL) -> DatabaseURL:
    """Return the address with a pool of one connection, which keeps the staging tables, set up for bulk work."""
    if address.path:
        return address
    credentials = {**address.credentials, "minsize": 1, "maxsize": 1, "max_inactive_connection_lifetime": 0}
    if settings := credentials.get("server_settings"):
        credentials["server_settings"] = {**settings, **_POSTGRES_SETTINGS}
    return replace(address, credentials=credentials)


class StagingArea(Session):
    """The temporary tables, and statements on them outside of transactions, so that they hold no lock."""

    def __init__(self, database: Database) -> None:
        super().__init__(database.dialect, self._run_one)
        self._database = database
        self._snapshot: Any = None

    async def create_tables(self) -> None:
        settings = _SQLITE_SETTINGS if self.dialect == "sqlite" else ()
        for statement in (*settings, *create_tables(self.dialect)):
            await self.fetch(statement, [])

    async def create_indexes(self) -> None:
        for statement in INDEXES:
            await self.fetch(statement, [])
        await self.analyse(*staging_tables())

    async def analyse(self, *tables: str) -> None:
        """Collect PostgreSQL's statistics; SQLite plans well without."""
        if self.dialect == "postgres":
            for table in tables:
                await self.fetch(f"ANALYZE {table}", [])

    async def flush_trigram_index(self) -> None:
        """Move additions to PostgreSQL's trigram index into its tree: every search reads through the pending ones."""
        if self.dialect == "postgres":
            await self.fetch(
                "SELECT gin_clean_pending_list(oid) FROM pg_class WHERE oid = to_regclass('users_by_text') "
                "AND pg_has_role(relowner, 'USAGE')",
                [],
            )

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[None]:
        """Read everything as of one moment, without a lock."""
        async with self._database.acquire() as connection:
            self._snapshot = connection
            try:
                postgres = self.dialect == "postgres"
                await connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ" if postgres else "BEGIN")
                try:
                    yield
                except BaseException:
                    await connection.execute("ROLLBACK")
                    raise
                await connection.execute("COMMIT")
            finally:
                self._snapshot = None

    async def _run_one(self, sql: str, values: list[Any]) -> Records:
        if self._snapshot is not None:
            return await self._run_on(self._snapshot, sql, values)
        async with self._database.acquire() as connection:
            return await self._run_on(connection, sql, values)

    async def _run_on(self, connection: Any, sql: str, values: list[Any]) -> Records:
        if self.dialect == "postgres":
            return [dict(row) for row in await connection.fetch(sql, *values)]
        return await run_on_thread(connection, lambda inner: fetch(inner, sql, values))

    async def insert(self, rows: Iterable[tuple[str, Sequence[Any]]]) -> None:
        """Insert rows, each with the name of its table. A batch is written while the next one is made."""
        batches: dict[str, list[Sequence[Any]]] = defaultdict(list)
        writing: asyncio.Task[None] | None = None
        try:
            for number, (table, values) in enumerate(rows):
                batches[table].append(values)
                if not number % _YIELD_EVERY:
                    await asyncio.sleep(0)
                if len(batches[table]) == BATCH:
                    if writing is not None:
                        await writing
                    writing = asyncio.create_task(self._write(table, batches.pop(table)))
        finally:
            if writing is not None:
                await writing
        for table, batch in batches.items():
            await self._write(table, batch)

    async def _write(self, table: str, batch: list[Sequence[Any]]) -> None:
        if self._snapshot is not None:
            await self._write_on(self._snapshot, table, batch)
            return
        async with self._database.acquire() as connection:
            if self.dialect == "sqlite":
                await connection.execute("BEGIN")
            await self._write_on(connection, table, batch)
            if self.dialect == "sqlite":
                await connection.commit()

    async def _write_on(self, connection: Any, table: str, batch: list[Sequence[Any]]) -> None:
        if self.dialect == "postgres":
            await connection.copy_records_to_table(table, records=batch)
            return
        marks = ", ".join("?" * len(batch[0]))
        await connection.executemany(f"INSERT INTO {table} VALUES ({marks})", batch)

    async def refused_rows(self, file: str) -> AsyncIterator[tuple[int, int, str]]:
        """Yield the number, line and reason of the refused rows of a file, in its order."""
        after = 0
        while True:
            statement = self.statement()
            records = await self.fetch(
                "SELECT number, min(line) AS line, min(reason) AS reason FROM refused_rows "
                f"WHERE file = {statement.bind(file)} AND number > {statement.bind(after)} "
                f"GROUP BY number ORDER BY number LIMIT {BATCH}",
                statement.values,
            )
            for record in records:
                yield record["number"], record["line"], record["reason"]
            if len(records) < BATCH:
                return
            after = records[-1]["number"]

    async def count(self, table: str, condition: str = "TRUE") -> int:
        records = await self.fetch(f"SELECT count(*) AS n FROM {table} WHERE {condition}", [])
        number: int = records[0]["n"]
        return number
