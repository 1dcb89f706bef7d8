"""Names of pickup groups: how a name is stored, when two names are the same, and what a name must not hold."""

import unicodedata
from enum import Enum
from typing import Final

import regex

from models.queries.row_keys import WHITE_SPACE_RUN
from models.queries.search_text import WHITE_SPACE, storable

MAX_NAME_LENGTH: Final = 80
"""In code points, counted after `clean_name`."""

_MAX_NFC_SHRINKAGE: Final = 4
"""NFC makes one code point of at most so many."""


def clean_name(raw: str) -> str:
    """The name as it is stored: in NFC, without white space at its ends.

    A name that is too long even after NFC is returned without NFC: normalizing very many marks takes minutes.
    """
    name = raw.strip(WHITE_SPACE)
    return name if len(name) > MAX_NAME_LENGTH * _MAX_NFC_SHRINKAGE else unicodedata.normalize("NFC", name)


_MAX_CASEFOLD_GROWTH: Final = 3
"""Casefolding makes at most so many code points of one."""


def comparable(name: str) -> bool:
    """Whether an existing group can have the same name key, even if this name itself is not valid.

    A name with too much white space between its words is too long, but may have the key of a valid one.
    """
    longest = MAX_NAME_LENGTH * _MAX_CASEFOLD_GROWTH * _MAX_NFC_SHRINKAGE
    return storable(name) and len(WHITE_SPACE_RUN.sub(" ", name)) <= longest


# Prepended marks, such as the Arabic number sign, are format characters, but visible. By number: the blanks of
# Braille, hieroglyphs and musical notation, and the keycap, which is visible but valid in an emoji only.
_HIDDEN: Final = (
    r"\p{Cc}\p{Cs}\p{Zl}\p{Zp}[\p{Cf}--\p{Prepended_Concatenation_Mark}]"
    r"\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}"
    r"\u2800\U00013441\U00013442\U0001D159\u20E3"
)
# The emoji sequences of UTS #51. Flags of two letters are missing: they hold nothing hidden.
_KEYCAP: Final = r"[0-9#*]\uFE0F?+\u20E3"
_PICTURE: Final = (
    r"\p{Extended_Pictographic}[\uFE0E\uFE0F]?+\p{Emoji_Modifier}?+(?:[\U000E0020-\U000E007E]++\U000E007F)?+"
)
_HIDDEN_CHARACTER: Final = regex.compile(rf"[{_HIDDEN}]", regex.V1)
_VISIBLE_CHARACTER: Final = regex.compile(rf"[^{_HIDDEN}\p{{White_Space}}\p{{M}}]", regex.V1)
_EMOJI: Final = regex.compile(rf"{_KEYCAP}|{_PICTURE}(?:\u200D{_PICTURE})*+")


class NameFault(Enum):
    """What is wrong with a name."""

    REQUIRED = "REQUIRED"
    TOO_LONG = "TOO_LONG"
    INVALID = "INVALID"


def name_faults(name: str) -> tuple[NameFault, ...]:
    """Every fault of a cleaned name, or REQUIRED alone."""
    if not holds_visible_character(name):
        return (NameFault.REQUIRED,)
    faults = []
    if len(name) > MAX_NAME_LENGTH:
        faults.append(NameFault.TOO_LONG)
    if holds_hidden_character(name):
        faults.append(NameFault.INVALID)
    return tuple(faults)


def holds_visible_character(name: str) -> bool:
    return _VISIBLE_CHARACTER.search(name) is not None


def holds_hidden_character(name: str) -> bool:
    """Whether the name holds a control or an invisible character outside an emoji.

    The first two returns keep a huge name from the slow search for emoji.
    """
    if name.isascii():
        return not name.isprintable()
    if not _HIDDEN_CHARACTER.search(name):
        return False
    return _HIDDEN_CHARACTER.search(_EMOJI.sub("", name)) is not None
