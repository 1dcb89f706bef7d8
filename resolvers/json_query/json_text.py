"""JSON as text that the database puts together: values, objects and lists, in the words of its dialect.

Lists are aggregated over a sorted subquery and keep its order. That is so on both databases, but is documented by
neither SQLite 3.40 nor PostgreSQL (for string_agg without ORDER BY); random documents in the tests hold it.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

import orjson

from models.queries.statement import Dialect


class JsonLiteral(str):
    """A fragment of JSON as it is; any other fragment is SQL that gives one."""

    __slots__ = ()


Fragments = list[str]
"""What makes up a JSON text, one after the other."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of an object: its key, which needs no escapes, and the fragments of its value.

    `plain` is SQL of the value itself if that is a text, a number or null; else "".
    """

    key: str
    value: Fragments
    plain: str = ""


MARKER = "\x02"
"""Encloses `NUMBER:KEY` in the place of a fragment of a follow-up statement. JSON text holds no control character."""

FOREIGN_CURSOR = "\x01"
"""Encloses `FIELD:ARGUMENT` in place of a page whose cursor is of another row's list."""


class JsonText:
    """Writes JSON in SQL. Nothing that it writes is ever NULL."""

    def __init__(self, dialect: Dialect) -> None:
        self._sqlite = dialect == "sqlite"

    def text(self, value: str, *, nullable: bool = False) -> str:
        if self._sqlite:
            return f"json_quote({value})"
        return f"coalesce(to_json({value})::text, 'null')" if nullable else f"to_json({value})::text"

    def number(self, value: str) -> str:
        return f"({value})" if self._sqlite else f"({value})::text"

    def boolean(self, value: str) -> str:
        return f"CASE WHEN {value} THEN 'true' ELSE 'false' END"

    def global_id(self, type_name: str, key: str, *, nullable: bool = False) -> str:
        """The id of the row of that type and key."""
        id_ = f"'\"{type_name}:' || {key} || '\"'"
        return f"coalesce({id_}, 'null')" if nullable else id_

    def global_ids(self, type_name: str, keys: str) -> str:
        """The ids of rows whose keys are a JSON list of numbers."""
        if self._sqlite:
            ids = f"group_concat({self.global_id(type_name, 'value')})"
            return f"(SELECT '[' || coalesce({ids}, '') || ']' FROM json_each({keys}))"
        ids = f"string_agg({self.global_id(type_name, 'key')}, ',' ORDER BY place)"
        listed = f"json_array_elements_text({keys}::json) WITH ORDINALITY AS listed(key, place)"
        return f"(SELECT '[' || coalesce({ids}, '') || ']' FROM {listed})"

    def object(self, entries: Iterable[Entry]) -> Fragments:
        """An object of these entries.

        On SQLite one call of json_object writes those that are plain and beside each other, in half of the time of as
        many json_quote and ||: a page of 50 groups with 10 members each takes a sixth less. Its text begins with the
        only { and ends with the only } that trim can take away. PostgreSQL's json_build_object adds spaces.
        """
        runs = self._runs(entries)
        if len(runs) == 1 and len(runs[0]) > 1:
            return [_plain_object(runs[0])]
        fragments: Fragments = []
        for run in runs:
            start = "," if fragments else "{"
            if len(run) > 1:
                fragments += [JsonLiteral(start), f"trim({_plain_object(run)}, '{{}}')"]
            else:
                fragments += [JsonLiteral(f'{start}"{run[0].key}":'), *run[0].value]
        return [*fragments, JsonLiteral("}" if fragments else "{}")]

    def _runs(self, entries: Iterable[Entry]) -> list[list[Entry]]:
        """The entries, those together that one call writes."""
        runs: list[list[Entry]] = []
        for entry in entries:
            together = self._sqlite and entry.plain and runs and runs[-1][-1].plain
            if together and len(runs[-1]) < _MOST_IN_CALL:
                runs[-1].append(entry)
            else:
                runs.append([entry])
        return runs

    def list(self, item: Sequence[str], condition: str = "") -> Fragments:
        """The items of a group of rows, in the order in which it is read; of the rows that meet the condition."""
        one = self.join(item)
        if condition:
            one = f"CASE WHEN {condition} THEN {one} END"
        items = f"group_concat({one})" if self._sqlite else f"string_agg({one}, ',')"
        return [JsonLiteral("["), f"coalesce({items}, '')", JsonLiteral("]")]

    def cursor(self, listing: Sequence[str], values: Sequence[tuple[str, type]]) -> Fragments:
        """As `encode_cursor` does: of the fragments of the list's name, and columns with the types of their values."""
        texts = [self.text(column) if type_ is str else self.number(column) for column, type_ in values]
        fragments = [JsonLiteral('["'), *listing, JsonLiteral('"')]
        for text in texts:
            fragments += [JsonLiteral(","), text]
        joined = self.join([*fragments, JsonLiteral("]")])
        digits = f"hex({joined})" if self._sqlite else f"upper(encode(convert_to({joined}, 'UTF8'), 'hex'))"
        return [JsonLiteral('"'), digits, JsonLiteral('"')]

    def join(self, fragments: Sequence[str]) -> str:
        """The fragments as one SQL expression, nested as little as can be: SQLite bounds the depth of one."""
        merged: list[str] = []
        literal = ""
        for fragment in fragments:
            if isinstance(fragment, JsonLiteral):
                literal += fragment
                continue
            if literal:
                merged.append(quoted(literal))
                literal = ""
            merged.append(fragment)
        if literal:
            merged.append(quoted(literal))
        return _joined(merged)


def _plain_object(entries: Iterable[Entry]) -> str:
    return f"json_object({', '.join(f'{quoted(entry.key)}, {entry.plain}' for entry in entries)})"


_MOST_IN_CALL = 50
"""Entries that one call writes: SQLite may be built with functions of no more than 100 arguments."""


def to_json(value: object) -> str:
    """The JSON of a value; a lone surrogate, which UTF-8 has no bytes for, is escaped."""
    try:
        return orjson.dumps(value).decode()
    except TypeError:
        return json.dumps(value.value if isinstance(value, Enum) else value)


def quoted(text: str) -> str:
    """The SQL literal of a text."""
    return "'" + text.replace("'", "''") + "'"


def _joined(operands: Sequence[str]) -> str:
    if len(operands) <= _FLAT:
        return " || ".join(operands)
    half = len(operands) // 2
    return f"({_joined(operands[:half])}) || ({_joined(operands[half:])})"


_FLAT = 128
"""Operands of || written one after the other: their depth in the syntax tree is their number."""
