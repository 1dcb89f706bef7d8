"""Every field of a mutation's input has an effect: the mutation reads it."""

from collections import defaultdict
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    get_named_type,
)
from strawberry.types.base import get_object_definition

from graph.schema import inputs, schema
from tests.support.api import Api

MUTATION = schema._schema.mutation_type
assert MUTATION is not None
CLASSES = {
    definition.name: one for one in vars(inputs).values() if (definition := get_object_definition(one)) is not None
}
"""The classes of inputs by their names in the schema."""

SCALARS: dict[str, Any] = {"ID": "x", "String": "x", "Int": 1, "Boolean": True}


def value_of(type_: GraphQLInputType) -> Any:
    """A value with every field in it."""
    if isinstance(type_, GraphQLNonNull):
        return value_of(type_.of_type)
    if isinstance(type_, GraphQLList):
        return [value_of(type_.of_type)]
    if isinstance(type_, GraphQLInputObjectType):
        return {name: value_of(field.type) for name, field in type_.fields.items()}
    return next(iter(type_.values)) if isinstance(type_, GraphQLEnumType) else SCALARS[type_.name]


def inputs_in(type_: GraphQLInputType) -> list[GraphQLInputObjectType]:
    """The input and those in it."""
    named = get_named_type(type_)
    if not isinstance(named, GraphQLInputObjectType):
        return []
    return [named, *(inner for field in named.fields.values() for inner in inputs_in(field.type))]


@pytest.mark.parametrize("name", MUTATION.fields)
async def test_mutation_reads_every_field_of_its_input(api: Api, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    assert MUTATION is not None
    given = MUTATION.fields[name].args["input"].type
    read: defaultdict[type, set[str]] = defaultdict(set)

    def record(self: Any, attribute: str) -> Any:
        read[type(self)].add(attribute)
        return object.__getattribute__(self, attribute)

    for one in CLASSES.values():
        monkeypatch.setattr(one, "__getattribute__", record, raising=False)

    await api.ask(
        f"mutation ($input: {given}) {{ {name}(input: $input) {{ violations {{ rule }} }} }}", input=value_of(given)
    )

    for input_ in inputs_in(given):
        one = CLASSES[input_.name]
        fields = {field.python_name for field in get_object_definition(one, strict=True).fields}
        assert fields - read[one] == set(), f"{name} does not read all of {input_.name}"
