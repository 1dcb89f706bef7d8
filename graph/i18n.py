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

_LONGEST_HEADER = 200


def _catalogue(language: str) -> NullTranslations:
    with (LOCALES / language / "LC_MESSAGES" / "messages.po").open("rb") as source:
        catalogue = read_po(source, locale=language)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return GNUTranslations(compiled)


CATALOGUES: dict[str, NullTranslations] = {SOURCE: NullTranslations()} | {
    folder.name: _catalogue(folder.name) for folder in sorted(LOCALES.iterdir()) if folder.is_dir()
}
"""Read once, at the start."""


def translator(language: str) -> Callable[[str], str]:
    """The gettext function of a language that we have."""
    return CATALOGUES[language].gettext


def language_of(accept_language: str) -> str:
    """The best of our languages for an Accept-Language header, weights and regions respected.

    `fr-CA` is served by `fr`; a weight of 0 refuses a language; where nothing fits, English.
    """
    return _negotiate(accept_language[:_LONGEST_HEADER])


@lru_cache(maxsize=256)
def _negotiate(accept_language: str) -> str:
    weights: dict[str, float] = {}
    for wish in accept_language.lower().split(","):
        tag, _, parameters = wish.partition(";")
        language = tag.strip().split("-")[0]
        weights[language] = max(weights.get(language, 0.0), _weight(parameters))
    anything = weights.pop("*", 0.0)
    ours = {language: weights.get(language, anything) for language in CATALOGUES}
    named = [language for language in weights if ours.get(language)]
    best = max([*named, *ours], key=lambda language: ours[language])
    return best if ours[best] > 0 else SOURCE


def _weight(parameters: str) -> float:
    name, _, value = parameters.partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return min(max(float(value), 0.0), 1.0)
    except ValueError:
        return 0.0
