"""A session with the database: statements that are put together in its dialect and run one after the other."""

from collections.abc import Awaitable, Callable
from typing import Any

from models.sql import Dialect, Statement

Records = list[dict[str, Any]]


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

    kept = True
    """Whether it is committed in the end."""

    def abandon(self) -> None:
        """Nothing of it is kept: it is rolled back when its body has ended."""
        self.kept = False
