"""What an operation may ask for: how deep it goes, how many fields it selects, and what it would cost.

The cost of an operation is the number of values that its response could hold: each selected field counts one for each
object that it is read of. A connection multiplies what is selected on its items by `first` or `last` (25 if neither is
given, 100 at most), `nodes(ids:)` by the number of ids, any other list by 25. To that come 1,000 for each connection
and each mutation in the document, the price of a statement, and for each connection the rows that it reads beside its
page, once for each of its parents: `graph.execution.list_cost`. A value of an introspection counts four, since it
takes longer than one of a row. A field selected twice counts twice, and @skip and @include change nothing.

Fields are counted as they are compiled: once in the document, with a fragment's fields wherever it is spread.

Counting takes time linear in the document, however often its fragments are spread: a fragment is counted once. What
does not depend on variables is added up once for each document; a request adds the rest.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
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
    SelectionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_introspection_type,
    is_list_type,
)

from graph.execution.list_cost import Scan, scan_of
from models.queries.arguments import DEFAULT_PAGE, LARGEST_PAGE

STATEMENT = 1_000

CEILING = 10**12
"""Counting stops here: any limit rejects what costs more."""

# Items of an introspection's lists on average. The number of types is known; every other list has about one.
_INTROSPECTION_LISTS = {"fields": 3, "directives": 5}
_INTROSPECTION_VALUE = 4


@dataclass(frozen=True, slots=True)
class Size:
    """How many items a list may have: `least`, or what one of the variables says if that is more.

    A variable comes with the size that it means if the request leaves it out.
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
    LIST = auto()  # as often as the size, or the scan, says


# Members of an enum are slow to look up at every request.
_ONCE, _CONNECTION, _ITEMS = Multiplier.ONCE, Multiplier.CONNECTION, Multiplier.ITEMS


@dataclass(frozen=True, slots=True)
class Cost:
    """What one selection set costs for one object, without the price of its statements.

    `fixed` is known beforehand; so is `each`, which every item of the connection around it costs on top; `parts` wait
    for variables. `statements`, `depth` and `fields` do not depend on how many objects there are. `counts` and `paged`
    are for the connection around it: how often its `totalCount` is selected, and whether anything else is.
    """

    fixed: int = 0
    each: int = 0
    parts: tuple[tuple[Multiplier, "Size | Scan", "Cost"], ...] = ()
    statements: int = 0
    depth: int = 0
    fields: int = 0
    counts: int = 0
    paged: bool = False

    def of(self, variables: Mapping[str, Any]) -> int:
        values = _evaluate(self, 1, variables, {}) if self.parts else self.fixed
        return min(values + STATEMENT * self.statements, CEILING)


def _evaluate(cost: Cost, page: int, variables: Mapping[str, Any], known: dict[tuple[int, int], int]) -> int:
    values = cost.fixed + page * cost.each
    for multiplier, size, inner in cost.parts:
        if multiplier is _CONNECTION:
            values += _evaluate(inner, size.of(variables), variables, known)
        elif multiplier is _ONCE:
            # A fragment, which may be spread at many places.
            key = (id(inner), page)
            if key not in known:
                known[key] = _evaluate(inner, page, variables, known)
            values += known[key]
        else:
            times = page if multiplier is _ITEMS else size.of(variables)
            values += times * _evaluate(inner, 1, variables, known)
    return min(CEILING, values)


def _asked(value: object) -> int:
    """The items that a value of `first`, `last` or `ids` asks for; a wrong value is rejected elsewhere."""
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
        costs = [self.selection(parent, selection) for selection in selections.selections]
        return Cost(
            fixed=min(sum(cost.fixed for cost in costs), CEILING),
            each=min(sum(cost.each for cost in costs), CEILING),
            parts=tuple(part for cost in costs for part in cost.parts),
            statements=min(sum(cost.statements for cost in costs), CEILING),
            depth=max(cost.depth for cost in costs),
            fields=min(sum(cost.fields for cost in costs), CEILING),
            counts=min(sum(cost.counts for cost in costs), CEILING),
            paged=any(cost.paged for cost in costs),
        )

    def selection(self, parent: GraphQLNamedType, selection: SelectionNode) -> Cost:
        if isinstance(selection, FragmentSpreadNode):
            return self.fragment(selection.name.value)
        if isinstance(selection, InlineFragmentNode):
            condition = selection.type_condition
            on = self.schema.type_map[condition.name.value] if condition else parent
            return self.selection_set(on, selection.selection_set)
        assert isinstance(selection, FieldNode)
        cost = self.field(parent, selection)
        if not parent.name.endswith("Connection"):
            return cost
        name = selection.name.value
        return replace(cost, counts=int(name == "totalCount"), paged=name not in ("totalCount", "__typename"))

    def fragment(self, name: str) -> Cost:
        if name not in self.counted:
            fragment = self.fragments[name]
            on = self.schema.type_map[fragment.type_condition.name.value]
            self.counted[name] = self.selection_set(on, fragment.selection_set)
        cost = self.counted[name]
        if not cost.parts:
            return cost
        # Its parts are not copied to the places where it is spread: they would double with each level of fragments.
        return replace(cost, fixed=0, each=0, parts=((Multiplier.ONCE, _ONE, cost),))

    def field(self, parent: GraphQLNamedType, node: FieldNode) -> Cost:
        name = node.name.value
        definition = self.schema.get_field(parent, name)  # type: ignore[arg-type]  # the document is valid
        assert definition is not None
        if node.selection_set is None:
            is_list = is_list_type(get_nullable_type(definition.type))
            return Cost(fixed=DEFAULT_PAGE if is_list else 1, depth=1, fields=1)
        inner = self.selection_set(get_named_type(definition.type), node.selection_set)
        statements = inner.statements + ("first" in definition.args or parent is self.schema.mutation_type)
        # Introspection is bounded by a rule of its own, and goes deeper than a query has reason to.
        depth = 0 if name in ("__schema", "__type") else inner.depth + 1
        fixed, each, parts = self.multiplied(parent, node, definition, inner)
        if "first" in definition.args:
            scan = scan_of(parent, node, int(inner.paged), inner.counts, self.defaults)
            if scan.is_fixed:
                fixed += scan.of({})
            else:
                parts = (*parts, (Multiplier.LIST, scan, _VALUE))
        return Cost(fixed, each, parts, statements, depth, min(inner.fields + 1, CEILING))

    def multiplied(
        self, parent: GraphQLNamedType, node: FieldNode, definition: GraphQLField, inner: Cost
    ) -> tuple[int, int, tuple[tuple[Multiplier, Size | Scan, Cost], ...]]:
        """`fixed`, `each` and `parts` of a field with that selection set."""
        multiplier, size = self.multiplier(parent, node, definition)
        if inner.parts or size.variables:
            return 1, 0, ((multiplier, size, inner),)
        if multiplier is Multiplier.ITEMS:
            return 1, inner.fixed, ()
        if multiplier is Multiplier.CONNECTION:
            return 1 + inner.fixed + size.least * inner.each, 0, ()
        return 1 + size.least * inner.fixed, 0, ()

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
        """The size that the arguments of these names give a list; 25 if none of them does."""
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
_VALUE = Cost(fixed=1)
