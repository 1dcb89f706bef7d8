"""Lists: pages in both directions, cursors, orders, search and filters, on every connection."""

from typing import Any

import pytest

from models.user import StationType
from tests.api import Api
from tests.factories import make_group, make_site, make_user, make_users

INFO = "pageInfo { hasNextPage hasPreviousPage startCursor endCursor }"
ARGUMENTS = "$first: Int, $after: String, $last: Int, $before: String, $search: String"
GIVEN = "first: $first, after: $after, last: $last, before: $before"


class Lists:
    """A site with groups, members and a history, and a query for each of its lists."""

    def __init__(self, api: Api, site: str, group: str) -> None:
        self.api = api
        found = f"search: $search, {GIVEN}"
        self.queries = {
            "sites": f"sites({found})",
            "users": f"users({found})",
            "usersOfSite": f'users(siteId: "{site}", {found})',
            "pickupGroups": f"pickupGroups({found})",
            "groupsOfSite": f'pickupGroups(siteId: "{site}", {found})',
            "site.users": f'site(id: "{site}") {{ users({found})',
            "site.pickupGroups": f'site(id: "{site}") {{ pickupGroups({found})',
            "site.changes": f'site(id: "{site}") {{ changes({GIVEN})',
            "members": f'pickupGroup(id: "{group}") {{ members({found})',
            "availableUsers": f'pickupGroup(id: "{group}") {{ availableUsers({found})',
        }

    async def page(self, name: str, **arguments: Any) -> dict[str, Any]:
        field = self.queries[name]
        declared = ARGUMENTS if "$search" in field else ARGUMENTS.rsplit(",", 1)[0]
        closing = " }" if "{" in field else ""
        selection = f"totalCount edges {{ cursor node {{ id }} }} nodes {{ id }} {INFO}"
        query = f"query({declared}) {{ {field} {{ {selection} }}{closing} }}"
        found = (await self.api.ask(query, **arguments)).popitem()[1]
        page: dict[str, Any] = found.popitem()[1] if closing else found
        assert [edge["node"] for edge in page["edges"]] == page["nodes"]
        return page


NAMES = [
    "sites",
    "users",
    "usersOfSite",
    "pickupGroups",
    "groupsOfSite",
    "site.users",
    "site.pickupGroups",
    "site.changes",
    "members",
    "availableUsers",
]


@pytest.fixture
async def lists(api: Api) -> Lists:
    site = await make_site()
    for number in range(4):
        await make_site(f"Site {number}")
    group = await make_group(site, "Zeta")
    await make_users(site, 7, group=group)
    await make_users(site, 7)
    for number in range(7):
        await api.mutate("createPickupGroup", "violations { rule }", siteId=site.id, name=f"Group {number}")
    return Lists(api, site.id, group.id)


@pytest.mark.parametrize("name", NAMES)
async def test_every_list_is_paged_in_both_directions_without_a_gap_or_a_double(lists: Lists, name: str) -> None:
    whole = await lists.page(name)
    ids = [node["id"] for node in whole["nodes"]]
    forward: list[str] = []
    page = await lists.page(name, first=3)
    while True:
        assert page["pageInfo"]["hasPreviousPage"] is bool(forward)
        forward += [node["id"] for node in page["nodes"]]
        if not page["pageInfo"]["hasNextPage"]:
            break
        page = await lists.page(name, first=3, after=page["pageInfo"]["endCursor"])
    backward: list[str] = []
    page = await lists.page(name, last=3)
    while True:
        assert page["pageInfo"]["hasNextPage"] is bool(backward)
        backward = [node["id"] for node in page["nodes"]] + backward
        if not page["pageInfo"]["hasPreviousPage"]:
            break
        page = await lists.page(name, last=3, before=page["pageInfo"]["startCursor"])

    assert forward == backward == ids
    assert len(set(ids)) == whole["totalCount"] == len(ids)


@pytest.mark.parametrize("name", NAMES)
async def test_an_empty_page_knows_what_lies_around_it(lists: Lists, name: str) -> None:
    whole = await lists.page(name)
    last = whole["pageInfo"]["endCursor"]

    none = await lists.page(name, first=0)
    beyond = await lists.page(name, first=2, after=last)
    before = await lists.page(name, last=0, before=last)

    around = ("hasPreviousPage", "hasNextPage")
    assert (none["nodes"], none["totalCount"]) == ([], whole["totalCount"])
    assert [none["pageInfo"][key] for key in around] == [False, True]
    assert [beyond["pageInfo"][key] for key in around] == [True, False]
    assert beyond["pageInfo"]["startCursor"] is None
    assert [before["pageInfo"][key] for key in around] == [True, True]


