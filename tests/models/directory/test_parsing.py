"""Rows of the files: the values that each column accepts, and what is stored."""

import unicodedata

import pytest

from models.directory.files import RowRefused
from models.directory.parsing import group_values, site_values, user_values
from models.user import MISSING_EXTENSION

ANN = {
    "user_id": "u1",
    "site_id": "A",
    "first_name": "Ann",
    "last_name": "Lee",
    "extension": "0042",
    "phone_number": "+15145550142",
    "email": "ann@example.com",
    "station_type": "BASIC",
    "barge_in_exempt": "false",
}


def parsed(region: str | None = None, **cells: str) -> tuple[object, ...]:
    return user_values(tuple((ANN | cells).values()), region)


def refusal(**cells: str) -> str:
    with pytest.raises(RowRefused) as refused:
        parsed(**cells)
    return str(refused.value)


def test_user_row_has_sort_and_search_keys() -> None:
    assert parsed() == (
        "u1",
        "A",
        "Ann",
        "Lee",
        "0042",
        "+15145550142",
        "ann@example.com",
        "BASIC",
        False,
        "lee\x01ann",
        42,
        "ann\nlee\n0042\n+15145550142\nann@example.com",
    )


def test_text_is_stripped_and_normalised() -> None:
    decomposed = unicodedata.normalize("NFD", "Hélène")

    values = parsed(user_id=" u1\u00a0", first_name=f"\t{decomposed} ", last_name="  ", email=" ", extension=" ")

    assert values[:7] == ("u1", "A", "Hélène", "", None, "+15145550142", None)
    assert values[9:] == ("\x01helene", MISSING_EXTENSION, "helene\n+15145550142")


@pytest.mark.parametrize("key", ["user_id", "site_id"])
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is missing"),
        (" \u3000", "is missing"),
        ("*", "may not be * or have | in it"),
        ("a|b", "may not be * or have | in it"),
        ("é" * 201, "has 201 characters, but may have at most 200"),
        ("a\x00b", "holds a control character"),
        ("a\u2028b", "holds a control character"),
    ],
)
def test_invalid_key_is_refused(key: str, text: str, reason: str) -> None:
    assert refusal(**{key: text}) == f"{key} {reason}"


def test_key_keeps_case_up_to_200_characters() -> None:
    assert parsed(user_id="É" * 200, site_id="a*b")[:2] == ("É" * 200, "a*b")


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"first_name": " ", "last_name": ""}, "the user has neither a first nor a last name"),
        ({"first_name": "x" * 101}, "first_name has 101 characters, but may have at most 100"),
        ({"last_name": "x" * 100_000}, "last_name has 100000 characters, but may have at most 100"),
        ({"last_name": "a\tb"}, "last_name holds a control character"),
        ({"extension": "12a"}, "extension must be 1 to 15 digits"),
        ({"extension": "١٢"}, "extension must be 1 to 15 digits"),
        ({"extension": "1" * 16}, "extension must be 1 to 15 digits"),
        ({"phone_number": "+1514"}, "phone_number is not a possible telephone number"),
        (
            {"phone_number": "514 555 0142"},
            "phone_number is not a possible telephone number; without a country code it needs PICKUP_DEFAULT_REGION",
        ),
        ({"email": "ann"}, "email is not an address"),
        ({"email": "ann@"}, "email is not an address"),
        ({"email": "a@b@c"}, "email is not an address"),
        ({"email": "an n@example.com"}, "email is not an address"),
        ({"email": "a@" + "b" * 253}, "email has 255 characters, but may have at most 254"),
        ({"barge_in_exempt": "maybe"}, "barge_in_exempt must be true, false, 1, 0, yes, no, oui or non"),
        ({"first_name": "ﷺ" * 60}, "the texts of the row are too long together"),
    ],
)
def test_invalid_cell_refuses_row(cells: dict[str, str], reason: str) -> None:
    assert refusal(**cells) == reason


def test_station_type_is_read_in_any_case() -> None:
    assert parsed(station_type=" hosted_Square_key")[7] == "HOSTED_SQUARE_KEY"
    assert refusal(station_type="PREM\u0131UM").startswith("station_type must be one of AUTO_ATTENDANT, ")
    assert refusal(station_type="PHONE").startswith("station_type must be one of AUTO_ATTENDANT, BASIC, ")
    assert refusal(station_type="").startswith("station_type must be one of ")


@pytest.mark.parametrize(
    ("text", "exempt"),
    [
        ("true", True),
        ("OUI", True),
        ("1", True),
        ("Yes", True),
        ("", False),
        ("non", False),
        ("0", False),
        ("NO", False),
    ],
)
def test_exemption_is_read_in_two_languages(text: str, exempt: bool) -> None:
    assert parsed(barge_in_exempt=text)[8] is exempt


def test_sort_key_fits_an_index() -> None:
    values = parsed(first_name="é" * 100, last_name="ﬃ" * 100)

    assert values[9] == "ffi" * 66 + "ff"


def test_site_row_needs_name() -> None:
    assert site_values(("A", " Été ", "514-555-0142"), "CA") == ("A", "Été", "+15145550142", "ete", "ete\n+15145550142")
    with pytest.raises(RowRefused, match="the name is missing"):
        site_values(("A", " ", ""), None)
    with pytest.raises(RowRefused, match="main_number is not a possible telephone number"):
        site_values(("A", "Ay", "12"), "CA")


def test_members_of_group_row_are_distinct() -> None:
    assert group_values((" A", " Ventes ", "u1| u2 ||u1|")) == ("A", "Ventes", ["u1", "u2"])
    with pytest.raises(RowRefused, match="site_id is missing"):
        group_values(("", "Ventes", ""))


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        (("A", "a\x00b", "u1"), "name holds a control character"),
        (("A", "Ventes", "u\x001"), "member_ids holds a control character"),
        (("A", "Ventes", f"u1|{'u' * 201}"), "member_ids has a key of 201 characters, but one has at most 200"),
    ],
)
def test_group_row_that_no_database_stores_is_refused(cells: tuple[str, str, str], reason: str) -> None:
    with pytest.raises(RowRefused) as refused:
        group_values(cells)

    assert str(refused.value) == reason
