"""The schema of schema.graphql, with resolvers over plain rows."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graphql import GraphQLObjectType, GraphQLResolveInfo, GraphQLSchema, build_schema

from tests.support.oracle.lists import LISTS, page, read_id, site_key
from tests.support.oracle.rows import TABLES, Row, Rows

SDL = Path(__file__).parents[3] / "schema.graphql"


@dataclass(frozen=True)
class Caller:
    """Who asks. `sites` are the external ids of the sites granted, None for all; `permissions` are in order."""

    subject: str
    permissions: tuple[str, ...] = ("READ",)
    sites: tuple[str, ...] | None = None

    def sees(self, rows: Rows, row: Row) -> bool:
        return self.sites is None or rows.of["Site"][row["siteKey"]]["externalId"] in self.sites


@dataclass(frozen=True)
class Context:
    """What the resolvers of one query read from."""

    rows: Rows
    caller: Caller

    def visible(self, rows: Iterable[Row]) -> list[Row]:
        return [row for row in rows if self.caller.sees(self.rows, row)]

    def node(self, id: str, *type_names: str) -> Row | None:
        """The object of one of these types with that id; None if the caller sees none."""
        row = self.rows.get(id.partition(":")[0], read_id(id, *type_names))
        return row if row is not None and self.caller.sees(self.rows, row) else None


Resolver = Callable[..., Any]


def make_schema() -> GraphQLSchema:
    schema = build_schema(SDL.read_text(encoding="utf-8"))
    for (type_name, field), resolver in RESOLVERS.items():
        type_ = schema.type_map[type_name]
        assert isinstance(type_, GraphQLObjectType)
        type_.fields[field].resolve = resolver
    return schema


def _by_id(*type_names: str) -> Resolver:
    def resolve(_root: None, info: GraphQLResolveInfo[Any], id: str) -> Row | None:
        context: Context = info.context
        return context.node(id, *type_names)

    return resolve


def _nodes(_root: None, info: GraphQLResolveInfo[Any], ids: list[str]) -> list[Row | None]:
    return [info.context.node(one, *TABLES) for one in ids]


def _viewer(_root: None, info: GraphQLResolveInfo[Any]) -> dict[str, Any]:
    caller: Caller = info.context.caller
    return {"subject": caller.subject, "permissions": caller.permissions}


def _root_list(field: str) -> Resolver:
    """Of the visible rows; with a siteId, of that site's."""
    list_ = LISTS["Query", field]

    def resolve(_root: None, info: GraphQLResolveInfo[Any], **arguments: Any) -> dict[str, Any]:
        site = site_key(arguments)
        rows = info.context.visible(info.context.rows.of[list_.row].values())
        return page(list_, site, [row for row in rows if site in (None, row["siteKey"])], arguments)

    return resolve


def _list_below(type_name: str, field: str, column: str, **values: str) -> Resolver:
    """Of the rows whose `column` holds the key of the cursors, and that have these values."""
    list_ = LISTS[type_name, field]
    assert list_.parent is not None
    parent: str = list_.parent

    def resolve(row: Row, info: GraphQLResolveInfo[Any], **arguments: Any) -> dict[str, Any]:
        key = row[parent]
        return page(list_, key, info.context.rows.where(list_.row, **{column: key}, **values), arguments)

    return resolve


def _one(type_name: str, column: str) -> Resolver:
    """The object whose key is in that column."""

    def resolve(row: Row, info: GraphQLResolveInfo[Any]) -> Row | None:
        rows: Rows = info.context.rows
        return rows.get(type_name, row[column])

    return resolve


def _member_count(row: Row, info: GraphQLResolveInfo[Any]) -> int:
    return len(info.context.rows.where("User", groupKey=row["key"]))


RESOLVERS: dict[tuple[str, str], Resolver] = {
    ("Query", "node"): _by_id(*TABLES),
    ("Query", "nodes"): _nodes,
    ("Query", "viewer"): _viewer,
    ("Query", "site"): _by_id("Site"),
    ("Query", "sites"): _root_list("sites"),
    ("Query", "user"): _by_id("User"),
    ("Query", "users"): _root_list("users"),
    ("Query", "pickupGroup"): _by_id("PickupGroup"),
    ("Query", "pickupGroups"): _root_list("pickupGroups"),
    ("Site", "users"): _list_below("Site", "users", "siteKey"),
    ("Site", "pickupGroups"): _list_below("Site", "pickupGroups", "siteKey"),
    ("Site", "changes"): _list_below("Site", "changes", "siteKey"),
    ("User", "site"): _one("Site", "siteKey"),
    ("User", "pickupGroup"): _one("PickupGroup", "groupKey"),
    ("PickupGroup", "site"): _one("Site", "siteKey"),
    ("PickupGroup", "memberCount"): _member_count,
    ("PickupGroup", "changes"): _list_below("PickupGroup", "changes", "groupKey"),
    ("PickupGroup", "members"): _list_below("PickupGroup", "members", "groupKey"),
    ("PickupGroup", "availableUsers"): _list_below(
        "PickupGroup", "availableUsers", "siteKey", pickupStatus="AVAILABLE"
    ),
    ("Change", "site"): _one("Site", "siteKey"),
    ("Change", "pickupGroup"): _one("PickupGroup", "groupKey"),
}
"""Of the fields that lead to other rows; graphql-core reads all others from the dict by their names."""
