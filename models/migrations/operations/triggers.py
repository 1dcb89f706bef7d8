"""An operation that makes a trigger, for a rule about several rows."""

from collections.abc import Sequence

from tortoise.backends.base.client import BaseDBAsyncClient

from models.migrations.operations.operation import SchemaOperation, run_statements


class CreateConstraintTrigger(SchemaOperation):
    """Hold a rule that counts or compares rows, of which a CHECK sees one alone. A trigger of that name is replaced.

    `broken` is the SQL of whether the row NEW breaks the rule. It is asked of every row that is inserted, and of every
    row whose `columns` are assigned, if `when` is true, which may read NEW alone.

    SQLite asks after each row, so a statement that lets members change places must let those who leave go first.
    PostgreSQL asks at the end of the statement.

    A trigger does not look at a stored row until a statement assigns its columns: `pickup check` must.
    """

    def __init__(self, name: str, table: str, columns: Sequence[str], *, when: str, broken: str) -> None:
        update = f"UPDATE OF {', '.join(columns)}"
        refuse = f"WHEN {when} BEGIN SELECT RAISE(ABORT, '{name}') WHERE {broken}; END"
        self._sqlite = (
            f"DROP TRIGGER IF EXISTS {name}_of_new",
            f"CREATE TRIGGER {name}_of_new AFTER INSERT ON {table} {refuse}",
            f"DROP TRIGGER IF EXISTS {name}",
            f"CREATE TRIGGER {name} AFTER {update} ON {table} {refuse}",
        )
        function = (
            f"BEGIN IF {broken} THEN RAISE EXCEPTION 'constraint \"{name}\"' "
            f"USING ERRCODE = 'check_violation', CONSTRAINT = '{name}'; END IF; RETURN NULL; END"
        )
        self._postgres = (
            f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $function$ {function} $function$",
            f"DROP TRIGGER IF EXISTS {name} ON {table}",
            f"CREATE CONSTRAINT TRIGGER {name} AFTER INSERT OR {update} ON {table} "
            f"FOR EACH ROW WHEN ({when}) EXECUTE FUNCTION {name}()",
        )

    async def on_sqlite(self, client: BaseDBAsyncClient) -> None:
        await run_statements(client, self._sqlite)

    async def on_postgres(self, client: BaseDBAsyncClient) -> None:
        await run_statements(client, self._postgres)
