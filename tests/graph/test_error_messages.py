"""Messages about wrong variables and literals: in the words of GraphQL and JSON, never Python's."""

from typing import Any

import pytest

from graph.error_messages import plain_message
from tests.graph.conftest import Serve

FIELDS = {
    "Int": "users(first: $v) { totalCount }",
    "ID": "site(id: $v) { id }",
    "String": "users(search: $v) { totalCount }",
    "OrderDirection": "users(orderBy: {field: NAME, direction: $v}) { totalCount }",
    "UserOrder": "users(orderBy: $v) { totalCount }",
    "UserFilter": "users(filter: $v) { totalCount }",
    "[ID": "nodes(ids: $v) { id }",
}
"""A field with an argument of each type."""

LONG = "9" * 5_000
NOT_32_BIT = "Int cannot represent non 32-bit signed integer value: "


@pytest.mark.parametrize(
    ("type_", "value", "message"),
    [
        ("Int", "it's", 'Int cannot represent non-integer value: "it\'s"'),
        ("Int", True, "Int cannot represent non-integer value: true"),
        ("Int", 1.5, "Int cannot represent non-integer value: 1.5"),
        ("Int", 2**31, "Int cannot represent non 32-bit signed integer value: 2147483648"),
        ("Int", {"a": None}, 'Int cannot represent non-integer value: {"a": null}'),
        ("Int!", None, "Expected value of non-null type 'Int!' not to be null."),
        ("ID!", False, "ID cannot represent value: false"),
        ("ID!", {"a": [None, True]}, 'ID cannot represent value: {"a": [null, true]}'),
        ("String", 5, "String cannot represent a non string value: 5"),
        ("String", ["é"] * 11, "String cannot represent a non string value: [" + '"é", ' * 10 + "…]"),
        ("String", {"a": {"b": {"c": None}}}, 'String cannot represent a non string value: {"a": {"b": {…}}}'),
        ("String", [[["x"]], []], "String cannot represent a non string value: [[[…]], []]"),
        ("OrderDirection!", None, "Expected value of non-null type 'OrderDirection!' not to be null."),
        ("OrderDirection!", 5, "Enum 'OrderDirection' cannot represent non-string value: 5."),
        ("OrderDirection!", [True], "Enum 'OrderDirection' cannot represent non-string value: [true]."),
        ("UserOrder", 5, "Expected value of type 'UserOrder' to be an object, found: 5."),
        ("UserOrder", {}, "Expected value of type 'UserOrder' to include required field 'field', found: {}."),
        (
            "UserOrder",
            {"direction": "ASC"},
            "Expected value of type 'UserOrder' to include required field 'field', found: {\"direction\": \"ASC\"}.",
        ),
        (
            "UserOrder",
            {"field": "NAME", "found: {'x': None}": None},
            "Expected value of type 'UserOrder' not to include unknown field 'found: {'x': None}', "
            'found: {"field": "NAME", "found: {\'x\': None}": null}.',
        ),
        ("[ID!]!", None, "Expected value of non-null type '[ID!]!' not to be null."),
        ("[ID!]!", {"a": True}, 'ID cannot represent value: {"a": true}'),
    ],
)
async def test_variable_is_quoted_as_json(serve: Serve, type_: str, value: Any, message: str) -> None:
    document = f"query($v: {type_}) {{ {FIELDS[type_.partition('!')[0]]} }}"
    async with serve() as client:
        response = await client.post("/graphql", json={"query": document, "variables": {"v": value}})

    (error,) = response.json()["errors"]
    assert error["extensions"] == {"code": "BAD_USER_INPUT"}
    assert error["message"] == f"Variable '$v' has invalid value: {message}"


@pytest.mark.parametrize(
    ("type_", "value", "messages"),
    [
        (
            "UserFilter",
            {"externalIds": [None, True], "stationTypes": ["FAX", 1]},
            [
                "at .externalIds[0]: Expected value of non-null type 'String!' not to be null.",
                "at .externalIds[1]: String cannot represent a non string value: true",
                "at .stationTypes[1]: Enum 'StationType' cannot represent non-string value: 1.",
            ],
        ),
        (
            "UserOrder",
            {"field": "NAM", "direction": None},
            [
                "at .field: Value \"NAM\" does not exist in 'UserOrderField' enum. Did you mean the enum value 'NAME'?",
                "at .direction: Expected value of non-null type 'OrderDirection!' not to be null.",
            ],
        ),
        ("[ID!]!", ["x", True], ["at [1]: ID cannot represent value: true"]),
    ],
)
async def test_value_within_variable_is_quoted_as_json(
    serve: Serve, type_: str, value: Any, messages: list[str]
) -> None:
    document = f"query($v: {type_}) {{ {FIELDS[type_.partition('!')[0]]} }}"
    async with serve() as client:
        response = await client.post("/graphql", json={"query": document, "variables": {"v": value}})

    found = [error["message"] for error in response.json()["errors"]]
    assert found == [f"Variable '$v' has invalid value {message}" for message in messages]


