"""How many statements a query costs: as its shape says, whatever the number of rows."""

from itertools import product

import pytest

from tests.support.api import Api
from tests.support.factories import make_group, make_site, make_users
from tests.support.lists import CONNECTIONS, Ids, Listed
from tests.support.recording import record

EVERYTHING = """query($site: ID!, $group: ID!) {
  site(id: $site) { name
    users(first: 3) { totalCount pageInfo { hasNextPage } nodes { displayName site { name }
      pickupGroup { name site { id } members(last: 2) { nodes { id } } } } }
    pickupGroups { totalCount edges { cursor node { name memberCount site { name }
      members(first: 4, search: "pat") { totalCount edges { cursor node { displayName pickupGroup { id } } } }
      availableUsers(first: 2, orderBy: {field: EXTENSION}) { totalCount nodes { lastName } } } } }
    changes { totalCount nodes { revision pickupGroup { name memberCount } site { id } } } }
  sites { totalCount nodes { name users(last: 2) { totalCount nodes { id } } pickupGroups { nodes { id } }
    changes(first: 1) { nodes { id } } } }
  users { totalCount nodes { site { name } } }
  pickupGroup(id: $group) { site { users(filter: {pickupStatus: AVAILABLE}) { nodes { id } } } }
}"""


async def make_rows(api: Api, times: int) -> None:
    """So many sites, each with that many groups, members, free users and changes."""
    for _ in range(times):
        site = await make_site()
        for number in range(times):
            group = await make_group(site, f"Group {number}")
            await make_users(site, times, group=group)
            await api.mutate("renamePickupGroup", "violations { rule }", id=group.id, name=f"New {number}")
        await make_users(site, times)


async def test_statements_do_not_grow_with_rows(api: Api) -> None:
    site = await make_site()
    group = await make_group(site)
    await make_users(site, 1, group=group)
    await make_users(site, 1)
    await api.mutate("renamePickupGroup", "violations { rule }", id=group.id, name="New")
    ids = {"site": site.id, "group": group.id}
    few = await api.statements(EVERYTHING, **ids)

    await make_rows(api, 3)
    for number in range(9):
        await make_users(site, 3, group=await make_group(site, f"Group {number}"))
    many = await api.statements(EVERYTHING, **ids)

    assert many == few == 6


async def test_groups_with_members_take_one_statement(api: Api) -> None:
    site = await make_site()
    for number in range(55):
        await make_users(site, 2, group=await make_group(site, f"Group {number}"))
    query = """query($id: ID!, $first: Int) { site(id: $id) { pickupGroups(first: $first) { totalCount edges { cursor
      node { id name memberCount members(first: 10) { nodes { id displayName extension } } } } } } }"""

    assert [await api.statements(query, id=site.id, first=first) for first in (1, 50)] == [1, 1]


async def make_parents() -> Ids:
    site = await make_site()
    group = await make_group(site)
    await make_users(site, 3, group=group)
    await make_users(site, 3)
    return {"Site": site.id, "PickupGroup": group.id}


SELECTIONS = (
    "totalCount",
    "nodes { id }",
    "edges { node { id } cursor } nodes { id }",
    "pageInfo { hasNextPage hasPreviousPage startCursor endCursor } nodes { id } totalCount",
)


@pytest.mark.parametrize("listed", CONNECTIONS.values(), ids=CONNECTIONS)
async def test_page_is_one_statement_whatever_is_selected(api: Api, listed: Listed) -> None:
    ids = await make_parents()
    for number in range(3):
        await api.mutate("renamePickupGroup", "violations { rule }", id=ids["PickupGroup"], name=f"N{number}")
    cursor = (await listed.page(api, ids, first=1))["pageInfo"]["endCursor"]

    for selection, after, before in product(SELECTIONS, (None, cursor), (None, cursor)):
        assert await api.statements(listed.query(ids, selection), after=after, before=before) == 1


async def test_total_count_alone_reads_no_rows(api: Api) -> None:
    ids = await make_parents()

    for listed in CONNECTIONS.values():
        recorded = await record(api.database, f"{{ {listed.text(ids, '', 'totalCount')} }}")
        assert [statement.rows for statement in recorded] == [1] * len(recorded)
        assert "sort_key" not in recorded[-1].sql


async def test_column_is_read_only_if_selected(api: Api) -> None:
    await make_parents()

    (plain,) = await record(api.database, "{ pickupGroups { nodes { id name } } }")
    (counting,) = await record(api.database, "{ pickupGroups { nodes { id memberCount } } }")
    (users,) = await record(api.database, "{ users { nodes { displayName pickupStatus } } }")

    assert ("count(*)" in plain.sql, "count(*)" in counting.sql) == (False, True)
    assert ("x.name" in plain.sql, "x.name" in counting.sql) == (True, False)
    assert "x.email" not in users.sql
    assert all(f"x.{column}" in users.sql for column in ("first_name", "last_name", "pickup_status"))


async def test_nodes_are_one_statement_for_each_type(api: Api) -> None:
    ids = await make_parents()
    nodes = "query($ids: [ID!]!) { nodes(ids: $ids) { id ... on User { site { name } } ... on Site { name } } }"
    aliased = "query($id: ID!) { pickupGroup(id: $id) { a: members { nodes { id } } b: members { nodes { id } } } }"

    assert await api.statements(nodes, ids=["x"]) == 0
    assert await api.statements(nodes, ids=["User:1", "User:2", "User:3"]) == 1
    assert await api.statements(nodes, ids=["User:1", ids["Site"], ids["PickupGroup"]]) == 3
    assert await api.statements(aliased, id=ids["PickupGroup"]) == 1
    assert await api.statements(aliased, id="PickupGroup:99") == 1
    assert await api.statements("{ viewer { subject } __typename }") == 0
