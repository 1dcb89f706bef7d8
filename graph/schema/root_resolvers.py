"""Calls the resolvers of root fields with their arguments converted by functions that are made once for each field.

Strawberry's own way from graphql-core to a resolver looks at the type of every argument anew for each call. For
`users`, with nine arguments, that took 85 of the 520 microseconds of a request; what is made here takes less than ten.
The functions below do what Strawberry does for the types that our arguments have, and nothing else: extensions and
permission classes of a root field would not be called. `tests/graph/schema/test_root_resolvers.py` compares the two.
"""

from collections.abc import Callable, Mapping
from typing import Any

from graphql import GraphQLField, GraphQLObjectType
from strawberry.types import Info
from strawberry.types.base import StrawberryList, StrawberryOptional, StrawberryType, has_object_definition
from strawberry.types.field import StrawberryField

Convert = Callable[[Any], Any]


def call_resolvers_directly(type_: GraphQLObjectType, name_of: Callable[[str], str]) -> None:
    """Let the fields of a root type call their resolvers; `name_of` gives the schema's name of a Python name."""
    for definition in type_.fields.values():
        field: StrawberryField = definition.extensions["strawberry-definition"]
        definition.resolve = _resolve(definition, field, name_of)


def _resolve(definition: GraphQLField, field: StrawberryField, name_of: Callable[[str], str]) -> Callable[..., Any]:
    assert field.base_resolver is not None
    resolver: Callable[..., Any] = field.base_resolver.wrapped_func  # type: ignore[assignment]  # no class's method
    convert = argument_converter(definition, field, name_of)

    def resolve(_source: Any, info: Any, **given: Any) -> Any:
        return resolver(info=Info(_raw_info=info, _field=field), **convert(given))

    return resolve


def argument_converter(
    definition: GraphQLField, field: StrawberryField, name_of: Callable[[str], str]
) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """What makes the arguments of a resolver from those that graphql-core gives."""
    arguments = {name_of(one.python_name): (one.python_name, _converter(one.type, name_of)) for one in field.arguments}
    assert arguments.keys() == definition.args.keys()

    def convert(given: Mapping[str, Any]) -> dict[str, Any]:
        values = {}
        for name, value in given.items():
            python_name, inner = arguments[name]
            values[python_name] = value if inner is None else inner(value)
        return values

    return convert


def _converter(type_: StrawberryType | type, name_of: Callable[[str], str]) -> Convert | None:
    """What makes the value that a resolver gets; None for a type whose values graphql-core gives as they are."""
    if isinstance(type_, StrawberryOptional):
        inner = _converter(type_.of_type, name_of)
        return inner and (lambda value: value if value is None else inner(value))
    if isinstance(type_, StrawberryList):
        item = _converter(type_.of_type, name_of)
        return item and (lambda values: [item(value) for value in values])
    if not has_object_definition(type_):
        return None
    fields = {
        name_of(field.python_name): (field.python_name, _converter(field.type, name_of))
        for field in type_.__strawberry_definition__.fields
    }

    def convert(value: Mapping[str, Any]) -> Any:
        if isinstance(value, type_):
            # The default of an argument.
            return value
        values = {}
        for name, given in value.items():
            python_name, inner = fields[name]
            values[python_name] = given if inner is None else inner(given)
        return type_(**values)

    return convert
