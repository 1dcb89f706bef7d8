"""The stage: the rows of the files in temporary tables of the database, where they are compared with what is stored.

Nothing on it locks a table that servers use, and it is gone with its connection.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from tortoise.connection import get_connection

from models.database.database import Database
from models.database.sessions import Records, Session
from models.database.url import DatabaseURL
from models.directory.parsing import Values

BATCH = 5_000
"""Rows that are put on the stage, or read from it, at once."""

_TURN = 500
"""Rows after which the batch before is given a turn to be written."""

_TYPES = {
    "sqlite": {"text": "TEXT", "number": "INTEGER PRIMARY KEY"},
    "postgres": {"text": 'TEXT COLLATE "C"', "number": "BIGINT PRIMARY KEY"},
}

_TABLES = {
    "stage_sites": "number {number}, line BIGINT, external_id {text}, name {text}, main_number {text}, "
    "sort_key {text}, search_key {text}",
    "stage_users": "number {number}, line BIGINT, external_id {text}, site {text}, first_name {text}, "
    "last_name {text}, extension {text}, phone_number {text}, email {text}, station_type {text}, "
    "barge_in_exempt BOOLEAN, sort_key {text}, extension_key BIGINT, search_key {text}",
    "stage_groups": "number {number}, line BIGINT, site {text}, name {text}",
    "stage_members": "number BIGINT, external_id {text}",
    # The rows of groups.csv that are found good, under the names that their groups have or get.
    "stage_named": "number {number}, site {text}, name {text}, name_key {text}, sort_key {text}, search_key {text}",
    # Nobody whose row was refused is ever removed: `external_id` is their key, once for each that may be it.
    # `planned` are found anew by each plan.
    "stage_refused": "file {text}, number BIGINT, line BIGINT, reason {text}, external_id {text}, planned BOOLEAN",
    # The plan: users who are new or change, users to be removed, and the sites with the parts that they belong to.
    "stage_changed": "number BIGINT, user_key BIGINT, site {text}, old_site {text}, kind BIGINT",
    "stage_pruned": "user_key BIGINT, site {text}",
    "stage_work": "site {text}, site_key BIGINT, revision BIGINT, part BIGINT",
    # The users of stage_changed with all that their rows say, part by part, and in it by the order of their names.
    "stage_part": "part BIGINT, user_key BIGINT, site {text}, old_site {text}, kind BIGINT, external_id {text}, "
    "first_name {text}, last_name {text}, extension {text}, phone_number {text}, email {text}, station_type {text}, "
    "sort_key {text}, extension_key BIGINT, search_key {text}, barge_in_exempt BOOLEAN",
    # What a part does to memberships: who is to be in which group, who leaves theirs, and who joins one.
    "stage_wanted": "external_id {text}, group_key BIGINT",
    "stage_leaving": "user_key BIGINT, group_key BIGINT",
    "stage_joining": "user_key BIGINT, group_key BIGINT, exempt BOOLEAN",
}

_INDEXES = (
    "CREATE INDEX stage_sites_key ON stage_sites (external_id)",
    "CREATE INDEX stage_users_key ON stage_users (external_id)",
    "CREATE INDEX stage_groups_site ON stage_groups (site)",
    "CREATE INDEX stage_members_row ON stage_members (number)",
    "CREATE INDEX stage_members_key ON stage_members (external_id)",
    "CREATE INDEX stage_named_site ON stage_named (site, name_key)",
    "CREATE INDEX stage_refused_key ON stage_refused (external_id)",
    "CREATE INDEX stage_refused_row ON stage_refused (file, number)",
    "CREATE INDEX stage_pruned_site ON stage_pruned (site)",
    "CREATE INDEX stage_pruned_key ON stage_pruned (user_key)",
    "CREATE INDEX stage_work_part ON stage_work (part)",
    "CREATE INDEX stage_part_number ON stage_part (part)",
    "CREATE INDEX stage_wanted_key ON stage_wanted (external_id)",
    "CREATE INDEX stage_wanted_group ON stage_wanted (group_key)",
    "CREATE INDEX stage_leaving_user ON stage_leaving (user_key)",
)

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
    # What is added to the index of trigrams is put into its tree between transactions, under no lock: see `settle`.
    "gin_pending_list_limit": "64MB",
    "maintenance_work_mem": "128MB",
    # A part finds its few thousand users by their keys; as for a disk that turns, all users would be read instead.
    "random_page_cost": "1.1",
}


def one_connection(address: DatabaseURL) -> DatabaseURL:
    """The address with a pool of one connection, on which the stage stays, set up for work in bulk."""
    if address.path:
        return address
    credentials = {**address.credentials, "minsize": 1, "maxsize": 1, "max_inactive_connection_lifetime": 0}
    if settings := credentials.get("server_settings"):
        credentials["server_settings"] = {**settings, **_POSTGRES_SETTINGS}
    return replace(address, credentials=credentials)


class Stage(Session):
    """The temporary tables, and statements on them outside any transaction, so that they hold no lock."""

    def __init__(self, database: Database) -> None:
        super().__init__(database.dialect, self._run_one)
        self._client = get_connection(database.dialect)
        self._held: Any = None

    async def set_up(self) -> None:
        settings = _SQLITE_SETTINGS if self.dialect == "sqlite" else ()
        for statement in settings:
            await self.fetch(statement, [])
        for table, columns in _TABLES.items():
            await self.fetch(f"DROP TABLE IF EXISTS {table}", [])
            await self.fetch(f"CREATE TEMPORARY TABLE {table} ({columns.format(**_TYPES[self.dialect])})", [])

    async def make_indexes(self) -> None:
        for statement in _INDEXES:
            await self.fetch(statement, [])
        await self.analyse(*_TABLES)

    async def analyse(self, *tables: str) -> None:
        """Tells PostgreSQL how many rows there are; SQLite's plans do well without."""
        if self.dialect == "postgres":
            for table in tables:
                await self.fetch(f"ANALYZE {table}", [])

    async def settle(self) -> None:
        """Puts what was added to PostgreSQL's index of trigrams into its tree: until then every search reads it all."""
        if self.dialect == "postgres":
            await self.fetch(
                "SELECT gin_clean_pending_list(oid) FROM pg_class WHERE oid = to_regclass('users_by_text') "
                "AND pg_has_role(relowner, 'USAGE')",
                [],
            )

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[None]:
        """All that is read in it is of one moment. It locks nothing."""
        async with self._client.acquire_connection() as connection:
            self._held = connection
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
                self._held = None

    async def _run_one(self, sql: str, values: list[Any]) -> Records:
        if self._held is not None:
            return await self._run_on(self._held, sql, values)
        async with self._client.acquire_connection() as connection:
            return await self._run_on(connection, sql, values)

    async def _run_on(self, connection: Any, sql: str, values: list[Any]) -> Records:
        if self.dialect == "postgres":
            return [dict(row) for row in await connection.fetch(sql, *values)]
        return [dict(row) for row in await connection.execute_fetchall(sql, values)]

    async def put(self, rows: Iterable[tuple[str, Values]]) -> None:
        """Puts rows into the tables named, the columns in their order. A batch is written while the next is made."""
        batches: dict[str, list[Values]] = defaultdict(list)
        writing: asyncio.Task[None] | None = None
        for number, (table, values) in enumerate(rows):
            batches[table].append(values)
            if not number % _TURN:
                await asyncio.sleep(0)
            if len(batches[table]) == BATCH:
                if writing is not None:
                    await writing
                writing = asyncio.create_task(self._write(table, batches.pop(table)))
        if writing is not None:
            await writing
        for table, batch in batches.items():
            await self._write(table, batch)

    async def _write(self, table: str, batch: list[Values]) -> None:
        if self._held is not None:
            await self._write_on(self._held, table, batch)
            return
        async with self._client.acquire_connection() as connection:
            if self.dialect == "sqlite":
                await connection.execute("BEGIN")
            await self._write_on(connection, table, batch)
            if self.dialect == "sqlite":
                await connection.commit()

    async def _write_on(self, connection: Any, table: str, batch: list[Values]) -> None:
        if self.dialect == "postgres":
            await connection.copy_records_to_table(table, records=batch)
            return
        marks = ", ".join("?" * len(batch[0]))
        await connection.executemany(f"INSERT INTO {table} VALUES ({marks})", batch)

    async def refused(self, file: str) -> AsyncIterator[tuple[int, int, str]]:
        """The number, line and reason of the refused rows of a file, in its order."""
        after = 0
        while True:
            statement = self.statement()
            records = await self.fetch(
                "SELECT number, min(line) AS line, min(reason) AS reason FROM stage_refused "
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
