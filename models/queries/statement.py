"""SQL text with its bound values, in the dialect of the database."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import orjson

Dialect = Literal["sqlite", "postgres"]

SHORTEST_TRIGRAM = 3
"""Characters of a term that PostgreSQL's index of trigrams can look for."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A value that is read of somebody who asks for something: another one may ask for the like with the same text."""

    owner: Any
    read: Callable[[Any], Any]

    @property
    def value(self) -> Any:
        return self.read(self.owner)

    def then(self, work: Callable[[Any], Any]) -> "Asked":
        # Nothing of the owner may stay in a text that others use.
        read = self.read
        return Asked(self.owner, lambda owner: work(read(owner)))


@dataclass(frozen=True, slots=True)
class Text:
    """The text of a statement that was written once, and where its values come from.

    Of each value the place of its owner among those who ask, and what reads it of them; or None, and the value.
    """

    sql: str
    sources: Sequence[tuple[int | None, Any]]

    def values(self, owners: Sequence[Any]) -> list[Any]:
        """Those of others who ask for the like, in the order in which they asked when the text was written."""
        return [given if place is None else given(owners[place]) for place, given in self.sources]


class Statement:
    """Collects the values of one statement while its text is put together.

    Every method returns a piece of SQL; the values stand in `values`, in the order of their placeholders. `owners` are
    those who ask for something: what is Asked of them stays open in the Text.
    """

    __slots__ = ("_owners", "_sources", "dialect", "values")

    def __init__(self, dialect: Dialect, owners: Sequence[Any] = ()) -> None:
        self.dialect = dialect
        self.values: list[Any] = []
        self._owners = {id(owner): place for place, owner in enumerate(owners)}
        self._sources: list[tuple[int | None, Any]] = []

    def text(self, sql: str) -> Text:
        """What can be run again for others."""
        return Text(sql, self._sources)

    def bind(self, value: str | int | bool | Asked | None) -> str:
        """The placeholder of one value."""
        return self._place(value)

    def number(self, value: int | Asked) -> str:
        """That of a whole number, where its type cannot be told from what it stands beside."""
        return f"CAST({self._place(value)} AS BIGINT)"

    def keys(self, keys: Iterable[int] | Asked) -> str:
        """A one-column subquery of integers. The text does not depend on how many there are."""
        if self.dialect == "sqlite":
            return f"(SELECT value FROM json_each({self._place(keys, _json)}))"
        return f"(SELECT unnest({self._place(keys, list)}::bigint[]))"

    def texts(self, texts: Iterable[str] | Asked) -> str:
        """A one-column subquery of strings. The text does not depend on how many there are."""
        if self.dialect == "sqlite":
            return f"(SELECT value FROM json_each({self._place(texts, _json)}))"
        return f"(SELECT unnest({self._place(texts, list)}::text[]))"

    def listed(self, keys: Iterable[int] | Asked) -> str:
        """A table `listed(key, place)` of integers, place rising in the order given."""
        if self.dialect == "sqlite":
            return f"(SELECT value AS key, key AS place FROM json_each({self._place(keys, _json)})) AS listed"
        return f"unnest({self._place(keys, list)}::bigint[]) WITH ORDINALITY AS listed(key, place)"

    def contains(self, column: str, term: str | Asked) -> str:
        """True where the text of `column` has `term` in it, every character of which stands for itself.

        PostgreSQL's trigram index serves LIKE, for terms of three characters and more.
        """
        if self.dialect == "sqlite":
            return f"instr({column}, {self._place(term)}) > 0"
        if len(term.value if isinstance(term, Asked) else term) < SHORTEST_TRIGRAM:
            return f"strpos({column}, {self._place(term)}) > 0"
        return f"{column} LIKE {self._place(term, _pattern)}"

    def _place(self, value: Any, work: Callable[[Any], Any] | None = None) -> str:
        """The placeholder of what `work` makes of a value, which may be an Asked one."""
        if work is not None:
            value = value.then(work) if isinstance(value, Asked) else work(value)
        place = None
        source = value
        if isinstance(value, Asked):
            place = self._owners.get(id(value.owner))
            source = value.value if place is None else value.read
            value = value.value
        self._sources.append((place, source))
        self.values.append(value)
        return f"{'?' if self.dialect == 'sqlite' else '$'}{len(self.values)}"


def _json(values: Iterable[str | int]) -> str:
    return orjson.dumps(list(values)).decode()


def _pattern(term: str) -> str:
    escaped = term.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    return f"%{escaped}%"
