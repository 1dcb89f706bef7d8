"""Staging: the rows of the files in temporary tables of the database, from where each site is brought up to date."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from models.database import Database, Transaction
from models.directory.files import DirectoryFile, RowRefused
from models.directory.parsing import Values, key_of, site_values, user_values

BATCH = 5_000

_TEXT = {"sqlite": "TEXT", "postgres": 'TEXT COLLATE "C"'}

_TABLES = {
    "stage_sites": "row_number BIGINT, line BIGINT, external_id {text}, name {text}, main_number {text}, "
    "sort_key {text}, search_key {text}",
    "stage_users": "row_number BIGINT, line BIGINT, external_id {text}, site {text}, first_name {text}, "
    "last_name {text}, extension {text}, phone_number {text}, email {text}, station_type {text}, "
    "barge_in_exempt BOOLEAN, sort_key {text}, extension_key BIGINT, search_key {text}",
    "stage_members": "row_number BIGINT, site {text}, external_id {text}",
    "stage_groups": "row_number BIGINT, line BIGINT, site {text}, name {text}",
    "stage_refused": "external_id {text}",
}
"""stage_refused holds the keys of users whose rows were refused: they are never pruned."""

_INDEXES = (
    "CREATE INDEX stage_users_key ON stage_users (external_id)",
    "CREATE INDEX stage_users_site ON stage_users (site)",
    "CREATE INDEX stage_sites_key ON stage_sites (external_id)",
    "CREATE INDEX stage_groups_site ON stage_groups (site)",
    "CREATE INDEX stage_members_row ON stage_members (row_number)",
    "CREATE INDEX stage_refused_key ON stage_refused (external_id)",
)


async def make_tables(database: Database) -> None:
    """Makes the tables, which only this command's one connection sees."""

    async def body(transaction: Transaction) -> None:
        for table, columns in _TABLES.items():
            await transaction.client.execute_script(f"DROP TABLE IF EXISTS {table}")
            await transaction.client.execute_script(
                f"CREATE TEMPORARY TABLE {table} ({columns.format(text=_TEXT[database.dialect])})"
            )

    await database.change(body)


async def stage_sites(database: Database, file: DirectoryFile, region: str | None) -> None:
    await _insert(database, "stage_sites", _parsed(file, lambda values: site_values(values, region)), 7)


async def stage_users(database: Database, file: DirectoryFile, region: str | None) -> None:
    refused: list[Values] = []
    rows = _parsed(file, lambda values: user_values(values, region), refused)
    await _insert(database, "stage_users", rows, 14)
    await _insert(database, "stage_refused", iter(refused), 1)


async def stage_groups(database: Database, file: DirectoryFile) -> None:
    """Groups are few: their members are put into a table of their own in the same pass."""
    members: list[Values] = []

    def parse(values: dict[str, str]) -> Values:
        return key_of(values["site_id"], "site_id"), values["name"]

    def parsed() -> Iterator[Values]:
        for row in file.read():
            try:
                values = parse(row.values)
            except RowRefused as refusal:
                file.refuse(row.number, row.line, str(refusal))
                continue
            named = dict.fromkeys(one.strip() for one in row.values["member_ids"].split("|") if one.strip())
            members.extend((row.number, values[0], one) for one in named)
            yield row.number, row.line, *values

    await _insert(database, "stage_groups", parsed(), 4)
    await _insert(database, "stage_members", iter(members), 3)


async def index_tables(database: Database) -> None:
    async def body(transaction: Transaction) -> None:
        for statement in _INDEXES:
            await transaction.client.execute_script(statement)
        if database.dialect == "postgres":
            for table in _TABLES:
                await transaction.client.execute_script(f"ANALYZE {table}")

    await database.change(body)


def _parsed(file: DirectoryFile, parse: Any, refused: list[Values] | None = None) -> Iterator[Values]:
    for row in file.read():
        try:
            yield row.number, row.line, *parse(row.values)
        except RowRefused as refusal:
            file.refuse(row.number, row.line, str(refusal))
            if refused is not None:
                refused.append((row.values["user_id"],))


async def _insert(database: Database, table: str, rows: Iterable[Values], width: int) -> None:
    marks = ", ".join("?" if database.dialect == "sqlite" else f"${place + 1}" for place in range(width))
    waiting = iter(rows)
    while batch := list(islice(waiting, BATCH)):

        async def body(transaction: Transaction, batch: Sequence[Values] = batch) -> None:
            await transaction.client.execute_many(f"INSERT INTO {table} VALUES ({marks})", [list(one) for one in batch])

        await database.change(body)
