"""The values of sites and users: what a valid key, name, number, extension, email and station is, and how it is stored.

Import, `pickup check` and the directory's mutations share these rules.
"""

import unicodedata
from collections.abc import Callable
from typing import Final

import regex

from models.domain.group_names import holds_hidden_character, holds_visible_character
from models.domain.phone_numbers import normalize_phone_number
from models.errors import N_
from models.queries.search_text import WHITE_SPACE
from models.user import StationType

MAX_KEY_LENGTH: Final = 200
MAX_NAME_LENGTH: Final = 100
MAX_EMAIL_LENGTH: Final = 254
MAX_EXTENSION_LENGTH: Final = 15
MAX_SEARCH_KEY_BYTES: Final = 1_500
"""An index row of PostgreSQL holds at most 2,700 bytes."""

_CONTROL_CHARACTER: Final = regex.compile(r"[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]")
_MAX_NFC_SHRINKAGE: Final = 4
"""NFC makes one code point of at most so many."""


class InvalidValueError(ValueError):
    """A value that cannot be stored.

    `template` is the English text and the key of its translations. {field} in it stands for the column or argument, or
    for the row if the row as a whole is invalid; the rest is filled with `values`.
    """

    def __init__(self, template: str, **values: object) -> None:
        super().__init__(template)
        self.template = template
        self.values = values

    def message(self, field: str) -> str:
        return self.template.format(field=field, **self.values)


def parse_key(text: str) -> str:
    """Return the key of a site or a user in NFC, without white space at its ends."""
    key = clean_key(text)
    if not key:
        raise InvalidValueError(N_("{field} is missing."))
    if key == "*" or "|" in key:
        # * stands for all sites, | separates the members of a group.
        raise InvalidValueError(N_("{field} may not be * or have | in it."))
    return key


def clean_key(text: str) -> str:
    """Return the text in the form of a key, which may still be empty or reserved."""
    if _is_plain(text, MAX_KEY_LENGTH):
        return text.strip()
    return _without_control_characters(_clean(text, MAX_KEY_LENGTH))


def parse_name(text: str) -> str:
    """Return the name of a site or a person, empty if there is none."""
    if _is_plain(text, MAX_NAME_LENGTH):
        return text.strip()
    name = _clean(text, MAX_NAME_LENGTH)
    if holds_hidden_character(name):
        raise InvalidValueError(N_("{field} holds a control character or one that cannot be seen."))
    if name and not holds_visible_character(name):
        raise InvalidValueError(N_("{field} has nothing in it that can be seen."))
    return name


def parse_site_name(text: str) -> str:
    name = parse_name(text)
    if not name:
        raise InvalidValueError(N_("{field} is missing."))
    return name


def check_user_name(first_name: str, last_name: str) -> None:
    """Raise InvalidValueError unless the user has a name."""
    if not (first_name or last_name):
        raise InvalidValueError(N_("{field} has neither a first nor a last name."))


def parse_phone_number(text: str, region: str | None) -> str | None:
    """Return the number in E.164. One without a country code belongs to `region`."""
    text = text.strip() if _is_plain(text, MAX_NAME_LENGTH) else _clean(text, MAX_NAME_LENGTH)
    if not text:
        return None
    number = normalize_phone_number(text, region)
    if number is None:
        if region or text.startswith("+"):
            raise InvalidValueError(N_("{field} is not a possible telephone number."))
        raise InvalidValueError(
            N_("{field} is not a possible telephone number; without a country code it needs PICKUP_DEFAULT_REGION.")
        )
    return number


def parse_extension(text: str) -> str | None:
    text = text.strip(WHITE_SPACE)
    if text and not (text.isdigit() and len(text) <= MAX_EXTENSION_LENGTH and text.isascii()):
        raise InvalidValueError(N_("{field} must be 1 to {longest} digits."), longest=MAX_EXTENSION_LENGTH)
    return text or None


def parse_email(text: str) -> str | None:
    """Return the address. It has one @ with something on both sides; the rest is for mail servers to check."""
    if _is_plain(text, MAX_EMAIL_LENGTH):
        text = text.strip()
    else:
        text = _without_control_characters(_clean(text, MAX_EMAIL_LENGTH))
    local, at, domain = text.partition("@")
    if text and not (local and at and domain and "@" not in domain and len(text.split()) == 1):
        raise InvalidValueError(N_("{field} is not an email address."))
    return text or None


_STATION_TYPES: Final = frozenset(StationType.__members__)
_SEPARATORS: Final = regex.compile(r"[\p{White_Space}\p{Dash}_]+")


def parse_station_type(text: str) -> str:
    """Return the station type, given as the enum's name or in words: HOSTED_PRI, "Hosted PRI", hosted-pri."""
    if text in _STATION_TYPES:
        return text
    name = _SEPARATORS.sub("_", text.strip(WHITE_SPACE))
    # Beyond ASCII, other letters have the same capitals: that of the dotless i is I.
    if not (name.isascii() and name.upper() in _STATION_TYPES):
        stations = ", ".join(sorted(_STATION_TYPES))
        raise InvalidValueError(N_("{field} must be one of {stations}."), stations=stations)
    return name.upper()


def is_stored_form(parse: Callable[[str], str | None], text: str) -> bool:
    """Whether the text is valid, and is stored as it is."""
    try:
        return parse(text) == text
    except InvalidValueError:
        return False


def check_search_key(key: str) -> None:
    """Raise InvalidValueError if the search key of a site or a user is too long for an index."""
    if len(key) > MAX_SEARCH_KEY_BYTES // 4 and len(key.encode()) > MAX_SEARCH_KEY_BYTES:
        raise InvalidValueError(N_("{field} has texts that are too long together."))


def _is_plain(text: str, longest: int) -> bool:
    """Whether nothing can be wrong with the text, and it only needs to be stripped, as nearly all texts of a file."""
    return len(text) <= longest and text.isascii() and text.isprintable()


def _clean(text: str, longest: int) -> str:
    """Return the text in NFC, without white space at its ends. Raises InvalidValueError if it is too long."""
    text = text.strip(WHITE_SPACE)
    # Normalizing very many marks takes minutes.
    if len(text) <= longest * _MAX_NFC_SHRINKAGE:
        text = unicodedata.normalize("NFC", text)
    if len(text) > longest:
        raise InvalidValueError(
            N_("{field} has {length} characters, but may have at most {longest}."), length=len(text), longest=longest
        )
    return text


def _without_control_characters(text: str) -> str:
    if not text.isprintable() and _CONTROL_CHARACTER.search(text):
        raise InvalidValueError(N_("{field} holds a control character."))
    return text
