"""Lists as the contract describes them: arguments that are wrong, and pages of Python lists."""

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from models.domain.phone_numbers import number_of_search
from models.errors import BadInput
from models.queries.cursors import encode_cursor
from models.queries.search_text import terms
from tests.support.oracle.rows import Row

DEFAULT_SIZE = 25
LARGEST_SIZE = 100
MOST_NODES = 100
MOST_EXTERNAL_IDS = 1_000
DEFAULT_REGION = "FR"
"""Of the server that is compared: numbers in the sample are of Canada and of France."""

Arguments = Mapping[str, Any]
Place = tuple[Any, ...]
"""A row's value in the column of an order, then its key."""

_USER_ORDERS = {"NAME": "sortKey", "EXTENSION": "extensionKey"}
_GROUP_ORDERS = {"NAME": "sortKey", "CREATED_AT": "createdAt", "UPDATED_AT": "updatedAt"}
_NUMBERS = {"extensionKey", "revision"}


@dataclass(frozen=True)
class List:
    """A list that is paged: its name in cursors, and the column of each order.

    `parent` is the column of the object above it that holds the key in cursors, None for a root field.
    """

    name: str
    row: str
    orders: Mapping[str, str]
    parent: str | None = None


LISTS = {
    ("Query", "sites"): List("sites", "Site", {"NAME": "sortKey"}),
    ("Query", "users"): List("users", "User", _USER_ORDERS),
    ("Query", "pickupGroups"): List("pickupGroups", "PickupGroup", _GROUP_ORDERS),
    ("Site", "users"): List("users", "User", _USER_ORDERS, "key"),
    ("Site", "pickupGroups"): List("pickupGroups", "PickupGroup", _GROUP_ORDERS, "key"),
    ("Site", "changes"): List("changes", "Change", {"REVISION": "revision"}, "key"),
    ("PickupGroup", "changes"): List("pickupGroupChanges", "Change", {"REVISION": "revision"}, "key"),
    ("PickupGroup", "members"): List("members", "User", _USER_ORDERS, "key"),
    ("PickupGroup", "availableUsers"): List("availableUsers", "User", _USER_ORDERS, "siteKey"),
}
"""By the type and the field that has it."""


@dataclass(frozen=True)
class Order:
    """An order of a list, as its arguments choose it."""

    list: List
    name: str
    descending: bool

    @classmethod
    def of(cls, list_: List, arguments: Arguments) -> "Order":
        chosen = arguments.get("orderBy") or {"field": next(iter(list_.orders))}
        return cls(list_, chosen["field"], chosen.get("direction") == "DESC")

    def place(self, row: Row) -> Place:
        return row[self.list.orders[self.name]], row["key"]

    def later(self, place: Place, other: Place) -> bool:
        return place < other if self.descending else place > other

    def cursor_name(self, parent: int | str | None) -> str:
        """What the cursors of the list of that parent begin with."""
        return f"{self.list.name}:{'' if parent is None else parent}:{'-' if self.descending else '+'}{self.name}"

    def cursor(self, parent: int | None, row: Row) -> str:
        return encode_cursor(self.cursor_name(parent), self.place(row))

    def fits(self, place: Place) -> bool:
        kind = int if self.list.orders[self.name] in _NUMBERS else str
        return [type(value) for value in place] == [kind, int] and all(map(_storable, place))


class ForeignCursorError(Exception):
    """A cursor of the right list and order, but of another object's list than the one that is read."""


def wrong(list_: List, arguments: Arguments) -> bool:
    """Whether an argument is wrong, whatever the object is whose list is asked for."""
    sizes = [arguments[name] for name in ("first", "last") if arguments.get(name) is not None]
    if len(sizes) > 1 or any(not 0 <= size <= LARGEST_SIZE for size in sizes):
        return True
    if len((arguments.get("filter") or {}).get("externalIds") or ()) > MOST_EXTERNAL_IDS:
        return True
    try:
        terms(arguments.get("search") or "")
    except BadInput:
        return True
    return any(_wrong_cursor(list_, arguments, name) for name in ("after", "before"))


