"""Plans answer what graphql-core answers from the same rows."""

from dataclasses import replace
from typing import Any

import pytest

from graph.context import Context
from graph.documents import Documents
from graph.execution import execute
from graph.loading import plan_of
from graph.schema import schema
from graph.settings import Settings
from models.caller import EVERYBODY
from models.database import Database
from tests.factories import make_group, make_site, make_user, make_users

QUERIES = [
    "{ __typename viewer { __typename subject permissions } }",
    "{ sites { nodes { id externalId name mainNumber revision } pageInfo { hasNextPage endCursor } totalCount } }",
    "{ a: sites { n: nodes { i: id } } b: sites(first: 1) { edges { c: cursor node { id } } } }",
    """query($id: ID!) { site(id: $id) { pickupGroups { edges { node { id name version memberCount createdAt updatedAt
      members { nodes { ...U } } availableUsers(last: 1) { totalCount edges { node { ...U } } } site { name } } } } } }
      fragment U on User { id displayName bargeInExempt stationType pickupStatus extension ... on Node { __typename }
      pickupGroup { name } }""",
    "query($ids: [ID!]!) { nodes(ids: $ids) { __typename id ... on User { site { name } } ... on Change { kind } } }",
    """query($yes: Boolean!) { users { nodes {
      firstName @skip(if: $yes) lastName @include(if: $yes)
      ... @include(if: $yes) { email } ...P @skip(if: $yes) } } } fragment P on User { phoneNumber }""",
    '{ node(id: "User:1") { ... on PickupGroup { name } } site(id: "Site:99") { id } user(id: "x") { id } }',
    "{ sites(first: 1000) { totalCount } viewer { subject } }",
    '{ users(after: "nonsense") { totalCount } site(id: "Site:1") { users(first: -1) { totalCount } } }',
    "{ users { nodes { firstName firstName site { id } site { name } } } users { totalCount } }",
    "query($first: Int, $by: UserOrder) { users(first: $first, orderBy: $by) { nodes { displayName } } }",
    '{ site(id: "Site:1") { changes { nodes { revision membersAdded pickupGroup { id } pickupGroupId } } } }',
]
VARIABLES: dict[str, Any] = {
    "id": "Site:1",
    "ids": ["User:1", "Site:1", "PickupGroup:1", "x"],
    "first": 2,
    "by": {"field": "EXTENSION", "direction": "DESC"},
}


@pytest.mark.parametrize("yes", [True, False])
@pytest.mark.parametrize("query", QUERIES)
async def test_a_plan_and_graphql_core_give_equal_answers(database: Database, query: str, yes: bool) -> None:
    site = await make_site("Montréal", main_number="+15145550100")
    group = await make_group(site)
    await make_users(site, 3, group=group)
    await make_user(site, exempt=True, extension="12")
    variables = VARIABLES | {"yes": yes}

    def context() -> Context:
        return Context(database, EVERYBODY, "request", lambda text: text)

    planned = Documents(schema._schema, Settings()).prepare(query).operation(None)
    unplanned = Documents(schema._schema, Settings()).prepare(query).operation(None)
    probe = context()
    expected = await execute(planned, variables, probe)
    plan = plan_of(unplanned, probe.variables)
    unplanned.plans.update({key: replace(plan, complete=None) for key in unplanned.plans})
    answer = await execute(unplanned, variables, context())

    assert answer == expected
    assert list(answer["data"] or {}) == list(expected["data"] or {})
