"""A query is one statement where the database can put its answer together; else its rows are read branch by branch."""

import pytest

from resolvers.json_query import compiler as whole
from tests.support.api import Api
from tests.support.factories import make_group, make_site, make_user
from tests.support.lists import BY_ROWS

COVERED = {
    '{ site(id: "Site:1") { name revision } }': 1,
    '{ pickupGroup(id: "PickupGroup:1") { name version } }': 1,
    "{ sites { nodes { name } pageInfo { hasNextPage endCursor } } }": 1,
    '{ users(siteId: "Site:1", first: 1) { edges { cursor node { displayName } } pageInfo { hasPreviousPage } } }': 1,
    "{ pickupGroups(last: 2) { nodes { name } pageInfo { hasPreviousPage hasNextPage } } }": 1,
    '{ site(id: "Site:1") { name pickupGroups { nodes { name } } } }': 2,
    '{ user(id: "User:1") { site { name } pickupGroup { name } } }': 3,
    '{ a: site(id: "Site:1") { name } b: site(id: "Site:1") { name } }': 2,
    "{ sites { totalCount nodes { name } } }": 2,
    "{ pickupGroups { nodes { name site { name } } } }": 2,
    "{ pickupGroups { edges { node { members { nodes { id } } } } } }": 2,
}
"""Queries that the database can answer whole, each with the number of its statements where it is not let."""

NOT_COVERED = {
    '{ node(id: "User:1") { id ... on User { displayName pickupStatus } } }': 1,
    '{ viewer { subject } user(id: "User:1") { email } }': 1,
    '{ nodes(ids: ["User:1", "Site:1"]) { id } }': 2,
    '{ site(id: "Site:1") { changes { nodes { revision } } } }': 2,
}


@pytest.fixture
async def filled(api: Api) -> Api:
    site = await make_site()
    await make_user(site, group=await make_group(site))
    return api


@pytest.mark.parametrize(("query", "by_rows"), COVERED.items())
async def test_covered_query_is_one_statement(filled: Api, query: str, by_rows: int) -> None:
    whole = await filled.statements(query)
    filled.beside = BY_ROWS

    assert (whole, await filled.statements(query)) == (1, by_rows)


@pytest.mark.parametrize(("query", "statements"), NOT_COVERED.items())
async def test_uncovered_query_is_read_by_branches(filled: Api, query: str, statements: int) -> None:
    assert await filled.statements(query) == statements


async def test_nested_cursor_is_checked_by_database(filled: Api) -> None:
    query = 'query($after: String) { pickupGroup(id: "PickupGroup:1") { availableUsers(first: 1, after: $after) %s } }'
    page = query % "{ nodes { id } pageInfo { endCursor } }"
    cursor = (await filled.ask("{ users { pageInfo { endCursor } } }"))["users"]["pageInfo"]["endCursor"]

    assert await filled.statements(page) == 1
    assert (await filled.error(page, after=cursor))["extensions"]["code"] == "BAD_USER_INPUT"


async def test_cursor_of_other_site_is_rejected(filled: Api) -> None:
    other = await make_site()
    await make_user(other)
    group = await make_group(other)
    page = "query($id: ID!, $after: String) { pickupGroup(id: $id) { availableUsers(after: $after) %s } }"
    found = await filled.ask(page % "{ pageInfo { endCursor } }", id=group.id)
    cursor = found["pickupGroup"]["availableUsers"]["pageInfo"]["endCursor"]
    error = await filled.error(page % "{ nodes { id } }", id="PickupGroup:1", after=cursor)
    own = await filled.ask(page % "{ nodes { id } }", id=group.id, after=cursor)

    assert (error["extensions"]["code"], error["path"]) == ("BAD_USER_INPUT", ["pickupGroup", "availableUsers"])
    assert own == {"pickupGroup": {"availableUsers": {"nodes": []}}}


async def test_deep_query_is_read_by_branches(filled: Api) -> None:
    inner = "{ nodes { id } }"
    for _ in range(2):
        inner = f"{{ nodes {{ pickupGroup {{ members(first: 2) {inner} }} }} }}"

    assert await filled.statements(f"{{ users(first: 2) {inner} }}") == 5


async def test_largest_and_deepest_query_is_one_statement(filled: Api) -> None:
    def fields(name: str) -> str:
        return " ".join(f"f{number}: {name}" for number in range(60))

    query = f"""{{ users(last: 2) {{ totalCount pageInfo {{ endCursor }} nodes {{ {fields("displayName")}
      pickupGroup {{ {fields("name")} site {{ {fields("mainNumber")}
      users(last: 2, search: "a", filter: {{pickupStatus: ASSIGNED}}) {{ totalCount
        pageInfo {{ hasPreviousPage hasNextPage startCursor endCursor }}
        edges {{ cursor node {{ id bargeInExempt }} }} }} }} }} }} }} }}"""
    whole = await filled.ask(query)
    filled.beside = BY_ROWS
    by_rows = await filled.ask(query)

    assert by_rows.pop("beside") == {"__typename": "Viewer"}
    assert whole == by_rows
    assert whole["users"]["nodes"][0]["pickupGroup"]["site"]["users"]["totalCount"] == 1


async def test_wide_query_is_read_by_branches(filled: Api) -> None:
    fields = " ".join(f"f{number}: name" for number in range(320))

    assert await filled.statements(f"{{ sites {{ nodes {{ {fields} }} }} a: sites {{ totalCount }} }}") == 2


async def test_statement_is_compiled_once_per_shape(filled: Api) -> None:
    query = """query($site: ID!, $first: Int, $after: String, $search: String) { site(id: $site) {
      users(first: $first, after: $after, search: $search) { edges { cursor } } } }"""
    whole._texts.clear()

    async def texts(**variables: object) -> int:
        await filled.ask(query, **variables)
        return len(whole._texts)

    page = await filled.ask(query, site="Site:1")
    (edge,) = page["site"]["users"]["edges"]
    found = [
        await texts(site="Site:1"),
        await texts(site="Site:2"),
        await texts(site="Site:1", first=2),
        await texts(site="Site:1", first=2, after=edge["cursor"]),
        await texts(site="Site:2", first=2, after=edge["cursor"]),
        await texts(site="Site:1", search="ann lee"),
        await texts(site="Site:2", search="bob roy"),
        await texts(site="nonsense"),
    ]

    assert found == [1, 1, 2, 3, 3, 4, 4, 5]
