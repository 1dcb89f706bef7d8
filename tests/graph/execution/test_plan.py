"""The database, plans and graphql-core answer the same."""

from dataclasses import replace
from typing import Any

import pytest

from graph.context import Context
from graph.execution.documents import Documents
from graph.execution.executor import execute
from graph.execution.loading import plan_of
from graph.schema.assembly import schema
from graph.settings import Settings
from graph.transport.json import encode
from models.caller import ANONYMOUS
from models.database.database import Database
from tests.support.factories import make_group, make_site, make_user, make_users

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
    "{ users(last: 2) { pageInfo { hasPreviousPage hasNextPage startCursor endCursor __typename } __typename } }",
    "{ users(last: 0) { pageInfo { startCursor endCursor } } sites(first: 0) { pageInfo { startCursor endCursor } } }",
    '{ users(first: 0, search: "p") { pageInfo { hasNextPage startCursor } } a: users(last: 0, search: "p") '
    "{ pageInfo { endCursor } totalCount } }",
    "query($id: ID!) { site(id: $id) { users(first: 0) { nodes { id } } pickupGroups(last: 3) { totalCount } } }",
    """{ users(first: 3, search: "pat", filter: {pickupStatus: ASSIGNED, stationTypes: [BASIC, STANDARD]}) {
      pageInfo { hasNextPage endCursor } edges { __typename cursor } nodes { extension phoneNumber email } } }""",
    """{ pickupGroups(orderBy: {field: CREATED_AT, direction: DESC}) { a: nodes { b: members(last: 2, orderBy:
      {field: EXTENSION}) { edges { cursor node { id site { users(first: 1) { nodes { id } } } } } } } } }""",
    '{ sites(filter: {externalIds: ["S1", "x"]}) { nodes { externalId mainNumber } } n: pickupGroup(id: "x") { id } }',
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
async def test_plan_equals_graphql_core(database: Database, query: str, yes: bool) -> None:
    site = await make_site("Montréal", main_number="+15145550100")
    group = await make_group(site)
    await make_users(site, 3, group=group)
    await make_user(site, exempt=True, extension="12")
    variables = VARIABLES | {"yes": yes}

    def context() -> Context:
        return Context(database, ANONYMOUS, "request", lambda text: text)

    async def answer(**changed: Any) -> bytes:
        operation = Documents(schema._schema, Settings()).prepare(query).operation(None)
        probe = context()
        await execute(operation, variables, probe)
        plan = replace(plan_of(operation, probe.variables), **changed)
        operation.plans.update(dict.fromkeys(operation.plans, plan))
        return encode(await execute(operation, variables, context()))

    by_database, by_plan, by_library = await answer(), await answer(told=()), await answer(told=(), complete=None)

    assert by_database == by_plan == by_library
