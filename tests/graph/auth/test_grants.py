"""What a token does not grant does not exist for its caller: no path of the schema leads there.

The paths are read from the schema, so a new field is covered without a change here. A new argument needs values in
`arguments`.
"""

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from graphql import (
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    get_named_type,
    is_leaf_type,
)

from graph.schema import schema
from models.caller import Permission
from tests.support.factories import make_group, make_site, make_user
from tests.support.serving import SECRET, serving, token

CORE = schema._schema
HIDDEN = "Hidden"


@dataclass(frozen=True)
class World:
    """A server with two sites: the token grants `ours`; `theirs` has one object of each type."""

    client: httpx.AsyncClient
    ours: dict[str, str]
    theirs: dict[str, str]
    external_ids: list[str]

    async def ask(self, query: str, variables: dict[str, Any] | None = None, *, sites: list[str] | None = None) -> Any:
        response = await self.client.post(
            "/graphql",
            json={"query": query, "variables": variables},
            headers={"Authorization": f"Bearer {token(sites=sites)}", "Accept": "application/json"},
        )
        return response.json()


@pytest.fixture
async def world(url: str) -> AsyncIterator[World]:
    limits: dict[str, Any] = {"max_cost": 10**9, "max_depth": 100, "max_tokens": 100_000}
    async with serving(url, jwt_secret=SECRET, **limits) as api:
        sides = {}
        for name in ("ours", HIDDEN):
            site = await make_site(name, external_id=name)
            group = await make_group(site, f"{name} group")
            user = await make_user(site, name, "Member", group=group, external_id=f"{name}-1")
            free = await make_user(site, name, "Free", external_id=f"{name}-2")
            sides[name] = {"Site": site.id, "PickupGroup": group.id, "User": user.id, "free": free.id}
        world = World(api.http, sides["ours"], sides[HIDDEN], [HIDDEN, f"{HIDDEN}-1", f"{HIDDEN}-2"])
        for side in sides.values():
            renamed = await world.ask(
                "mutation($input: RenamePickupGroupInput!){renamePickupGroup(input: $input){violations{rule}}}",
                {
                    "input": {
                        "id": side["PickupGroup"],
                        "name": f"{side['Site']} {HIDDEN if side is world.theirs else ''}",
                    }
                },
            )
            assert renamed["data"]["renamePickupGroup"]["violations"] == []
            history = await world.ask(f'{{site(id: "{side["Site"]}"){{changes{{nodes{{id}}}}}}}}')
            side["Change"] = history["data"]["site"]["changes"]["nodes"][0]["id"]
        yield world


def arguments(world: World, field: GraphQLField) -> Iterator[str]:
    """Every combination of arguments that asks a field for an object of theirs, in GraphQL with the parentheses."""
    theirs = list(world.theirs.values())
    values: dict[str, list[Any]] = {
        "id": theirs,
        "ids": [theirs],
        "siteId": [None, world.theirs["Site"]],
        "search": [None, HIDDEN],
        "filter": [None, {"externalIds": world.external_ids}],
        "first": [100],
        "after": [None],
        "last": [None],
        "before": [None],
        "orderBy": [None],
    }
    assert set(field.args) <= set(values), "a new argument: give it values above"
    ways: list[dict[str, Any]] = [{}]
    for name in field.args:
        ways = [way | {name: value} for way in ways for value in values[name]]
    for way in ways:
        given = [f"{name}: {_literal(value)}" for name, value in way.items() if value is not None]
        yield f"({', '.join(given)})" if given else ""


def _literal(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {_literal(inner)}" for name, inner in value.items()) + "}"
    return json.dumps(value)


def selection(world: World, type_: GraphQLNamedType, depth: int, walked: set[str]) -> str:
    """A selection of every field of a type, with every combination of arguments, to that depth."""
    if isinstance(type_, GraphQLInterfaceType):
        fragments = (
            f"... on {one.name} {selection(world, one, depth, walked)}" for one in CORE.get_possible_types(type_)
        )
        return f"{{ __typename {' '.join(fragments)} }}"
    assert isinstance(type_, GraphQLObjectType)
    parts = ["__typename"]
    for name, field in type_.fields.items():
        inner = get_named_type(field.type)
        if not is_leaf_type(inner) and depth == 0:
            continue
        walked.add(f"{type_.name}.{name}")
        for number, given in enumerate(arguments(world, field)):
            below = "" if is_leaf_type(inner) else selection(world, inner, depth - 1, walked)
            parts.append(f"{type_.name}_{name}_{number}: {name}{given} {below}")
    return f"{{ {' '.join(parts)} }}"


def reachable(type_: GraphQLNamedType, found: set[str]) -> set[str]:
    """The names of all fields that can be selected below a type."""
    types = CORE.get_possible_types(type_) if isinstance(type_, GraphQLInterfaceType) else [type_]
    for one in types:
        for name, field in getattr(one, "fields", {}).items():
            if f"{one.name}.{name}" not in found:
                found.add(f"{one.name}.{name}")
                reachable(get_named_type(field.type), found)
    return found


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)
    elif isinstance(value, str):
        yield value


def leaks(world: World, answer: Any) -> set[str]:
    """The ids and names of theirs in a response."""
    ids = set(world.theirs.values())
    return {text for text in texts(answer) if text in ids or HIDDEN in text}


