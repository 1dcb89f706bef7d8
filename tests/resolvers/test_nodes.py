"""Ids: every object is found by its own alone, and whatever is no id of one is not found."""

from typing import Any

import pytest

from tests.support.api import Api
from tests.support.factories import make_group, make_site, make_user, make_users

SELECTION = """__typename id
  ... on Site { name pickupGroups { totalCount } }
  ... on User { lastName site { name } pickupGroup { name } }
  ... on PickupGroup { name memberCount site { name } }
  ... on Change { revision pickupGroup { name } site { name } }"""


async def make_one_of_each(api: Api) -> dict[str, str]:
    """The ids of a site, a user, a group and a change, by type; each has the key 1."""
    site = await make_site("Here")
    group = await make_group(site, "Old")
    user = await make_user(site, group=group)
    await api.mutate("renamePickupGroup", "violations { rule }", id=group.id, name="Team")
    return {"Site": site.id, "User": user.id, "PickupGroup": group.id, "Change": "Change:1"}


OBJECTS: dict[str, dict[str, Any]] = {
    "Site": {"name": "Here", "pickupGroups": {"totalCount": 1}},
    "User": {"lastName": "Lee", "site": {"name": "Here"}, "pickupGroup": {"name": "Team"}},
    "PickupGroup": {"name": "Team", "memberCount": 1, "site": {"name": "Here"}},
    "Change": {"revision": 1, "pickupGroup": {"name": "Team"}, "site": {"name": "Here"}},
}


async def test_node_returns_every_type(api: Api) -> None:
    ids = await make_one_of_each(api)

    for type_name, expected in OBJECTS.items():
        node = (await api.ask(f"query($id: ID!) {{ node(id: $id) {{ {SELECTION} }} }}", id=ids[type_name]))["node"]
        assert node == {"__typename": type_name, "id": ids[type_name]} | expected


async def test_nodes_keeps_order_repeats_and_nulls(api: Api) -> None:
    ids = await make_one_of_each(api)
    asked = [ids["User"], "nothing", ids["Site"], ids["Change"], ids["User"], "User:2", ids["PickupGroup"]]

    nodes = (await api.ask(f"query($ids: [ID!]!) {{ nodes(ids: $ids) {{ {SELECTION} }} }}", ids=asked))["nodes"]

    expected = [
        {"__typename": name, "id": one} | OBJECTS[name] if (name := one.partition(":")[0]) in OBJECTS else None
        for one in asked
    ]
    expected[5] = None
    assert nodes == expected


WRONG = [
    "",
    "1",
    ":1",
    "User",
    "User:",
    "User:0",
    "User:-1",
    "User:+1",
    "User:01",
    "User: 1",
    "User:1 ",
    " User:1",
    "User:1\n",
    "User:1\0",
    "User:1.0",
    "User:1e0",
    "User:0x1",
    "User:１",
    "User:١",
    "User:²",
    "User:1_0",
    "user:1",
    "USER:1",
    "User:1:1",
    "Node:1",
    "Query:1",
    "Viewer:1",
    "VXNlcjox",
    "\ud800",
    "User:\ud800",
    "é",
    "User:9223372036854775807",
    "User:9223372036854775808",
    "User:" + "9" * 5_000,
    "x" * 10_000,
    "' OR 1=1 --",
]


async def test_node_returns_null_for_malformed_id(api: Api) -> None:
    await make_one_of_each(api)
    asked = "node(id: $id) { id } site(id: $id) { id } user(id: $id) { id } pickupGroup(id: $id) { id }"
    query = f"query($id: ID!) {{ {asked} users(siteId: $id) {{ totalCount nodes {{ id }} }} }}"

    for wrong in WRONG:
        found = await api.ask(query, id=wrong)
        nothing = {"totalCount": 0, "nodes": []}
        assert found == {"node": None, "site": None, "user": None, "pickupGroup": None, "users": nothing}, wrong
    assert (await api.ask("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=WRONG))["nodes"] == [None] * len(WRONG)


async def test_root_field_returns_null_for_id_of_other_type(api: Api) -> None:
    ids = await make_one_of_each(api)

    for field, type_name in (("site", "Site"), ("user", "User"), ("pickupGroup", "PickupGroup")):
        for other, one in ids.items():
            found = (await api.ask(f"query($id: ID!) {{ {field}(id: $id) {{ id }} }}", id=one))[field]
            assert found == ({"id": one} if other == type_name else None)


async def test_node_takes_id_written_as_number(api: Api) -> None:
    assert await api.ask("{ node(id: 1) { id } }") == {"node": None}
    assert await api.ask("query($id: ID!) { node(id: $id) { id } }", id=12) == {"node": None}
    error = await api.error("query($id: ID!) { node(id: $id) { id } }", id=None)
    assert error["extensions"]["code"] == "BAD_USER_INPUT"


async def test_nodes_rejects_more_than_100_ids(api: Api) -> None:
    site = await make_site()
    users = [user.id for user in await make_users(site, 60)]
    query = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    asked = (users * 2)[:100]

    assert (await api.ask(query, ids=asked))["nodes"] == [{"id": one} for one in asked]
    assert (await api.ask(query, ids=[]))["nodes"] == []
    for ids in ([*asked, users[0]], [users[0]] * 101, ["x"] * 101):
        error = await api.error(query, ids=ids)
        assert error["extensions"]["code"] == "BAD_USER_INPUT"
        assert error["message"] == "nodes(ids): ids has 101 ids, but one call takes at most 100."
        assert error["path"] == ["nodes"]


@pytest.mark.parametrize("field", ["users", "pickupGroups"])
async def test_site_id_unknown_gives_empty_list_and_null_gives_all(api: Api, field: str) -> None:
    here, there = await make_site(), await make_site()
    for site in (here, there):
        await make_user(site, group=await make_group(site))
    selection = "totalCount nodes { site { id } } pageInfo { hasNextPage hasPreviousPage endCursor }"
    query = f"query($id: ID) {{ {field}(siteId: $id) {{ {selection} }} }}"
    none = {"hasNextPage": False, "hasPreviousPage": False, "endCursor": None}

    for unknown in ("Site:99", "User:1", "PickupGroup:1", "", "nothing", "Site:9223372036854775807"):
        assert (await api.ask(query, id=unknown))[field] == {"totalCount": 0, "nodes": [], "pageInfo": none}
    one = (await api.ask(query, id=there.id))[field]
    everything = (await api.ask(query, id=None))[field]
    left_out = (await api.ask(query))[field]

    assert [one["totalCount"], one["nodes"]] == [1, [{"site": {"id": there.id}}]]
    assert everything == left_out
    assert [everything["totalCount"], everything["nodes"]] == [2, [{"site": {"id": row.id}} for row in (here, there)]]
