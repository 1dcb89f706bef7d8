"""What a token does not grant costs the same as what does not exist: a caller learns nothing by time.

For each argument that takes an id, a key or a cursor, the statements and their rows are the same for an object of a
site that is not granted, which has many rows, as for one that is not there; and the database reads but for the rows
that are named no more either.
"""

import json
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import pytest
from graphql import GraphQLInputObjectType, GraphQLObjectType, get_named_type

from graph.schema import schema
from models.caller import Caller, Permission
from models.database.database import Database
from models.database.opening import opened_database
from models.database.url import parse_database_url
from models.queries.cursors import encode_cursor
from models.queries.search_text import sort_key
from tests.support.databases import connected
from tests.support.factories import make_group, make_site, make_users
from tests.support.recording import Recorded, record_answer

CORE = schema._schema
CALLER = Caller("ann", frozenset(Permission), frozenset({"ours"}))
ROWS_OF_HIDDEN = 150
MOST_STEPS, MOST_ROWS = 160, 40
"""Of SQLite's virtual machine, and those that PostgreSQL's plan nodes pass on or drop: to find up to six rows by their
keys, and to see that they are not granted. What depends on the rows of the hidden site takes more."""


@dataclass(frozen=True)
class Named:
    """The ids and keys that a caller names: `own_*` are granted."""

    own_site: str
    own_group: str
    own_user: str
    site: str
    group: str
    users: Sequence[str]
    change: str
    site_key: str
    user_keys: Sequence[str]

    def cursor(self, list_name: str, parent: str) -> str:
        """A cursor as a list under that row would have it: at a user."""
        listing = f"{list_name}:{parent.partition(':')[2]}:+NAME"
        return encode_cursor(listing, [sort_key("Name0001", "Pat"), int(self.users[0].partition(":")[2])])


MEMBERS = "pickupGroup { id } violations { rule path }"


def mutation(name: str, type_: str, selection: str = MEMBERS) -> str:
    return f"mutation($input: {type_}!) {{ {name}(input: $input) {{ {selection} }} }}"


USER_ROW = {"firstName": "Ann", "stationType": "BASIC"}
VIOLATIONS = "violations { rule path }"
BELOW_GROUP = "query($id: ID!, $cursor: String!) { pickupGroup(id: $id) { %s { nodes { id } } } }"

