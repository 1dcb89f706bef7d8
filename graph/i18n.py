"""The languages of texts for people: English is the source, the others are gettext catalogues."""

import io
from collections.abc import Callable
from functools import lru_cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

SOURCE = "en"
LOCALES = Path(__file__).parent / "locale"

Translate = Callable[[str], str]
"""A gettext function."""

_MAX_HEADER_LENGTH = 200


def _load_catalogue(language: str) -> NullTranslations:
    with (LOCALES / language / "LC_MESSAGES" / "messages.po").open("rb") as source:
        catalogue = read_po(source, locale=language)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return GNUTranslations(compiled)


CATALOGUES: dict[str, NullTranslations] = {SOURCE: NullTranslations()} | {
    folder.name: _load_catalogue(folder.name) for folder in sorted(LOCALES.iterdir()) if folder.is_dir()
}
"""Read once, at the start."""


def translator(accept_language: str) -> Translate:
    """The gettext function of the language that suits an Accept-Language header best."""
    return CATALOGUES[language_of(accept_language)].gettext


def language_of(accept_language: str) -> str:
    """The language of the highest weight, of equal ones the first; English if none is acceptable.

    `fr` serves `fr-CA`, also written `fr_CA`; a weight of 0 excludes a language.
    """
    return _negotiate(accept_language[:_MAX_HEADER_LENGTH])


@lru_cache(maxsize=256)
def _negotiate(accept_language: str) -> str:
    weights: dict[str, float] = {}
    for language_range in accept_language.lower().split(","):
        tag, _, parameters = language_range.partition(";")
        language = tag.strip().replace("_", "-").split("-")[0]
        weights[language] = max(weights.get(language, 0.0), _weight(parameters))
    any_weight = weights.pop("*", 0.0)
    acceptable = {language: weights.get(language, any_weight) for language in CATALOGUES}
    named = [language for language in weights if acceptable.get(language)]
    best = max([*named, *acceptable], key=lambda language: acceptable[language])
    return best if acceptable[best] > 0 else SOURCE


def _weight(parameters: str) -> float:
    name, _, value = parameters.partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return min(max(float(value), 0.0), 1.0)
    except ValueError:
        return 0.0
