"""Telephone numbers as people write them, in E.164."""

import re
from dataclasses import dataclass
from functools import cache

import phonenumbers
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata, ValidationResult

MOST_READINGS = 20
"""What is dialled inside a country is taken off a number, after which there may be more of it: a digit each time."""

_E164 = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)


def normalised(text: str, region: str | None) -> str | None:
    """The number in E.164, None where it is no possible one. One without a country code is read as of `region`.

    Possible is what its length allows: a number that nobody has been given yet is accepted. One without its area code,
    which can be called only from around the corner, is not. What is returned is returned for itself too.
    """
    for _ in range(MOST_READINGS):
        number = _read(text, region)
        if number is None or number == text:
            return number
        text = number
    return None


def _read(text: str, region: str | None) -> str | None:
    if _E164.fullmatch(text):
        country = _country(text[1]) or _country(text[1:3]) or _country(text[1:4])
        if country is not None and country.has(text[1 + country.width :]):
            return text
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if number.extension or phonenumbers.is_possible_number_with_reason(number) != ValidationResult.IS_POSSIBLE:
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


@dataclass(frozen=True, slots=True)
class _Country:
    """What decides of a number in E.164 without parsing it, which takes 20 times as long.

    `width` is that of the country code. `dialled` matches what people dial before a number inside the country:
    only the parser knows whether it is that here, or part of the number.
    """

    width: int
    lengths: frozenset[int]
    dialled: re.Pattern[str] | None

    def has(self, national: str) -> bool:
        """Whether these digits after the country code certainly are a possible number, as they stand."""
        return len(national) in self.lengths and not (self.dialled and self.dialled.match(national))


@cache
def _country(code: str) -> _Country | None:
    regions = COUNTRY_CODE_TO_REGION_CODE.get(int(code))
    metadata = PhoneMetadata.metadata_for_region_or_calling_code(int(code), regions[0]) if regions else None
    if metadata is None or metadata.general_desc is None:
        return None
    dialled = metadata.national_prefix_for_parsing
    return _Country(
        len(code), frozenset(metadata.general_desc.possible_length), re.compile(dialled) if dialled else None
    )
