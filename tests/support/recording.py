"""The SQL that a query comes to, and how the database would go about it."""

from dataclasses import dataclass
from typing import Any

from graphql.execution.values import VariableValues, get_variable_values

from graph.execution.documents import Documents
from graph.execution.loading import plan_of
from graph.schema.assembly import schema
from graph.settings import Settings
from models.caller import ANONYMOUS, Caller
from models.database.database import Database
from models.database.sessions import Session
from models.queries.wanted import Wanted
from resolvers.reading import Reading, relate
from resolvers.root import Root

DOCUMENTS = Documents(schema._schema, Settings(max_cost=10**9))


@dataclass(frozen=True)
class Recorded:
    """A statement with its values, how many rows it gave, and the plan that it was run by, a line for each step."""

    sql: str
    values: list[Any]
    rows: int
    plan: list[str]


async def record(database: Database, query: str, caller: Caller = ANONYMOUS, **given: Any) -> list[Recorded]:
    """The statements that the server runs for a query, in their order."""
    operation = DOCUMENTS.prepare(query).operation(None)
    variables = get_variable_values(operation.schema, operation.node.variable_definitions or (), given)
    assert isinstance(variables, VariableValues)
    wanted = Wanted(branches=tuple(shape.bind(variables, []) for shape in plan_of(operation, variables).shapes))
    recorded: list[Recorded] = []

    async with database.reading() as session:

        async def run(sql: str, values: list[Any]) -> list[dict[str, Any]]:
            records = await session.fetch(sql, values)
            recorded.append(Recorded(sql, values, len(records), await _plan(session, sql, values)))
            return records

        reading = Reading(Session(database.dialect, run), caller)
        await relate(reading, [Root()], wanted)
    assert reading.refused == []
    return recorded


async def _plan(session: Session, sql: str, values: list[Any]) -> list[str]:
    if session.dialect == "sqlite":
        return [step["detail"] for step in await session.fetch(f"EXPLAIN QUERY PLAN {sql}", values)]
    explained = await session.fetch(f"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) {sql}", values)
    return [step["QUERY PLAN"] for step in explained]
