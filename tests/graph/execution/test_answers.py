"""Random documents, made of the schema: the database, plans and graphql-core answer the same, errors included.

Some of their arguments are variables: a document is asked for with several values of them, one after the other.
"""

import asyncio
from dataclasses import dataclass, field, replace
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
    parse_value,
    value_from_ast_untyped,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.context import Context
from graph.errors import RequestError
from graph.execution.documents import Documents, Operation
from graph.execution.executor import execute
from graph.execution.loading import plan_of
from graph.schema.assembly import schema
from graph.settings import Settings
from graph.transport.json import encode
from models.caller import ANONYMOUS, Caller, Permission
from models.database.database import Database
from models.database.opening import open_database
from models.database.url import parse_database_url
from tests.support.factories import make_group, make_site, make_user, make_users

SCHEMA = schema._schema
DEEPEST = 6
TIMES = 3
CALLERS = [ANONYMOUS, Caller("ann", frozenset(Permission), frozenset({"S1", "S2"}))]

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


@dataclass
class Document:
    """A document whose selections have been drawn; of each of its variables the type and the values, as literals."""

    without: frozenset[str]
    selections: str = ""
    types: dict[str, str] = field(default_factory=dict)
    literals: dict[str, list[str]] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"{self.text} {[self.variables(number) for number in range(TIMES)]}"

    @property
    def text(self) -> str:
        declared = ", ".join(f"${name}: {type_}" for name, type_ in self.types.items())
        return f"query({declared}) {self.selections}" if declared else self.selections

    def variables(self, number: int) -> dict[str, Any]:
        """Their values at that time of asking; one that is drawn empty is not given."""
        return {
            name: value_from_ast_untyped(parse_value(literals[number]))
            for name, literals in self.literals.items()
            if literals[number]
        }


@st.composite
def argument_text(draw: st.DrawFn, document: Document, name: str, argument: GraphQLArgument, leads_to: str) -> str:
    drawn = value(name, argument, leads_to)
    if draw(st.booleans()):
        return draw(drawn)
    variable = f"v{len(document.types)}"
    document.types[variable] = str(argument.type)
    some = drawn if is_non_null_type(argument.type) else st.one_of(drawn, drawn, drawn, st.sampled_from(["null", ""]))
    document.literals[variable] = [draw(some) for _ in range(TIMES)]
    return f"${variable}"


@st.composite
def field_text(draw: st.DrawFn, document: Document, name: str, field: GraphQLField, depth: int) -> str:
    named = get_named_type(field.type)
    # Two ways to give a size, and random text for a cursor, would make most documents wrong.
    left_out = draw(st.sampled_from([{"first"}, {"last"}])) | (
        {"after", "before"} if draw(st.integers(0, 9)) else set()
    )
    given_ = [
        f"{one}: {draw(argument_text(document, one, argument, named.name))}"
        for one, argument in field.args.items()
        if is_non_null_type(argument.type) or (one not in left_out and draw(st.booleans()))
    ]
    arguments = f"({', '.join(given_)})" if given_ else ""
    alias = f"a{draw(st.integers(0, 99_999))}: "
    below = "" if is_leaf_type(named) else draw(selection(document, named, depth + 1))
    condition = draw(st.sampled_from(["", "", "", " @skip(if: false)", " @include(if: true)", " @include(if: false)"]))
    return f"{alias}{name}{arguments}{condition}{below}"


@st.composite
def selection(draw: st.DrawFn, document: Document, type_: Any, depth: int) -> str:
    assert isinstance(type_, GraphQLObjectType | GraphQLInterfaceType)
    names = sorted(type_.fields.keys() - document.without)
    if depth >= DEEPEST:
        names = [name for name in names if is_leaf_type(get_named_type(type_.fields[name].type))]
    chosen = draw(st.lists(st.sampled_from(names), min_size=1, max_size=4, unique=True)) if names else []
    parts = [draw(field_text(document, name, type_.fields[name], depth)) for name in chosen]
    if not parts or draw(st.booleans()):
        parts.append("__typename")
    if isinstance(type_, GraphQLInterfaceType):
        possible = [one for one in SCHEMA.get_possible_types(type_) if draw(st.booleans())]
        parts += [f"... on {one.name} {draw(selection(document, one, depth + 1))}" for one in possible]
    elif draw(st.integers(0, 3)) == 0:
        parts.append(f"... on {type_.name} {draw(selection(document, type_, depth + 1))}")
    return f" {{ {' '.join(draw(st.permutations(parts)))} }}"


@st.composite
def documents(draw: st.DrawFn) -> Document:
    # Those that the database may be able to answer whole are asked for more often.
    whole = draw(st.integers(0, 3)) > 0
    document = Document(frozenset({"viewer", "node", "nodes", "changes"} if whole else ()))
    document.selections = draw(selection(document, SCHEMA.query_type, 0))
    return document


async def fill() -> None:
    for number in range(3):
        site = await make_site(f"Été {number}", main_number="+15145550100" if number else None)
        for name in ("Ventes", "Achats"):
            await make_users(site, 2, group=await make_group(site, name))
        await make_user(site, exempt=True, extension="12")


async def answers(database: Database, document: Document, caller: Caller, **changed: Any) -> list[bytes]:
    """The answers, at each time of asking, by plans that were changed so."""

    def context() -> Context:
        return Context(database, caller, "request", lambda text: text)

    async def answer(operation: Operation, variables: dict[str, Any]) -> bytes:
        try:
            probe = context()
            await execute(operation, variables, probe)
            plan_of(operation, probe.variables)
            plans = {values: replace(plan, **changed) for values, plan in operation.plans.items()}
            operation.plans.update(plans if changed else {})
            return encode(await execute(operation, variables, context()))
        except RequestError as error:
            return encode(error.localized(lambda text: text))

    try:
        operation = Documents(SCHEMA, Settings(max_cost=10**9)).prepare(document.text).operation(None)
    except RequestError as error:
        return [encode(error.localized(lambda text: text))]
    return [await answer(operation, document.variables(number)) for number in range(TIMES)]


def test_random_documents_get_equal_answers(url: str) -> None:
    with asyncio.Runner() as runner:
        database = runner.run(open_database(parse_database_url(url)))
        runner.run(fill())

        @settings(max_examples=60, deadline=None)
        @given(document=documents(), caller=st.sampled_from(CALLERS))
        def compare(document: Document, caller: Caller) -> None:
            by_database = runner.run(answers(database, document, caller))
            by_plan = runner.run(answers(database, document, caller, told=()))
            by_library = runner.run(answers(database, document, caller, told=(), complete=None))

            assert by_database == by_plan == by_library

        try:
            compare()
        finally:
            runner.run(database.close())
