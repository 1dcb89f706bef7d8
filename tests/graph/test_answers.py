"""Random documents, made of the schema: the database, plans and graphql-core answer the same, errors included."""

import asyncio
from dataclasses import replace
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.context import Context
from graph.documents import Documents
from graph.encoding import encode
from graph.errors import Refusal
from graph.execution import execute
from graph.loading import plan_of
from graph.schema import schema
from graph.settings import Settings
from models.address import parse_address
from models.caller import EVERYBODY, Caller, Permission
from models.database import Database
from models.migrating import open_database
from tests.factories import make_group, make_site, make_user, make_users

SCHEMA = schema._schema
DEEPEST = 6
CALLERS = [EVERYBODY, Caller("ann", frozenset(Permission), frozenset({"S1", "S2"}))]

SIZES = ["0", "1", "2", "2", "3", "4", "5", "6"]
SEARCHED = ["pat", "a 1", "x", "15145550100", "ete"]
WRONG = {"Int": ["-1", "101"], "String": ["nonsense"], "ID": ["x", "Site:9", "User:0"]}
"""What one argument in twenty is given."""


@st.composite
def value(draw: st.DrawFn, name: str, argument: GraphQLArgument, leads_to: str) -> str:
    """A value for the argument of that name of a field that leads to such objects."""
    type_ = get_nullable_type(argument.type)
    named = get_named_type(type_)
    if isinstance(named, GraphQLEnumType):
        one = st.sampled_from(sorted(named.values))
    elif isinstance(named, GraphQLInputObjectType):
        fields = [
            f"{inner}: {draw(value(inner, field, leads_to))}"
            for inner, field in named.fields.items()
            if is_non_null_type(field.type) or draw(st.booleans())
        ]
        one = st.just(f"{{{', '.join(fields)}}}")
    elif draw(st.integers(0, 19)) == 0:
        one = st.sampled_from([text if named.name == "Int" else f'"{text}"' for text in WRONG[named.name]])
    elif named.name == "Int":
        one = st.sampled_from(SIZES)
    elif named.name == "ID":
        kind = {"id": leads_to, "siteId": "Site"}.get(name, "User")
        one = st.integers(1, 4).map(lambda key: f'"{kind if kind in ("Site", "PickupGroup") else "User"}:{key}"')
    else:
        one = st.sampled_from([f'"{text}"' for text in (("S1", "u2", "x") if name == "externalIds" else SEARCHED)])
    return f"[{', '.join(draw(st.lists(one, max_size=3)))}]" if is_list_type(type_) else draw(one)


@st.composite
def field_text(draw: st.DrawFn, name: str, field: GraphQLField, without: frozenset[str], depth: int) -> str:
    named = get_named_type(field.type)
    # Two ways to give a size, and random text for a cursor, would make most documents wrong.
    left_out = draw(st.sampled_from([{"first"}, {"last"}])) | (
        {"after", "before"} if draw(st.integers(0, 9)) else set()
    )
    given_ = [
        f"{one}: {draw(value(one, argument, named.name))}"
        for one, argument in field.args.items()
        if is_non_null_type(argument.type) or (one not in left_out and draw(st.booleans()))
    ]
    arguments = f"({', '.join(given_)})" if given_ else ""
    alias = f"a{draw(st.integers(0, 99_999))}: "
    below = "" if is_leaf_type(named) else draw(selection(named, without, depth + 1))
    condition = draw(st.sampled_from(["", "", "", " @skip(if: false)", " @include(if: true)", " @include(if: false)"]))
    return f"{alias}{name}{arguments}{condition}{below}"


@st.composite
def selection(draw: st.DrawFn, type_: Any, without: frozenset[str], depth: int) -> str:
    assert isinstance(type_, GraphQLObjectType | GraphQLInterfaceType)
    names = sorted(type_.fields.keys() - without)
    if depth >= DEEPEST:
        names = [name for name in names if is_leaf_type(get_named_type(type_.fields[name].type))]
    chosen = draw(st.lists(st.sampled_from(names), min_size=1, max_size=4, unique=True)) if names else []
    parts = [draw(field_text(name, type_.fields[name], without, depth)) for name in chosen]
    if not parts or draw(st.booleans()):
        parts.append("__typename")
    if isinstance(type_, GraphQLInterfaceType):
        possible = [one for one in SCHEMA.get_possible_types(type_) if draw(st.booleans())]
        parts += [f"... on {one.name} {draw(selection(one, without, depth + 1))}" for one in possible]
    elif draw(st.integers(0, 3)) == 0:
        parts.append(f"... on {type_.name} {draw(selection(type_, without, depth + 1))}")
    return f" {{ {' '.join(draw(st.permutations(parts)))} }}"


documents = st.one_of(
    # Those that the database may be able to answer whole are asked for more often.
    *[selection(SCHEMA.query_type, frozenset({"viewer", "node", "nodes", "changes"}), 0)] * 3,
    selection(SCHEMA.query_type, frozenset(), 0),
)


async def fill() -> None:
    for number in range(3):
        site = await make_site(f"Été {number}", main_number="+15145550100" if number else None)
        for name in ("Ventes", "Achats"):
            await make_users(site, 2, group=await make_group(site, name))
        await make_user(site, exempt=True, extension="12")


async def answer(database: Database, query: str, caller: Caller, **changed: Any) -> bytes:
    """The answer by a plan that was changed so."""

    def context() -> Context:
        return Context(database, caller, "request", lambda text: text)

    try:
        operation = Documents(SCHEMA, Settings(max_cost=10**9)).prepare(query).operation(None)
        probe = context()
        await execute(operation, {}, probe)
        plan = replace(plan_of(operation, probe.variables), **changed)
        operation.plans.update(dict.fromkeys(operation.plans, plan))
        return encode(await execute(operation, {}, context()))
    except Refusal as refusal:
        return encode(refusal.say(lambda text: text))


def test_all_three_ways_give_equal_answers_to_random_documents(url: str) -> None:
    with asyncio.Runner() as runner:
        database = runner.run(open_database(parse_address(url)))
        runner.run(fill())

        @settings(max_examples=60, deadline=None)
        @given(text=documents, caller=st.sampled_from(CALLERS))
        def compare(text: str, caller: Caller) -> None:
            by_database = runner.run(answer(database, text, caller))
            by_plan = runner.run(answer(database, text, caller, told=()))
            by_library = runner.run(answer(database, text, caller, told=(), complete=None))

            assert by_database == by_plan == by_library

        try:
            compare()
        finally:
            runner.run(database.close())
