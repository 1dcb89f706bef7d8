"""The limits on an operation, at the limit and one beyond it."""

from typing import Any

import pytest

from graph.errors import RequestError
from graph.execution.documents import Documents, Operation
from graph.execution.limits import MAX_FIELDS, MAX_ITEMS, check_limits
from graph.i18n import translator
from graph.schema import schema
from graph.settings import Settings

SETTINGS = Settings()


def operation(query: str) -> Operation:
    return Documents(schema._schema, SETTINGS).prepare(query).operation(None)


def refusal(operation: Operation, variables: dict[str, Any], settings: Settings = SETTINGS) -> dict[str, Any]:
    with pytest.raises(RequestError) as refused:
        check_limits(operation, variables, settings)
    (error,) = refused.value.localized(translator("en"))
    return error


def test_too_many_fields_are_rejected() -> None:
    def fields(times: int) -> Operation:
        aliases = " ".join(f"a{number}: site(id: 1){{...F}}" for number in range(times))
        return operation(f"{{{aliases}}} fragment F on Site{{{' '.join(f'f{n}: id' for n in range(99))}}}")

    assert check_limits(fields(MAX_FIELDS // 100), {}, SETTINGS) == MAX_FIELDS
    assert refusal(fields(MAX_FIELDS // 100 + 1), {}) == {
        "message": "The query selects 2100 fields; the limit is 2000.",
        "extensions": {"code": "QUERY_TOO_COSTLY"},
    }


@pytest.mark.parametrize("nested", [False, True])
def test_long_list_in_variables_is_rejected_before_its_items_are_coerced(nested: bool) -> None:
    nodes = operation("query($ids: [ID!]!){nodes(ids: $ids){id}}")

    def variables(length: int) -> dict[str, Any]:
        ids = ["x"] * length
        return {"ids": [[{"a": ids}]] if nested else ids}

    assert check_limits(nodes, variables(MAX_ITEMS), SETTINGS) == (2 if nested else 101)
    assert refusal(nodes, variables(MAX_ITEMS + 1)) == {
        "message": "A list in the variables has 10001 items; the limit is 10000.",
        "extensions": {"code": "BAD_USER_INPUT"},
    }


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("{site(id: 1){users{nodes{id}}}}", "The query is 4 fields deep; the limit is 3."),
        ("{sites(first: 100){nodes{id}}}", "The query would cost 1102; the limit is 1050."),
    ],
)
def test_rejected_depth_and_cost_are_named(query: str, message: str) -> None:
    error = refusal(operation(query), {}, Settings(max_depth=3, max_cost=1_050))

    assert error == {"message": message, "extensions": {"code": "QUERY_TOO_COSTLY"}}


def test_cost_within_limits_is_returned() -> None:
    assert check_limits(operation("{sites(first: 2){nodes{id}}}"), {}, SETTINGS) == 1_004


def test_payloads_may_cost_a_tenth() -> None:
    members = "pickupGroup { members(first: 100) { nodes { id firstName lastName } } }"
    mutation = operation(f"mutation($i: RenamePickupGroupInput!) {{ renamePickupGroup(input: $i) {{ {members} }} }}")
    values = 4 + 3 * 100

    assert check_limits(mutation, {}, Settings(max_cost=10 * values)) == 2_000 + values
    assert refusal(mutation, {}, Settings(max_cost=10 * values - 1)) == {
        "message": f"The payloads of the mutations would cost {values}; the limit is {values - 1}. Ask in a query.",
        "extensions": {"code": "QUERY_TOO_COSTLY"},
    }
