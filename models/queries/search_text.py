"""Folding of text: the sort key and the search key of a row, and the terms of a search."""

import re
import unicodedata
from typing import Final

import regex

from models.errors import N_, BadInput

MAX_SEARCH_LENGTH: Final = 200
MAX_SEARCH_TERMS: Final = 10

WHITE_SPACE: Final = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
"""The characters of the Unicode property; str.strip and str.split cut U+001C to U+001F as well."""


class _Folds(dict[int, str]):
    """What each character folds to, computed from the Unicode data at its first use.

    Folding works on single characters: once the marks are gone, no character depends on its neighbour. So it takes
    linear time; unicodedata.normalize takes quadratic time for a run of marks.
    """

    ROOM: Final = 20_000

    def __missing__(self, code: int) -> str:
        if len(self) >= self.ROOM:
            self.clear()
        self[code] = _fold_character(chr(code))
        return self[code]


_FOLDS: Final = _Folds()


def fold(text: str) -> str:
    """The text without case, accents, strokes, ligatures and extra spaces: what search and order compare.

    All apostrophes become ', and all hyphens and dashes -. Control and format characters and lone surrogates are
    dropped, so that any database can store the result.
    """
    folded = _fold_ascii(text) if text.isascii() and text.isprintable() else text.translate(_FOLDS)
    return " ".join(folded.split())


def _fold_ascii(text: str) -> str:
    return text.lower().replace("`", "'")


def _fold_character(character: str) -> str:
    caseless = unicodedata.normalize("NFKD", character).casefold()
    return "".join(map(_plain, unicodedata.normalize("NFKD", caseless)))


_LATIN: Final = regex.compile(r"LATIN SMALL (?:LETTER|LIGATURE) ([A-Z]{1,2})(?: WITH .+)?")
_STRUCK: Final = regex.compile(r"(.+) WITH .*STROKE.*")
_LETTERS: Final = {"þ": "th", "ð": "d", "ı": "i", "ȷ": "j", "ɵ": "o", "ʉ": "u"}
"""Those whose Unicode names do not give their spelling."""
APOSTROPHES: Final = "`\u2018\u2019\u201b\u2032\u02bb\u02bc"
"""What people type for ': a grave accent, quotation marks, a prime, the letters of Hawaiian and Breton."""
DASHES: Final = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"
"""What people type for -: hyphens, dashes from figure to quotation dash, a minus sign."""
_SPELT_OUT: Final = {
    **dict.fromkeys(WHITE_SPACE, " "),
    **dict.fromkeys(APOSTROPHES, "'"),
    **dict.fromkeys(DASHES, "-"),
    **_LETTERS,
}


def _plain(character: str) -> str:
    """What remains of one character of a decomposed text without case: nothing, a space, or one or two letters."""
    if character in _SPELT_OUT:
        return _SPELT_OUT[character]
    category = unicodedata.category(character)
    if category.startswith("M") or category in ("Cc", "Cf", "Cs"):
        return ""
    name = unicodedata.name(character, "")
    if latin := _LATIN.fullmatch(name):
        return latin[1].lower()
    if struck := _STRUCK.fullmatch(name):
        return _fold_named(struck[1]) or character
    return character


def _fold_named(name: str) -> str:
    """The folded character of this name; empty if Unicode has no such name."""
    try:
        return _fold_character(unicodedata.lookup(name))
    except KeyError:
        return ""


LONGEST_SORT_KEY: Final = 200
"""A longer key would not fit an index row of PostgreSQL, and no two names differ only that far behind."""


def sort_key(*parts: str) -> str:
    """A key that sorts by the first part folded, then the next, in code point order: "Le" before "Le Blanc"."""
    return "\x01".join(map(fold, parts))[:LONGEST_SORT_KEY]


_RUN_FROM_DIGIT: Final = regex.compile(r"[0-9][0-9+\-.() ]*+")
_BROKEN_RUN: Final = re.compile(r"[0-9][+\-.() ]+[0-9]")
_NUMBER: Final = regex.compile(r"[+\-.()]*+[0-9][0-9+\-.()]*+")
_NOT_DIGITS: Final = regex.compile(r"[^0-9]+")


def search_key(*fields: str | None) -> str:
    """The text in which the terms of a search must occur: one line for each field, folded, then the digit forms.

    A digit form is a run of digits, + - . ( ) and spaces reduced to its digits, unless the key already holds these
    digits in a row. Its line holds nothing else, so only a term of digits can match there.
    """
    given = [field for field in fields if field]
    key = "\n".join(given)
    if _is_tidy("".join(given), key):
        key = _fold_ascii(key)  # the same as folding each field, in a fifth of the time
    else:
        key = "\n".join([folded for field in given if (folded := fold(field))])
    if not _BROKEN_RUN.search(key):
        return key  # every run is nothing but digits
    for run in _RUN_FROM_DIGIT.findall(key):
        digits = _NOT_DIGITS.sub("", run)
        if digits not in key:
            key = f"{key}\n{digits}"
    return key


def _is_tidy(text: str, lines: str) -> bool:
    """Whether the lines hold only visible ASCII, with single spaces and only between words."""
    if not (text.isascii() and text.isprintable()) or "  " in lines or "\n " in lines or " \n" in lines:
        return False
    return lines[:1] != " " and lines[-1:] != " "


_TERM: Final = regex.compile(r"\P{White_Space}+")
_IN_NO_KEY: Final = regex.compile(r"[[\p{Cc}\p{Cs}]--\p{White_Space}]", regex.V1)


def terms(search: str) -> tuple[str, ...] | None:
    """The terms, folded, without repeats; a row matches if its search key contains each of them.

    An empty tuple matches every row. None matches no row: the search holds a control character or a lone surrogate,
    which no search key holds. Raises BadInput if the search is too long or has too many terms, repeats counted.
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


_UNSTORABLE: Final = regex.compile(r"[\x00\p{Cs}]")


def storable(text: str) -> bool:
    """Whether a database can store the text: PostgreSQL takes no NUL, UTF-8 no lone surrogate."""
    return not _UNSTORABLE.search(text)
