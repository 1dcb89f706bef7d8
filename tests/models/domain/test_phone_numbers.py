"""Telephone numbers: the fast path agrees with the library."""

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.domain.phone_numbers import normalize_phone_number

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
