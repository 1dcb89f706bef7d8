"""Selections: from the document's fields to what the compiler takes, once for each document.

Fields are collected as the specification says (CollectFields, CollectSubfields). The values of variables count for
@skip and @include alone: a document has one selection for each set of values of its conditions. Arguments that hold
variables are read anew for each request.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import cast

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
    SelectionNode,
    get_directive_values,
    get_named_type,
    is_leaf_type,
)
from graphql.execution.values import VariableValues

from graph.error_messages import plain_message
from graph.execution.arguments import FieldArguments
from graph.schema.connections import with_number
from models.caller import Caller
from models.errors import BadArgument, BadInput
from models.queries.arguments import PageArguments
from models.queries.pagination import ListDefinition, check_page
from resolvers.json_query.root_field import RootField
from resolvers.json_query.row_type import list_of
from resolvers.json_query.selection import TYPENAME, FieldSelection, SelectionSet

FieldNodes = dict[str, list[FieldNode]]
"""The field nodes of a selection set by response key, those of one key merged."""

_numbers = count()


@dataclass(frozen=True, slots=True, eq=False)
class ListArguments:
    """The arguments of a selected list: its field turns them into those of a page.

    A search for a telephone number without a country code is one for a number of `default_region`.
    """

    field: FieldArguments
    default_region: str | None

    def read(self, variables: VariableValues) -> PageArguments:
        """Raises BadInput for a value that is null or missing and must not be."""
        try:
            values = self.field.read(variables)
        except GraphQLError as error:
            message = plain_message(error.message, {})
            raise BadInput("{field}: {message}", field=self.field.node.name.value, message=message) from None
        assert self.field.definition.resolve is not None
        page: PageArguments = self.field.definition.resolve(None, None, **values)
        return with_number(page, self.default_region)


@dataclass(frozen=True, slots=True, eq=False)
class RootSelection:
    """A root field and all that is selected below it.

    `lists` are the selected lists by their numbers, and `arguments` their arguments: those of a page if they are
    constant; `definitions` say which lists they are. `variable` are the numbers of those
    that hold variables; `unchecked`, which every request checks, are these and the constants that are wrong. Number 0
    is the root field itself, whose resolver gets its arguments.
    """

    number: int
    field: FieldSelection
    lists: Sequence[FieldSelection]
    definitions: Sequence[ListDefinition | None]
    arguments: Sequence[PageArguments | ListArguments]
    variable: Sequence[int]
    unchecked: Sequence[int]
    size: int
    """Its fields, those of fragments as often as they are spread."""

    def bind(self, caller: Caller, variables: VariableValues) -> RootField:
        """The root field for one request, the arguments of all lists below it checked. Raises BadInput."""
        arguments = self.arguments
        if self.unchecked:
            arguments = [*arguments]
            for number in self.unchecked:
                arguments[number] = self._checked(number, arguments[number], variables)
        pages = cast("Sequence[PageArguments]", arguments)
        return RootField(self.field, self.number, caller, self.lists, pages, self.variable)

    def _checked(self, number: int, given: PageArguments | ListArguments, variables: VariableValues) -> PageArguments:
        page = given.read(variables) if isinstance(given, ListArguments) else given
        definition = self.definitions[number]
        if definition is not None:
            try:
                check_page(definition, page, of_parent=True)
            except BadArgument as error:
                raise error.at(self.lists[number].schema_name) from None
        return page


class SelectionCollector:
    """Collects the selection of one root field."""

    def __init__(
        self,
        schema: GraphQLSchema,
        fragments: Mapping[str, FragmentDefinitionNode],
        variables: VariableValues,
        default_region: str | None = None,
    ) -> None:
        self._schema = schema
        self._default_region = default_region
        self._fragments = fragments
        self._variables = variables
        self._lists: list[FieldSelection] = []
        self._arguments: list[ListArguments | PageArguments] = []
        self._definitions: list[ListDefinition | None] = []
        self._size = 1

    def check(self, type_: GraphQLObjectType, selections: Iterable[SelectionNode]) -> None:
        """Collect all fields, as GraphQL's executor would. Raises GraphQLError for a condition that is null."""
        for nodes in self._collect_fields(type_, selections).values():
            definition = self._schema.get_field(type_, nodes[0].name.value)
            if definition is not None:
                for below in self._possible_types(get_named_type(definition.type)):
                    self.check(
                        below, [one for node in nodes if node.selection_set for one in node.selection_set.selections]
                    )

    def root(self, type_: GraphQLObjectType, selections: Iterable[SelectionNode], response_key: str) -> RootSelection:
        """The selection under this response key of the operation."""
        nodes = self._collect_fields(type_, selections)[response_key]
        definition = type_.fields[nodes[0].name.value]
        selection_sets = self._selection_sets(definition, nodes)
        field = FieldSelection(response_key, nodes[0].name.value, nodes[0].name.value, selection_sets, 0)
        constant = [self._constant(given) for given in self._arguments]
        variable = [number for number, given in enumerate(constant, 1) if isinstance(given, ListArguments)]
        arguments = [PageArguments(), *constant]
        lists, definitions = [field, *self._lists], [None, *self._definitions]
        unchecked = [number for number, page in enumerate(arguments) if not _is_valid(definitions[number], page)]
        return RootSelection(next(_numbers), field, lists, definitions, arguments, variable, unchecked, self._size)

    def _constant(self, given: ListArguments | PageArguments) -> ListArguments | PageArguments:
        assert isinstance(given, ListArguments)
        return given.read(VariableValues({}, {})) if given.field.are_constant else given

    def _field(self, type_: GraphQLObjectType, response_key: str, nodes: Sequence[FieldNode]) -> FieldSelection:
        name = nodes[0].name.value
        definition = type_.fields[name]
        if is_leaf_type(get_named_type(definition.type)):
            return FieldSelection(response_key, python_name(name, definition), name)
        number = None
        if definition.args:
            # Its number comes before those of the lists below it.
            self._arguments.append(ListArguments(FieldArguments.of(definition, nodes[0]), self._default_region))
            self._definitions.append(list_of(type_.name, python_name(name, definition)))
            number = len(self._arguments)
            self._lists.append(FieldSelection(response_key, name, name))
        selection_sets = self._selection_sets(definition, nodes)
        return FieldSelection(response_key, python_name(name, definition), name, selection_sets, number)

    def _selection_sets(self, definition: GraphQLField, nodes: Sequence[FieldNode]) -> dict[str, SelectionSet]:
        possible = self._possible_types(get_named_type(definition.type))
        return {type_.name: self._selection_set(type_, nodes) for type_ in possible}

    def _selection_set(self, type_: GraphQLObjectType, nodes: Sequence[FieldNode]) -> SelectionSet:
        fields = []
        for response_key, found in self._collect_subfields(type_, nodes).items():
            self._size += 1
            name = found[0].name.value
            if name == TYPENAME:
                fields.append(FieldSelection(response_key, name, name))
            else:
                fields.append(self._field(type_, response_key, found))
        return SelectionSet(fields)

    def _collect_subfields(self, type_: GraphQLObjectType, nodes: Iterable[FieldNode]) -> FieldNodes:
        below = (node.selection_set for node in nodes)
        return self._collect_fields(type_, [one for found in below if found is not None for one in found.selections])

    def _collect_fields(self, type_: GraphQLObjectType, selections: Iterable[SelectionNode]) -> FieldNodes:
        found: FieldNodes = {}
        self._collect(type_, selections, found, set())
        return found

    def _collect(
        self, type_: GraphQLObjectType, selections: Iterable[SelectionNode], found: FieldNodes, visited: set[str]
    ) -> None:
        for selection in selections:
            if not self._should_include(selection):
                continue
            if isinstance(selection, FieldNode):
                key = selection.alias.value if selection.alias else selection.name.value
                found.setdefault(key, []).append(selection)
                continue
            fragment: InlineFragmentNode | FragmentDefinitionNode
            if isinstance(selection, FragmentSpreadNode):
                if selection.name.value in visited:
                    continue
                visited.add(selection.name.value)
                fragment = self._fragments[selection.name.value]
            else:
                assert isinstance(selection, InlineFragmentNode)
                fragment = selection
            if self._applies(fragment, type_):
                self._collect(type_, fragment.selection_set.selections, found, visited)

    def _should_include(self, selection: SelectionNode) -> bool:
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

    def _possible_types(self, named: GraphQLNamedType) -> Sequence[GraphQLObjectType]:
        if isinstance(named, GraphQLObjectType):
            return [named]
        if not isinstance(named, GraphQLInterfaceType):
            return ()
        return self._schema.get_possible_types(named)


def _is_valid(definition: ListDefinition | None, page: PageArguments | ListArguments) -> bool:
    """Whether the arguments are right for every request: they hold no variable."""
    if isinstance(page, ListArguments):
        return False
    try:
        if definition is not None:
            check_page(definition, page, of_parent=True)
    except BadArgument:
        return False
    return True


def python_name(name: str, definition: GraphQLField) -> str:
    """The name that the field has in our code."""
    strawberry_field = definition.extensions.get("strawberry-definition")
    return getattr(strawberry_field, "python_name", None) or name
