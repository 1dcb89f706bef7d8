"""Operations that change a table's constraints: ALTER TABLE on PostgreSQL, a table made anew on SQLite."""

import re
from collections.abc import Sequence

from tortoise.backends.base.client import BaseDBAsyncClient

from models.migrations.operations.operation import SchemaOperation, has_statistics, run_statements


class RemakeTable(SchemaOperation):
    """Change a table's definition.

    `sqlite` is a piece of the CREATE TABLE that SQLite stores, and what stands there afterwards; `postgres` are the
    statements that come to the same, which can run again: DROP CONSTRAINT IF EXISTS before ADD CONSTRAINT.
    """

    def __init__(self, table: str, *, sqlite: tuple[str, str], postgres: tuple[str, ...]) -> None:
        self.table = table
        self._before, self._after = sqlite
        self._postgres = postgres

    async def on_sqlite(self, client: BaseDBAsyncClient) -> None:
        definition = await definition_of(client, self.table)
        # What is inserted beside a piece that stays holds that piece too.
        rest = definition.replace(self._after, "") if self._before in self._after else definition
        if self._after in definition and self._before not in rest:
            return
        if definition.count(self._before) != 1:
            raise ValueError(f"not once in the definition of {self.table}: {self._before}")
        await remake_table(client, self.table, definition.replace(self._before, self._after))

    async def on_postgres(self, client: BaseDBAsyncClient) -> None:
        await run_statements(client, self._postgres)


class AllowValues(SchemaOperation):
    """Replace the list of values in a column's own `CHECK (column IN (…))`, usually to add one.

    `values` is the whole new list.
    """

    def __init__(self, table: str, column: str, values: Sequence[str]) -> None:
        self.table = table
        self.column = column
        listed = ", ".join(f"'{value}'" for value in values)
        self._check = f"CHECK ({column} IN ({listed}))"

    async def on_sqlite(self, client: BaseDBAsyncClient) -> None:
        before = await definition_of(client, self.table)
        after, found = re.subn(rf"CHECK \({self.column} IN \([^)]*\)\)", self._check, before)
        if found != 1:
            raise ValueError(f"{found} lists of values for {self.table}.{self.column}")
        if after != before:
            await remake_table(client, self.table, after)

    async def on_postgres(self, client: BaseDBAsyncClient) -> None:
        name = f"{self.table}_{self.column}_check"
        await client.execute_query(
            f"ALTER TABLE {self.table} DROP CONSTRAINT IF EXISTS {name}, ADD CONSTRAINT {name} {self._check}"
        )


async def definition_of(client: BaseDBAsyncClient, table: str) -> str:
    """The CREATE TABLE that SQLite stores."""
    sql = "SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?"
    (found,) = await client.execute_query_dict(sql, [table])
    definition: str = found["sql"]
    return definition


async def remake_table(client: BaseDBAsyncClient, table: str, definition: str) -> None:
    """Make an SQLite table anew with its rows, indexes, triggers and next key, as SQLite's documentation advises.

    Runs inside an AtomicMigration, which turns off what dropping a table does to the rows that refer to it, and checks
    foreign keys at its end. A new column gets its default. Raises IntegrityError if a row breaks the new definition.
    """
    analyzed = await has_statistics(client, table)
    dependent = await client.execute_query_dict(
        "SELECT sql FROM sqlite_master WHERE tbl_name = ? AND type IN ('index', 'trigger') AND sql IS NOT NULL", [table]
    )
    remade = f"remade_{table}"
    await client.execute_query(f"CREATE TABLE {remade} {definition[definition.index('(') :]}")
    columns = ", ".join(await _shared_columns(client, table, remade))
    await run_statements(
        client,
        (
            f"INSERT INTO {remade} ({columns}) SELECT {columns} FROM {table}",
            # AUTOINCREMENT goes on after the highest key ever given, whose row may be gone.
            f"DELETE FROM sqlite_sequence WHERE name = '{remade}'",
            f"INSERT INTO sqlite_sequence (name, seq) "
            f"SELECT '{remade}', seq FROM sqlite_sequence WHERE name = '{table}'",
            f"DROP TABLE {table}",
            f"ALTER TABLE {remade} RENAME TO {table}",
            *(record["sql"] for record in dependent),
        ),
    )
    if analyzed:
        await client.execute_query(f"ANALYZE {table}")


async def _shared_columns(client: BaseDBAsyncClient, *tables: str) -> list[str]:
    """The columns that both tables store; generated ones are worked out again."""
    first, second = [
        await client.execute_query_dict("SELECT name FROM pragma_table_xinfo(?) WHERE hidden = 0", [table])
        for table in tables
    ]
    return [column["name"] for column in first if column in second]
