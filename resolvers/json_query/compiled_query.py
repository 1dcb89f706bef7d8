"""A compiled query: the statements that the compiler has written, and the names by which they are read."""

from collections.abc import Sequence
from dataclasses import dataclass

from models.queries.request import RequestStatement

ANSWER, KEY = "answer", "key"
"""The columns of a compiled statement: JSON text, and the key that it is of if there are several rows."""

FOLLOW_UP_KEYS = "follow_up"
"""The name under which a follow-up statement is given its keys."""

GIVEN = 0
"""The number of the markers whose fragments do not come from a statement; those of follow-ups are counted from 1."""


@dataclass(frozen=True, slots=True)
class CompiledQuery:
    """A statement with its follow-ups, each of which comes after all whose markers it may have to replace."""

    statement: RequestStatement
    follow_ups: Sequence[RequestStatement] = ()

    @property
    def size(self) -> int:
        """The characters of its SQL."""
        return sum(len(statement.sql) for statement in (self.statement, *self.follow_ups))
