"""Global ids, and what is none."""

import pytest

from graph.schema.ids import decode_id, decode_key, reference
from models.pickup_group import PickupGroup
from models.user import User


@pytest.mark.parametrize("key", [1, 42, 2**63 - 1])
def test_id_of_row_is_decoded(key: int) -> None:
    assert decode_id(f"User:{key}") == (User, key)
    assert decode_id(f"PickupGroup:{key}") == (PickupGroup, key)


@pytest.mark.parametrize(
    "text",
    [
        *("", "User", "User:", ":1", "Nobody:1", "user:1", "User:1:2", "User :1"),
        *("User:0", "User:01", "User:-1", "User:+1", "User: 1", "User:1 ", "User:1\n", "User:1_0", "User:1.0"),
        *("User:٣", "User:²", f"User:{2**63}", f"User:1{'0' * 5_000}"),
    ],
)
def test_anything_else_is_no_id(text: str) -> None:
    assert decode_id(text) is None


def test_key_is_that_of_the_named_type_alone() -> None:
    assert decode_key("User", "User:7") == 7
    assert decode_key("User", "Site:7") is None
    assert reference("User", "Site:7") == ("Site:7", None)
