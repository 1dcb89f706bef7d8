"""The variables of an operation: their types are found once, their values are coerced by graphql-core.

graphql-core finds the types again for each request, which costs as much as to coerce the values.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    Undefined,
    get_variable_values,
    is_non_null_type,
)
from graphql.execution.get_variable_signature import GraphQLVariableSignature, get_variable_signature
from graphql.execution.values import VariableValues, VariableValueSource
from graphql.utilities.coerce_input_value import coerce_default_value, coerce_input_value

from graph.errors import BAD_USER_INPUT, RequestError, format_request_error

MAX_ERRORS = 20


@dataclass(frozen=True, slots=True, eq=False)
class Variables:
    """The variables that an operation defines. `signatures` is None if graphql-core must look at all of them."""

    schema: GraphQLSchema
    operation: OperationDefinitionNode
    hide_suggestions: bool
    signatures: Sequence[tuple[GraphQLVariableSignature, Any]] | None

    @classmethod
    def of(cls, schema: GraphQLSchema, operation: OperationDefinitionNode, *, hide_suggestions: bool) -> "Variables":
        signatures = []
        for node in operation.variable_definitions or ():
            signature = get_variable_signature(schema, node)
            if isinstance(signature, GraphQLError):
                return cls(schema, operation, hide_suggestions, None)
            signatures.append((signature, coerce_default_value(signature)))
        return cls(schema, operation, hide_suggestions, signatures)

    def coerce(self, given: Mapping[str, Any]) -> VariableValues:
        """Raises RequestError for a wrong or a missing value; values of other variables are ignored."""
        if self.signatures is not None:
            try:
                values = _coerce(self.signatures, given)
            except RecursionError:
                values = None
            if values is not None:
                return values
        # It says what is wrong.
        found = get_variable_values(
            self.schema,
            self.operation.variable_definitions or (),
            dict(given),
            max_errors=MAX_ERRORS,
            hide_suggestions=self.hide_suggestions,
        )
        if isinstance(found, list):
            raise RequestError(*(format_request_error(error, BAD_USER_INPUT, given) for error in found))
        return found


def _coerce(
    signatures: Sequence[tuple[GraphQLVariableSignature, Any]], given: Mapping[str, Any]
) -> VariableValues | None:
    """The values; None if one is wrong or missing."""
    sources: dict[str, VariableValueSource] = {}
    coerced: dict[str, Any] = {}
    for signature, default in signatures:
        name = signature.name
        if name in given:
            sources[name] = VariableValueSource(signature, given[name])
            value = coerce_input_value(given[name], signature.type)
            if value is Undefined:
                return None
            coerced[name] = value
            continue
        sources[name] = VariableValueSource(signature)
        if default is not Undefined:
            coerced[name] = default
        elif is_non_null_type(signature.type):
            return None
    return VariableValues(sources, coerced)
