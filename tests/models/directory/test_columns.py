"""Rows of the files: the values that each column accepts, and what is stored."""

import unicodedata
from typing import Any

import pytest

from models.directory.columns import GROUPS, SITES, USERS, RowRefused
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

NOT_EXEMPTION = "barge_in_exempt must be one of true, 1, yes, y, oui, o, vrai, false, 0, no, n, non, faux"


def parsed(region: str | None = None, **cells: str) -> list[Any]:
    return USERS.parse(tuple((ANN | cells).values()), region)


def parsed_group(site: str, name: str, members: str) -> list[Any]:
    """The site, the name and the members; the columns that a file may lack are empty."""
    return GROUPS.parse((site, name, members, *("" for column in GROUPS.columns if not column.required)), None)[:3]


def refusal(**cells: str) -> str:
    with pytest.raises(RowRefused) as refused:
        parsed(**cells)
    return str(refused.value)


def test_user_row_has_sort_and_search_keys() -> None:
    assert parsed() == [
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
    ]


def test_text_is_stripped_and_normalised() -> None:
    decomposed = unicodedata.normalize("NFD", "Hélène")

    values = parsed(user_id=" u1\u00a0", first_name=f"\t{decomposed} ", last_name="  ", email=" ", extension=" ")

    assert values[:7] == ["u1", "A", "Hélène", "", None, "+15145550142", None]
    assert values[9:] == ["\x01helene", MISSING_EXTENSION, "helene\n+15145550142"]


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
    assert parsed(user_id="É" * 200, site_id="a*b")[:2] == ["É" * 200, "a*b"]


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"first_name": " ", "last_name": ""}, "the row has neither a first nor a last name"),
        ({"first_name": "x" * 101}, "first_name has 101 characters, but may have at most 100"),
        ({"last_name": "x" * 100_000}, "last_name has 100000 characters, but may have at most 100"),
        ({"last_name": "a\tb"}, "last_name holds a control character or one that cannot be seen"),
        ({"extension": "12a"}, "extension must be 1 to 15 digits"),
        ({"extension": "١٢"}, "extension must be 1 to 15 digits"),
        ({"extension": "1" * 16}, "extension must be 1 to 15 digits"),
        ({"phone_number": "+1514"}, "phone_number is not a possible telephone number"),
        (
            {"phone_number": "514 555 0142"},
            "phone_number is not a possible telephone number; without a country code it needs PICKUP_DEFAULT_REGION",
        ),
        ({"email": "ann"}, "email is not an email address"),
        ({"email": "ann@"}, "email is not an email address"),
        ({"email": "a@b@c"}, "email is not an email address"),
        ({"email": "an n@example.com"}, "email is not an email address"),
        ({"email": "a@" + "b" * 253}, "email has 255 characters, but may have at most 254"),
        (
            {"barge_in_exempt": "maybe"},
            "barge_in_exempt must be one of true, 1, yes, y, oui, o, vrai, false, 0, no, n, non, faux",
        ),
        ({"first_name": "ﷺ" * 60}, "the row has texts that are too long together"),
    ],
)
def test_invalid_cell_refuses_row(cells: dict[str, str], reason: str) -> None:
    assert refusal(**cells) == reason


@pytest.mark.parametrize(
    ("text", "station"),
    [
        ("premium", "PREMIUM"),
        (" hosted_Square_key", "HOSTED_SQUARE_KEY"),
        ("Hosted Square Key", "HOSTED_SQUARE_KEY"),
        ("hosted-pri", "HOSTED_PRI"),
        ("Hosted\u00a0PRI", "HOSTED_PRI"),
        ("Voicemail \u2013 only", "VOICEMAIL_ONLY"),
        ("auto  attendant", "AUTO_ATTENDANT"),
    ],
)
def test_station_type_is_read_as_name_or_words(text: str, station: str) -> None:
    assert parsed(station_type=text)[7] == station


