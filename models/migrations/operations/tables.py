"""Operations that make tables and columns.

Tortoise's own CreateModel drops constraints, and adding one later remakes the table on SQLite.
"""

from typing import Any

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.fields.base import Field
from tortoise.migrations.operations import AddField, CreateModel

from models.migrations.operations.operation import TEXT, SchemaOperation, run_statements


class CreateTable(SchemaOperation, CreateModel):
    """CreateModel for Tortoise's record of the models; for the database, the statements given for its dialect.

    A statement must be one that can run again: CREATE TABLE IF NOT EXISTS, CREATE INDEX IF NOT EXISTS.
    """

    def __init__(
        self,
        name: str,
        fields: list[tuple[str, Any]],
        *,
        table: str,
        sqlite: tuple[str, ...],
        postgres: tuple[str, ...],
    ) -> None:
        super().__init__(name, fields, options={"table": table, "app": "models"})
        self._sqlite = sqlite
        self._postgres = postgres

    async def on_sqlite(self, client: BaseDBAsyncClient) -> None:
        await run_statements(client, self._sqlite)

    async def on_postgres(self, client: BaseDBAsyncClient) -> None:
        await run_statements(client, self._postgres)


class AddColumn(SchemaOperation, AddField):
    """AddField for Tortoise's record of the model; for the database, a column with the definition given.

    The definition is what follows the column's name in CREATE TABLE, {text} standing for the type of text, for example
    "{text} CHECK (note <> '')". SQLite can add a column only if it is neither UNIQUE nor a stored generated one, and if
    a NOT NULL one has a DEFAULT: RemakeTable does the rest. The rows stored already must satisfy a CHECK.
    """

    def __init__(self, model: str, name: str, field: Field[Any], *, table: str, definition: str) -> None:
        super().__init__(model, name, field)
        self._table = table
        self._column = field.source_field or name
        self._definition = definition

    async def on_sqlite(self, client: BaseDBAsyncClient) -> None:
        # SQLite has no ADD COLUMN IF NOT EXISTS.
        sql = "SELECT 1 FROM pragma_table_xinfo(?) WHERE name = ?"
        if await client.execute_query_dict(sql, [self._table, self._column]):
            return
        definition = self._definition.format(text=TEXT["sqlite"])
        await client.execute_query(f"ALTER TABLE {self._table} ADD COLUMN {self._column} {definition}")

    async def on_postgres(self, client: BaseDBAsyncClient) -> None:
        definition = self._definition.format(text=TEXT["postgres"])
        await client.execute_query(f"ALTER TABLE {self._table} ADD COLUMN IF NOT EXISTS {self._column} {definition}")
