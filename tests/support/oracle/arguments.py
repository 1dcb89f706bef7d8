"""Random arguments: ids, pages, cursors, searches, filters and orders; now and then a wrong one."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from graphql import GraphQLEnumType, GraphQLField, GraphQLSchema

from models.queries.cursors import encode_cursor
from tests.support.oracle.lists import LARGEST_SIZE, LISTS, List, Order, read_id
from tests.support.oracle.rows import TABLES, Row, Rows
from tests.support.oracle.variables import ABSENT, CALLS, Name, Values

Drawn = dict[str, Values]
"""The values of each argument of one field."""

UNKNOWN: Values = (None,) * CALLS

_SIZES = [0, 1, 1, 2, 2, 3, 4, 5, 7, 10, 24, 26, 100, None]
_NO_IDS = ["", "x", "Site:0", "Site:01", "site:1", "User:1 ", "User:9223372036854775808", "User:٣", "Change:-1", 5]
_SEARCHED = ["firstName", "lastName", "extension", "phoneNumber", "email", "name", "mainNumber"]
_ODD_SEARCHES = [
    "",
    "  ",
    "%",
    "_",
    "\\",
    "'",
    '"',
    "\u0001",
    "\ud800",
    "+1 514 555 0142",
    "00 1 (514) 555–0142",
    "tel:+1-514-555-0100",
    "01 55 50 10 01",
    "+33 (0)1.55.50.10.00",
    "o’brien",
    "−",
    "(514)555-01",
    "zzz",
    "`",
    ".",
    "é",
]
_WRONG_SIZES = [-1, 101, 2**31 - 1, -(2**31)]
_WRONG_SEARCHES = ["x" * 201, "a b c d e f g h i j k"]
_WRONG_CURSORS = ["", "x", "5B", "5b5d", "5B5D", "5B312C325D", "00", "F" * 5000, "é"]


@dataclass(frozen=True)
class Reached:
    """What is known of the objects that a selection stands for: the one object, and the key of the site, at each call.

    None if there may be several, or none.
    """

    objects: Values = UNKNOWN
    sites: Values = UNKNOWN


def site_of(id: Any) -> int | None:
    """The key of the site with that id."""
    return read_id(str(id), "Site")


class Arguments:
    """Draws the arguments of one document; `wrong` is how probable it is that one of them is wrong."""

    def __init__(self, random: Random, schema: GraphQLSchema, rows: Rows, wrong: float) -> None:
        self._random = random
        self._schema = schema
        self._rows = rows
        self._wrong = wrong
        self.largest = LARGEST_SIZE
        """Of the pages."""
        self.narrowed = 0.25
        """How probable a search or a filter is."""
        self.cursors = 0
        """How many were drawn."""

    def of_field(self, type_name: str, name: str, definition: GraphQLField, reached: Reached, room: int) -> Drawn:
        """Of a field of that type; a list gives at most `room` rows, if it can have more."""
        list_ = LISTS.get((type_name, name))
        if list_ is not None:
            return self._page(list_, definition, reached, room)
        if "id" in definition.args:
            ids = self._each(lambda _: self._id(name))
            return {"id": ids if any(ids) else ("x", *ids[1:])}
        if "ids" in definition.args:
            return {"ids": self._each(lambda _: self._ids(room))}
        return {}

    def longest(self, list_: List) -> int:
        """How many rows a list of this kind can have."""
        rows = self._rows.of[list_.row].values()
        if list_.parent is None:
            return len(rows)
        column = "groupKey" if list_.name == "members" else "siteKey"
        keys = [row[column] for row in rows if row[column] is not None]
        return max((keys.count(key) for key in keys), default=0)

    def _is_wrong(self) -> bool:
        return self._random.random() < self._wrong

    def _each(self, draw: Callable[[int], Any]) -> Values:
        """Drawn for each call, or once for all of them."""
        if self._random.random() < 0.4:
            return tuple(draw(call) for call in range(CALLS))
        return (draw(0),) * CALLS

    def _id(self, name: str) -> Any:
        """For the argument `id` of the root field of that name."""
        random = self._random
        if self._is_wrong():
            return None
        if random.random() < 0.04:
            return random.choice(_NO_IDS)
        own = name[0].upper() + name[1:]
        type_name = own if own in TABLES and random.random() < 0.95 else random.choice(list(TABLES))
        keys = list(self._rows.of[type_name])
        return f"{type_name}:{random.choice([*keys, *keys, 90, max(keys, default=0) + 1])}"

    def _ids(self, room: int) -> list[Any]:
        number = 101 if self._is_wrong() else self._random.randint(0, max(1, min(room, 7)))
        return [self._id("nodes") or "x" for _ in range(number)]

    def _page(self, list_: List, definition: GraphQLField, reached: Reached, room: int) -> Drawn:
        random = self._random
        drawn: Drawn = {}
        if "siteId" in definition.args and random.random() < 0.5:
            drawn["siteId"] = self._each(lambda _: self._id("site") if random.random() < 0.95 else None)
        if "filter" in definition.args and random.random() < self.narrowed:
            drawn["filter"] = self._each(lambda _: self._filter(definition))
        if "search" in definition.args and random.random() < self.narrowed:
            drawn["search"] = self._each(lambda _: self._search(list_))
        if "orderBy" in definition.args and random.random() < 0.5:
            drawn["orderBy"] = self._each(lambda _: self._order(definition))
        self._draw_sizes(drawn, list_, room)
        for name in ("after", "before"):
            if random.random() < 1.5 * self.narrowed:
                drawn[name] = self._cursors(list_, drawn, reached)
        return drawn

    def _draw_sizes(self, drawn: Drawn, list_: List, room: int) -> None:
        random = self._random
        enough = min(room, self.largest) >= self.longest(list_)
        if enough and random.random() < 0.4:
            return
        name, other = random.sample(["first", "first", "last"], 2)
        sizes = [size for size in _SIZES if enough or (size is not None and size <= min(room, self.largest))]
        drawn[name] = self._each(lambda _: random.choice(_WRONG_SIZES if self._is_wrong() else sizes))
        if name != other and random.random() < 0.1:
            drawn[other] = (None,) * CALLS
        if self._is_wrong():
            drawn["first"], drawn["last"] = (1,) * CALLS, (1,) * CALLS

    def _filter(self, definition: GraphQLField) -> dict[str, Any] | None:
        random = self._random
        if random.random() < 0.08:
            return None
        type_ = self._schema.type_map[str(definition.args["filter"].type)]
        chosen: dict[str, Any] = {}
        if random.random() < 0.5:
            known = [row["externalId"] for type_name in ("Site", "User") for row in self._rows.of[type_name].values()]
            texts = [*random.sample(known, random.randint(0, 6)), *random.sample(["", "x", "U1\0", "\ud800"], 1)]
            chosen["externalIds"] = (
                ["x"] * 1_001 if self._is_wrong() else random.choice([texts, texts, texts[:-1], None])
            )
        if type_.name == "UserFilter" and random.random() < 0.4:
            chosen["stationTypes"] = random.choice([self._names("StationType", random.randint(0, 4)), None])
        if type_.name == "UserFilter" and random.random() < 0.4:
            chosen["pickupStatus"] = random.choice([*self._names("PickupStatus", 3), None])
        return chosen

    def _names(self, enum: str, number: int) -> list[Name]:
        type_ = self._schema.type_map[enum]
        assert isinstance(type_, GraphQLEnumType)
        return [Name(self._random.choice(list(type_.values))) for _ in range(number)]

    def _order(self, definition: GraphQLField) -> dict[str, Any] | None:
        random = self._random
        if random.random() < 0.08:
            return None
        (chosen,) = self._names(f"{definition.args['orderBy'].type}Field", 1)
        order: dict[str, Any] = {"field": chosen}
        if random.random() < 0.7:
            order["direction"] = None if self._is_wrong() else Name(random.choice(["ASC", "DESC"]))
        return order

    def _search(self, list_: List) -> str | None:
        random = self._random
        if self._is_wrong():
            return random.choice(_WRONG_SEARCHES)
        chance = random.random()
        if chance < 0.05:
            return None
        if chance < 0.3:
            return random.choice(_ODD_SEARCHES)
        row = random.choice(list(self._rows.of[list_.row].values()))
        return random.choice([" ", "  ", "\t"]).join(self._term(row) for _ in range(random.choice([1, 1, 1, 2, 3])))

    def _term(self, row: Row) -> str:
        """A piece of the row's text, in capitals or not."""
        random = self._random
        text: str = random.choice([row[name] for name in _SEARCHED if row.get(name)] or ["x"])
        start = random.randrange(len(text))
        piece = text[start : start + random.choice([1, 2, 3, 5, 100])]
        return random.choice([piece, piece.upper(), piece.lower()])

    def _cursors(self, list_: List, drawn: Drawn, reached: Reached) -> Values:
        """Those of the list and order at each call; absent if it is not known whose list it is, a wrong one apart."""
        self.cursors += 1
        random = self._random

        def draw(call: int) -> Any:
            if random.random() < 0.05:
                return None
            if self._is_wrong():
                return self._wrong_cursor()
            order = Order.of(
                list_, {name: values[call] for name, values in drawn.items() if values[call] is not ABSENT}
            )
            parent = self._parent(list_, drawn, reached, call)
            return ABSENT if parent is ABSENT else encode_cursor(order.cursor_name(parent), self._place(order))

        cursors = tuple(draw(call) for call in range(CALLS))
        if random.random() < 0.5 and all(drawn["orderBy"][0] == one for one in drawn.get("orderBy", ())):
            parents = [self._parent(list_, drawn, reached, call) for call in range(CALLS)]
            if all(parent == parents[0] for parent in parents):
                return (cursors[0],) * CALLS
        return cursors

    def _parent(self, list_: List, drawn: Drawn, reached: Reached, call: int) -> Any:
        """The key that the cursors of the list hold."""
        if list_.parent is None:
            site = drawn.get("siteId", UNKNOWN)[call]
            return None if site is None else site_of(site) or ABSENT
        if list_.parent == "siteKey":
            return ABSENT if reached.sites[call] is None else reached.sites[call]
        return ABSENT if reached.objects[call] is None else reached.objects[call]["key"]

    def _place(self, order: Order) -> tuple[Any, ...]:
        """That of a row, or one between rows."""
        random = self._random
        column, key = order.place(random.choice(list(self._rows.of[order.list.row].values())))
        if random.random() < 0.15:
            return (column, key + random.choice([-1, 1, 1_000]))
        if random.random() < 0.1:
            return (
                column + 1
                if isinstance(column, int) and column < 2**63 - 1
                else "le"
                if isinstance(column, str)
                else 0,
                key,
            )
        return column, key

    def _wrong_cursor(self) -> str:
        """No cursor, or one of any list and order, perhaps not quite."""
        random = self._random
        if random.random() < 0.2:
            return random.choice(_WRONG_CURSORS)
        list_ = random.choice(list(LISTS.values()))
        order = Order(list_, random.choice(list(list_.orders)), random.random() < 0.3)
        column, key = self._place(order)
        parent = None if random.random() < 0.3 else random.randint(1, 6)
        places = [(column, key)] * 8 + [
            (key, column),
            (column,),
            (column, key, key),
            (column, True),
            (column, 2**63),
            ("\0", key),
            (column, 1.5),
        ]
        cursor = encode_cursor(order.cursor_name(parent), random.choice(places))
        return random.choice([cursor] * 8 + [cursor.lower(), cursor[:-2], f"{cursor} ", cursor + "20"])
