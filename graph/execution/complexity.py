"""What a query may ask for: how deep it goes and what it would cost, counted once for each document.

The cost of an operation is the number of values that its answer could hold: each selected field counts one
for each object that it is read of. A connection multiplies what is selected on its items by `first` or
`last` (25 where neither is given, 100 at most), `nodes(ids:)` by the number of ids, any other list by 25. To
that come 1,000 for each connection and each mutation, because each is at least one statement to the
database. A value of an introspection counts four, as it takes longer than one of a row. A field asked for twice
counts twice, and nothing is taken off for @skip and @include.

Counting takes time linear in the document, however often its fragments are spread: a fragment is counted
once. What does not depend on variables is added up then and there; a request has only the rest to do.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_introspection_type,
    is_list_type,
)

from models.queries.pagination import DEFAULT_PAGE, LARGEST_PAGE

STATEMENT = 1_000

CEILING = 10**12
"""Counting stops here: what costs more is refused by any limit."""

# How many items the lists of an introspection have on average; `types` is known, and others have about one.
_INTROSPECTION_LISTS = {"fields": 3, "directives": 5}
_INTROSPECTION_VALUE = 4


@dataclass(frozen=True, slots=True)
class Size:
    """How many items a list may have: `least`, or what one of the variables says where that is more.

    A variable comes with the size that it means where the request leaves it out.
    """

    least: int
    variables: tuple[tuple[str, int], ...] = ()

    def of(self, variables: Mapping[str, Any]) -> int:
        size = self.least
        for name, without in self.variables:
            size = max(size, _asked(variables[name]) if name in variables else without)
        return size


class Multiplier(Enum):
    """How often a selection set is read for one object of the selection set that holds it."""

    ONCE = auto()  # a fragment, on the object itself
    CONNECTION = auto()  # once, and the size is the page of what is selected on its items
    ITEMS = auto()  # as often as the connection around it has items
    LIST = auto()  # as often as the size says


# Looked up at every request, an enum's members are slow.
_ONCE, _CONNECTION, _ITEMS = Multiplier.ONCE, Multiplier.CONNECTION, Multiplier.ITEMS


@dataclass(frozen=True, slots=True)
class Cost:
    """What one selection set costs for one object, without what its statements cost.

    `fixed` is known beforehand; so is `each`, which every item of the connection around it costs on top;
    `parts` wait for variables. `statements` and `depth` do not depend on how many objects there are.
    """

    fixed: int = 0
    each: int = 0
    parts: tuple[tuple[Multiplier, Size, "Cost"], ...] = ()
    statements: int = 0
    depth: int = 0

    def of(self, variables: Mapping[str, Any]) -> int:
        values = _evaluate(self, 1, variables, {}) if self.parts else self.fixed
        return min(values + STATEMENT * self.statements, CEILING)


def _evaluate(cost: Cost, page: int, variables: Mapping[str, Any], known: dict[tuple[int, int], int]) -> int:
    values = cost.fixed + page * cost.each
    for multiplier, size, inner in cost.parts:
        if multiplier is _CONNECTION:
            values += _evaluate(inner, size.of(variables), variables, known)
        elif multiplier is _ONCE:
            # A fragment, which may be spread in many places.
            key = (id(inner), page)
            if key not in known:
                known[key] = _evaluate(inner, page, variables, known)
            values += known[key]
        else:
            times = page if multiplier is _ITEMS else size.of(variables)
            values += times * _evaluate(inner, 1, variables, known)
    return min(CEILING, values)


def _asked(value: object) -> int:
    """The items that a value of `first`, `last` or `ids` asks for; a wrong value is refused by others."""
    if value is None:
        return DEFAULT_PAGE
    if isinstance(value, int | float):
        return int(min(max(value, 0), LARGEST_PAGE))
    return min(len(value), LARGEST_PAGE) if isinstance(value, list) else 1


def cost_of(
    operation: OperationDefinitionNode, fragments: Mapping[str, FragmentDefinitionNode], schema: GraphQLSchema
) -> Cost:
    """The cost of an operation of a document that is valid for the schema."""
    root = schema.get_root_type(operation.operation)
    assert root is not None
    return _Counting(operation, fragments, schema).selection_set(root, operation.selection_set)


class _Counting:
    def __init__(
        self,
        operation: OperationDefinitionNode,
        fragments: Mapping[str, FragmentDefinitionNode],
        schema: GraphQLSchema,
    ) -> None:
        self.schema = schema
        self.fragments = fragments
        self.counted: dict[str, Cost] = {}
        self.defaults = {
            definition.variable.name.value: definition.default_value
            for definition in operation.variable_definitions or ()
        }

    def selection_set(self, parent: GraphQLNamedType, selections: SelectionSetNode) -> Cost:
        fixed = each = statements = depth = 0
        parts: list[tuple[Multiplier, Size, Cost]] = []
        for selection in selections.selections:
            if isinstance(selection, FieldNode):
                cost = self.field(parent, selection)
            elif isinstance(selection, FragmentSpreadNode):
                cost = self.fragment(selection.name.value)
            else:
                assert isinstance(selection, InlineFragmentNode)
                condition = selection.type_condition
                on = self.schema.type_map[condition.name.value] if condition else parent
                cost = self.selection_set(on, selection.selection_set)
            fixed = min(fixed + cost.fixed, CEILING)
            each = min(each + cost.each, CEILING)
            statements = min(statements + cost.statements, CEILING)
            depth = max(depth, cost.depth)
            parts += cost.parts
        return Cost(fixed, each, tuple(parts), statements, depth)

    def fragment(self, name: str) -> Cost:
        if name not in self.counted:
            fragment = self.fragments[name]
            on = self.schema.type_map[fragment.type_condition.name.value]
            self.counted[name] = self.selection_set(on, fragment.selection_set)
        cost = self.counted[name]
        if not cost.parts:
            return cost
        # Its parts are not copied into whatever spreads it: they would double with each level of fragments.
        return Cost(0, 0, ((Multiplier.ONCE, _ONE, cost),), cost.statements, cost.depth)

    def field(self, parent: GraphQLNamedType, node: FieldNode) -> Cost:
        name = node.name.value
        definition = self.schema.get_field(parent, name)  # type: ignore[arg-type]  # the document is valid
        assert definition is not None
        if node.selection_set is None:
            is_list = is_list_type(get_nullable_type(definition.type))
            return Cost(fixed=DEFAULT_PAGE if is_list else 1, depth=1)
        inner = self.selection_set(get_named_type(definition.type), node.selection_set)
        is_statement = "first" in definition.args or parent is self.schema.mutation_type
        statements = inner.statements + is_statement
        # Introspection is bounded by a rule of its own, and goes deeper than a query has reason to.
        depth = 0 if name in ("__schema", "__type") else inner.depth + 1

        multiplier, size = self.multiplier(parent, node, definition)
        if inner.parts or size.variables:
            return Cost(1, 0, ((multiplier, size, inner),), statements, depth)
        if multiplier is Multiplier.ITEMS:
            return Cost(1, inner.fixed, (), statements, depth)
        if multiplier is Multiplier.CONNECTION:
            return Cost(1 + inner.fixed + size.least * inner.each, 0, (), statements, depth)
        return Cost(1 + size.least * inner.fixed, 0, (), statements, depth)

    def multiplier(
        self, parent: GraphQLNamedType, node: FieldNode, definition: GraphQLField
    ) -> tuple[Multiplier, Size]:
        name = node.name.value
        if "first" in definition.args:
            return Multiplier.CONNECTION, self.size(node, ("first", "last"), _rows)
        if name in ("__schema", "__type"):
            return Multiplier.LIST, Size(_INTROSPECTION_VALUE)
        if not is_list_type(get_nullable_type(definition.type)):
            return Multiplier.LIST, _ONE
        if name in ("edges", "nodes") and parent.name.endswith("Connection"):
            return Multiplier.ITEMS, _ONE
        if not is_introspection_type(parent):
            return Multiplier.LIST, self.size(node, ("ids",), _ids)
        items = len(self.schema.type_map) if name == "types" else _INTROSPECTION_LISTS.get(name, 1)
        return Multiplier.LIST, Size(items)

    def size(self, node: FieldNode, names: tuple[str, ...], count: Callable[[ValueNode | None], int]) -> Size:
        """The size that the arguments of these names give a list; 25 where none of them does."""
        given = [
            argument.value
            for argument in node.arguments or ()
            if argument.name.value in names and not isinstance(argument.value, NullValueNode)
        ]
        if not given:
            return Size(DEFAULT_PAGE)
        least = 0
        variables = []
        for value in given:
            if isinstance(value, VariableNode):
                name = value.name.value
                variables.append((name, count(self.defaults[name])))
            else:
                least = max(least, count(value))
        return Size(least, tuple(variables))


def _rows(value: ValueNode | None) -> int:
    """The items that a literal of `first` or `last` asks for; an Int, so it has few digits."""
    return _asked(int(value.value)) if isinstance(value, IntValueNode) else DEFAULT_PAGE


def _ids(value: ValueNode | None) -> int:
    """The items of a literal of `ids`, in which one id alone may stand for a list of it."""
    if isinstance(value, ListValueNode):
        return min(len(value.values), LARGEST_PAGE)
    return DEFAULT_PAGE if value is None or isinstance(value, NullValueNode) else 1


_ONE = Size(1)