def _wrong_cursor(list_: List, arguments: Arguments, name: str) -> bool:
    cursor = arguments.get(name)
    if cursor is None:
        return False
    order = Order.of(list_, arguments)
    cursor_name, place = read_cursor(cursor)
    if list_.parent is not None:
        expected = re.escape(order.cursor_name("KEY")).replace("KEY", "[1-9][0-9]{0,17}")
    else:
        expected = re.escape(order.cursor_name(site_key(arguments)))
    return not re.fullmatch(expected, cursor_name) or not order.fits(place)


def site_key(arguments: Arguments) -> int | None:
    """The key in the argument siteId: None if it is not given, 0 if it is not the id of a site."""
    if arguments.get("siteId") is None:
        return None
    return read_id(arguments["siteId"], "Site") or 0


def read_cursor(cursor: str) -> tuple[str, Place]:
    """The name of the list and order, and the place; the name is empty if it is not a cursor."""
    try:
        name, *place = json.loads(bytes.fromhex(cursor))
        if encode_cursor(name, place) == cursor:
            return str(name), tuple(place)
    except (ValueError, TypeError):
        pass
    return "", ()


def _storable(value: object) -> bool:
    return "\0" not in value if isinstance(value, str) else isinstance(value, int) and -(2**63) <= value < 2**63


def read_id(text: str, *type_names: str) -> int | None:
    """The key in the id of an object of one of these types."""
    found = re.fullmatch(rf"(?:{'|'.join(type_names)}):([1-9][0-9]{{0,18}})", text, re.ASCII)
    return int(found[1]) if found and int(found[1]) < 2**63 else None


def page(list_: List, parent: int | None, rows: Iterable[Row], arguments: Arguments) -> dict[str, Any]:
    """The connection: the page of the list of those rows, arguments that are not `wrong` given."""
    order = Order.of(list_, arguments)
    after, before = (_place(order, parent, arguments.get(name)) for name in ("after", "before"))
    found = _matching(rows, arguments)
    found.sort(key=order.place, reverse=order.descending)
    between, earlier, later = [], False, False
    for row in found:
        is_earlier = after is not None and not order.later(order.place(row), after)
        is_later = before is not None and not order.later(before, order.place(row))
        earlier, later = earlier or is_earlier, later or is_later
        if not (is_earlier or is_later):
            between.append(row)
    shown = _cut(between, arguments)
    backward = arguments.get("last") is not None
    more = len(between) > len(shown)
    edges = [{"cursor": order.cursor(parent, row), "node": row} for row in shown]
    return {
        "edges": edges,
        "nodes": shown,
        "totalCount": len(found),
        "pageInfo": {
            "hasPreviousPage": earlier or (backward and more),
            "hasNextPage": later or (not backward and more),
            "startCursor": edges[0]["cursor"] if edges else None,
            "endCursor": edges[-1]["cursor"] if edges else None,
        },
    }


def _place(order: Order, parent: int | None, cursor: str | None) -> Place | None:
    if cursor is None:
        return None
    name, place = read_cursor(cursor)
    if name != order.cursor_name(parent):
        raise ForeignCursorError
    return place


def _cut(rows: list[Row], arguments: Arguments) -> list[Row]:
    if arguments.get("last") is not None:
        return rows[max(0, len(rows) - arguments["last"]) :]
    size = arguments.get("first")
    return rows[: DEFAULT_SIZE if size is None else size]


def _matching(rows: Iterable[Row], arguments: Arguments) -> list[Row]:
    """The rows that meet the search and the filter."""
    search = arguments.get("search") or ""
    searched, number = terms(search), number_of_search(search, DEFAULT_REGION)
    if searched is None:
        return []
    chosen = arguments.get("filter") or {}
    external_ids, stations = chosen.get("externalIds"), chosen.get("stationTypes")
    if external_ids is not None:
        external_ids = [unicodedata.normalize("NFC", one) for one in external_ids]
    status = chosen.get("pickupStatus")
    return [
        row
        for row in rows
        if (all(term in row["searchKey"] for term in searched) or number in row["searchKey"].split("\n"))
        and (external_ids is None or row["externalId"] in external_ids)
        and (stations is None or row["stationType"] in stations)
        and (status is None or row["pickupStatus"] == status)
    ]
