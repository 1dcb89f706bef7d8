"""Pages of every connection: both directions, all windows, cursors that stay right, and what is no page."""

import json
from itertools import product
from typing import Any

import pytest

from tests.support.api import Api
from tests.support.factories import make_group, make_site, make_user, make_users
from tests.support.lists import CONNECTIONS, PAGE, Listed, make_directory

FEW = ("users", "pickupGroups of site", "Site.changes", "availableUsers")

every_connection = pytest.mark.parametrize("listed", CONNECTIONS.values(), ids=CONNECTIONS)
# One list of each kind of parent, and the one without an order: arguments are read alike for all.
few_connections = pytest.mark.parametrize("listed", [CONNECTIONS[name] for name in FEW], ids=FEW)


def orders_of(listed: Listed) -> list[dict[str, Any]]:
    """The arguments for each order in each direction."""
    return [
        {"orderBy": {"field": field, "direction": direction}}
        for field, direction in product(listed.orders, ("ASC", "DESC"))
    ] or [{}]


def ids_of(page: dict[str, Any]) -> list[str]:
    return [node["id"] for node in page["nodes"]]


@every_connection
async def test_list_walked_in_both_directions_returns_each_row_once(api: Api, listed: Listed) -> None:
    ids = await make_directory(api)
    lists = []

    for order in orders_of(listed):
        whole = await listed.page(api, ids, first=100, **order)
        rows = ids_of(whole)
        assert len(set(rows)) == len(rows) == whole["totalCount"] >= 7
        for size in (2, 5):
            forward: list[str] = []
            cursor = None
            while len(forward) < len(rows):
                page = await listed.page(api, ids, first=size, after=cursor, **order)
                assert page["pageInfo"]["hasPreviousPage"] is bool(forward)
                forward += ids_of(page)
                assert page["pageInfo"]["hasNextPage"] is (len(forward) < len(rows))
                cursor = page["pageInfo"]["endCursor"]
            backward: list[str] = []
            cursor = None
            while len(backward) < len(rows):
                page = await listed.page(api, ids, last=size, before=cursor, **order)
                assert page["pageInfo"]["hasNextPage"] is bool(backward)
                backward = ids_of(page) + backward
                assert page["pageInfo"]["hasPreviousPage"] is (len(backward) < len(rows))
                cursor = page["pageInfo"]["startCursor"]
            assert forward == backward == rows
        lists.append(rows)

    for ascending, descending in zip(lists[::2], lists[1::2], strict=bool(listed.orders)):
        assert descending == ascending[::-1]