CASES: dict[str, tuple[str, Callable[[Named], dict[str, Any]]]] = {
    "node site": ("query($id: ID!) { node(id: $id) { id } }", lambda named: {"id": named.site}),
    "node group": ("query($id: ID!) { node(id: $id) { id } }", lambda named: {"id": named.group}),
    "node user": ("query($id: ID!) { node(id: $id) { id } }", lambda named: {"id": named.users[0]}),
    "node change": ("query($id: ID!) { node(id: $id) { id } }", lambda named: {"id": named.change}),
    "nodes": (
        "query($ids: [ID!]!) { nodes(ids: $ids) { id } }",
        lambda named: {"ids": [named.site, named.group, *named.users, named.change]},
    ),
    "site": (
        "query($id: ID!) { site(id: $id) { name users { totalCount } pickupGroups { totalCount } } }",
        lambda named: {"id": named.site},
    ),
    "user": (
        "query($id: ID!) { user(id: $id) { email pickupGroup { name members { totalCount } } } }",
        lambda named: {"id": named.users[0]},
    ),
    "group": (
        "query($id: ID!) { pickupGroup(id: $id) { members { totalCount } availableUsers { totalCount } } }",
        lambda named: {"id": named.group},
    ),
    "users siteId": (
        "query($id: ID!) { users(siteId: $id, search: \"pat\") { totalCount nodes { id } } }",
        lambda named: {"id": named.site},
    ),
    "pickupGroups siteId": (
        "query($id: ID!) { pickupGroups(siteId: $id, search: \"sales\") { totalCount nodes { id } } }",
        lambda named: {"id": named.site},
    ),
    "sites filter": (
        "query($keys: [String!]) { sites(filter: {externalIds: $keys}) { totalCount nodes { id } } }",
        lambda named: {"keys": [named.site_key]},
    ),
    "users filter": (
        "query($keys: [String!]) { users(filter: {externalIds: $keys}) { totalCount nodes { id } } }",
        lambda named: {"keys": named.user_keys},
    ),
    **{
        f"{name} {way}": (BELOW_GROUP % f"{name}({way}: $cursor)", lambda named, name=name: {  # type: ignore[misc]
            "id": named.own_group, "cursor": named.cursor(name, named.group),
        })
        for name in ("members", "availableUsers")
        for way in ("after", "before")
    },
    "users after": (
        "query($id: ID!, $cursor: String!) { users(siteId: $id, after: $cursor) { nodes { id } } }",
        lambda named: {"id": named.own_site, "cursor": named.cursor("users", named.site)},
    ),
    "create siteId": (
        mutation("createPickupGroup", "CreatePickupGroupInput"),
        lambda named: {"input": {"siteId": named.site, "name": "Sales", "userIds": [named.own_user]}},
    ),
    "create userIds": (
        mutation("createPickupGroup", "CreatePickupGroupInput"),
        lambda named: {"input": {"siteId": named.own_site, "name": "New", "userIds": named.users}},
    ),
    "rename id": (
        mutation("renamePickupGroup", "RenamePickupGroupInput"),
        lambda named: {"input": {"id": named.group, "name": "Sales"}},
    ),
    **{
        f"{name} {place}": (
            mutation(f"{name}PickupGroupMembers", f"{kind}PickupGroupMembersInput"),
            lambda named, place=place: {"input": {  # type: ignore[misc]
                "id": named.group if place == "id" else named.own_group,
                "userIds": [named.own_user] if place == "id" else named.users, "moveMembers": True,
            }},
        )
        for name, kind in (("set", "Set"), ("add", "Change"), ("remove", "Change"))
        for place in ("id", "userIds")
    },
    "update id": (
        mutation("updatePickupGroup", "UpdatePickupGroupInput"),
        lambda named: {"input": {"id": named.group, "name": "Sales", "addUserIds": [named.own_user]}},
    ),
    **{
        f"update {field}": (
            mutation("updatePickupGroup", "UpdatePickupGroupInput"),
            lambda named, field=field: {"input": {"id": named.own_group, field: named.users}},  # type: ignore[misc]
        )
        for field in ("addUserIds", "removeUserIds")
    },
    "delete id": (
        mutation("deletePickupGroup", "DeletePickupGroupInput", f"deletedId {VIOLATIONS}"),
        lambda named: {"input": {"id": named.group}},
    ),
    "upsertSites externalId": (
        mutation("upsertSites", "UpsertSitesInput", f"added {VIOLATIONS}"),
        lambda named: {"input": {"sites": [{"externalId": named.site_key, "name": "Site"}]}},
    ),
    "upsertUsers siteExternalId": (
        mutation("upsertUsers", "UpsertUsersInput", f"added {VIOLATIONS}"),
        lambda named: {"input": {"users": [USER_ROW | {"externalId": "new", "siteExternalId": named.site_key}]}},
    ),
    "removeUsers externalIds": (
        mutation("removeUsers", "RemoveUsersInput", f"removed {VIOLATIONS}"),
        lambda named: {"input": {"externalIds": named.user_keys}},
    ),
    "removeSites externalIds": (
        mutation("removeSites", "RemoveSitesInput", f"removed {VIOLATIONS}"),
        lambda named: {"input": {"externalIds": [named.site_key]}},
    ),
}  # fmt: skip
"""Documents and variables in which one argument names objects that are hidden, or not there.

Not here: a key of `upsertUsers` that a user of another site has is refused, since it cannot be added.
"""


@pytest.fixture
async def open_rows(url: str) -> AsyncIterator[tuple[Database, Named, Named]]:
    """A database, the objects of a site that is not granted, and objects that are not there."""
    async with opened_database(parse_database_url(url)) as database:
        ours, hidden = await make_site(external_id="ours"), await make_site(external_id="hidden")
        own_group, group = await make_group(ours), await make_group(hidden)
        own_users = await make_users(ours, 3, group=own_group)
        own_free = await make_users(ours, 3)
        members = await make_users(hidden, ROWS_OF_HIDDEN, group=group)
        await make_users(hidden, ROWS_OF_HIDDEN)
        own = {"own_site": ours.id, "own_group": own_group.id, "own_user": own_free[0].id}
        assert own_users
        seen = Named(
            **own, site=hidden.id, group=group.id, users=[one.id for one in members[:3]], change="Change:1",
            site_key="hidden", user_keys=[one.external_id for one in members[:3]],
        )  # fmt: skip
        await _log_change(database, hidden.key)
        missing = Named(
            **own, site="Site:900001", group="PickupGroup:900002", users=[f"User:{900_003 + one}" for one in range(3)],
            change="Change:900004", site_key="nowhere", user_keys=["nobody-1", "nobody-2", "nobody-3"],
        )  # fmt: skip
        yield database, seen, missing