@pytest.mark.parametrize(
    "arguments",
    [
        {"first": 101},
        {"last": 101},
        {"first": -1},
        {"first": 1, "last": 1},
        {"first": 1, "after": "nonsense"},
        {"first": 1, "after": "é"},
        {"first": 1, "after": "x" * 5000},
        {"first": 1, "after": "WyJ1c2VycyJd"},
        {"first": 1, "before": ""},
    ],
)
@pytest.mark.parametrize("name", ["users", "members"])
async def test_a_malformed_page_request_is_bad_user_input(lists: Lists, name: str, arguments: dict[str, Any]) -> None:
    field = lists.queries[name]
    closing = " }" if "{" in field else ""

    error = await lists.api.error(f"query({ARGUMENTS}) {{ {field} {{ totalCount }}{closing} }}", **arguments)

    assert error["extensions"]["code"] == "BAD_USER_INPUT"


async def test_a_cursor_is_of_one_list_and_one_order(lists: Lists) -> None:
    cursor = (await lists.page("users", first=1))["pageInfo"]["endCursor"]

    for other in (
        "usersOfSite",
        "sites",
    ):
        field = lists.queries[other]
        error = await lists.api.error(f"query({ARGUMENTS}) {{ {field} {{ totalCount }} }}", first=1, after=cursor)
        assert error["extensions"]["code"] == "BAD_USER_INPUT"
    error = await lists.api.error(
        "query($after: String) { users(first: 1, after: $after, orderBy: {field: EXTENSION}) { totalCount } }",
        after=cursor,
    )
    assert error["extensions"]["code"] == "BAD_USER_INPUT"


async def test_a_cursor_stays_right_when_its_row_is_gone(api: Api) -> None:
    site = await make_site()
    users = await make_users(site, 4)
    info = "pageInfo { endCursor hasPreviousPage }"
    query = f"query($after: String) {{ users(first: 2, after: $after) {{ nodes {{ id }} {info} }} }}"
    first = (await api.ask(query))["users"]
    await users[1].delete()
    await make_user(site, "Pat", "Name0001b")

    second = (await api.ask(query, after=first["pageInfo"]["endCursor"]))["users"]

    assert second["nodes"][1:] == [{"id": users[2].id}]
    assert second["pageInfo"]["hasPreviousPage"] is True


async def test_users_are_ordered_by_name_without_case_and_accents_and_by_extension_as_a_number(api: Api) -> None:
    site = await make_site()
    for first, last, extension in (
        ("Zoe", "Le", "100"),
        ("Ann", "Le Blanc", "20"),
        ("Émile", "le", None),
        ("Øystein", "Åberg", "3"),
    ):
        await make_user(site, first, last, extension=extension)
    query = "query($by: UserOrder) { users(orderBy: $by) { nodes { firstName } } }"

    async def names(field: str, direction: str) -> list[str]:
        found = await api.ask(query, by={"field": field, "direction": direction})
        return [node["firstName"] for node in found["users"]["nodes"]]

    assert await names("NAME", "ASC") == ["Øystein", "Émile", "Zoe", "Ann"]
    assert await names("NAME", "DESC") == ["Ann", "Zoe", "Émile", "Øystein"]
    assert await names("EXTENSION", "ASC") == ["Øystein", "Ann", "Zoe", "Émile"]
    assert await names("EXTENSION", "DESC") == ["Émile", "Zoe", "Ann", "Øystein"]


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("helene", 1),
        ("COEUR hel", 1),
        ("strasse", 1),
        ("514-555", 1),
        ("(514)", 1),
        ("x@y", 1),
        ("0142", 1),
        ("%", 0),
        ("_", 0),
        ("o'n", 1),
        ("\\", 0),
        ("", 3),
        (" \t ", 3),
        ("e", 3),
        ("hel zzz", 0),
        ("\0", 0),
        ("\ud800", 0),
    ],
)
async def test_every_term_of_a_search_occurs_in_the_row(api: Api, search: str, found: int) -> None:
    site = await make_site()
    await make_user(site, "Hélène", "Cœur", phone_number="+15145550142")
    await make_user(site, "Greta", "Straße", email="x@y.example")
    await make_user(site, "Sean", "O'Neill")

    users = (await api.ask("query($q: String) { users(search: $q) { totalCount nodes { id } } }", q=search))["users"]

    assert (users["totalCount"], len(users["nodes"])) == (found, found)


