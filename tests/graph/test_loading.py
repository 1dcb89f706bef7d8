"""Queries are read in one snapshot, which one that a single statement answers does without."""

import pytest
from graphql.execution.values import VariableValues

from graph.documents import Documents
from graph.loading import is_one_statement, plan_of
from graph.schema import schema
from graph.settings import Settings
from tests.api import Api
from tests.factories import make_group, make_site, make_user

ALONE = [
    '{ site(id: "Site:1") { name revision } }',
    '{ node(id: "User:1") { id ... on User { displayName pickupStatus } } }',
    '{ viewer { subject } user(id: "User:1") { email } }',
    '{ pickupGroup(id: "PickupGroup:1") { name version } }',
    "{ sites { nodes { name } pageInfo { hasNextPage endCursor } } }",
    '{ users(siteId: "Site:1", first: 1) { edges { cursor node { displayName } } pageInfo { hasPreviousPage } } }',
    "{ pickupGroups(last: 2) { nodes { name } pageInfo { hasPreviousPage hasNextPage } } }",
]
TOGETHER = {
    '{ site(id: "Site:1") { name pickupGroups { nodes { name } } } }': 2,
    '{ user(id: "User:1") { site { name } pickupGroup { name } } }': 3,
    '{ a: site(id: "Site:1") { name } b: site(id: "Site:1") { name } }': 2,
    "{ sites { totalCount nodes { name } } }": 2,
    "{ pickupGroups { nodes { name site { name } } } }": 2,
    "{ pickupGroups { edges { node { members { nodes { id } } } } } }": 2,
    '{ nodes(ids: ["User:1", "Site:1"]) { id } }': 2,
}
"""Each with the number of its statements."""


def one_statement(query: str) -> bool:
    operation = Documents(schema._schema, Settings()).prepare(query).operation(None)
    variables = VariableValues({}, {})
    branches = [shape.bind(variables) for shape in plan_of(operation, variables).shapes]
    return is_one_statement([branch for branch in branches if branch.name != "viewer"])


@pytest.fixture
async def filled(api: Api) -> Api:
    site = await make_site()
    await make_user(site, group=await make_group(site))
    return api


@pytest.mark.parametrize("query", ALONE)
async def test_one_statement_needs_no_snapshot(filled: Api, query: str) -> None:
    assert one_statement(query)
    assert await filled.statements(query) == 1


@pytest.mark.parametrize(("query", "statements"), TOGETHER.items())
async def test_several_statements_are_read_in_one_snapshot(filled: Api, query: str, statements: int) -> None:
    assert not one_statement(query)
    assert await filled.statements(query) == statements


async def test_a_cursor_may_need_a_second_statement(filled: Api) -> None:
    query = "{ pickupGroups { pageInfo { hasPreviousPage endCursor } } }"
    cursor = (await filled.ask(query))["pickupGroups"]["pageInfo"]["endCursor"]
    forward = f'{{ pickupGroups(after: "{cursor}") {{ nodes {{ id }} pageInfo {{ hasPreviousPage }} }} }}'
    backward = f'{{ pickupGroups(last: 1, before: "{cursor}") {{ nodes {{ id }} pageInfo {{ hasNextPage }} }} }}'

    assert not one_statement(forward)
    assert not one_statement(backward)
    assert await filled.statements(forward) == await filled.statements(backward) == 2
