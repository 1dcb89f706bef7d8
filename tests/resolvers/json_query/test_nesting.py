"""Rows within rows: what one statement cannot hold, or would read once for each row, comes from follow-ups."""

from tests.support.api import Api
from tests.support.factories import make_group, make_site, make_user, make_users

WORST = (
    "totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor } "
    "edges { cursor node { id %s } } nodes { id displayName }"
)


async def test_worst_shape_runs_at_every_depth(api: Api) -> None:
    site = await make_site("Été")
    group = await make_group(site, "Ventes")
    users = await make_users(site, 3, group=group)
    arguments = '(last: 1, search: "a", orderBy: {field: NAME, direction: DESC})'
    selection = "name"
    for _ in range(3):
        members = WORST % f"pickupGroup {{ {selection} }}"
        selection = f"name members{arguments} {{ {members} }}"

    answer = await api.ask(f'{{ pickupGroup(id: "{group.id}") {{ {selection} }} }}')

    found = answer["pickupGroup"]
    for _ in range(3):
        page = found["members"]
        assert page["totalCount"] == 3
        assert [edge["node"]["id"] for edge in page["edges"]] == [users[0].id]
        assert [node["id"] for node in page["nodes"]] == [users[0].id]
        assert page["pageInfo"]["hasPreviousPage"] is True
        found = page["edges"][0]["node"]["pickupGroup"]
    assert found == {"name": "Ventes"}


async def test_nine_row_levels_take_statements_by_their_shape_alone(api: Api) -> None:
    site = await make_site()
    group = await make_group(site, "Sales")
    await make_user(site, "Ann", "Lee", group=group)
    selection = "name"
    for _ in range(4):
        selection = f"name members(first: 5) {{ nodes {{ displayName pickupGroup {{ {selection} }} }} }}"
    query = f'{{ pickupGroup(id: "{group.id}") {{ {selection} }} }}'

    few = await api.statements(query)
    answer = await api.ask(query)
    await make_users(site, 4, group=group)
    many = await api.statements(query)

    found = answer["pickupGroup"]
    for _ in range(4):
        (member,) = found["members"]["nodes"]
        assert (found["name"], member["displayName"]) == ("Sales", "Ann Lee")
        found = member["pickupGroup"]
    assert found == {"name": "Sales"}
    assert few == many


async def test_list_shared_by_rows_is_read_once(api: Api) -> None:
    site = await make_site()
    users = await make_users(site, 5)
    query = """query($id: ID!) { site(id: $id) { users { nodes { id
      site { name users(first: 1) { totalCount nodes { id } } } } } } }"""

    nodes = (await api.ask(query, id=site.id))["site"]["users"]["nodes"]

    shared = {"name": site.name, "users": {"totalCount": 5, "nodes": [{"id": users[0].id}]}}
    assert nodes == [{"id": user.id, "site": shared} for user in users]
    assert await api.statements(query, id=site.id) == 2


async def test_follow_up_of_a_row_that_is_gone_gives_null(api: Api) -> None:
    site = await make_site()
    for name in ("Stays", "Goes"):
        created = await api.mutate("createPickupGroup", "pickupGroup { id }", siteId=site.id, name=name)
    await api.mutate("deletePickupGroup", "deletedId", id=created["pickupGroup"]["id"])
    query = """query($id: ID!) { site(id: $id) { pickupGroups(first: 1) { nodes { site { changes(first: 3) { nodes {
      kind pickupGroup { name site { changes(first: 1) { totalCount } } } } } } } } } }"""

    (group,) = (await api.ask(query, id=site.id))["site"]["pickupGroups"]["nodes"]

    stays = {"name": "Stays", "site": {"changes": {"totalCount": 3}}}
    assert [change["pickupGroup"] for change in group["site"]["changes"]["nodes"]] == [stays, None, None]
