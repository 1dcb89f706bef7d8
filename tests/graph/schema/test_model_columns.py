"""Clients can read every column of a model, but those that are named here with the reason."""

import pytest
from strawberry.types.base import get_object_definition

from graph.schema import types
from models.change import Change
from models.pickup_group import PickupGroup
from models.row import Row
from models.site import Site
from models.user import User

DERIVED = "derived from other columns, for search and order"
HIDDEN: dict[type[Row], dict[str, str]] = {
    Site: {"key": "`id`", "sort_key": DERIVED, "search_key": DERIVED},
    User: {
        "key": "`id`",
        "site_key": "`site`",
        "pickup_group_key": "`pickupGroup`",
        "sort_key": DERIVED,
        "extension_key": DERIVED,
        "search_key": DERIVED,
    },
    PickupGroup: {
        "key": "`id`",
        "site_key": "`site`",
        "name_key": "derived from the name, for its uniqueness",
        "sort_key": DERIVED,
        "search_key": DERIVED,
    },
    Change: {
        "key": "`id`",
        "site_key": "`site`",
        "pickup_group_key": "`pickupGroupId` and `pickupGroup`",
        "added_keys": "`membersAdded`",
        "removed_keys": "`membersRemoved`",
        "cleared_keys": "`bargeInExemptionsCleared`",
    },
}
"""Fields of a model without a field of their name in the schema: the field that gives them, or why none does."""


@pytest.mark.parametrize("row", HIDDEN)
def test_every_column_has_a_field_or_a_reason(row: type[Row]) -> None:
    definition = get_object_definition(getattr(types, row.__name__), strict=True)
    fields = {field.python_name for field in definition.fields}

    assert {name for name in row.model_fields() if name not in fields} == HIDDEN[row].keys()
