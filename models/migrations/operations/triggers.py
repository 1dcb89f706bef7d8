"""An operation that makes a trigger, for a rule about several rows."""

from tortoise.backends.base.client import BaseDBAsyncClient

from models.migrations.operations.operation import SchemaOperation, run_statements


class CreateConstraintTrigger(SchemaOperation):
    """Hold a rule that counts or compares rows, of which a CHECK sees one alone. A trigger of that name is replaced.

    `sqlite` is what follows the name: when, and BEGIN … END with `SELECT RAISE(ABORT, 'name') WHERE …`. SQLite checks
    after each row, so a statement that lets members change places must let those who leave go first.

    `postgres` is what follows the name, up to EXECUTE FUNCTION, and `function` the body that it executes in PL/pgSQL,
    with `RAISE EXCEPTION '…' USING ERRCODE = 'check_violation', CONSTRAINT = 'name'`. It checks at the end of the
    statement, or of the transaction if it is DEFERRABLE INITIALLY DEFERRED.

    A trigger does not look at rows that are stored already: `pickup check` must.
    """

    def __init__(self, name: str, table: str, *, sqlite: str, postgres: str, function: str) -> None:
        self._sqlite = (f"DROP TRIGGER IF EXISTS {name}", f"CREATE TRIGGER {name} {sqlite}")
        self._postgres = (
            f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $function$ {function} $function$",
            f"DROP TRIGGER IF EXISTS {name} ON {table}",
            f"CREATE CONSTRAINT TRIGGER {name} {postgres} EXECUTE FUNCTION {name}()",
        )

    async def on_sqlite(self, client: BaseDBAsyncClient) -> None:
        await run_statements(client, self._sqlite)

    async def on_postgres(self, client: BaseDBAsyncClient) -> None:
        await run_statements(client, self._postgres)
