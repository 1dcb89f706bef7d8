"""Random queries of the whole schema, the same for the same seed and the same rows."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLString,
    get_named_type,
    is_leaf_type,
)

from tests.support.oracle.arguments import Arguments, Drawn, Reached, site_of
from tests.support.oracle.forms import Forms, Part, braced
from tests.support.oracle.lists import DEFAULT_SIZE, LARGEST_SIZE, LISTS, read_id
from tests.support.oracle.rows import TABLES, Row, Rows
from tests.support.oracle.variables import ABSENT, CALLS, Variables

DEEPEST = 15
"""Fields below one another: PICKUP_MAX_DEPTH."""

_NAMES = ["a", "A", "b", "id", "name", "node", "Select", "key", "_"]
"""What aliases begin with; those that differ in case alone are different keys."""

_INTROSPECTED = (
    "{ kind name }",
    "{ fields { name } }",
    "{ enumValues { name } }",
    "{ inputFields { name defaultValue } }",
)

_SHALLOW = ("viewer", "pageInfo")


@dataclass(frozen=True)
class Document:
    """A query and the variables of each call."""

    text: str
    variables: Sequence[dict[str, Any]]


@dataclass(frozen=True)
class _Scope:
    """Where a selection stands: for objects of which type, for about how many, and below how many fields.

    A connection has `items` rows.
    """

    type_: GraphQLObjectType | GraphQLInterfaceType
    reached: Reached = Reached()  # noqa: RUF009 - it is frozen
    count: int = 1
    depth: int = 0
    items: int = 1


def random_document(seed: int | str, schema: GraphQLSchema, rows: Rows) -> Document:
    """One document in three has arguments that may be wrong."""
    return _Author(Random(seed), schema, rows).write()


class _Author:
    """Writes one document."""

    def __init__(self, random: Random, schema: GraphQLSchema, rows: Rows) -> None:
        self._random = random
        self._schema = schema
        self._rows = rows
        probable = 0.08 if random.random() < 0.33 else 0.0
        self._arguments = Arguments(random, schema, rows, probable)
        self._variables = Variables(random, probable)
        self._forms = Forms(random, self._variables)
        self._keys: set[str] = set()
        self._lowest = 0
        """The depth of the deepest field of the selection that is being written."""
        self._deepest = random.choice([4, 5, 6, 7, 7, 9, 11])
        self._room = random.choice([30, 100, 200, 300, 600, 1_000])
        """About how many values the answer may still have."""
        self._fields = random.choice([3, 6, 10, 18])
        """How many fields may still lead to objects."""
        self._width = random.choice([2, 3, 4, 5, 7])
        self._objects = random.choice([0.4, 0.6, 0.8])
        """How often a field is chosen that leads to objects."""
        self._dives = random.random() < 0.3
        """Whether it goes as deep as it may: then pages are small."""
        if self._dives:
            self._deepest, self._width = random.choice([11, 13, DEEPEST, DEEPEST]), random.randint(1, 3)
            self._room, self._fields = 2_000, random.randint(12, 18)
            self._arguments.largest, self._arguments.narrowed = 3, 0.06

    def write(self) -> Document:
        query = self._schema.query_type
        assert query is not None
        selected = braced(self._selection(_Scope(query)))
        declared = f"({self._variables.definitions})" if self._variables.definitions else ""
        name = self._random.choice(["", "Q"])
        operation = selected if not (declared or name) else f"query {name}{declared} {selected}"
        definitions = [operation, *self._forms.definitions]
        self._random.shuffle(definitions)
        return Document("\n".join(definitions), self._variables.given)

    def _selection(self, scope: _Scope) -> list[Part]:
        room, lowest, cursors = self._room, self._lowest, self._arguments.cursors
        self._lowest = scope.depth
        parts = self._interface(scope) if isinstance(scope.type_, GraphQLInterfaceType) else self._object(scope)
        parts += self._known_fragment(scope)
        # A cursor is right in one place alone: what has any is not spread elsewhere.
        again = cursors == self._arguments.cursors
        height, cost = self._lowest - scope.depth, (room - self._room) // scope.count
        parts = self._forms.other_form(parts, scope.type_, (height, cost) if again else None)
        self._lowest = max(lowest, self._lowest)
        return parts

    def _interface(self, scope: _Scope) -> list[Part]:
        assert isinstance(scope.type_, GraphQLInterfaceType)
        parts = [Part(self._random.choice(["id", "__typename", "id __typename"]))]
        for possible in self._schema.get_possible_types(scope.type_):
            if self._random.random() < 0.6:
                # What is known of an object of another type is of no use.
                objects = (row and row["__typename"] == possible.name and row for row in scope.reached.objects)
                reached = Reached(tuple(row or None for row in objects), scope.reached.sites)
                inner = self._selection(replace(scope, type_=possible, reached=reached))
                parts.append(Part(f"... on {possible.name}", inner))
        return parts

    def _object(self, scope: _Scope) -> list[Part]:
        assert isinstance(scope.type_, GraphQLObjectType)
        leaves, objects = [], []
        for name, definition in scope.type_.fields.items():
            if is_leaf_type(get_named_type(definition.type)):
                leaves.append(name)
            elif scope.depth + 2 <= self._deepest and self._fields > 0:
                objects.append(name)
        parts: list[Part] = []
        if self._dives and objects:
            parts += self._field(scope, self._random.choice([name for name in objects if name not in _SHALLOW]))
        width = 8 if scope.type_.name == "PageInfo" else self._width
        for _ in range(self._random.randint(1, width)):
            # What a connection has leads to its rows.
            often = 0.9 if scope.depth == 0 or scope.items > 1 else self._objects
            leads = objects and self._random.random() < often
            rare = self._random.random() < 0.1 or not leaves
            parts += self._field(scope, self._random.choice(objects if leads else ["__typename"] if rare else leaves))
        if scope.type_ is self._schema.query_type and self._random.random() < 0.05:
            parts.append(Part(f"__type(name: {self._type_name()}) {self._random.choice(_INTROSPECTED)}"))
        return parts or [Part("__typename")]

    def _type_name(self) -> str:
        names = ("Query", "Site", "User", "Node", "UserOrder", "PickupStatus", "DateTime", "Nothing")
        name = self._random.choice(names)
        written = self._variables.argument(GraphQLArgument(GraphQLNonNull(GraphQLString)), (name,) * CALLS)
        assert written is not None
        return written

    def _field(self, scope: _Scope, name: str) -> list[Part]:
        """A field with all below it; nothing if the answer would become too large."""
        assert isinstance(scope.type_, GraphQLObjectType)
        self._room -= scope.count
        self._lowest = max(self._lowest, scope.depth + 1)
        definition = scope.type_.fields.get(name)
        if definition is None or is_leaf_type(get_named_type(definition.type)):
            return [Part(self._head(scope, name, ""))]
        list_ = LISTS.get((scope.type_.name, name))
        room = self._room // (4 * scope.count)
        if room < 1:
            return []
        self._fields -= 1
        drawn = self._arguments.of_field(scope.type_.name, name, definition, scope.reached, room)
        named = get_named_type(definition.type)
        assert isinstance(named, GraphQLObjectType | GraphQLInterfaceType)
        below = _Scope(named, self._reached(scope, name, drawn), scope.count, scope.depth + 1)
        if list_ is not None:
            below = replace(below, items=max(1, min(_size(drawn), self._arguments.longest(list_))))
        elif name in ("nodes", "edges"):
            items = max(map(len, drawn["ids"])) if "ids" in drawn else scope.items
            below = replace(below, count=scope.count * max(1, items))
        head = self._head(scope, name, self._text(definition, drawn))
        return [Part(head, self._selection(below))]

    def _head(self, scope: _Scope, name: str, arguments: str) -> str:
        """The field without what is below it. Where fields may merge, those with arguments have a key of their own."""
        at_root = scope.type_ is self._schema.query_type
        key = name
        if (arguments and not at_root) or (at_root and name in self._keys) or self._random.random() < 0.2:
            while key in self._keys or key == name:
                key = f"{self._random.choice(_NAMES)}{self._random.randrange(1_000)}"
        self._keys.add(key)
        alias = f"{key}: " if key != name else ""
        return f"{alias}{name}{arguments}{self._forms.directives()}"

    def _text(self, definition: GraphQLField, drawn: Drawn) -> str:
        written = {
            name: self._variables.argument(argument, drawn.get(name, (ABSENT,) * CALLS))
            for name, argument in definition.args.items()
        }
        given = [f"{name}: {text}" for name, text in written.items() if text is not None]
        self._random.shuffle(given)
        return f"({', '.join(given)})" if given else ""

    def _reached(self, scope: _Scope, name: str, drawn: Drawn) -> Reached:
        """What is known of the objects that a field leads to."""
        reached = scope.reached
        if "id" in drawn:
            return self._reached_rows([self._row(one) for one in drawn["id"]])
        if name == "site":
            return self._reached_rows([self._rows.get("Site", key) for key in reached.sites])
        if name == "pickupGroup":
            return self._reached_rows(
                [row and self._rows.get("PickupGroup", row["groupKey"]) for row in reached.objects]
            )
        if "siteId" in drawn:
            return Reached(sites=tuple(None if one in (ABSENT, None) else site_of(one) for one in drawn["siteId"]))
        return Reached(sites=reached.sites)

    def _row(self, id: Any) -> Row | None:
        type_name = str(id).partition(":")[0]
        return self._rows.get(type_name, read_id(str(id), type_name)) if type_name in TABLES else None

    def _reached_rows(self, rows: Sequence[Row | None]) -> Reached:
        return Reached(tuple(rows), tuple(row and row["siteKey"] for row in rows))

    def _known_fragment(self, scope: _Scope) -> list[Part]:
        """Perhaps one that is spread elsewhere too."""
        fragment = self._forms.known(scope.type_, self._deepest - scope.depth, self._room // scope.count)
        if fragment is None:
            return []
        self._room -= fragment.cost * scope.count
        self._lowest = max(self._lowest, scope.depth + fragment.height)
        return [self._forms.spread(fragment.name)]


def _size(drawn: Drawn) -> int:
    """The rows of the largest page that these arguments ask for."""
    unknown = (None,) * CALLS
    sizes = []
    for first, last in zip(drawn.get("first", unknown), drawn.get("last", unknown), strict=True):
        size = first if first is not None else last
        sizes.append(DEFAULT_SIZE if size is None else min(max(size, 0), LARGEST_SIZE))
    return max(sizes)
