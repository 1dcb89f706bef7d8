"""How the arguments of a random document are written: as literals, as variables, or as literals with variables inside.

A document is asked for several times. An argument has a value for each of these calls; if they differ, a variable
carries them.
"""

import json
from enum import Enum
from random import Random
from typing import Any, Final

from graphql import (
    GraphQLArgument,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    Undefined,
    get_nullable_type,
    is_non_null_type,
)

CALLS = 3

_LONGEST_LITERAL = 200


class _Missing(Enum):
    ABSENT = "ABSENT"


ABSENT: Final = _Missing.ABSENT
"""The value of an argument that is not given."""


class Name(str):
    """The value of an enum, which has no quotes as a literal."""

    __slots__ = ()


Values = tuple[Any, ...]
"""One for each call."""


def literal(value: Any) -> str:
    if isinstance(value, dict):
        return f"{{{', '.join(f'{name}: {literal(inner)}' for name, inner in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(literal, value))}]"
    return value if isinstance(value, Name) else json.dumps(value)


class Variables:
    """The variables of one document; `wrong` is how probable it is that a value is wrong."""

    def __init__(self, random: Random, wrong: float) -> None:
        self._random = random
        self._wrong = wrong
        self._definitions: dict[str, str] = {}
        self._known: dict[str, str] = {}
        self.given: list[dict[str, Any]] = [{} for _ in range(CALLS)]

    @property
    def definitions(self) -> str:
        return ", ".join(f"${name}: {written}" for name, written in self._definitions.items())

    def argument(self, place: GraphQLArgument | GraphQLInputField, values: Values) -> str | None:
        """What is written for an argument or an input field with these values; None if it is left out."""
        if all(value is ABSENT for value in values):
            nullable = not is_non_null_type(place.type)
            return self._declare(place.type, values) if nullable and self._random.random() < 0.05 else None
        return self._write(place.type, values, has_default=place.default_value is not Undefined)

    def condition(self) -> str:
        """What is written for the `if` of a directive."""
        random = self._random
        if random.random() < 0.4:
            return random.choice(["true", "true", "false"])
        values = tuple(random.random() < 0.6 for _ in range(CALLS))
        if random.random() < 0.5:
            return self._declare_known("Boolean!", values)
        given = tuple(random.choice([True, ABSENT]) if value else False for value in values)
        if random.random() < self._wrong / 2:
            given = (None, *given[1:])
        return self._declare_known("Boolean = true", given)

    def _write(self, type_: GraphQLInputType, values: Values, *, has_default: bool = False) -> str:
        inner = get_nullable_type(type_)
        same = values[0] is not ABSENT and all(value == values[0] for value in values)
        chance = self._random.random()
        if same and chance < 0.45 and _has_literal(type_, values[0]):
            return literal(values[0])
        if chance < 0.7 and isinstance(inner, GraphQLInputObjectType) and all(isinstance(one, dict) for one in values):
            return self._write_object(inner, values)
        if chance < 0.7 and isinstance(inner, GraphQLList) and _of_same_length(values):
            items = [self._write(inner.of_type, items) for items in zip(*values, strict=True)]
            return f"[{', '.join(items)}]"
        return self._declare(type_, values, has_default=has_default)

    def _write_object(self, type_: GraphQLInputObjectType, values: Values) -> str:
        names = dict.fromkeys(name for value in values for name in value)
        written = {
            name: self.argument(type_.fields[name], tuple(value.get(name, ABSENT) for value in values))
            for name in names
        }
        return f"{{{', '.join(f'{name}: {text}' for name, text in written.items() if text is not None)}}}"

    def _declare(self, type_: GraphQLInputType, values: Values, *, has_default: bool = False) -> str:
        """A variable with these values, at a place of that type, which has a default or not."""
        random = self._random
        nullable = str(get_nullable_type(type_))
        needed = is_non_null_type(type_) and not has_default
        real = [value for value in values if value not in (ABSENT, None) and _has_literal(type_, value)]
        absent, null = ABSENT in values, None in values
        if real and not absent and (random.random() < 0.3 or (needed and null)):
            default = random.choice(real)
            left_out = tuple(ABSENT if value == default and random.random() < 0.6 else value for value in values)
            return self._declare_known(f"{nullable} = {literal(default)}", left_out)
        strict = not absent and not null and (needed or random.random() < 0.4)
        return self._declare_known(f"{nullable}!" if strict else nullable, values)

    def _declare_known(self, written: str, values: Values) -> str:
        """A new variable, or one that is known with this type and these values."""
        known = f"{written} {values!r}"
        if known in self._known and self._random.random() < 0.6:
            return self._known[known]
        name = f"{self._random.choice('vVw_')}{len(self._definitions)}"
        self._definitions[name] = written
        self._known[known] = f"${name}"
        for given, value in zip(self.given, values, strict=True):
            if value is not ABSENT:
                given[name] = value
        return f"${name}"


def _of_same_length(values: Values) -> bool:
    return all(isinstance(value, list) and len(value) == len(values[0]) for value in values)


def _has_literal(type_: GraphQLInputType, value: Any) -> bool:
    """Whether it can stand in a document: a lone surrogate cannot, nor null if the type does not take it.

    A long list is left to variables, since the document is read and checked by two sides.
    """
    if value is None:
        return not is_non_null_type(type_)
    inner = get_nullable_type(type_)
    if isinstance(inner, GraphQLInputObjectType):
        return all(_has_literal(inner.fields[name].type, one) for name, one in value.items())
    if isinstance(inner, GraphQLList):
        return len(value) < _LONGEST_LITERAL and all(_has_literal(inner.of_type, one) for one in value)
    return not isinstance(value, str) or not any("\ud800" <= character <= "\udfff" for character in value)
