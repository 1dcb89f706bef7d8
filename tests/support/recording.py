"""The statements that a query runs, with the plans that the database has for them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, cast

from graph.context import Context
from graph.execution.documents import Documents
from graph.execution.executor import execute
from graph.schema import schema
from graph.settings import Settings
from models.caller import ANONYMOUS, Caller
from models.database.database import Database
from models.database.sessions import Records, Session, Transaction

DOCUMENTS = Documents(schema._schema, Settings(max_cost=10**9))


@dataclass(frozen=True)
class Recorded:
    """A statement with its values, the number of its rows, and its plan, one line for each step.

    A statement of a mutation has no plan.
    """

    sql: str
    values: list[Any]
    rows: int
    plan: list[str]


class RecordingDatabase:
    """A database that answers queries and keeps every statement with its plan."""

    def __init__(self, database: Database) -> None:
        self.dialect = database.dialect
        self.recorded: list[Recorded] = []
        self._database = database

    async def fetch(self, sql: str, values: list[Any], **_options: Any) -> Records:
        records: Records = await self.query(lambda session: session.fetch(sql, values))
        return records

    async def query(self, body: Callable[[Session], Awaitable[Any]], **_options: Any) -> Any:
        async with self._database.reading() as session:

            async def run(sql: str, values: list[Any]) -> Records:
                records = await session.fetch(sql, values)
                self.recorded.append(Recorded(sql, values, len(records), await _plan(session, sql, values)))
                return records

            return await body(Session(self.dialect, run))

    async def change(self, body: Callable[[Transaction], Awaitable[Any]]) -> Any:
        async def record_statements(transaction: Transaction) -> Any:
            async def run(sql: str, values: list[Any]) -> Records:
                records = await transaction.fetch(sql, values)
                self.recorded.append(Recorded(sql, values, len(records), []))
                return records

            recording = Transaction(self.dialect, run)
            result = await body(recording)
            transaction.rollback_only = recording.rollback_only
            return result

        return await self._database.change(record_statements)


async def record(database: Database, query: str, caller: Caller = ANONYMOUS, **given: Any) -> list[Recorded]:
    """The statements that the server runs for a document without errors, in their order."""
    answer, recorded = await record_answer(database, query, caller, **given)
    assert "errors" not in answer, answer["errors"]
    return recorded


async def record_answer(
    database: Database, query: str, caller: Caller, **given: Any
) -> tuple[dict[str, Any], list[Recorded]]:
    """The answer, which may have errors, and the statements."""
    recording = RecordingDatabase(database)
    context = Context(cast("Database", recording), caller, "request", str)
    operation = DOCUMENTS.prepare(query).operation(None)
    answer = await execute(operation, operation.variables.coerce(given), context)
    return answer, recording.recorded


async def _plan(session: Session, sql: str, values: list[Any]) -> list[str]:
    if session.dialect == "sqlite":
        return [step["detail"] for step in await session.fetch(f"EXPLAIN QUERY PLAN {sql}", values)]
    explained = await session.fetch(f"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) {sql}", values)
    return [step["QUERY PLAN"] for step in explained]