@pytest.mark.parametrize("search", ["x" * 201, "a " * 11])
async def test_a_search_over_its_limits_is_bad_user_input(api: Api, search: str) -> None:
    error = await api.error("query($q: String) { sites(search: $q) { totalCount } }", q=search)

    assert error["extensions"]["code"] == "BAD_USER_INPUT"


async def test_all_that_a_filter_gives_must_hold(api: Api) -> None:
    site = await make_site(external_id="S")
    await make_site()
    member = await make_user(site, group=await make_group(site), external_id="m")
    fax = await make_user(site, station=StationType.FAX)
    free = await make_user(site, station=StationType.PREMIUM)
    query = "query($f: UserFilter) { users(filter: $f) { nodes { id } } }"

    async def ids(**chosen: Any) -> list[str]:
        return sorted(node["id"] for node in (await api.ask(query, f=chosen))["users"]["nodes"])

    assert await ids(pickupStatus="ASSIGNED") == [member.id]
    assert await ids(pickupStatus="STATION_NOT_ELIGIBLE") == [fax.id]
    assert await ids(pickupStatus="AVAILABLE", stationTypes=["PREMIUM", "FAX"]) == [free.id]
    assert await ids(externalIds=["m", "?", "\0", "\ud800"]) == [member.id]
    assert await ids(externalIds=[]) == await ids(stationTypes=[]) == []
    assert len(await ids(externalIds=None, pickupStatus=None)) == 3
    sites = await api.ask(
        '{ a: sites(filter: {externalIds: ["S"]}) { totalCount } b: sites(filter: {}) { totalCount } }'
    )
    assert sites == {"a": {"totalCount": 1}, "b": {"totalCount": 2}}


async def test_nodes_are_found_by_id_alone(api: Api) -> None:
    site = await make_site()
    group = await make_group(site)
    user = await make_user(site, group=group)
    await api.mutate("renamePickupGroup", "violations { rule }", id=group.id, name="New")
    query = """query($ids: [ID!]!) { nodes(ids: $ids) { __typename id ... on User { pickupGroup { name } }
      ... on Change { pickupGroup { id } site { id } } } }"""
    wrong = ["", "User:0", "User:01", "User:+1", "User:99999999999999999999", "User:９", "Foo:1", "user:1", "User:77"]

    nodes = (await api.ask(query, ids=[user.id, *wrong, site.id, group.id, "Change:1", user.id]))["nodes"]
    error = await api.error(query, ids=[user.id] * 101)

    assert nodes[0] == nodes[-1] == {"__typename": "User", "id": user.id, "pickupGroup": {"name": "New"}}
    assert nodes[1 : 1 + len(wrong)] == [None] * len(wrong)
    assert [node["__typename"] for node in nodes[-4:-1]] == ["Site", "PickupGroup", "Change"]
    assert nodes[-2]["pickupGroup"] == {"id": group.id}
    assert error["extensions"]["code"] == "BAD_USER_INPUT"


async def test_an_unknown_site_has_empty_lists_and_null_means_all(api: Api) -> None:
    await make_users(await make_site(), 2)

    data = await api.ask(
        '{ none: users(siteId: "Site:99") { totalCount nodes { id } } all: users(siteId: null) { totalCount } '
        'groups: pickupGroups(siteId: "x") { totalCount } site(id: "Site:99") { id } }'
    )

    assert data == {
        "none": {"totalCount": 0, "nodes": []},
        "all": {"totalCount": 2},
        "groups": {"totalCount": 0},
        "site": None,
    }


async def test_fragments_conditions_and_aliases_are_answered_by_the_same_page(api: Api) -> None:
    site = await make_site()
    group = await make_group(site)
    await make_users(site, 3, group=group)
    query = """query($yes: Boolean!, $no: Boolean!) { sites { nodes { ...S name @skip(if: $yes) } } }
      fragment S on Site { pickupGroups { edges { a: node { name } b: node { ... on PickupGroup @include(if: $yes) {
        few: members(first: 1) { nodes { lastName } } all: members { totalCount ... @include(if: $no) { nodes { id } } }
      } } } } __typename }"""

    data = await api.ask(query, yes=True, no=False)
    other = await api.ask(query, yes=False, no=True)

    edge = {
        "a": {"name": "Sales"},
        "b": {"few": {"nodes": [{"lastName": "Name0000"}]}, "all": {"totalCount": 3}},
    }
    assert data["sites"]["nodes"] == [{"pickupGroups": {"edges": [edge]}, "__typename": "Site"}]
    assert other["sites"]["nodes"] == [
        {"pickupGroups": {"edges": [{"a": {"name": "Sales"}, "b": {}}]}, "__typename": "Site", "name": "Site"}
    ]
