"""Telephone numbers: the fast path agrees with the library."""

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.domain.phone_numbers import normalize_phone_number, number_of_search

CODES = sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)


def by_the_library(text: str, region: str | None) -> str | None:
    """Normalise with the library until nothing changes: it may remove more of its own result."""
    number = once_by_the_library(text, region)
    return number if number in (None, text) else by_the_library(number, region)


def once_by_the_library(text: str, region: str | None) -> str | None:
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    reason = phonenumbers.is_possible_number_with_reason(number)
    if number.extension or reason != phonenumbers.ValidationResult.IS_POSSIBLE:
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


written = st.one_of(
    st.builds("+{}{}".format, st.sampled_from(CODES), st.text("0123456789", min_size=2, max_size=14)),
    st.builds("+1{}{}".format, st.sampled_from("0123456789"), st.text("0123456789", min_size=8, max_size=10)),
    st.text("+0123456789 ()-.x", max_size=18),
)


@settings(max_examples=1_500, deadline=None)
@given(text=written, region=st.sampled_from([None, "CA", "FR", "IT", "GB"]))
def test_number_is_normalised_as_by_library(text: str, region: str | None) -> None:
    assert normalize_phone_number(text, region) == by_the_library(text, region)


@pytest.mark.parametrize("code", CODES)
def test_number_of_every_country_is_normalised_as_by_library(code: int) -> None:
    for digit in "0123456789":
        for length in range(2, 15):
            text = f"+{code}" + (digit * length)

            assert normalize_phone_number(text, None) == by_the_library(text, None)


@pytest.mark.parametrize(
    ("text", "region", "number"),
    [
        ("+15145550142", None, "+15145550142"),
        ("+1 (514) 555-0142", None, "+15145550142"),
        ("514.555.0142", "CA", "+15145550142"),
        ("01 44 55 66 77", "FR", "+33144556677"),
        ("+440207946000", None, "+44207946000"),
        ("+39 06 1234 5678", None, "+390612345678"),
        ("+19995550142", None, "+19995550142"),
        ("+43004747849", None, "+434747849"),
        ("514 555 0142", None, None),
        ("555-0142", "CA", None),
        ("+1514555014", None, None),
        ("+15145550142 x7", None, None),
        ("+9990000000", None, None),
        ("call me", "CA", None),
        ("", "CA", None),
    ],
)
def test_numbers_are_normalised_to_e164(text: str, region: str | None, number: str | None) -> None:
    assert normalize_phone_number(text, region) == number


PARISIAN = "+33123456789"


@pytest.mark.parametrize(
    ("search", "region"),
    [
        ("01 23 45 67 89", "FR"),
        ("01.23.45.67.89", "FR"),
        ("01/23/45/67/89", "FR"),
        ("01-23-45-67-89", "FR"),
        ("01–23—45−67‑89", "FR"),
        ("(01) 23 45 67 89", "FR"),
        ("  01\u00a023\u202f45\u200967 89 ", "FR"),
        ("０１ ２３ ４５ ６７ ８９", "FR"),
        ("٠١ ٢٣ ٤٥ ٦٧ ٨٩", "FR"),
        ("\u202a+33123456789\u202c", None),
        ("+33 (0)1 23 45 67 89", None),
        ("+33.(0).1.23.45.67.89", "CA"),
        ("+33 01 23 45 67 89", None),
        ("(+33) 1 23 45 67 89", None),
        ("+ 33 1 23 45 67 89", None),
        ("00 33 1 23 45 67 89", "FR"),
        ("0033 (0)1 23 45 67 89", None),
        ("(0033) 1 23 45 67 89", "CA"),
        ("011 33 1 23 45 67 89", "CA"),
        ("tel:+33-1-23-45-67-89", None),
        ("TEL:01 23 45 67 89", "FR"),
        ("Tél. : 01 23 45 67 89", "FR"),
    ],
)
def test_search_is_number_as_people_write_it(search: str, region: str | None) -> None:
    assert number_of_search(search, region) == PARISIAN


@pytest.mark.parametrize(
    ("search", "region", "number"),
    [
        ("(514) 555-0142", "CA", "+15145550142"),
        ("1 514 555 0142", "CA", "+15145550142"),
        ("+1 (0) 514 555-0142", None, "+15145550142"),
        ("+39 (0)6 1234 5678", None, "+390612345678"),
        ("+34 (0)912 345 678", None, "+34912345678"),
        ("+44 (0)20 7946 0000", "FR", "+442079460000"),
    ],
)
def test_search_is_number_of_other_countries(search: str, region: str | None, number: str) -> None:
    assert number_of_search(search, region) == number


@pytest.mark.parametrize(
    "search",
    [
        "",
        " ",
        "-",
        "+",
        "()",
        "tel:",
        "42",
        "01 23 45 67",
        "01 23 45 67 89 0",
        "Ann 01 23 45 67 89",
        "01 23 45 67 89 Ann",
        "01 23 45 67 89 x7",
        "01,23,45,67,89",
        "01_23_45_67_89",
        "++33123456789",
        "+33 1 23 45 67 89 +33 1 23 45 67 89",
        "01 800 FLOWERS",
        "0" * 200,
        f"{' ' * 188}+33 123456789",
        "\ud800",
    ],
)
def test_search_is_not_number(search: str) -> None:
    assert number_of_search(search, "FR") is None


def test_search_without_country_code_needs_region() -> None:
    assert number_of_search("01 23 45 67 89", None) is None
    assert number_of_search("555-0142", "CA") is None


@settings(max_examples=500, deadline=None)
@given(text=st.text() | written, region=st.sampled_from([None, "CA", "FR", "IT", "GB"]))
def test_number_of_search_is_normalized(text: str, region: str | None) -> None:
    number = number_of_search(text, region)

    assert number is None or normalize_phone_number(number, None) == number