@every_connection
async def test_list_page_equals_slice_of_list(api: Api, listed: Listed) -> None:
    ids = await make_directory(api)
    whole = await listed.page(api, ids, first=100)
    rows = ids_of(whole)
    places = [None, 0, len(rows) // 2, len(rows) - 1]
    sizes = [*product(("first: ", "last: "), (0, 1, 2, 100))]

    asked = [
        f"w{number}: {listed.text(ids, f'after: $after, before: $before {name}{size}')}"
        for number, (name, size) in enumerate(sizes)
    ]
    query = f"query($after: String, $before: String) {{ {' '.join(asked)} }}"

    for after, before in product(places, places):
        ends = [None if place is None else whole["edges"][place]["cursor"] for place in (after, before)]
        found = await api.ask(query, after=ends[0], before=ends[1])
        for number, (name, size) in enumerate(sizes):
            page = listed.page_in(found[f"w{number}"])
            info = page["pageInfo"]
            found_page = ids_of(page), info["hasPreviousPage"], info["hasNextPage"]
            assert found_page == window(rows, after, before, name, size), (after, before, name, size)
            assert page["totalCount"] == len(rows)


def window(
    rows: list[str], after: int | None, before: int | None, name: str, size: int
) -> tuple[list[str], bool, bool]:
    """A page of a list, and whether there are rows before and after it."""
    inside = rows[0 if after is None else after + 1 : before]
    if name == "last: ":
        page = inside[max(0, len(inside) - size) :]
        return page, after is not None or len(page) < len(inside), before is not None
    page = inside[:size]
    return page, after is not None, before is not None or len(page) < len(inside)


@few_connections
async def test_empty_list_has_empty_page(api: Api, listed: Listed) -> None:
    if listed.parent == "PickupGroup":
        group = (await api.mutate("createPickupGroup", "pickupGroup { id }", siteId=(await make_site()).id, name="No"))[
            "pickupGroup"
        ]
        ids = {"PickupGroup": group["id"]}
    else:
        ids = {"Site": (await make_site()).id if listed.parent or listed.of_site else ""}
    missing = {"search": "nothing has this"} if listed.row == "Site" else {}

    for given in ({"first": 5}, {"last": 5}, {"first": 0}, {"last": 0}, {}):
        page = await listed.page(api, ids, **given, **missing)
        assert page == {
            "totalCount": 0,
            "edges": [],
            "nodes": [],
            "pageInfo": {"hasNextPage": False, "hasPreviousPage": False, "startCursor": None, "endCursor": None},
        }


async def test_page_has_25_rows_by_default_and_100_at_most(api: Api) -> None:
    site = await make_site()
    rows = [user.id for user in await make_users(site, 103)]
    listed = CONNECTIONS["users"]

    default = await listed.page(api, {})
    null = await listed.page(api, {}, **dict.fromkeys(listed.arguments))
    first, last = await listed.page(api, {}, first=100), await listed.page(api, {}, last=100)

    assert default == null
    assert [ids_of(page) for page in (default, first, last)] == [rows[:25], rows[:100], rows[3:]]
    assert {page["totalCount"] for page in (default, first, last)} == {103}


NO_SIZES: list[tuple[dict[str, Any], str]] = [
    ({"first": 101}, "(first: 101): A page has at most 100 rows. Ask for the rest with a cursor."),
    ({"last": 101}, "(last: 101): A page has at most 100 rows. Ask for the rest with a cursor."),
    ({"last": 2**31 - 1}, "(last: 2147483647): A page has at most 100 rows. Ask for the rest with a cursor."),
    ({"first": -1}, "(first: -1): A page may not have a negative size."),
    ({"last": -1}, "(last: -1): A page may not have a negative size."),
    ({"first": 0, "last": 0}, "(first: 0): Give either first or last, not both."),
]


@few_connections
async def test_list_rejects_invalid_page_size(api: Api, listed: Listed) -> None:
    site = await make_site()
    ids = {"Site": site.id, "PickupGroup": (await make_group(site)).id}

    for given, said in NO_SIZES:
        error = await listed.refused(api, ids, **given)
        assert (error["extensions"]["code"], error["message"]) == ("BAD_USER_INPUT", listed.field + said)


def cursor_of(*values: Any) -> str:
    return json.dumps(values, separators=(",", ":")).encode().hex().upper()


NO_CURSORS = {
    "empty": "",
    "words": "nonsense",
    "not ascii": "é",
    "surrogate": "\ud800",
    "NUL": "\0",
    "white space": " ",
    "not JSON": b"\x00\xff not JSON".hex().upper(),
    "no list": b'{"a":1}'.hex().upper(),
    "small letters": cursor_of("users:+NAME", "lee", 1).lower(),
    "spaced": cursor_of("users:+NAME", "lee", 1).replace("2C", " 2C"),
    "half a byte": cursor_of("users:+NAME", "lee", 1)[:-1],
    "empty list": cursor_of(),
    "name alone": cursor_of("users:+NAME"),
    "number first": cursor_of(1, 2, 3),
    "null": b"null".hex().upper(),
    "10 kB": "A" * 10_000,
    "10 kB of JSON": cursor_of("users:+NAME", "a" * 10_000, 1),
    "deep": (b"[" * 2_000).hex().upper(),
}
FORGED = {
    "NUL": ("lee\0", 1),
    "text for a number": ("lee", "1"),
    "number for a text": (1, 1),
    "huge": ("lee", 2**63),
    "very negative": ("lee", -(2**63) - 1),
    "a float": ("lee", 1.0),
    "a truth": ("lee", True),
    "null": (None, 1),
    "too few": ("lee",),
    "too many": ("lee", 1, 1),
    "a list": (["lee"], 1),
}


@few_connections
async def test_list_rejects_malformed_cursor(api: Api, listed: Listed) -> None:
    ids = await make_directory(api)

    for cursor in NO_CURSORS.values():
        for end in ("after", "before"):
            error = await listed.refused(api, ids, **{end: cursor})
            assert error["extensions"]["code"] == "BAD_USER_INPUT", cursor
            assert ": This " in error["message"], cursor


async def test_list_rejects_forged_cursor(api: Api) -> None:
    listed = CONNECTIONS["users"]
    genuine = cursor_of("users::+NAME", "lee", 1)

    assert (await listed.page(api, {}, after=genuine))["nodes"] == []
    for values in FORGED.values():
        error = await listed.refused(api, {}, after=cursor_of("users::+NAME", *values))
        assert error["extensions"]["code"] == "BAD_USER_INPUT", values
    for written in (genuine + "=", genuine + "\n", genuine[:-1], cursor_of("users::+NAME", "lee", 1) + "A"):
        error = await listed.refused(api, {}, after=written)
        assert error["extensions"]["code"] == "BAD_USER_INPUT", written


async def test_list_rejects_cursor_of_other_list_parent_or_order(api: Api) -> None:
    ids = await make_directory(api)
    second = await make_site("Another")
    for number in range(2):
        group = await api.mutate("createPickupGroup", "pickupGroup { id }", siteId=second.id, name=f"G{number}")
    await make_user(second)
    other = {"Site": second.id, "PickupGroup": group["pickupGroup"]["id"]}
    cursors: dict[Any, str] = {}
    for name, listed in CONNECTIONS.items():
        for order in orders_of(listed):
            cursor = (await listed.page(api, ids, first=1, **order))["pageInfo"]["endCursor"]
            cursors[name, json.dumps(order)] = cursor

    # The lists of one site are the same by either way to them.
    assert len(set(cursors.values())) == len(cursors) - len(["users"] * 4 + ["pickupGroups"] * 6)
    for (name, order), cursor in cursors.items():
        listed, given = CONNECTIONS[name], json.loads(order)
        assert (await listed.page(api, ids, after=cursor, **given))["pageInfo"]["hasPreviousPage"] is True
        if listed.parent or listed.of_site:
            error = await listed.refused(api, other, after=cursor, **given)
            assert error["extensions"]["code"] == "BAD_USER_INPUT"
    for name in ("users", "Site.pickupGroups", "Site.changes", "availableUsers"):
        own = {cursors[name, json.dumps(orders_of(CONNECTIONS[name])[0])]}
        for wrong in set(cursors.values()) - own:
            error = await CONNECTIONS[name].refused(api, ids, before=wrong)
            assert error["message"].endswith(
                "This cursor is of another list or another order. Take one from this list."
            )


async def test_cursor_stays_valid_while_rows_change(api: Api) -> None:
    site = await make_site()
    users = await make_users(site, 8)
    listed = CONNECTIONS["users"]
    first = await listed.page(api, {}, first=3)
    last = await listed.page(api, {}, last=3)
    after, before = first["pageInfo"]["endCursor"], last["pageInfo"]["startCursor"]

    await users[2].delete()
    await users[5].delete()
    earlier = await make_user(site, "Pat", "Name0001b")
    later = await make_user(site, "Pat", "Name0002b")
    users[0].sort_key = "name0003b\x01pat"
    await users[0].save()

    rest = await listed.page(api, {}, first=10, after=after)
    between = await listed.page(api, {}, last=10, before=before, after=after)
    start = await listed.page(api, {}, last=10, before=after)

    assert ids_of(rest) == [user.id for user in (later, users[3], users[0], users[4], users[6], users[7])]
    assert ids_of(between) == [user.id for user in (later, users[3], users[0], users[4])]
    assert [between["pageInfo"][name] for name in ("hasPreviousPage", "hasNextPage")] == [True, True]
    assert ids_of(start) == [users[1].id, earlier.id]
    assert [rest["totalCount"], start["pageInfo"]["hasNextPage"]] == [8, True]


async def test_page_info_is_right_when_rows_of_cursors_are_gone(api: Api) -> None:
    site = await make_site()
    users = await make_users(site, 3)
    listed = CONNECTIONS["users"]
    whole = await listed.page(api, {}, first=100)
    await users[0].delete()
    await users[2].delete()

    from_start = await listed.page(api, {}, first=1, after=whole["pageInfo"]["startCursor"])
    to_end = await listed.page(api, {}, last=1, before=whole["pageInfo"]["endCursor"])

    assert ids_of(from_start) == ids_of(to_end) == [users[1].id]
    for page in (from_start, to_end):
        assert [page["pageInfo"][name] for name in ("hasPreviousPage", "hasNextPage")] == [False, False]


async def test_cursor_of_longest_names_is_accepted(api: Api) -> None:
    site = await make_site()
    for number in range(3):
        await make_user(site, "😀" * 100, f"{number}" + "\U0001f9d1" * 99)
    listed = CONNECTIONS["users"]
    page = await listed.page(api, {}, first=1)

    rest = await listed.page(api, {}, first=5, after=page["pageInfo"]["endCursor"])

    assert len(rest["nodes"]) == 2


async def test_cursor_of_another_site_below_nodes_fails_root_field(api: Api) -> None:
    ids = await make_directory(api)
    site = ids["Site"]
    cursor = (await CONNECTIONS["Site.users"].page(api, ids, first=1))["pageInfo"]["endCursor"]
    other = await make_site()
    query = f"""query($ids: [ID!]!, $after: String) {{
      nodes(ids: $ids) {{ ... on Site {{ users(first: 1, after: $after) {{ {PAGE} }} }} }}
      sites {{ totalCount }} alone: site(id: "{site}") {{ users(first: 1, after: $after) {{ {PAGE} }} }} }}"""

    answer = await api.answer(query, ids=[other.id, site, other.id, "x"], after=cursor)

    (error,) = answer["errors"]
    assert answer["data"] is None
    assert (error["path"], error["extensions"]["code"]) == (["nodes"], "BAD_USER_INPUT")
    assert error["message"].startswith("users(after: ")


async def test_wrong_argument_leaves_other_root_fields(api: Api) -> None:
    ids = await make_directory(api)
    query = """query($id: ID!) {
      wrong: site(id: $id) { users { nodes { pickupGroup { members(first: 101) { totalCount } } } } }
      right: site(id: $id) { id } }"""

    answer = await api.answer(query, id=ids["Site"])

    assert answer["data"] == {"wrong": None, "right": {"id": ids["Site"]}}
    (error,) = answer["errors"]
    assert (error["path"], error["extensions"]["code"]) == (["wrong"], "BAD_USER_INPUT")
    assert error["message"].startswith("members(first: 101): ")


async def test_wrong_argument_is_found_although_nothing_is_read_below(api: Api) -> None:
    ids = await make_directory(api)
    sites_cursor = (await CONNECTIONS["sites"].page(api, ids, first=1))["pageInfo"]["endCursor"]
    user = (await CONNECTIONS["users"].page(api, ids, first=1))["nodes"][0]["id"]

    for query in (
        '{ site(id: "x") { users(first: 1000) { totalCount } } }',
        "{ nodes(ids: []) { ... on Site { users(first: 1000) { totalCount } } } }",
        f'{{ node(id: "{user}") {{ ... on Site {{ users(first: 1000) {{ totalCount }} }} }} }}',
        f'{{ site(id: "x") {{ users(after: "{sites_cursor}") {{ totalCount }} }} }}',
    ):
        error = await api.error(query)
        assert error["extensions"]["code"] == "BAD_USER_INPUT", query
        assert error["message"].startswith("users("), query


async def test_filter_takes_a_thousand_external_ids_repeats_counted(api: Api) -> None:
    query = "query($filter: UserFilter) { users(filter: $filter) { totalCount } }"

    assert (await api.ask(query, filter={"externalIds": ["x"] * 1000}))["users"] == {"totalCount": 0}
    error = await api.error(query, filter={"externalIds": ["x"] * 1001})
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
