"""The arguments of a field, read as graphql-core reads them."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from graphql import FieldNode, GraphQLError, get_argument_values

from graph.execution.arguments import FieldArguments
from graph.execution.documents import Documents
from graph.schema import core_schema
from graph.settings import Settings

USERS = (
    "query($site: ID, $first: Int, $after: String = null) { users(siteId: $site, first: $first, after: $after) {%s} }"
)
FILTER = "query($ids: [String!]) { users(last: 2, filter: {externalIds: $ids}) {%s} }"
IDS = 'query($ids: [ID!]!, $id: ID = "Site:2") { nodes(ids: $ids) {%s} site(id: $id) {%s} }'
IN_ITEM = 'query($id: ID!) { nodes(ids: ["User:1", $id]) {%s} }'


def outcome(read: Callable[[], dict[str, Any]]) -> dict[str, Any] | str:
    try:
        return read()
    except GraphQLError as error:
        return error.message


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        ("{ users {%s} }", {}),
        ('{ users(first: 3, search: null, orderBy: {field: EXTENSION}, filter: {externalIds: ["a"]}) {%s} }', {}),
        (USERS, {}),
        (USERS, {"site": "Site:1", "first": 5, "after": "c"}),
        (USERS, {"site": None, "first": None}),
        (FILTER, {}),
        (FILTER, {"ids": "a"}),
        (IDS, {"ids": ["User:1"]}),
        (IDS, {"ids": "User:1", "id": "Site:1"}),
        (IDS, {"ids": [], "id": None}),
        (IN_ITEM, {"id": "User:2"}),
    ],
)
def test_arguments_are_those_of_graphql_core(query: str, variables: dict[str, Any]) -> None:
    operation = Documents(core_schema, Settings()).prepare(query.replace("%s", "__typename")).operation(None)
    values = operation.variables.coerce(variables)

    for node in operation.node.selection_set.selections:
        assert isinstance(node, FieldNode)
        definition = operation.root_type.fields[node.name.value]
        arguments = FieldArguments.of(definition, node)

        expected = outcome(partial(get_argument_values, definition, node, values))
        assert outcome(partial(arguments.read, values)) == expected


def test_arguments_of_one_request_are_not_those_of_the_next() -> None:
    operation = Documents(core_schema, Settings()).prepare(USERS.replace("%s", "__typename")).operation(None)
    (node,) = operation.node.selection_set.selections
    assert isinstance(node, FieldNode)
    arguments = FieldArguments.of(operation.root_type.fields["users"], node)

    arguments.read(operation.variables.coerce({"first": 5}))["search"] = "a"

    values = operation.variables.coerce({"site": "Site:1"})
    assert arguments.read(values) == get_argument_values(arguments.definition, node, values)
