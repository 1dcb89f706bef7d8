"""Text as people write it: the forms that search, order and uniqueness compare, and the faults of a name."""

import re
import unicodedata
from enum import Enum
from typing import Final

import regex

from models.errors import N_, BadInput

MAX_SEARCH_LENGTH: Final = 200
MAX_SEARCH_TERMS: Final = 10
MAX_NAME_LENGTH: Final = 80

WHITE_SPACE: Final = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
"""The characters of the Unicode property; str.strip and str.split cut U+001C to U+001F as well."""


class _Folds(dict[int, str]):
    """What each character folds to, worked out from the Unicode data when it is first met.

    Folding goes character by character, since nothing in it depends on a neighbour once the marks are gone.
    So it takes linear time, where unicodedata.normalize takes quadratic time for a run of marks.
    """

    ROOM: Final = 20_000

    def __missing__(self, code: int) -> str:
        if len(self) >= self.ROOM:
            self.clear()
        self[code] = _fold_character(chr(code))
        return self[code]


_FOLDS: Final = _Folds()


def fold(text: str) -> str:
    """The form that search and order compare: no case, accents, strokes or ligatures, single spaces, trimmed.

    Control and format characters and lone surrogates are dropped, so any database can hold the result.
    """
    folded = text.lower() if text.isascii() and text.isprintable() else text.translate(_FOLDS)
    return " ".join(folded.split())


def _fold_character(character: str) -> str:
    caseless = unicodedata.normalize("NFKD", character).casefold()
    return "".join(map(_plain, unicodedata.normalize("NFKD", caseless)))


_LATIN: Final = regex.compile(r"LATIN SMALL (?:LETTER|LIGATURE) ([A-Z]{1,2})(?: WITH .+)?")
_STRUCK: Final = regex.compile(r"(.+) WITH .*STROKE.*")
_SPELT_OUT: Final = {"þ": "th", "ð": "d", "ı": "i", "ȷ": "j", "ɵ": "o", "ʉ": "u"}
"""The letters whose names do not say how to spell them."""


def _plain(character: str) -> str:
    """What is left of one character of a text without case, decomposed: nothing, a space, a letter or two."""
    if character in WHITE_SPACE:
        return " "
    category = unicodedata.category(character)
    if category.startswith("M") or category in ("Cc", "Cf", "Cs"):
        return ""
    if character in _SPELT_OUT:
        return _SPELT_OUT[character]
    name = unicodedata.name(character, "")
    if latin := _LATIN.fullmatch(name):
        return latin[1].lower()
    if struck := _STRUCK.fullmatch(name):
        return _fold_named(struck[1]) or character
    return character


def _fold_named(name: str) -> str:
    """The folded character of that name; empty where Unicode has none."""
    try:
        return _fold_character(unicodedata.lookup(name))
    except KeyError:
        return ""


LONGEST_SORT_KEY: Final = 200
"""More would not fit an index row of PostgreSQL, and tells no two names apart."""


def sort_key(*parts: str) -> str:
    """Orders by the first part folded, then by the next, in code point order: "Le" is before "Le Blanc"."""
    return "\x01".join(map(fold, parts))[:LONGEST_SORT_KEY]


_RUN_FROM_DIGIT: Final = regex.compile(r"[0-9][0-9+\-.() ]*+")
_BROKEN_RUN: Final = re.compile(r"[0-9][+\-.() ]+[0-9]")
_NUMBER: Final = regex.compile(r"[+\-.()]*+[0-9][0-9+\-.()]*+")
_NOT_DIGITS: Final = regex.compile(r"[^0-9]+")


def search_key(*fields: str | None) -> str:
    """What the terms of a search are looked for in: the fields folded, a line each, then their digit forms.

    A digit form is a run of digits, + - . ( ) and spaces reduced to its digits, unless the key has these in a
    row already. Its line holds nothing else, so only a term of digits can match there.
    """
    given = [field for field in fields if field]
    key = "\n".join(given)
    if _is_tidy("".join(given), key):
        key = key.lower()  # what folding each would give, at a fifth of the time
    else:
        key = "\n".join([folded for field in given if (folded := fold(field))])
    if not _BROKEN_RUN.search(key):
        return key  # the digits of every run stand in a row
    for run in _RUN_FROM_DIGIT.findall(key):
        digits = _NOT_DIGITS.sub("", run)
        if digits not in key:
            key = f"{key}\n{digits}"
    return key


def _is_tidy(text: str, lines: str) -> bool:
    """Whether the lines that make up the text are ASCII to be seen, with single spaces between words alone."""
    if not (text.isascii() and text.isprintable()) or "  " in lines or "\n " in lines or " \n" in lines:
        return False
    return lines[:1] != " " and lines[-1:] != " "


_TERM: Final = regex.compile(r"\P{White_Space}+")
_IN_NO_KEY: Final = regex.compile(r"[[\p{Cc}\p{Cs}]--\p{White_Space}]", regex.V1)


