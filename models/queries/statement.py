"""SQL text with bind parameters, in the dialect of the database."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, Literal, TypeVar

import orjson

Dialect = Literal["sqlite", "postgres"]

SHORTEST_TRIGRAM = 3
"""Characters of a term that PostgreSQL's trigram index can look for."""

S = TypeVar("S")
S_contra = TypeVar("S_contra", contravariant=True)

Encode = Callable[[Any], Any]
"""Makes the value that the driver gets."""


class StatementBuilder(Generic[S]):
    """Writes pieces of SQL and keeps the sources of their bind parameters, in the order of the placeholders.

    Every method returns a piece of SQL. What a source is depends on the subclass.
    """

    __slots__ = ("dialect", "sources")

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self.sources: list[Any] = []

    def bind(self, source: S) -> str:
        """The placeholder of one value."""
        return self._add(source)

    def number(self, source: S) -> str:
        """The placeholder of an integer whose type PostgreSQL cannot infer from what stands beside it."""
        return f"CAST({self._add(source)} AS BIGINT)"

    def keys(self, source: S) -> str:
        """A one-column subquery of integers. The text does not depend on how many there are."""
        if self.dialect == "sqlite":
            return f"(SELECT value FROM json_each({self._add(source, _json)}))"
        return f"(SELECT unnest({self._add(source, list)}::bigint[]))"

    def texts(self, source: S) -> str:
        """A one-column subquery of strings. The text does not depend on how many there are."""
        if self.dialect == "sqlite":
            return f"(SELECT value FROM json_each({self._add(source, _json)}))"
        return f"(SELECT unnest({self._add(source, list)}::text[]))"

    def listed(self, source: S) -> str:
        """A table `listed(key, place)` of integers; `place` rises in the order given."""
        if self.dialect == "sqlite":
            return f"(SELECT value AS key, key AS place FROM json_each({self._add(source, _json)})) AS listed"
        return f"unnest({self._add(source, list)}::bigint[]) WITH ORDINALITY AS listed(key, place)"

    def rows(self, source: S, columns: Mapping[str, str]) -> str:
        """A table `given` of rows with these columns: text, integer or boolean. `source` is a list of lists of values.

        The text does not depend on how many rows there are.
        """
        if self.dialect == "sqlite":
            values = ", ".join(f"json_extract(value, '$[{place}]') AS {name}" for place, name in enumerate(columns))
            return f"(SELECT {values} FROM json_each({self._add(source, _json)})) AS given"
        arrays = ", ".join(
            f"{self._add(source, partial(_column, place))}::{_POSTGRES_TYPES[type_]}[]"
            for place, type_ in enumerate(columns.values())
        )
        return f"unnest({arrays}) AS given({', '.join(columns)})"

    def contains(self, column: str, source: S, *, trigrams: bool) -> str:
        """True if the text of `column` has the term in it; every character of the term stands for itself.

        PostgreSQL's trigram index serves LIKE, for terms of SHORTEST_TRIGRAM characters and more: `trigrams`. On SQLite
        GLOB takes two thirds of the time of instr, with a pattern that is not a bare parameter: for one of those the
        statement is prepared anew for each value.
        """
        if self.dialect == "sqlite":
            return f"{column} GLOB '*' || {self._add(source, _glob_escaped)} || '*'"
        if not trigrams:
            return f"strpos({column}, {self._add(source)}) > 0"
        return f"{column} LIKE {self._add(source, _like_pattern)}"

    def has_line(self, column: str, source: S) -> str:
        """True if the text of `column` has this line; the line has SHORTEST_TRIGRAM characters or more.

        The first condition is the one that PostgreSQL has an index for, and that is false of nearly every row.
        """
        contains = self.contains(column, source, trigrams=True)
        if self.dialect == "sqlite":
            lines = f"char(10) || {column} || char(10)"
            return f"({contains} AND instr({lines}, {self._add(source, _line)}) > 0)"
        return f"({contains} AND strpos(chr(10) || {column} || chr(10), {self._add(source, _line)}) > 0)"

    def _add(self, source: S, encode: Encode | None = None) -> str:
        self.sources.append(self._source(source, encode))
        return "?" if self.dialect == "sqlite" else f"${len(self.sources)}"

    def _source(self, source: S, encode: Encode | None) -> Any:
        raise NotImplementedError


class Statement(StatementBuilder[Any]):
    """A statement that is run once: its sources are the values themselves."""

    __slots__ = ()

    @property
    def values(self) -> list[Any]:
        return self.sources

    def _source(self, source: Any, encode: Encode | None) -> Any:
        return source if encode is None else encode(source)


@dataclass(frozen=True, slots=True)
class Parameter(Generic[S_contra]):
    """A bind parameter of a compiled statement: read from the request each time that the statement runs."""

    read: Callable[[S_contra], Any]


@dataclass(frozen=True, slots=True)
class CompiledStatement(Generic[S_contra]):
    """SQL that was written once and runs for many requests."""

    sql: str
    getters: Sequence[Callable[[S_contra], Any]]

    def values(self, request: S_contra) -> list[Any]:
        """The bind values for this request, in the order of the placeholders."""
        return [read(request) for read in self.getters]


class StatementTemplate(StatementBuilder[Parameter[S]], Generic[S]):
    """A statement that is compiled and cached: its sources are Parameters and nothing else.

    A plain value bound here would be the first caller's for every later one; there is no way to bind one. A piece
    of SQL may be used anywhere in the text, also twice: its placeholders are written when the text is compiled.
    """

    __slots__ = ()

    def compile(self, sql: str) -> CompiledStatement[S]:
        """The statement with this text."""
        getters: list[Callable[[S], Any]] = []

        def placeholder(found: re.Match[str]) -> str:
            getters.append(self.sources[int(found[1])])
            return "?" if self.dialect == "sqlite" else f"${len(getters)}"

        return CompiledStatement(_MARK.sub(placeholder, sql), getters)

    def _add(self, source: Parameter[S], encode: Encode | None = None) -> str:
        self.sources.append(self._source(source, encode))
        return f"\x03{len(self.sources) - 1}\x03"

    def _source(self, source: Parameter[S], encode: Encode | None) -> Any:
        if not isinstance(source, Parameter):
            raise TypeError(f"a compiled statement binds Parameters alone, not {type(source).__name__}")
        read = source.read
        return read if encode is None else lambda request: encode(read(request))


_MARK = re.compile("\x03([0-9]+)\x03")
"""A placeholder in the text of a template: no SQL that we write holds this control character."""


_POSTGRES_TYPES = {"text": "text", "integer": "bigint", "boolean": "boolean"}


def _column(place: int, rows: Iterable[Sequence[Any]]) -> list[Any]:
    return [row[place] for row in rows]


def _json(values: Iterable[Any]) -> str:
    return orjson.dumps(list(values)).decode()


def _line(text: str) -> str:
    return f"\n{text}\n"


def _glob_escaped(term: str) -> str:
    return _GLOB_SPECIAL.sub(r"[\g<0>]", term)


_GLOB_SPECIAL = re.compile(r"[*?\[]")


def _like_pattern(term: str) -> str:
    escaped = term.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    return f"%{escaped}%"
