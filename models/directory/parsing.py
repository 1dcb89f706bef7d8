"""Rows of the files as values of the database: checked, normalised, with the keys that search and order use."""

import unicodedata
from collections.abc import Sequence

from models.directory.files import SITE_COLUMNS, USER_COLUMNS, RowRefused
from models.directory.numbers import normalised
from models.domain.group_names import clean_name
from models.queries.search_text import WHITE_SPACE, search_key, sort_key, storable
from models.user import MISSING_EXTENSION, StationType

LONGEST_KEY = 200
LONGEST_NAME = 100
LONGEST_EMAIL = 254
LONGEST_EXTENSION = 15
LONGEST_SEARCHED = 1_500
"""Bytes of a row's searchable text: PostgreSQL's index rows hold no more than 2,700."""

_LONGEST = {"user_id": LONGEST_KEY, "site_id": LONGEST_KEY, "email": LONGEST_EMAIL}
_EXEMPT = {"true": True, "1": True, "yes": True, "oui": True, "false": False, "0": False, "no": False, "non": False}
_STATIONS = {station.value: station.value for station in StationType}
_UNSEEN = ("Cc", "Cs", "Zl", "Zp")

Values = tuple[str | int | bool | None, ...]


def site_values(cells: Sequence[str], region: str | None) -> Values:
    """external_id, name, main_number, sort_key, search_key. Raises RowRefused."""
    key, name, number = _cleaned(cells, SITE_COLUMNS)
    _check_key(key, "site_id")
    if not name:
        raise RowRefused("the name is missing")
    main_number = _number(number, "main_number", region) if number else None
    return key, name, main_number, sort_key(name), _searched(name, main_number)


def user_values(cells: Sequence[str], region: str | None) -> Values:
    """external_id, site, first_name, last_name, extension, phone_number, email, station, exempt, the derived keys.

    These are sort_key, extension_key and search_key. Raises RowRefused.
    """
    key, site, first, last, extension, number, email, station, exempt = _cleaned(cells, USER_COLUMNS)
    _check_key(key, "user_id")
    _check_key(site, "site_id")
    if not (first or last):
        raise RowRefused("the user has neither a first nor a last name")
    if extension and not is_extension(extension):
        raise RowRefused("extension must be 1 to 15 digits")
    phone = _number(number, "phone_number", region) if number else None
    if email and not is_address(email):
        raise RowRefused("email is not an address")
    return (
        key,
        site,
        first,
        last,
        extension or None,
        phone,
        email or None,
        _station(station),
        _exempt(exempt),
        sort_key(last, first),
        int(extension) if extension else MISSING_EXTENSION,
        _searched(first, last, extension, phone, email),
    )


def group_values(cells: Sequence[str]) -> tuple[str, str, list[str]]:
    """The site's key, the name, and the members' keys without repeats. Raises RowRefused."""
    site, name, members = cells
    site = site_key(site)
    for column, text in (("name", name), ("member_ids", members)):
        if not storable(text):
            raise RowRefused(f"{column} holds a control character")
    keys = [key for key in dict.fromkeys(map(clean_name, members.split("|"))) if key]
    longest = max(map(len, keys), default=0)
    if longest > LONGEST_KEY:
        raise RowRefused(f"member_ids has a key of {longest} characters, but one has at most {LONGEST_KEY}")
    return site, clean_name(name), keys


def site_key(cell: str) -> str:
    (key,) = _cleaned([cell], ("site_id",))
    _check_key(key, "site_id")
    return key


def _check_key(key: str, column: str) -> None:
    if not key:
        raise RowRefused(f"{column} is missing")
    if not is_key(key):
        raise RowRefused(f"{column} may not be * or have | in it")


def is_key(text: str) -> bool:
    """Whether a site or a user can be known by it: * stands for all sites, | between the members of a group."""
    return text not in ("", "*") and "|" not in text


def _cleaned(cells: Sequence[str], columns: Sequence[str]) -> list[str]:
    """The cells in NFC without white space around them, none too long and none with a control character."""
    whole = "".join(cells)
    if max(map(len, cells)) <= LONGEST_NAME and whole.isprintable():
        if whole.isascii():
            return [cell.strip() for cell in cells]
        return [unicodedata.normalize("NFC", cell.strip()) for cell in cells]
    return [_text(cell, column) for cell, column in zip(cells, columns, strict=True)]


def _text(cell: str, column: str) -> str:
    text, longest = cell.strip(WHITE_SPACE), _LONGEST.get(column, LONGEST_NAME)
    if len(text) <= 4 * longest:
        text = unicodedata.normalize("NFC", text)
    if len(text) > longest:
        raise RowRefused(f"{column} has {len(text)} characters, but may have at most {longest}")
    if not text.isprintable() and any(unicodedata.category(one) in _UNSEEN for one in text):
        raise RowRefused(f"{column} holds a control character")
    return text


def is_extension(text: str) -> bool:
    return 0 < len(text) <= LONGEST_EXTENSION and text.isascii() and text.isdigit()


def is_address(email: str) -> bool:
    """One @ with something on both sides and no white space; what is on them is for the mail servers to judge."""
    before, at, after = email.partition("@")
    return bool(before and at and after) and "@" not in after and len(email.split()) == 1


def _station(text: str) -> str:
    # Of other letters too some have a capital one in ASCII: that of the dotless i is I.
    station = _STATIONS.get(text) or (_STATIONS.get(text.upper()) if text.isascii() else None)
    if station is None:
        raise RowRefused(f"station_type must be one of {', '.join(sorted(_STATIONS))}")
    return station


def _exempt(text: str) -> bool:
    exempt = _EXEMPT.get(text.lower(), None if text else False)
    if exempt is None:
        raise RowRefused("barge_in_exempt must be true, false, 1, 0, yes, no, oui or non")
    return exempt


def _number(text: str, column: str, region: str | None) -> str:
    number = normalised(text, region)
    if number is None:
        hint = "" if region or text.startswith("+") else "; without a country code it needs PICKUP_DEFAULT_REGION"
        raise RowRefused(f"{column} is not a possible telephone number{hint}")
    return number


def _searched(*fields: str | None) -> str:
    key = search_key(*fields)
    if len(key) > LONGEST_SEARCHED // 4 and len(key.encode()) > LONGEST_SEARCHED:
        raise RowRefused("the texts of the row are too long together")
    return key
