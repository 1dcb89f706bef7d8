"""Telephone numbers as people write them, normalized to E.164."""

import re
from dataclasses import dataclass
from functools import cache

import phonenumbers
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata, ValidationResult

from models.queries.search_text import MAX_SEARCH_LENGTH, fold

MAX_PASSES = 20
"""The library removes what is dialled before a number inside a country; the result may again begin with it."""

_E164 = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)
_STORED = re.compile(r"\+[1-9][0-9]{1,14}", re.ASCII)


def is_e164(text: str) -> bool:
    """Whether the text has the form of a number in E.164, possible or not: that changes with the library's data."""
    return _STORED.fullmatch(text) is not None


def normalize_phone_number(text: str, region: str | None) -> str | None:
    """Return the number in E.164, None if it is not a possible number.

    A number without a country code belongs to `region`. A number is possible by its length: one that is not assigned
    is accepted, one without its area code is not. The result is normalized: it gives itself.
    """
    for _ in range(MAX_PASSES):
        number = _normalize_once(text, region)
        if number is None or number == text:
            return number
        text = number
    return None


_WRITTEN = re.compile(r"(?:tel[.: ]*)?([( ]*\+?[\d ()./-]+)")
"""A number as people write it, folded: all dashes are hyphens."""
_INTERNATIONAL_PREFIX = re.compile(r"[( ]*00")


def number_of_search(search: str, region: str | None) -> str | None:
    """Return the number in E.164 if the search as a whole is a possible one, as people write it; None if it is not.

    A number without a country code belongs to `region`. The international prefix may be that of the region, or 00 as
    in most countries. The (0) that is dialled inside a country may stand after any country code.
    """
    written = _WRITTEN.fullmatch(fold(search)) if len(search) <= MAX_SEARCH_LENGTH else None
    if written is None:
        return None
    text = written[1]
    readings = [_INTERNATIONAL_PREFIX.sub("+", text, count=1), text] if _INTERNATIONAL_PREFIX.match(text) else [text]
    for reading in (*readings, *(one.replace("(0)", "") for one in readings if "(0)" in one)):
        number = normalize_phone_number(reading, region)
        if number is not None:
            return number
    return None


def _normalize_once(text: str, region: str | None) -> str | None:
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
    """Decides about most numbers in E.164 without the library's parser, which takes 20 times as long.

    `width` is the number of digits of the country code. `dialled` matches what is dialled before a number inside the
    country: only the parser knows whether it is that here, or part of the number.
    """

    width: int
    lengths: frozenset[int]
    dialled: re.Pattern[str] | None

    def has(self, national: str) -> bool:
        """Whether these digits after the country code are certainly a possible number as they are."""
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
