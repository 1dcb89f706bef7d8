"""The languages of texts for people, and that no translation is missing."""

from collections.abc import Iterator
from string import Formatter

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from graph.i18n import CATALOGUES, LOCALES, language_of, translator
from models.errors import TooCostly


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", "en"),
        ("fr", "fr"),
        ("FR-ca", "fr"),
        ("fr_CA", "fr"),
        ("en_US, fr_CA;q=0.5", "en"),
        ("fr-CA,fr;q=0.9,en;q=0.8", "fr"),
        ("en-US,en;q=0.9,fr;q=0.8", "en"),
        ("fr;q=0.2, en;q=0.3", "en"),
        ("en;q=0.2, fr-CA;q=0.1, fr;q=0.3", "fr"),
        ("fr, en", "fr"),
        ("en, fr", "en"),
        ("de, fr;q=0.5", "fr"),
        ("de", "en"),
        ("*", "en"),
        ("en;q=0, *;q=0.5", "fr"),
        ("fr;q=0, en;q=0", "en"),
        ("fr;q=much", "en"),
        ("fr;level=1", "fr"),
        ("fr;q=0.5, *;q=0.9", "en"),
        ("de," * 1_000 + "fr", "en"),
    ],
)
def test_language_of_highest_weight_is_chosen(header: str, expected: str) -> None:
    assert language_of(header) == expected


def test_error_is_localized() -> None:
    error = TooCostly("The query would cost {cost}; the limit is {limit}.", cost=12, limit=5)

    assert error.localized(translator("en")) == "The query would cost 12; the limit is 5."
    assert error.localized(translator("fr")) == "La requête coûterait 12\u00a0; la limite est de 5."


def templates() -> Iterator[str]:
    for package in ("graph", "models", "resolvers"):
        folder = LOCALES.parent.parent / package
        for _file, _line, template, _comments, _context in extract_from_dir(
            folder, [("**.py", "python")], keywords={"N_": None}
        ):
            assert isinstance(template, str)
            yield template


def fields(template: str) -> set[str]:
    return {name for _text, name, _spec, _conversion in Formatter().parse(template) if name is not None}


@pytest.mark.parametrize("language", sorted(set(CATALOGUES) - {"en"}))
def test_every_template_is_translated_with_its_fields(language: str) -> None:
    with (LOCALES / language / "LC_MESSAGES" / "messages.po").open("rb") as file:
        catalogue = read_po(file)
    translations = {str(message.id): str(message.string or "") for message in catalogue if message.id}
    source = set(templates())

    assert len(source) > 50
    assert source - set(translations) == set(), "not translated"
    assert set(translations) - source == set(), "translated, but said nowhere"
    assert [source for source, said in translations.items() if not said or fields(source) != fields(said)] == []