async def test_query_reaches_no_site_outside_the_grant(world: World) -> None:
    query_type = CORE.query_type
    assert query_type is not None
    walked: set[str] = set()
    answers: dict[str, bool] = {}

    for name, field in query_type.fields.items():
        walked.add(f"Query.{name}")
        inner = get_named_type(field.type)
        for given in arguments(world, field):
            query = f"{{ {name}{given} {selection(world, inner, 3, walked)} }}"
            granted = await world.ask(query, sites=["ours"])
            everything = await world.ask(query)
            assert "data" in granted, granted
            assert leaks(world, granted) == set(), query
            answers[name] = answers.get(name, False) or bool(leaks(world, everything))

    assert walked == reachable(query_type, set())
    assert {name for name, leaking in answers.items() if not leaking} == {"viewer"}, (
        "a token for every site reads theirs"
    )


async def test_granted_objects_lead_to_no_site_outside_the_grant(world: World) -> None:
    walked: set[str] = set()
    node = CORE.type_map["Node"]

    for key in world.ours.values():
        query = f'{{ node(id: "{key}") {selection(world, node, 3, walked)} }}'
        granted = await world.ask(query, sites=["ours"])
        assert granted["data"]["node"] is not None
        assert leaks(world, granted) == set()


def inputs(world: World, type_: GraphQLInputObjectType, theirs: dict[str, str]) -> Iterator[dict[str, Any]]:
    """Inputs with an object of theirs in one field, and objects of ours in the rest."""
    ours: dict[str, Any] = {
        "siteId": world.ours["Site"],
        "id": world.ours["PickupGroup"],
        "userIds": [world.ours["free"]],
        "name": "New",
    }
    foreign: dict[str, Any] = {
        "siteId": theirs["Site"],
        "id": theirs["PickupGroup"],
        "userIds": [theirs["User"], theirs["free"]],
        "addUserIds": [theirs["User"], theirs["free"]],
        "removeUserIds": [theirs["User"]],
    }
    plain = {name: ours[name] for name in type_.fields if name in ours}
    known = {*ours, *foreign, "expectedVersion", "moveMembers", "dryRun"}
    assert set(type_.fields) <= known, "a new field of an input"
    for name in type_.fields:
        if name in foreign:
            for move in [False, True] if "moveMembers" in type_.fields else [None]:
                yield plain | {name: foreign[name]} | ({} if move is None else {"moveMembers": move}) | {"dryRun": True}
                yield plain | {name: foreign[name]} | ({} if move is None else {"moveMembers": move})


DIRECTORY_MUTATIONS = {"upsertSites", "upsertUsers", "removeUsers", "removeSites"}
"""They name objects by the upstream directory's keys: tests/resolvers/test_upsert_users.py and beside it."""


async def test_mutation_treats_objects_outside_the_grant_as_absent(world: World) -> None:
    mutation_type = CORE.mutation_type
    assert mutation_type is not None
    nothing = {
        name: f"{key.partition(':')[0]}:99999{number}" for number, (name, key) in enumerate(world.theirs.items())
    }
    before = await dump(world)

    for name, field in mutation_type.fields.items():
        if name in DIRECTORY_MUTATIONS:
            continue
        input_type = get_named_type(field.args["input"].type)
        assert isinstance(input_type, GraphQLInputObjectType)
        payload = selection(world, get_named_type(field.type), 2, set())
        query = f"mutation($input: {input_type.name}!){{ {name}(input: $input) {payload} }}"
        for theirs, absent in zip(
            inputs(world, input_type, world.theirs), inputs(world, input_type, nothing), strict=True
        ):
            answer = await world.ask(query, {"input": theirs}, sites=["ours"])
            expected = await world.ask(query, {"input": absent}, sites=["ours"])
            found = {text for text in texts(answer) if HIDDEN in text}
            assert found == set()
            assert replaced(expected, dict(zip(nothing.values(), world.theirs.values(), strict=True))) == answer

    assert await dump(world) == before


def replaced(value: Any, names: dict[str, str]) -> Any:
    text = json.dumps(value)
    for old, new in names.items():
        text = text.replace(f'"{old}"', f'"{new}"')
    return json.loads(text)


async def dump(world: World) -> Any:
    """Everything of theirs, read with a token for every site."""
    site = selection(world, CORE.type_map["Site"], 3, set())
    return await world.ask(f'{{ site(id: "{world.theirs["Site"]}") {site} }}')


async def test_subscription_to_site_outside_the_grant_is_not_found(world: World) -> None:
    granted = token(permissions=[Permission.READ], sites=["ours"])
    subscription_type = CORE.subscription_type
    assert subscription_type is not None

    for name, field in subscription_type.fields.items():
        assert set(field.args) == {"siteId", "afterRevision"}
        for site in (world.theirs["Site"], "Site:999999"):
            response = await world.client.post(
                "/graphql",
                json={"query": f'subscription {{ {name}(siteId: "{site}", afterRevision: 0) {{ id }} }}'},
                headers={"Authorization": f"Bearer {granted}", "Accept": "text/event-stream"},
            )
            event, _complete, _rest = response.text.split("\n\n")
            answer = json.loads(event.removeprefix("event: next\ndata: "))
            assert [error["extensions"]["code"] for error in answer["errors"]] == ["NOT_FOUND"]
            assert leaks(world, answer) == set()