def terms(search: str) -> tuple[str, ...] | None:
    """The terms, folded and without repeats, each of which must be a substring of a row's search key.

    An empty tuple is no search: every row matches. None is a search with a control character or a lone
    surrogate, which no search key holds: no row matches. Raises BadInput over the limits on the length and on
    the number of terms, repeats counted.
    """
    if len(search) > MAX_SEARCH_LENGTH:
        raise BadInput(
            N_("A search may have at most {max_length} characters; this one has {length}."),
            max_length=MAX_SEARCH_LENGTH,
            length=len(search),
        )
    written = _TERM.findall(search)
    if len(written) > MAX_SEARCH_TERMS:
        raise BadInput(
            N_("A search may have at most {max_terms} terms; this one has {terms}."),
            max_terms=MAX_SEARCH_TERMS,
            terms=len(written),
        )
    if _IN_NO_KEY.search(search):
        return None
    return tuple(dict.fromkeys(filter(None, map(_fold_term, written))))


def _fold_term(term: str) -> str:
    folded = fold(term)
    return _NOT_DIGITS.sub("", folded) if _NUMBER.fullmatch(folded) else folded


_NFC_SHRINKS: Final = 4
"""How many code points NFC turns into one, at most."""
_WHITE_SPACE_RUN: Final = regex.compile(r"\p{White_Space}+")


def clean_name(raw: str) -> str:
    """The name as it is stored: in NFC, without the white space around it.

    A name so long that NFC cannot bring it within the limit stays as it is: its marks could take minutes.
    """
    name = raw.strip(WHITE_SPACE)
    return name if len(name) > MAX_NAME_LENGTH * _NFC_SHRINKS else unicodedata.normalize("NFC", name)


def name_key(name: str) -> str:
    """What uniqueness compares of a cleaned, comparable name: no case, single spaces, all accents."""
    caseless = unicodedata.normalize("NFC", name).casefold()
    return _WHITE_SPACE_RUN.sub(" ", unicodedata.normalize("NFC", caseless))


_CASEFOLD_GROWS: Final = 3
"""How many code points casefolding makes of one, at most."""
_UNSTORABLE: Final = regex.compile(r"[\x00\p{Cs}]")


def storable(text: str) -> bool:
    """Whether a database can hold it: PostgreSQL takes no NUL, UTF-8 no lone surrogate."""
    return not _UNSTORABLE.search(text)


def comparable(name: str) -> bool:
    """Whether a group could have a name with the same key, however wrong this one is: too long in white space, say."""
    longest = MAX_NAME_LENGTH * _CASEFOLD_GROWS * _NFC_SHRINKS
    return storable(name) and len(_WHITE_SPACE_RUN.sub(" ", name)) <= longest


# Prepended marks are format characters that show, such as the Arabic number sign. Given by number: the blanks
# of Braille, hieroglyphs and musical notation, and the keycap, which shows, yet belongs to an emoji alone.
_HIDDEN: Final = (
    r"\p{Cc}\p{Cs}\p{Zl}\p{Zp}[\p{Cf}--\p{Prepended_Concatenation_Mark}]"
    r"\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}"
    r"\u2800\U00013441\U00013442\U0001D159\u20E3"
)
# The sequences of UTS #51, but for flags of two letters: these hold nothing hidden.
_KEYCAP: Final = r"[0-9#*]\uFE0F?+\u20E3"
_PICTURE: Final = (
    r"\p{Extended_Pictographic}[\uFE0E\uFE0F]?+\p{Emoji_Modifier}?+(?:[\U000E0020-\U000E007E]++\U000E007F)?+"
)
_HIDDEN_CHARACTER: Final = regex.compile(rf"[{_HIDDEN}]", regex.V1)
_VISIBLE_CHARACTER: Final = regex.compile(rf"[^{_HIDDEN}\p{{White_Space}}\p{{M}}]", regex.V1)
_EMOJI: Final = regex.compile(rf"{_KEYCAP}|{_PICTURE}(?:\u200D{_PICTURE})*+")


class NameFault(Enum):
    """What can be wrong with a name."""

    REQUIRED = "REQUIRED"
    TOO_LONG = "TOO_LONG"
    INVALID = "INVALID"


def name_faults(name: str) -> tuple[NameFault, ...]:
    """Everything that is wrong with a cleaned name; REQUIRED comes alone."""
    if not _VISIBLE_CHARACTER.search(name):
        return (NameFault.REQUIRED,)
    faults = []
    if len(name) > MAX_NAME_LENGTH:
        faults.append(NameFault.TOO_LONG)
    if _hides_something(name):
        faults.append(NameFault.INVALID)
    return tuple(faults)


def _hides_something(name: str) -> bool:
    """Whether it holds a control or an invisible character outside an emoji.

    The first two returns spare a huge name the slow search for emoji.
    """
    if name.isascii():
        return not name.isprintable()
    if not _HIDDEN_CHARACTER.search(name):
        return False
    return _HIDDEN_CHARACTER.search(_EMOJI.sub("", name)) is not None
