"""A partition of an import: its statements, and the search for the rows that break a constraint of the database."""

import sqlite3
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import asyncpg

from models.database.failures import CONSTRAINT_BROKEN
from models.database.sessions import Records, Transaction
from models.directory.columns import FileFormat


class StalePlan(Exception):
    """Another transaction has changed what the plan of these sites is based on."""

    def __init__(self, sites: Iterable[str]) -> None:
        super().__init__()
        self.sites = sorted(set(sites))


class ConstraintBroken(Exception):
    """Rows that break a constraint: `reasons` by their numbers in the file."""

    def __init__(self, file_format: FileFormat, reasons: dict[int, str]) -> None:
        super().__init__(", ".join(reasons.values()))
        self.file_format = file_format
        self.reasons = reasons


class Partition:
    """Runs the statements of one partition in its transaction.

    If a statement breaks a constraint, the transaction fails, and the partition is run again with `find_rows`. Then
    every write is bisected: it is run with half of its rows under a savepoint, and with half of these, until the rows
    are found that break the constraint by themselves. They are raised as ConstraintBroken, and nothing is kept.
    """

    def __init__(self, transaction: Transaction, number: int, *, find_rows: bool = False) -> None:
        self.transaction = transaction
        self._number = number
        self._find_rows = find_rows

    async def fetch(self, sql: str, *values: Any, rows: str = "TRUE") -> Records:
        """Run SQL in which {users} is the partition's rows of partition_users, {sites} its sites, and {} a value."""
        statement = self.transaction.statement()
        bound = [statement.bind(value) for value in values]
        users = f"(SELECT * FROM partition_users WHERE partition = {self._number})"
        sites = f"(SELECT site FROM planned_sites WHERE partition = {self._number})"
        return await self.transaction.fetch(sql.format(*bound, users=users, sites=sites, rows=rows), statement.values)

    async def write(self, file_format: FileFormat, number: str, sql: str, *values: Any) -> Records:
        """Run SQL that writes rows of a file. `number` is the SQL of their numbers, {rows} the condition on them."""
        if not self._find_rows:
            return await self.fetch(sql, *values)

        async def write_range(first: int, last: int) -> Records:
            return await self.fetch(sql, *values, rows=f"{number} BETWEEN {first} AND {last}")

        reasons: dict[int, str] = {}
        (largest,) = await self.fetch(f"SELECT coalesce(max(number), 0) AS number FROM staged_{file_format.name}")
        records = await self._bisect(write_range, 0, largest["number"], reasons)
        if reasons:
            raise ConstraintBroken(file_format, reasons)
        return records

    async def _bisect(
        self, write: Callable[[int, int], Awaitable[Records]], first: int, last: int, reasons: dict[int, str]
    ) -> Records:
        await self.fetch("SAVEPOINT bisected")
        try:
            records = await write(first, last)
        except CONSTRAINT_BROKEN as error:
            await self.fetch("ROLLBACK TO bisected")
            await self.fetch("RELEASE bisected")
            if first == last:
                reasons[first] = f"the database refuses it: {describe_constraint(error)}"
                return []
        else:
            await self.fetch("RELEASE bisected")
            return records
        middle = (first + last) // 2
        return [
            *await self._bisect(write, first, middle, reasons),
            *await self._bisect(write, middle + 1, last, reasons),
        ]


def describe_constraint(error: BaseException) -> str:
    """Return what the driver's error says about the constraint, on one line and without the values of the row."""
    if isinstance(error, asyncpg.PostgresError):
        return f"constraint {getattr(error, 'constraint_name', None) or error.sqlstate}"
    assert isinstance(error, sqlite3.Error)
    return " ".join(str(error).split())
