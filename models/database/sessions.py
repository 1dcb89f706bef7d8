"""Sessions: statements built in the database's dialect and run one after another."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from models.queries.statement import Dialect, Statement

Records = list[dict[str, Any]]
"""Rows as dicts by column name."""

MinRevisions = Mapping[int, int]
"""Revisions by the keys of their sites: a query must not read a site as it was before that revision."""


class Session:
    """Runs statements, in a snapshot for reading or in the transaction of a mutation."""

    def __init__(self, dialect: Dialect, run: Callable[[str, list[Any]], Awaitable[Records]]) -> None:
        self.dialect = dialect
        self._run = run

    def statement(self) -> Statement:
        return Statement(self.dialect)

    async def fetch(self, sql: str, values: list[Any]) -> Records:
        """The rows of one statement."""
        return await self._run(sql, values)


class Transaction(Session):
    """A transaction on the primary database, which commits when its body returns."""

    rollback_only = False
    """Whether it rolls back instead."""

    def set_rollback_only(self) -> None:
        """Roll back when the body returns; its result is returned all the same."""
        self.rollback_only = True


class WriteBatch:
    """INSERTs, UPDATEs and DELETEs of one transaction whose rows nothing reads, run together at its end.

    On PostgreSQL they run as one statement of data-modifying CTEs, `WITH write_0 AS (UPDATE ...) INSERT ...`, because
    a mutation's time there is round trips: this takes 7 instead of 10. All parts of such a statement see the snapshot
    from before it, and PostgreSQL does not say in which order they run. So no write in a batch may depend on the
    effect of another, and no two may change the same row; a write that breaks this is lost without an error. On SQLite
    a statement costs no round trip, and the writes run one after another in the order in which they were added.
    """

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._shared = transaction.statement() if transaction.dialect == "postgres" else None
        self._writes: list[tuple[str, Statement]] = []

    def statement(self) -> Statement:
        """The builder that binds the values of the next write; on PostgreSQL all share one and its numbering."""
        return self._shared or self._transaction.statement()

    def add(self, sql: str, statement: Statement) -> None:
        self._writes.append((sql, statement))

    async def execute(self) -> None:
        if self._shared is None:
            for sql, statement in self._writes:
                await self._transaction.fetch(sql, statement.values)
        elif self._writes:
            *others, last = [sql for sql, _ in self._writes]
            ctes = ", ".join(f"write_{number} AS ({sql})" for number, sql in enumerate(others))
            await self._transaction.fetch(f"WITH {ctes} {last}" if others else last, self._shared.values)
