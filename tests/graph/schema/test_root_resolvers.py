"""Root resolvers are called with the arguments that Strawberry's own way would call them with."""

from typing import Any

import pytest
from graphql import GraphQLField, OperationDefinitionNode, get_argument_values, parse
from graphql.execution.values import VariableValues
from strawberry.types.arguments import convert_arguments
from strawberry.types.field import StrawberryField
from strawberry.utils.str_converters import to_camel_case

from graph.schema import core_schema, schema
from graph.schema.root_resolvers import argument_converter

FIELDS = [
    'node(id: "User:1")',
    'nodes(ids: ["User:1", "x"])',
    "viewer",
    'site(id: "Site:1")',
    "sites",
    'sites(filter: {externalIds: ["a"]}, first: 2, search: "x", orderBy: {field: NAME, direction: DESC})',
    "sites(filter: null, first: null, after: null, last: null, before: null, search: null, orderBy: null)",
    "sites(filter: {})",
    'users(siteId: "Site:1", after: "c", last: 1, before: "d")',
    "users(siteId: null, filter: {externalIds: null, stationTypes: [FAX, BASIC], pickupStatus: AVAILABLE})",
    "users(orderBy: {field: EXTENSION})",
    'user(id: "x")',
    'pickupGroup(id: "PickupGroup:1")',
    'pickupGroups(siteId: "Site:1", orderBy: {field: UPDATED_AT})',
    'createPickupGroup(input: {siteId: "Site:1", name: "A"})',
    'createPickupGroup(input: {siteId: "Site:1", name: "A", userIds: ["User:1"], moveMembers: true, dryRun: true})',
    'renamePickupGroup(input: {id: "PickupGroup:1", name: "A", expectedVersion: 3})',
    'renamePickupGroup(input: {id: "PickupGroup:1", name: "A", expectedVersion: null})',
    'setPickupGroupMembers(input: {id: "PickupGroup:1", userIds: []})',
    'addPickupGroupMembers(input: {id: "PickupGroup:1", userIds: "User:1"})',
    'removePickupGroupMembers(input: {id: "PickupGroup:1", userIds: ["User:1", "User:1"]})',
    'updatePickupGroup(input: {id: "PickupGroup:1"})',
    'updatePickupGroup(input: {id: "PickupGroup:1", name: "A", addUserIds: ["User:1"], removeUserIds: "User:2", '
    "expectedVersion: 3, moveMembers: true, dryRun: true})",
    'updatePickupGroup(input: {id: "PickupGroup:1", name: null, expectedVersion: null})',
    'deletePickupGroup(input: {id: "PickupGroup:1"})',
    'upsertSites(input: {sites: [{externalId: "a", name: "A"}, {externalId: "b", name: "B", mainNumber: null}]})',
    'upsertSites(input: {sites: {externalId: "a", name: "A", mainNumber: "1"}, dryRun: true})',
    'upsertUsers(input: {users: [{externalId: "a", siteExternalId: "s", stationType: FAX}]})',
    'upsertUsers(input: {users: [{externalId: "a", siteExternalId: "s", firstName: "A", lastName: "B", extension: "1", '
    'phoneNumber: "2", email: null, stationType: BASIC, bargeInExempt: true}], dryRun: true})',
    'removeUsers(input: {externalIds: ["a", "b"], dryRun: true})',
    "removeSites(input: {externalIds: []})",
]


def definition_and_arguments(text: str) -> tuple[GraphQLField, dict[str, Any]]:
    (operation,) = parse(f"{{ {text} }}").definitions
    assert isinstance(operation, OperationDefinitionNode)
    node: Any = operation.selection_set.selections[0]
    for root in (core_schema.query_type, core_schema.mutation_type):
        assert root is not None
        definition = root.fields.get(node.name.value)
        if definition is not None:
            return definition, get_argument_values(definition, node, VariableValues({}, {}))
    raise AssertionError(text)


@pytest.mark.parametrize("text", FIELDS)
def test_arguments_are_those_of_strawberry(text: str) -> None:
    definition, values = definition_and_arguments(text)
    field: StrawberryField = definition.extensions["strawberry-definition"]
    converter = schema.schema_converter
    expected = convert_arguments(values, field.arguments, converter.scalar_registry, schema.config)

    given = argument_converter(definition, field, to_camel_case)(values)

    assert given == expected


def test_every_root_field_is_compared() -> None:
    names = {text.partition("(")[0] for text in FIELDS}

    assert core_schema.query_type is not None
    assert core_schema.mutation_type is not None
    assert names == core_schema.query_type.fields.keys() | core_schema.mutation_type.fields.keys()
