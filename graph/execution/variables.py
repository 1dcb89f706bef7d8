"""The values of variables: plain ones are taken by functions made once for their types, all others by graphql-core.

It looks at every value's type again and again, which costs more than all else of a short request; and it alone says
what is wrong with one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLSchema,
    OperationDefinitionNode,
    Undefined,
    get_variable_values,
    is_non_null_type,
)
from graphql.execution.get_variable_signature import GraphQLVariableSignature, get_variable_signature
from graphql.execution.values import VariableValues, VariableValueSource
from graphql.utilities.coerce_input_value import coerce_default_value

from graph.errors import BAD_USER_INPUT, RequestError, format_request_error

MOST_ERRORS = 20

_LARGEST_INT = 2**31 - 1


class _NotPlain(Exception):
    """A value that graphql-core has to look at."""


Take = Callable[[Any], Any]
"""Makes what resolvers get of a value as it came in JSON. Raises _NotPlain."""


@dataclass(frozen=True, slots=True)
class _Variable:
    """A variable of an operation: what takes its values, and what stands for it where it is not given."""

    signature: GraphQLVariableSignature
    take: Take
    default: Any


class Variables:
    """The variables of one operation."""

    def __init__(self, schema: GraphQLSchema, operation: OperationDefinitionNode, *, hide_suggestions: bool) -> None:
        self._schema = schema
        self._nodes = operation.variable_definitions or ()
        self._hide_suggestions = hide_suggestions
        self._plain: dict[str, _Variable] | None = {}
        try:
            for node in self._nodes:
                signature = get_variable_signature(schema, node)
                if isinstance(signature, GraphQLError):
                    raise _NotPlain
                default = coerce_default_value(signature)
                self._plain[signature.name] = _Variable(signature, _take(signature.type), default)
        except (_NotPlain, TypeError):
            self._plain = None

    def read(self, given: Mapping[str, Any]) -> VariableValues:
        """Raises RequestError where one is wrong or missing; what is given of others is ignored."""
        if self._plain is not None:
            try:
                return _read(self._plain, given)
            except _NotPlain:
                pass
        found = get_variable_values(
            self._schema,
            self._nodes,
            dict(given),
            max_errors=MOST_ERRORS,
            hide_suggestions=self._hide_suggestions,
        )
        if isinstance(found, list):
            raise RequestError(*(format_request_error(error, BAD_USER_INPUT) for error in found))
        return found


def _read(variables: Mapping[str, _Variable], given: Mapping[str, Any]) -> VariableValues:
    sources: dict[str, VariableValueSource] = {}
    coerced: dict[str, Any] = {}
    for name, variable in variables.items():
        if name in given:
            sources[name] = VariableValueSource(variable.signature, given[name])
            coerced[name] = variable.take(given[name])
            continue
        sources[name] = VariableValueSource(variable.signature)
        if variable.default is not Undefined:
            coerced[name] = variable.default
        elif is_non_null_type(variable.signature.type):
            raise _NotPlain
    return VariableValues(sources, coerced)


@lru_cache(maxsize=256)
def _take(type_: GraphQLInputType) -> Take:
    """Raises _NotPlain for a type whose values are never plain."""
    if isinstance(type_, GraphQLNonNull):
        return _required(_take(type_.of_type))
    if isinstance(type_, GraphQLList):
        return _nullable(_list(_take(type_.of_type)))
    if isinstance(type_, GraphQLInputObjectType):
        return _nullable(_object(type_))
    if isinstance(type_, GraphQLEnumType):
        return _nullable(_enum(type_))
    if type_.name not in _SCALARS:
        raise _NotPlain
    return _nullable(_SCALARS[type_.name])


def _required(take: Take) -> Take:
    def taken(value: Any) -> Any:
        if value is None:
            raise _NotPlain
        return take(value)

    return taken


def _nullable(take: Take) -> Take:
    return lambda value: None if value is None else take(value)


def _list(take: Take) -> Take:
    def taken(value: Any) -> Any:
        if type(value) is not list:
            raise _NotPlain
        return [take(one) for one in value]

    return taken


def _object(type_: GraphQLInputObjectType) -> Take:
    if type_.is_one_of:
        raise _NotPlain
    fields = {
        name: (field.out_name or name, _take(field.type), coerce_default_value(field), is_non_null_type(field.type))
        for name, field in type_.fields.items()
    }

    def taken(value: Any) -> Any:
        if type(value) is not dict or not value.keys() <= fields.keys():
            raise _NotPlain
        found = {}
        for name, (out_name, take, default, required) in fields.items():
            if name in value:
                found[out_name] = take(value[name])
            elif default is not Undefined:
                found[out_name] = default
            elif required:
                raise _NotPlain
        return type_.out_type(found)

    return taken


def _enum(type_: GraphQLEnumType) -> Take:
    values = {name: type_.coerce_input_value(name) for name in type_.values}

    def taken(value: Any) -> Any:
        if type(value) is not str or value not in values:
            raise _NotPlain
        return values[value]

    return taken


def _text(value: Any) -> Any:
    if type(value) is not str:
        raise _NotPlain
    return value


def _int(value: Any) -> Any:
    if type(value) is not int or not -_LARGEST_INT - 1 <= value <= _LARGEST_INT:
        raise _NotPlain
    return value


def _boolean(value: Any) -> Any:
    if type(value) is not bool:
        raise _NotPlain
    return value


_SCALARS: dict[str, Take] = {"ID": _text, "String": _text, "Int": _int, "Boolean": _boolean}
