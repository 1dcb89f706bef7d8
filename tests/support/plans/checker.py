"""Runs a query as the server does, and checks the plan of each statement that it takes."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import asyncpg
import orjson
import pytest

from graph.context import Context
from graph.execution.documents import Documents
from graph.execution.executor import execute
from graph.json import encode
from graph.schema import schema
from graph.settings import Settings
from models.database.database import Database
from tests.support.databases import TABLES
from tests.support.lists import INFO
from tests.support.plans.limits import DEPTH, known_problem, limits_of
from tests.support.plans.problems import PlanLimits, Statement, postgres_problems, sqlite_problems
from tests.support.plans.queries import CALLERS, ListQuery

_DOCUMENTS = Documents(schema._schema, Settings())
_LEAVES = {
    "Site": "id externalId name mainNumber revision",
    "User": "id displayName extension phoneNumber email stationType bargeInExempt pickupStatus",
    "PickupGroup": "id name version createdAt updatedAt",
    "Change": "id revision kind actor occurredAt membersAdded pickupGroupId",
}


@contextmanager
def recorded_statements() -> Iterator[list[Statement]]:
    """The statements of every connection that is opened inside, recorded by the drivers."""
    statements: list[Statement] = []
    connect, begin = sqlite3.connect, asyncpg.Connection.__init__

    def connect_traced(*args: Any, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*args, **options)
        connection.set_trace_callback(lambda sql: statements.append((sql, ())))
        return connection

    def begin_logged(connection: asyncpg.Connection, *args: Any, **options: Any) -> None:
        begin(connection, *args, **options)
        connection.add_query_logger(lambda query: statements.append((query.query, query.args)))

    with pytest.MonkeyPatch.context() as patches:
        patches.setattr(sqlite3, "connect", connect_traced)
        patches.setattr(asyncpg.Connection, "__init__", begin_logged)
        yield statements


@dataclass
class PlanChecker:
    """Collects problems; `connection` is beside those of the database, `statements` are recorded from these."""

    database: Database
    statements: list[Statement]
    connection: sqlite3.Connection | asyncpg.Connection
    found: dict[tuple[str, PlanLimits], list[str]] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)

    async def problems_of(self, statement: Statement, limits: PlanLimits) -> list[str]:
        key = str(statement), limits
        if key not in self.found:
            if isinstance(self.connection, sqlite3.Connection):
                self.found[key] = [*sqlite_problems(self.connection, statement, limits)]
            else:
                self.found[key] = await postgres_problems(self.connection, statement, limits)
        return self.found[key]

    async def run(self, query: ListQuery, selection: str) -> tuple[Any, list[Statement]]:
        """The data, and the statements that it took."""
        operation = _DOCUMENTS.prepare(query.text(selection)).operation(None)
        context = Context(self.database, CALLERS[query.caller], "request", lambda text: text)
        self.statements.clear()
        values = operation.variables.coerce(query.arguments)
        response = orjson.loads(encode(await execute(operation, values, context)))
        # asyncpg calls its loggers in the next round of the loop.
        await asyncio.sleep(0)
        assert "errors" not in response, response
        return response["data"], [one for one in self.statements if _reads_rows(one)]

    async def add(self, query: ListQuery) -> Any:
        """Add the problems of a query; its data."""
        page = f"edges {{ cursor node {{ {_LEAVES[query.listed.row]} }} }} {INFO}"
        data, statements = await self.run(query, "totalCount" if query.counted else page)
        assert statements
        dialect = self.database.dialect
        if known_problem(query, dialect):
            self.known.add(query.label)
        limits = limits_of(query, dialect)
        for statement in statements:
            for problem in await self.problems_of(statement, limits):
                self.problems[query.label] = f"{query.label}, {query.arguments}: {problem}, {limits}\n{statement}"
        return data

    async def cursors(self, query: ListQuery) -> tuple[str, str, str]:
        """Of two rows near the start of the list, and of one near its end."""
        found = []
        for side in ("first", "last"):
            arguments = {side: DEPTH} | dict(query.arguments)
            data, _ = await self.run(replace(query, arguments=arguments), "edges { cursor }")
            found.append([edge["cursor"] for edge in query.listed.page_in(data["found"])["edges"]])
        return found[0][DEPTH // 2], found[0][-1], found[1][0]

    def check(self) -> None:
        """The problems are the known ones."""
        assert self.problems.keys() == self.known, "\n\n".join(self.problems.values())


def _reads_rows(statement: Statement) -> bool:
    """Whether it is one of the server's, and not about types, transactions or plans."""
    sql, _ = statement
    return any(table in sql for table in TABLES) and not sql.startswith("EXPLAIN")