async def test_variable_that_is_missing_is_named(serve: Serve) -> None:
    async with serve() as client:
        response = await client.post("/graphql", json={"query": "query($v: ID!) { site(id: $v) { id } }"})

    (error,) = response.json()["errors"]
    expected = "Variable '$v' has invalid value: Expected a value of non-null type 'ID!' to be provided."
    assert error["message"] == expected


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ('users(first: "1") { totalCount }', 'Int cannot represent non-integer value: "1"'),
        ("users(first: true) { totalCount }", "Int cannot represent non-integer value: true"),
        ("users(first: {a: null}) { totalCount }", "Int cannot represent non-integer value: { a: null }"),
        ("site(id: null) { id }", "Expected value of non-null type 'ID!' not to be null."),
        ("site(id: true) { id }", "ID cannot represent a non-string and non-integer value: true"),
        ("users(search: [null]) { totalCount }", "String cannot represent a non string value: [null]"),
        (
            "users(orderBy: {field: null}) { totalCount }",
            "Expected value of non-null type 'UserOrderField!' not to be null.",
        ),
        ("users(orderBy: 5) { totalCount }", "Expected value of type 'UserOrder' to be an object, found: 5."),
        ("nodes(ids: [null]) { id }", "Expected value of non-null type 'ID!' not to be null."),
        ("__typename @include(if: null)", "Expected value of non-null type 'Boolean!' not to be null."),
        ('__typename @skip(if: "true")', 'Boolean cannot represent a non boolean value: "true"'),
        (f"users(first: {LONG}) {{ totalCount }}", f"{NOT_32_BIT}{'9' * 120}…{'9' * 120}"),
        (f"users(first: -{LONG}) {{ totalCount }}", f"{NOT_32_BIT}-{'9' * 119}…{'9' * 120}"),
    ],
)
async def test_literal_is_quoted_as_graphql(serve: Serve, field: str, message: str) -> None:
    async with serve() as client:
        response = await client.post("/graphql", json={"query": f"{{ {field} }}"})

    (error,) = response.json()["errors"]
    assert (error["extensions"]["code"], error["message"]) == ("GRAPHQL_VALIDATION_FAILED", message)


async def test_long_default_of_variable_is_shortened(serve: Serve) -> None:
    document = f"query($v: Int = {LONG}) {{ users(first: $v) {{ totalCount }} }}"
    async with serve() as client:
        response = await client.post("/graphql", json={"query": document})

    (error,) = response.json()["errors"]
    assert error["extensions"] == {"code": "GRAPHQL_VALIDATION_FAILED"}
    assert error["message"] == f"{NOT_32_BIT}{'9' * 120}…{'9' * 120}"


@pytest.mark.parametrize(
    ("type_", "value", "message"),
    [
        ("Int", "1e400", "Int cannot represent non-integer value: a number beyond a double"),
        ("Int", "-1e400", "Int cannot represent non-integer value: a number beyond a double"),
        ("ID!", '{"a": [1e400]}', 'ID cannot represent value: {"a": [a number beyond a double]}'),
    ],
)
async def test_number_that_is_too_large_is_not_quoted(serve: Serve, type_: str, value: str, message: str) -> None:
    document = f"query($v: {type_}) {{ {FIELDS[type_.partition('!')[0]]} }}"
    body = f'{{"query": "{document}", "variables": {{"v": {value}}}}}'
    async with serve() as client:
        response = await client.post("/graphql", content=body, headers={"Content-Type": "application/json"})

    (error,) = response.json()["errors"]
    assert error["extensions"] == {"code": "BAD_USER_INPUT"}
    assert error["message"] == f"Variable '$v' has invalid value: {message}"


@pytest.mark.parametrize(
    ("document", "variables", "message"),
    [
        (
            "query($v: OrderDirection = ASC) { sites(orderBy: {field: NAME, direction: $v}) { totalCount } }",
            {"v": None},
            "Argument 'orderBy' has invalid value at .direction: "
            "Expected variable '$v' provided to non-null type 'OrderDirection!' not to be null.",
        ),
        (
            "query($v: Boolean = true) { __typename @include(if: $v) }",
            {"v": None},
            "Argument 'if' has invalid value: "
            "Expected variable '$v' provided to non-null type 'Boolean!' not to be null.",
        ),
    ],
)
async def test_null_in_place_of_default_is_null(
    serve: Serve, document: str, variables: dict[str, Any], message: str
) -> None:
    async with serve() as client:
        response = await client.post("/graphql", json={"query": document, "variables": variables})

    assert [error["message"] for error in response.json()["errors"]] == [message]


async def test_long_text_is_shortened(serve: Serve) -> None:
    document = "query($v: Int) { users(first: $v) { totalCount } }"
    async with serve() as client:
        response = await client.post("/graphql", json={"query": document, "variables": {"v": "x" * 1_000}})

    (error,) = response.json()["errors"]
    quoted = f'"{"x" * 119}…{"x" * 119}"'
    assert error["message"] == f"Variable '$v' has invalid value: Int cannot represent non-integer value: {quoted}"


def test_message_about_something_else_stays() -> None:
    for message in ("Cannot query field 'None' on type 'Query'.", "Variable '$v' has invalid value: True"):
        assert plain_message(message, {}) == message