async def _log_change(database: Database, site_key: int) -> None:
    sql = (
        "INSERT INTO changes (site_id, revision, kind, actor, occurred_at) "
        f"VALUES ({site_key}, 1, 'DIRECTORY_CHANGED', 'ann', '2026-01-01T00:00:00.000000Z')"
    )
    await database.change(lambda transaction: transaction.fetch(sql, []))


@pytest.mark.parametrize("case", CASES)
async def test_hidden_rows_cost_what_missing_ones_do(
    open_rows: tuple[Database, Named, Named], url: str, case: str
) -> None:
    database, hidden, missing = open_rows
    query, variables = CASES[case]
    # The first time, a document is compiled.
    await record_answer(database, query, CALLER, **variables(missing))

    answer, of_hidden = await record_answer(database, query, CALLER, **variables(hidden))
    expected, of_missing = await record_answer(database, query, CALLER, **variables(missing))

    assert answer.keys() == expected.keys()
    assert [(one.sql, one.rows) for one in of_hidden] == [(one.sql, one.rows) for one in of_missing]
    more = await count_work(url, of_hidden) - await count_work(url, of_missing)
    assert more <= (MOST_STEPS if url.startswith("sqlite") else MOST_ROWS)


async def count_work(url: str, statements: Sequence[Recorded]) -> int:
    """What the database reads to run the statements again: steps of SQLite's machine, or rows of PostgreSQL."""
    if url.startswith("sqlite"):
        return _steps(url.removeprefix("sqlite://"), statements)
    rows = 0
    async with connected(url) as connection:
        transaction = connection.transaction()
        await transaction.start()
        for one in statements:
            explained = await connection.fetchval(
                f"EXPLAIN (ANALYZE, TIMING OFF, COSTS OFF, FORMAT JSON) {one.sql}", *one.values
            )
            rows += _rows_read(json.loads(explained)[0]["Plan"])
        await transaction.rollback()
    return rows


def _steps(path: str, statements: Sequence[Recorded]) -> int:
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN")
        connection.set_progress_handler(count, 1)
        for one in statements:
            connection.execute(one.sql, one.values).fetchall()
        connection.execute("ROLLBACK")
    return steps


def _rows_read(plan: dict[str, Any]) -> int:
    """The rows that all nodes of a plan gave, and those that they dropped."""
    own = plan["Actual Rows"] + sum(value for name, value in plan.items() if name.startswith("Rows Removed"))
    return int(own * plan["Actual Loops"]) + sum(_rows_read(below) for below in plan.get("Plans", ()))


def test_every_argument_that_names_something_is_tried() -> None:
    """A new argument or field of an input must be tried above, or be one of those that name nothing."""
    names_nothing = {
        "first", "last", "search", "orderBy", "field", "direction", "stationTypes", "pickupStatus", "name", "dryRun",
        "expectedVersion", "moveMembers", "mainNumber", "firstName", "lastName", "extension", "phoneNumber", "email",
        "stationType", "bargeInExempt",
    }  # fmt: skip
    tried = {
        "id", "ids", "siteId", "filter", "after", "before", "externalIds", "userIds", "addUserIds", "removeUserIds",
        "externalId", "siteExternalId", "input", "sites", "users",
    }  # fmt: skip
    found: set[str] = set()
    for type_ in CORE.type_map.values():
        if isinstance(type_, GraphQLObjectType) and not type_.name.startswith("__") and type_.name != "Subscription":
            found |= {name for field in type_.fields.values() for name in field.args}
        if isinstance(type_, GraphQLInputObjectType):
            found |= set(type_.fields)
    mutation_type = CORE.mutation_type
    assert mutation_type is not None
    assert found - names_nothing == tried
    assert {get_named_type(field.args["input"].type).name for field in mutation_type.fields.values()} == {
        query.partition("$input: ")[2].partition("!")[0] for query, _ in CASES.values() if "$input" in query
    }
