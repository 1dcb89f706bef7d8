"""SQL text with its bound values, in the dialect of the database."""

from collections.abc import Iterable
from typing import Any, Literal

import orjson

Dialect = Literal["sqlite", "postgres"]

_SHORTEST_TRIGRAM = 3


class Statement:
    """Collects the values of one statement while its text is put together.

    Every method returns a piece of SQL; the values stand in `values`, in the order of their placeholders.
    """

    __slots__ = ("dialect", "values")

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self.values: list[Any] = []

    def bind(self, value: str | int | bool | None) -> str:
        """The placeholder of one value."""
        self.values.append(value)
        return f"{'?' if self.dialect == 'sqlite' else '$'}{len(self.values)}"

    def keys(self, keys: Iterable[int]) -> str:
        """A one-column subquery of integers. The text does not depend on how many there are."""
        if self.dialect == "sqlite":
            return f"(SELECT value FROM json_each({self.bind(orjson.dumps(list(keys)).decode())}))"
        self.values.append(list(keys))
        return f"(SELECT unnest(${len(self.values)}::bigint[]))"

    def texts(self, texts: Iterable[str]) -> str:
        """A one-column subquery of strings. The text does not depend on how many there are."""
        if self.dialect == "sqlite":
            return f"(SELECT value FROM json_each({self.bind(orjson.dumps(list(texts)).decode())}))"
        self.values.append(list(texts))
        return f"(SELECT unnest(${len(self.values)}::text[]))"

    def listed(self, keys: Iterable[int]) -> str:
        """A table `listed(key, place)` of integers, place rising in the order given."""
        if self.dialect == "sqlite":
            json = self.bind(orjson.dumps(list(keys)).decode())
            return f"(SELECT value AS key, key AS place FROM json_each({json})) AS listed"
        self.values.append(list(keys))
        return f"unnest(${len(self.values)}::bigint[]) WITH ORDINALITY AS listed(key, place)"

    def contains(self, column: str, term: str) -> str:
        """True where the text of `column` has `term` in it, every character of which stands for itself.

        PostgreSQL's trigram index serves LIKE, for terms of three characters and more.
        """
        if self.dialect == "sqlite":
            return f"instr({column}, {self.bind(term)}) > 0"
        if len(term) < _SHORTEST_TRIGRAM:
            return f"strpos({column}, {self.bind(term)}) > 0"
        pattern = term.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
        return f"{column} LIKE {self.bind(f'%{pattern}%')}"
