"""A compiled statement runs for one caller after another: each gets what they asked for, and nothing of another."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
import pytest

from graph.context import Context
from graph.execution.documents import Documents
from graph.execution.executor import execute
from graph.json import encode
from graph.schema import core_schema
from graph.settings import Settings
from models.caller import Caller, Permission
from models.database.database import Database
from models.queries.statement import StatementTemplate
from resolvers.json_query import root_field
from tests.support.factories import make_group, make_site, make_users

LISTS = "$first: Int, $after: String, $search: String, $filter: UserFilter"
PAGE = "(first: $first, after: $after, search: $search)"
FILTERED = "(first: $first, after: $after, search: $search, filter: $filter)"

QUERIES = {
    "row": "query($id: ID!) { user(id: $id) { id site { name } pickupGroup { name } } }",
    "rows": "query($ids: [ID!]!) { nodes(ids: $ids) { id ... on Site { name } ... on User { displayName } } }",
    "connection": f"query($site: ID!, {LISTS}) {{ users(siteId: $site, first: $first, after: $after, "
    "search: $search, filter: $filter) { totalCount edges { cursor node { id } } pageInfo { hasPreviousPage } } }",
    "connection of all": f"query({LISTS}) {{ users{FILTERED} {{ totalCount nodes {{ id }} }} }}",
    "list below a row": f"query($site: ID!, {LISTS}) {{ site(id: $site) {{ users{FILTERED} {{ totalCount "
    "edges { cursor node { id } } } } }",
    "list below a list": f"query({LISTS.replace(', $filter: UserFilter', '')}) {{ sites {{ nodes {{ id "
    f"pickupGroups {{ nodes {{ id members{PAGE} {{ nodes {{ id }} }} }} }} }} }} }}",
    "follow-up": f"query($site: ID!, {LISTS}) {{ site(id: $site) {{ users {{ nodes {{ id site {{ users{FILTERED} "
    "{ totalCount nodes { id } } } } } } }",
    "changes": "query($site: ID!) { site(id: $site) { changes { nodes { actor pickupGroup { name } } } } }",
    "payload": "mutation($group: ID!, $users: [ID!]!) { addPickupGroupMembers(input: {id: $group, userIds: $users}) { "
    "pickupGroup { id memberCount } added { id } violations { rule ... on NotFound { id } "
    "... on MemberOnAnotherSite { user { id } } } } }",
}


@dataclass(frozen=True)
class Side:
    """A site with its own caller, users and group."""

    caller: Caller
    site: str
    users: list[str]
    group: str

    def variables(self, name: str, after: str | None = None) -> Mapping[str, Any]:
        of_list = {
            "first": 2,
            "after": after,
            "search": f"Pat {self.site[-1]}",
            "filter": {"pickupStatus": "AVAILABLE"},
        }
        return {"id": self.users[0], "ids": [self.site, self.users[1]], "site": self.site, "group": self.group} | (
            {"users": self.users[:1]} if name == "payload" else {"users": None} | of_list
        )


async def make_side(name: str) -> Side:
    site = await make_site(name, external_id=name)
    group = await make_group(site, f"Group of {name}")
    users = await make_users(site, 3)
    caller = Caller(name, frozenset(Permission), frozenset({name}))
    return Side(caller, site.id, [user.id for user in users], group.id)


async def ask(database: Database, side: Side, name: str, variables: Mapping[str, Any]) -> Any:
    operation = DOCUMENTS.prepare(QUERIES[name]).operation(None)
    given = {key: value for key, value in variables.items() if f"${key}" in QUERIES[name]}
    values = operation.variables.coerce(given)
    answer = await execute(operation, values, Context(database, side.caller, "request", str))
    return orjson.loads(encode(answer))


DOCUMENTS = Documents(core_schema, Settings())


@pytest.mark.parametrize("name", QUERIES)
async def test_cached_statement_reads_every_value_from_its_own_request(database: Database, name: str) -> None:
    sides = [await make_side("one"), await make_side("two")]

    first = [await ask(database, side, name, side.variables(name)) for side in sides[:1]]
    cached = len(root_field._compiled)
    second = await ask(database, sides[1], name, sides[1].variables(name))

    assert len(root_field._compiled) == cached
    for answer, side, other in ((first[0], *sides), (second, *reversed(sides))):
        assert "errors" not in answer, answer
        text = orjson.dumps(answer).decode()
        assert any(f'"{id_}"' in text for id_ in (side.site, side.group, *side.users, side.caller.subject)) or (
            name == "changes"
        )
        assert not any(f'"{id_}"' in text for id_ in (other.site, other.group, *other.users, other.caller.subject))


async def test_cached_statement_takes_the_cursor_of_its_own_request(database: Database) -> None:
    sides = [await make_side("one"), await make_side("two")]
    name = "connection"
    rest = []
    for side in sides:
        page = (await ask(database, side, name, dict(side.variables(name)) | {"search": "pat"}))["data"]["users"]
        assert page["totalCount"] == 3
        after = page["edges"][1]["cursor"]
        variables = dict(side.variables(name, after)) | {"search": "pat"}
        rest.append((await ask(database, side, name, variables))["data"]["users"])

    assert [[edge["node"]["id"] for edge in page["edges"]] for page in rest] == [[side.users[2]] for side in sides]
    assert [page["pageInfo"]["hasPreviousPage"] for page in rest] == [True, True]


@pytest.mark.parametrize("value", [1, "text", None, ["list"]])
def test_template_binds_no_plain_value(value: Any) -> None:
    template: StatementTemplate[Any] = StatementTemplate("sqlite")

    with pytest.raises(TypeError, match="binds Parameters alone"):
        template.bind(value)
