"""A session with the database: statements that are put together in its dialect and run one after the other."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from models.queries.statement import Dialect, Statement

Records = list[dict[str, Any]]

MinRevisions = Mapping[int, int]
"""Revisions by the keys of their sites: a query must not read a site as it was before that revision."""


class Session:
    """Runs statements, in a snapshot for reading or in the transaction of one change."""

    def __init__(self, dialect: Dialect, run: Callable[[str, list[Any]], Awaitable[Records]]) -> None:
        self.dialect = dialect
        self._run = run

    def statement(self) -> Statement:
        return Statement(self.dialect)

    async def fetch(self, sql: str, values: list[Any]) -> Records:
        """The rows of one statement, as dicts by column."""
        return await self._run(sql, values)


class Transaction(Session):
    """The transaction of one change, on the primary database."""

    rollback_only = False
    """Whether it is rolled back at the end instead of committed."""

    def set_rollback_only(self) -> None:
        """Roll the transaction back when its body has ended."""
        self.rollback_only = True


class WriteBatch:
    """Statements of one transaction whose rows nobody needs: they are run together, on PostgreSQL as one.

    There they see what was before all of them: none may need another one's effect, or change the same row.
    """

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._one = transaction.statement() if transaction.dialect == "postgres" else None
        self._statements: list[tuple[str, Statement]] = []

    def statement(self) -> Statement:
        """For the values of the next one."""
        return self._one or self._transaction.statement()

    def add(self, sql: str, statement: Statement) -> None:
        self._statements.append((sql, statement))

    async def execute(self) -> None:
        if self._one is None:
            for sql, statement in self._statements:
                await self._transaction.fetch(sql, statement.values)
        elif self._statements:
            *others, last = [sql for sql, _ in self._statements]
            within = ", ".join(f"write_{number} AS ({sql})" for number, sql in enumerate(others))
            await self._transaction.fetch(f"WITH {within} {last}" if others else last, self._one.values)
