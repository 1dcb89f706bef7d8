"""The arguments of a selected field: those without variables are read once for the document."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import (
    FieldNode,
    GraphQLField,
    Node,
    Undefined,
    VariableNode,
    get_argument_values,
    is_non_null_type,
    is_required_argument,
)
from graphql.execution.values import VariableValues

_NO_VALUES = VariableValues({}, {})


@dataclass(frozen=True, slots=True)
class _Variable:
    """A variable that is the whole value of an argument; `default` is that of the argument, Undefined without one."""

    name: str
    argument: str
    default: Any
    nullable: bool
    required: bool


@dataclass(frozen=True, slots=True, eq=False)
class FieldArguments:
    """The arguments of a field in a document. `constants` are the values of those without variables.

    `variables` are the others, if each of them is a variable as a whole; None if one has a variable deeper inside.
    """

    definition: GraphQLField
    node: FieldNode
    constants: Mapping[str, Any]
    variables: Sequence[_Variable] | None

    @classmethod
    def of(cls, definition: GraphQLField, node: FieldNode) -> "FieldArguments":
        """The document must be valid."""
        given = {one.name.value: one.value for one in node.arguments or ()}
        varied = {name: value for name, value in given.items() if has_variable(value)}
        constants = _values(definition, node, definition.args.keys() - varied.keys())
        variables = [
            _variable(definition, node, name, value)
            for name, value in varied.items()
            if isinstance(value, VariableNode)
        ]
        return cls(definition, node, constants, variables if len(variables) == len(varied) else None)

    @property
    def are_constant(self) -> bool:
        return self.variables is not None and not self.variables

    def read(self, variables: VariableValues) -> dict[str, Any]:
        """What graphql-core's `get_argument_values` gives. Raises GraphQLError as it does."""
        values = {**self.constants}
        for variable in self.variables or ():
            value = variables.coerced.get(variable.name, variable.default)
            if (value is None and not variable.nullable) or (value is Undefined and variable.required):
                # It says what is wrong.
                return get_argument_values(self.definition, self.node, variables)
            if value is not Undefined:
                values[variable.argument] = value
        return values if self.variables is not None else get_argument_values(self.definition, self.node, variables)


def _variable(definition: GraphQLField, node: FieldNode, name: str, value: VariableNode) -> _Variable:
    argument = definition.args[name]
    required = is_required_argument(argument)
    without = FieldNode(name=node.name, arguments=())
    defaults = {} if required else _values(definition, without, [name])
    out_name = argument.out_name or name
    nullable = not is_non_null_type(argument.type)
    return _Variable(value.name.value, out_name, defaults.get(out_name, Undefined), nullable, required)


def _values(definition: GraphQLField, node: FieldNode, names: Collection[str]) -> dict[str, Any]:
    """The values of the arguments of these names, which hold no variable."""
    args = {name: argument for name, argument in definition.args.items() if name in names}
    return get_argument_values(GraphQLField(definition.type, args), node, _NO_VALUES)


def has_variable(value: Node) -> bool:
    """Whether a variable stands in an argument's value, however deep; the parser bounds the depth."""
    waiting: list[Any] = [value]
    while waiting:
        found = waiting.pop()
        if isinstance(found, VariableNode):
            return True
        if isinstance(found, Node):
            waiting += [getattr(found, name) for name in found.keys if name != "loc"]
        elif isinstance(found, (list, tuple)):
            waiting += found
    return False
