"""An operation that makes a table with hand-written SQL, right the first time, on either database.

Tortoise's own CreateModel drops constraints, and adding one later remakes the table on SQLite.
"""

from typing import Any

from tortoise.migrations.operations import CreateModel
from tortoise.migrations.schema_editor.base import BaseSchemaEditor
from tortoise.migrations.schema_generator.state import State


class CreateTable(CreateModel):
    """CreateModel for Tortoise's record of the models; for the database, the statements given for its dialect.

    A statement must be one that can run again (IF NOT EXISTS): two processes may bring one file up to date at once,
    and one may be killed before the step is recorded.
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
        self._statements = {"sqlite": sqlite, "postgres": postgres}

    async def database_forward(
        self,
        app_label: str,
        old_state: State,
        new_state: State,
        state_editor: BaseSchemaEditor | None = None,
    ) -> None:
        assert state_editor is not None
        for statement in self._statements[state_editor.DIALECT]:
            await state_editor.client.execute_query(statement)
