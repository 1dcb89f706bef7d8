"""The values of variables are what graphql-core makes of them, and so is what is said of wrong ones."""

from typing import Any

import pytest
from graphql import OperationDefinitionNode, get_variable_values, parse
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.errors import BAD_USER_INPUT, RequestError, format_request_error
from graph.execution.variables import Variables
from graph.schema.assembly import schema

SCHEMA = schema._schema
TYPES = [
    "ID!",
    "[ID!]!",
    "Int",
    "String",
    "Boolean!",
    "UserOrder",
    "UserFilter",
    "SiteFilter",
    "[StationType!]",
    "CreatePickupGroupInput!",
    "SetPickupGroupMembersInput!",
    "RenamePickupGroupInput",
]
DEFAULTS = {"Int": "7", "String": '"x"', "UserOrder": "{field: EXTENSION}", "UserFilter": "{externalIds: null}"}
NAMES = ["id", "siteId", "name", "userIds", "moveMembers", "dryRun", "expectedVersion", "externalIds", "stationTypes"]
NAMES += ["pickupStatus", "field", "direction", "unknown"]


def operation(declared: str) -> OperationDefinitionNode:
    """One with a variable v of that type."""
    (node,) = parse(f"query($v: {declared}) {{ __typename }}").definitions
    assert isinstance(node, OperationDefinitionNode)
    return node


leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**33), 2**33),
    st.floats(allow_nan=False),
    st.sampled_from(["User:1", "FAX", "ASC", "NAME", "EXTENSION", "AVAILABLE", "", "\ud800"]),
)
anything = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=5),
    max_leaves=8,
)
likely = st.fixed_dictionaries(
    {},
    optional={
        "id": st.just("PickupGroup:1"),
        "siteId": st.just("Site:1"),
        "name": st.just("Sales"),
        "userIds": st.lists(st.just("User:1"), max_size=3),
        "moveMembers": st.booleans(),
        "dryRun": st.booleans(),
        "expectedVersion": st.none() | st.integers(0, 3),
        "field": st.sampled_from(["NAME", "EXTENSION"]),
        "direction": st.sampled_from(["ASC", "DESC"]),
        "externalIds": st.none() | st.lists(st.just("u1"), max_size=2),
        "stationTypes": st.lists(st.sampled_from(["FAX", "BASIC"]), max_size=2),
        "pickupStatus": st.sampled_from(["ASSIGNED", "AVAILABLE"]),
    },
)


@settings(max_examples=600, deadline=None)
@given(type_=st.sampled_from(TYPES), default=st.booleans(), value=anything | likely, given_=st.integers(0, 9))
def test_variables_are_coerced_as_by_graphql_core(type_: str, default: bool, value: Any, given_: int) -> None:
    declared = f"{type_} = {DEFAULTS[type_]}" if default and type_ in DEFAULTS else type_
    node = operation(declared)
    inputs = {"v": value, "other": 1} if given_ else {"other": 1}
    expected = get_variable_values(SCHEMA, node.variable_definitions or (), inputs, max_errors=20)

    variables = Variables(SCHEMA, node, hide_suggestions=False)

    if isinstance(expected, list):
        with pytest.raises(RequestError) as raised:
            variables.read(inputs)
        assert raised.value.errors == tuple(format_request_error(error, BAD_USER_INPUT) for error in expected)
    else:
        found = variables.read(inputs)
        assert found.coerced == expected.coerced
        assert {name: one.value for name, one in found.sources.items()} == {
            name: one.value for name, one in expected.sources.items()
        }
        assert repr(found.coerced) == repr(expected.coerced), "true is no 1"


@pytest.mark.parametrize("type_", TYPES)
def test_plain_values_are_coerced_without_graphql_core(type_: str, monkeypatch: pytest.MonkeyPatch) -> None:
    plain: dict[str, Any] = {
        "ID": "User:1",
        "Int": 3,
        "String": "x",
        "Boolean": True,
        "UserOrder": {"field": "NAME"},
        "UserFilter": {"pickupStatus": "ASSIGNED", "stationTypes": ["FAX"], "externalIds": None},
        "SiteFilter": {},
        "StationType": "BASIC",
        "CreatePickupGroupInput": {"siteId": "Site:1", "name": "Sales"},
        "SetPickupGroupMembersInput": {"id": "PickupGroup:1", "userIds": ["User:1"], "expectedVersion": 2},
        "RenamePickupGroupInput": {"id": "PickupGroup:1", "name": "Sales", "dryRun": True},
    }
    value = plain[type_.strip("[]!")]
    variables = Variables(SCHEMA, operation(type_), hide_suggestions=False)
    monkeypatch.setattr("graph.execution.variables.get_variable_values", None)

    found = variables.read({"v": [value] if type_.startswith("[") else value})

    assert "v" in found.coerced
