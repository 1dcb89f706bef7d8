"""Plans: a query compiled once, to what it wants of the rows and to one function for each of its selections.

graphql-core calls several functions for every field of every object. A plan's functions each make the whole dict of
one object from its row. They answer what graphql-core would answer; where a field has failed, or the query asks for
something else than rows, graphql-core itself answers, from the same rows.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from graphql import (
    FieldNode,
    GraphQLEnumType,
    GraphQLField,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
    is_list_type,
)

from graph.execution.selections import LookAhead, Shape, python_name
from resolvers.json_query.compiler import covers

Complete = Callable[[Any], dict[str, Any]]
"""Makes the answer for one row."""


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """What a query or the mutations of an operation want, root field by root field, and what makes data of the rows.

    `complete` is None where there is a field that is no row's, those of introspection, and for mutations. `told` are
    the root fields in their order, pairs of a key and a name, where the database may be able to tell of all of them as
    text.
    """

    shapes: tuple[Shape, ...]
    complete: Complete | None
    told: tuple[tuple[str, str], ...] = ()
    number: int | None = None
    """By which it is known, where it is remembered."""


def compile_plan(look_ahead: LookAhead, root: GraphQLObjectType, selections: Sequence[Any]) -> Plan:
    """The plan of an operation with those selections: a query's, or one of mutations."""
    fields = look_ahead.fields(root, selections)
    shapes = []
    told = []
    rows_alone = True
    for key, nodes in fields.items():
        name = nodes[0].name.value
        definition = root.fields.get(name)
        if definition is not None and not is_leaf_type(get_named_type(definition.type)):
            shapes.append(look_ahead.shape(key, definition, nodes))
            told.append((key, python_name(name, definition)))
        elif name == "__typename":
            told.append((key, name))
        else:
            rows_alone = False
    if not rows_alone:
        return Plan(tuple(shapes), None)
    if root.name == "Mutation":
        return Plan(tuple(shapes), None, tuple(told))
    covered = covers(name for _, name in told)
    return Plan(tuple(shapes), _Compiler(look_ahead).object(root, fields), tuple(told) if covered else ())


class _Compiler:
    """Writes the functions of one plan. Only names of our schema and quoted response keys get into their text."""

    def __init__(self, look_ahead: LookAhead) -> None:
        self._look_ahead = look_ahead
        self._names: dict[str, Any] = {"enum_name": _enum_name}

    def object(self, type_: GraphQLObjectType, fields: dict[str, list[FieldNode]]) -> Complete:
        """The function for the rows of an object type."""
        entries = []
        for key, nodes in fields.items():
            name = nodes[0].name.value
            value = repr(type_.name) if name == "__typename" else self._value(key, type_.fields[name], nodes)
            entries.append(f"{key!r}: {value}")
        complete: Complete = eval(f"lambda row: {{{', '.join(entries)}}}", self._names)  # noqa: S307 - our own text
        return complete

    def _value(self, key: str, definition: GraphQLField, nodes: list[FieldNode]) -> str:
        """The expression of one field's value, the object's row standing under the name row."""
        named = get_named_type(definition.type)
        if is_leaf_type(named):
            attribute = f"row.{python_name(nodes[0].name.value, definition)}"
            return _completed(definition.type, attribute, lambda value: _leaf(named, value))
        function = self._named(self._objects(named, nodes))
        return _completed(definition.type, f"row.related[{key!r}]", lambda value: f"{function}({value})")

    def _objects(self, named: GraphQLNamedType, nodes: list[FieldNode]) -> Complete:
        by_name = {
            one.name: self.object(one, self._look_ahead.fields_below(one, nodes))
            for one in self._look_ahead.possible_types(named)
        }
        if isinstance(named, GraphQLObjectType):
            return by_name[named.name]
        # A row's class has the name of its type.
        return lambda row: by_name[type(row).__name__](row)

    def _named(self, function: Complete) -> str:
        name = f"complete_{len(self._names)}"
        self._names[name] = function
        return name


def _completed(type_: GraphQLOutputType, value: str, complete: Callable[[str], str]) -> str:
    """The expression that completes a value of this type; `complete` writes that of one inner value."""
    nullable = get_nullable_type(type_)
    if is_list_type(nullable):
        inner = f"[{_completed(nullable.of_type, 'item', complete)} for item in {value}]"
    else:
        inner = complete(value)
    if isinstance(type_, GraphQLNonNull) or inner == value:
        return inner
    return f"(None if {value} is None else {inner})"


def _leaf(type_: GraphQLNamedType, value: str) -> str:
    if isinstance(type_, GraphQLEnumType):
        return f"enum_name({value})"
    # SQLite has no booleans.
    return f"({value} == True)" if type_.name == "Boolean" else value


def _enum_name(value: Any) -> Any:
    return value.value if isinstance(value, Enum) else value
