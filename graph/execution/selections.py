"""Looking ahead: from the selections of an operation to what is wanted of the rows, before any row is read."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLField,
    GraphQLIncludeDirective,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLSkipDirective,
    InlineFragmentNode,
    Node,
    SelectionNode,
    Undefined,
    VariableNode,
    get_argument_values,
    get_directive_values,
    get_named_type,
    is_leaf_type,
    is_non_null_type,
)
from graphql.execution.values import VariableValues
from graphql.utilities.coerce_input_value import coerce_default_value

from graph.execution.arguments import Decode, decoder_of
from models.queries.wanted import Branch, Wanted

Fields = dict[str, list[FieldNode]]
"""The field nodes of a selection by response key, those of one key merged."""


@dataclass(frozen=True, slots=True)
class Variable:
    """An argument that is a variable: their names, and what stands for the variable where it is not given."""

    argument: str
    name: str
    default: Any
    nullable: bool


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """A field that leads to other rows: all of its branch but the values of variables in arguments."""

    key: str
    name: str
    definition: GraphQLField
    node: FieldNode
    of: Mapping[str, "WantedShape"]
    decode: Decode
    constant: Branch | None = None
    arguments: tuple[Mapping[str, Any], Sequence[Variable]] | None = None
    """The arguments that are constant, and those that are variables; None for any other."""

    def bind(self, variables: VariableValues, varied: list[Branch]) -> Branch:
        """The branch with these variables, which adds itself to those that vary with them.

        Raises BadInput and GraphQLError for a wrong argument.
        """
        if self.constant is not None:
            return self.constant
        arguments = self.decode(self.values(variables))
        place = len(varied)
        of = {name: shape.bind(variables, varied) for name, shape in self.of.items()}
        branch = Branch(self.key, self.name, arguments, of)
        varied.insert(place, branch)
        return branch

    def values(self, variables: VariableValues) -> Mapping[str, Any]:
        """The arguments by their names in the schema. Raises GraphQLError."""
        if self.arguments is None:
            return self._coerced(variables)
        constant, varied = self.arguments
        values = dict(constant)
        for variable in varied:
            value = variables.coerced.get(variable.name, variable.default)
            if value is None and not variable.nullable:
                return self._coerced(variables)
            if value is not Undefined:
                values[variable.argument] = value
            elif not variable.nullable:
                return self._coerced(variables)
        return values

    def _coerced(self, variables: VariableValues) -> Mapping[str, Any]:
        """The same by graphql-core, which is slower and says what is wrong."""
        return get_argument_values(self.definition, self.node, variables)


@dataclass(frozen=True, slots=True)
class WantedShape:
    """What is wanted of the rows of one type, but for the values of variables."""

    fields: frozenset[str]
    branches: tuple[Shape, ...]
    told: tuple[tuple[str, str], ...]
    constant: Wanted | None

    def bind(self, variables: VariableValues, varied: list[Branch]) -> Wanted:
        if self.constant is not None:
            return self.constant
        return Wanted(self.fields, tuple(branch.bind(variables, varied) for branch in self.branches), self.told)


class LookAhead:
    """Reads the selections of one operation; the values of variables count for @skip and @include alone."""

    def __init__(
        self, schema: GraphQLSchema, fragments: Mapping[str, FragmentDefinitionNode], variables: VariableValues
    ) -> None:
        self._schema = schema
        self._fragments = fragments
        self._variables = variables

    def shape(self, key: str, definition: GraphQLField, nodes: Sequence[FieldNode]) -> Shape:
        """What one field wants, of rows of each of the types that it may lead to."""
        possible = self.possible_types(get_named_type(definition.type))
        of = {one.name: self._wanted(one, nodes) for one in possible}
        name = python_name(nodes[0].name.value, definition)
        arguments = self._arguments(definition, nodes[0])
        shape = Shape(key, name, definition, nodes[0], of, decoder_of(definition), arguments=arguments)
        varied = any(_has_variable(argument.value) for argument in nodes[0].arguments or ())
        if varied or any(wanted.constant is None for wanted in of.values()):
            return shape
        try:
            return replace(shape, constant=shape.bind(VariableValues({}, {}), []))
        except Exception:  # noqa: BLE001 - a wrong argument: it is raised again whenever the field is asked for
            return shape

    def _arguments(
        self, definition: GraphQLField, node: FieldNode
    ) -> tuple[Mapping[str, Any], Sequence[Variable]] | None:
        given = {one.name.value: one.value for one in node.arguments or ()}
        names = {name: value.name.value for name, value in given.items() if isinstance(value, VariableNode)}
        if any(_has_variable(value) for name, value in given.items() if name not in names):
            return None
        try:
            values = get_argument_values(definition, node, self._variables)
            varied = [
                Variable(name, variable, coerce_default_value(argument), not is_non_null_type(argument.type))
                for name, variable in names.items()
                for argument in [definition.args[name]]
            ]
        except GraphQLError:
            return None
        return {name: value for name, value in values.items() if name not in names}, varied

    def _wanted(self, type_: GraphQLObjectType, nodes: Iterable[FieldNode]) -> WantedShape:
        fields: list[str] = []
        branches: list[Shape] = []
        told: list[tuple[str, str]] = []
        for key, found in self.fields_below(type_, nodes).items():
            name = found[0].name.value
            definition = type_.fields.get(name)
            if definition is None:
                told.append((key, name))
                continue
            told.append((key, python_name(name, definition)))
            if is_leaf_type(get_named_type(definition.type)):
                fields.append(python_name(name, definition))
            else:
                branches.append(self.shape(key, definition, found))
        shape = WantedShape(frozenset(fields), tuple(branches), tuple(told), None)
        if any(branch.constant is None for branch in branches):
            return shape
        return replace(shape, constant=shape.bind(VariableValues({}, {}), []))

    def fields_below(self, type_: GraphQLObjectType, nodes: Iterable[FieldNode]) -> Fields:
        """The fields that are asked for below one field, where it leads to an object of that type."""
        return self.fields(
            type_, [one for node in nodes if node.selection_set for one in node.selection_set.selections]
        )

    def fields(self, type_: GraphQLObjectType, selections: Iterable[SelectionNode]) -> Fields:
        """The fields that are to be answered for an object of that type, in their order."""
        found: Fields = {}
        self._collect(type_, selections, found, set())
        return found

    def _collect(
        self, type_: GraphQLObjectType, selections: Iterable[SelectionNode], found: Fields, spread: set[str]
    ) -> None:
        for selection in selections:
            if not self._included(selection):
                continue
            if isinstance(selection, FieldNode):
                key = selection.alias.value if selection.alias else selection.name.value
                found.setdefault(key, []).append(selection)
                continue
            fragment: InlineFragmentNode | FragmentDefinitionNode
            if isinstance(selection, FragmentSpreadNode):
                if selection.name.value in spread:
                    continue
                spread.add(selection.name.value)
                fragment = self._fragments[selection.name.value]
            else:
                assert isinstance(selection, InlineFragmentNode)
                fragment = selection
            if self._applies(fragment, type_):
                self._collect(type_, fragment.selection_set.selections, found, spread)

    def _included(self, selection: SelectionNode) -> bool:
        if not selection.directives:
            return True
        skip = get_directive_values(GraphQLSkipDirective, selection, self._variables)
        if skip is not None and skip["if"]:
            return False
        include = get_directive_values(GraphQLIncludeDirective, selection, self._variables)
        return include is None or bool(include["if"])

    def _applies(self, fragment: InlineFragmentNode | FragmentDefinitionNode, type_: GraphQLObjectType) -> bool:
        condition = fragment.type_condition
        if condition is None or condition.name.value == type_.name:
            return True
        named = self._schema.get_type(condition.name.value)
        return isinstance(named, GraphQLInterfaceType) and self._schema.is_sub_type(named, type_)

    def possible_types(self, named: GraphQLNamedType) -> Sequence[GraphQLObjectType]:
        """The object types that a field of this type may lead to."""
        if isinstance(named, GraphQLObjectType):
            return [named]
        assert isinstance(named, GraphQLInterfaceType)
        return self._schema.get_possible_types(named)


def python_name(name: str, definition: GraphQLField) -> str:
    """The name that the field has in our code."""
    strawberry_field = definition.extensions.get("strawberry-definition")
    return getattr(strawberry_field, "python_name", None) or name


def _has_variable(value: Node) -> bool:
    """Whether a variable stands in an argument's value, however deep; the parser bounds the depth."""
    waiting: list[Any] = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, VariableNode):
            return True
        if isinstance(one, Node):
            waiting += [getattr(one, name) for name in one.keys if name != "loc"]
        elif isinstance(one, (list, tuple)):
            waiting += one
    return False
