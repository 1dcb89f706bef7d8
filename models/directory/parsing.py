"""Rows of the files as values of the database: checked, normalised, with the keys that search and order use."""

import re
import unicodedata
from collections.abc import Mapping

import phonenumbers

from models.directory.files import RowRefused
from models.naming import SORTED
from models.text import clean_name, search_key, sort_key
from models.user import MISSING_EXTENSION, StationType

LONGEST_KEY = 200
LONGEST_NAME = 100
LONGEST_EMAIL = 254
LONGEST_SEARCHED = 1_500
"""Bytes of a row's searchable text: PostgreSQL's index rows hold no more than 2,700."""

_TRUE = {"true", "1", "yes", "oui"}
_FALSE = {"false", "0", "no", "non", ""}
_STATIONS = {station.value for station in StationType}
_EXTENSION = re.compile(r"[0-9]{1,15}", re.ASCII)
_NORTH_AMERICAN = re.compile(r"\+1[2-9][0-9]{9}", re.ASCII)
"""Numbers that are E.164 as they stand and possible by their length alone, which phonenumbers would say too."""

Values = tuple[str | int | bool | None, ...]


def site_values(row: Mapping[str, str], region: str | None) -> Values:
    """external_id, name, main_number, sort_key, search_key. Raises RowRefused."""
    key = key_of(row["site_id"], "site_id")
    name = _text(row["name"], "name", LONGEST_NAME)
    if not name:
        raise RowRefused("the name is missing")
    number = _number(row["main_number"], "main_number", region)
    return key, name, number, sort_key(name)[:SORTED], _searched(name, number)


def user_values(row: Mapping[str, str], region: str | None) -> Values:
    """external_id, site, first_name, last_name, extension, phone_number, email, station, exempt, the derived keys.

    Raises RowRefused.
    """
    key = key_of(row["user_id"], "user_id")
    site = key_of(row["site_id"], "site_id")
    first = _text(row["first_name"], "first_name", LONGEST_NAME)
    last = _text(row["last_name"], "last_name", LONGEST_NAME)
    if not (first or last):
        raise RowRefused("the user has neither a first nor a last name")
    extension = row["extension"] or None
    if extension is not None and not _EXTENSION.fullmatch(extension):
        raise RowRefused("extension must be 1 to 15 digits")
    phone = _number(row["phone_number"], "phone_number", region)
    email = _text(row["email"], "email", LONGEST_EMAIL) or None
    if email is not None and ("@" not in email or " " in email):
        raise RowRefused("email is not an address")
    station = row["station_type"].upper()
    if station not in _STATIONS:
        raise RowRefused(f"station_type must be one of {', '.join(sorted(_STATIONS))}")
    exempt = row["barge_in_exempt"].lower()
    if exempt not in _TRUE | _FALSE:
        raise RowRefused("barge_in_exempt must be true, false, 1, 0, yes, no, oui or non")
    order = sort_key(last, first)[:SORTED]
    number = int(extension) if extension else MISSING_EXTENSION
    searched = _searched(first, last, extension, phone, email)
    return key, site, first, last, extension, phone, email, station, exempt in _TRUE, order, number, searched


def key_of(text: str, column: str) -> str:
    """A key of the upstream directory. Raises RowRefused."""
    key = _text(text, column, LONGEST_KEY)
    if not key:
        raise RowRefused(f"{column} is missing")
    if key == "*" or "|" in key:
        raise RowRefused(f"{column} may not be * or have | in it")
    return key


def _text(text: str, column: str, longest: int) -> str:
    if not text.isascii():
        text = clean_name(text)
    if len(text) > longest:
        raise RowRefused(f"{column} has {len(text)} characters, but may have at most {longest}")
    if not text.isprintable() and any(unicodedata.category(one) in ("Cc", "Cs", "Zl", "Zp") for one in text):
        raise RowRefused(f"{column} holds a control character")
    return text


def _number(text: str, column: str, region: str | None) -> str | None:
    if not text:
        return None
    if _NORTH_AMERICAN.fullmatch(text):
        return text
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        hint = "" if region else "; without a country code it needs PICKUP_DEFAULT_REGION"
        raise RowRefused(f"{column} is not a telephone number{hint}") from None
    if not phonenumbers.is_possible_number(number) or number.extension:
        raise RowRefused(f"{column} is not a possible telephone number")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _searched(*fields: str | None) -> str:
    key = search_key(*fields)
    if len(key.encode()) > LONGEST_SEARCHED:
        raise RowRefused("the texts of the row are too long together")
    return key
