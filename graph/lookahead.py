"""Looking ahead: from the selections of an operation to what is wanted of the rows, before any row is read."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLAbstractType,
    GraphQLField,
    GraphQLIncludeDirective,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLSkipDirective,
    InlineFragmentNode,
    SelectionNode,
    get_argument_values,
    get_directive_values,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
)
from graphql.execution.values import VariableValues

from graph.arguments import decode_arguments
from models.wanted import Branch, Wanted

Fields = dict[str, list[FieldNode]]
"""The field nodes of a selection by response key, those of one key merged."""


class LookAhead:
    """Reads the selections of one operation with the values of its variables."""

    def __init__(
        self,
        schema: GraphQLSchema,
        fragments: Mapping[str, FragmentDefinitionNode],
        variables: VariableValues,
    ) -> None:
        self._schema = schema
        self._fragments = fragments
        self._variables = variables

    def branches(self, parent: GraphQLObjectType, selections: Iterable[SelectionNode]) -> Iterator[Branch]:
        """The branches of an object's selections; raises BadInput and GraphQLError for a wrong argument."""
        for key, nodes in self.fields(parent, selections).items():
            definition = parent.fields.get(nodes[0].name.value)
            if definition is not None and not is_leaf_type(get_named_type(definition.type)):
                yield self.branch(key, definition, nodes)

    def branch(self, key: str, definition: GraphQLField, nodes: Sequence[FieldNode]) -> Branch:
        """What one field of an object type wants."""
        named = get_named_type(definition.type)
        values = get_argument_values(definition, nodes[0], self._variables)
        return Branch(
            key,
            python_name(nodes[0].name.value, definition),
            decode_arguments(definition, values),
            {one.name: self._wanted(one, nodes) for one in self._possible_types(named)},
        )

    def _wanted(self, type_: GraphQLObjectType, nodes: Iterable[FieldNode]) -> Wanted:
        selections = [one for node in nodes if node.selection_set for one in node.selection_set.selections]
        fields: list[str] = []
        branches: list[Branch] = []
        for key, found in self.fields(type_, selections).items():
            definition = type_.fields.get(found[0].name.value)
            if definition is None:
                continue
            if is_leaf_type(get_named_type(definition.type)):
                fields.append(python_name(found[0].name.value, definition))
            else:
                branches.append(self.branch(key, definition, found))
        return Wanted(frozenset(fields), tuple(branches))

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
        skip = get_directive_values(GraphQLSkipDirective, selection, self._variables)
        if skip is not None and skip["if"]:
            return False
        include = get_directive_values(GraphQLIncludeDirective, selection, self._variables)
        return include is None or bool(include["if"])

    def _applies(
        self, fragment: InlineFragmentNode | FragmentDefinitionNode, type_: GraphQLObjectType
    ) -> bool:
        condition = fragment.type_condition
        if condition is None or condition.name.value == type_.name:
            return True
        named = self._schema.get_type(condition.name.value)
        return is_abstract_type(named) and self._schema.is_sub_type(_abstract(named), type_)

    def _possible_types(self, named: GraphQLNamedType) -> Iterable[GraphQLObjectType]:
        if isinstance(named, GraphQLObjectType):
            return [named]
        return self._schema.get_possible_types(_abstract(named))


def python_name(name: str, definition: GraphQLField) -> str:
    """The name that the field has in our code."""
    strawberry_field = definition.extensions.get("strawberry-definition")
    return getattr(strawberry_field, "python_name", None) or name


def _abstract(named: Any) -> GraphQLAbstractType:
    abstract: GraphQLAbstractType = named
    return abstract