@pytest.mark.parametrize("text", ["", " ", "PHONE", "PREM\u0131UM", "PRE MIUM", "HostedPRI", "_"])
def test_unknown_station_type_is_refused(text: str) -> None:
    assert refusal(station_type=text) == (
        "station_type must be one of AUTO_ATTENDANT, BASIC, CONFERENCE_ROOM, FAX, HOSTED_PRI, HOSTED_SQUARE_KEY, "
        "PREMIUM, STANDARD, VOICEMAIL_ONLY"
    )


@pytest.mark.parametrize(
    ("texts", "exempt"),
    [
        (("true", "1", "yes", "y", "oui", "o", "vrai", "VRAI", "Y", "O", " Oui "), True),
        (("false", "0", "no", "n", "non", "faux", "FAUX", "N", "", " "), False),
    ],
)
def test_exemption_is_read_in_two_languages(texts: tuple[str, ...], exempt: bool) -> None:
    assert [parsed(barge_in_exempt=text)[8] for text in texts] == [exempt] * len(texts)


HIDDEN = ("a\x00b", "a\u2028b", "a\u202eb", "a\u200bb", "a\u2066b", "a\u00adb", "a\ufeffb", "a\ue0001b\U000e0001")


@pytest.mark.parametrize("name", HIDDEN)
def test_name_with_hidden_character_is_refused(name: str) -> None:
    reason = "holds a control character or one that cannot be seen"

    assert refusal(first_name=name) == f"first_name {reason}"
    assert refusal(last_name=name) == f"last_name {reason}"
    with pytest.raises(RowRefused, match=f"^name {reason}$"):
        SITES.parse(("A", name, ""), None)


def test_name_with_marks_alone_is_refused() -> None:
    assert refusal(first_name="\u0301") == "first_name has nothing in it that can be seen"


def test_name_keeps_emoji_with_joiners() -> None:
    assert parsed(first_name="Ann \U0001f469\u200d\U0001f4bb")[2] == "Ann \U0001f469\u200d\U0001f4bb"


def test_keys_are_normalized_to_nfc() -> None:
    decomposed = unicodedata.normalize("NFD", "Hélène")

    assert parsed(user_id=decomposed, site_id=decomposed)[:2] == ["Hélène", "Hélène"]
    assert SITES.parse((decomposed, "Ay", ""), None)[0] == "Hélène"
    assert parsed_group(decomposed, "Sales", f"u1|{decomposed}|Hélène") == ["Hélène", "Sales", ["u1", "Hélène"]]
    long = unicodedata.normalize("NFD", "é" * 200)
    assert parsed_group("A", "Sales", long)[2] == ["é" * 200]


def test_sort_key_fits_an_index() -> None:
    values = parsed(first_name="é" * 100, last_name="ﬃ" * 100)

    assert values[9] == "ffi" * 66 + "ff"


def test_site_row_needs_name() -> None:
    cells = ("A", " Été ", "514-555-0142")
    assert SITES.parse(cells, "CA") == ["A", "Été", "+15145550142", "ete", "ete\n+15145550142"]
    with pytest.raises(RowRefused, match="name is missing"):
        SITES.parse(("A", " ", ""), None)
    with pytest.raises(RowRefused, match="main_number is not a possible telephone number"):
        SITES.parse(("A", "Ay", "12"), "CA")


def test_members_of_group_row_are_distinct() -> None:
    assert parsed_group(" A", " Ventes ", "u1| u2 ||u1|") == ["A", "Ventes", ["u1", "u2"]]
    with pytest.raises(RowRefused, match="site_id is missing"):
        parsed_group("", "Ventes", "")


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        (("A", "a\x00b", "u1"), "name holds a control character"),
        (("A", "Ventes", "u\x001"), "a key in member_ids holds a control character"),
        (("A", "Ventes", f"u1|{'u' * 201}"), "a key in member_ids has 201 characters, but may have at most 200"),
    ],
)
def test_group_row_that_no_database_stores_is_refused(cells: tuple[str, str, str], reason: str) -> None:
    with pytest.raises(RowRefused) as refused:
        parsed_group(*cells)

    assert str(refused.value) == reason
