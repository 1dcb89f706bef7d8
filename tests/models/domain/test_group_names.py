"""Names of pickup groups: cleaned, compared and refused."""

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.domain.group_names import MAX_NAME_LENGTH, NameFault, clean_name, name_faults
from models.queries.row_keys import name_key
from models.queries.search_text import WHITE_SPACE, storable

ANY_TEXT = st.text(st.characters())
"""With lone surrogates, controls and unassigned code points."""


def faults(raw: str) -> set[NameFault]:
    return set(name_faults(clean_name(raw)))


def test_clean_name_composes_and_trims() -> None:
    assert clean_name(" \u3000\te\u0301tage  1\u0085\u2029") == "\u00e9tage  1"
    assert clean_name(WHITE_SPACE) == ""


def test_clean_name_keeps_separators_that_are_not_white_space() -> None:
    assert clean_name("\x1ca\x1f") == "\x1ca\x1f"
    assert clean_name("\u200ba\ufeff") == "\u200ba\ufeff"


def test_name_length_is_counted_after_composition() -> None:
    longest = "α\u0313\u0300\u0345" * MAX_NAME_LENGTH

    assert clean_name(longest) == "\u1f82" * MAX_NAME_LENGTH
    assert faults(longest) == set()
    assert faults(longest + "\u03b1") == {NameFault.TOO_LONG}


def test_nfc_composes_at_most_four_code_points() -> None:
    assert max(len(unicodedata.normalize("NFD", chr(code))) for code in range(0x30000)) == 4


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("STRASSE", "Straße"),
        ("Équipe \t\u3000 Nord", "éQUIPE Nord"),
        ("e\u0301", "É"),
        ("ΣΑΣ", "σας"),
    ],
)
def test_name_key_ignores_case_composition_and_spacing(one: str, other: str) -> None:
    assert name_key(one) == name_key(other)


@pytest.mark.parametrize(
    ("one", "other"), [("Hélène", "Helene"), ("Coeur", "Cœur"), ("a b", "ab"), ("ﬁ", "f i"), ("①", "1")]
)
def test_name_key_distinguishes_accents_and_letters(one: str, other: str) -> None:
    assert name_key(one) != name_key(other)


def test_name_key_distinguishes_apostrophes_and_dashes() -> None:
    for characters in ("'’‘ʼʻ`′", "-‐‑‒–—−"):
        assert len({name_key(f"a{character}b") for character in characters}) == 7


@pytest.mark.parametrize(
    "name",
    [
        "",
        " \u3000",
        "\u200b",
        "\ufeff\u202e",
        "\x00\x1f",
        "\u00ad",
        "\u115f",
        "\u1160",
        "\u3164",
        "\uffa0",
        "\u2800",
        "\ufe0f",
        "\U000e0100",
        "\U000e0067\U000e007f",
        "\u0301",
        "\u20e3",
        "\u0301 \u093f",
        "\u200d",
        "\u2028",
        "\ud800",
        "\uffff",
        "\U00013441",
    ],
)
def test_name_without_visible_character_is_required_alone(name: str) -> None:
    assert name_faults(name) == (NameFault.REQUIRED,)
    assert name_faults(name * 100) == (NameFault.REQUIRED,)


@pytest.mark.parametrize(
    "name",
    [
        "Réception 2e étage",
        "O’Brien & Fils (Nord) – #1 *",
        "a\u00a0b\u3000c",
        "الاستقبال",
        "مُحَمَّد ٤٢",
        "\u0600٤٢",
        "קַבָּלָה",
        "स्वागत हिन्दी",
        "วันนี้",
        "接待处",
        "受付がぎ",
        "안내",
        unicodedata.normalize("NFD", "Tiếp tân Nguyễn"),
        "x\u0323\u0302\u0338",
        "⠓⠊",
        "�",
        "\ue000",
        "😀",
        "❤️ ❤︎",
        "❤️‍🔥",
        "👍🏽",
        "🧑🏿‍🚀",
        "👨‍👩‍👧‍👦",
        "👩🏻‍❤️‍💋‍👨🏿",
        "👨‍🦰",
        "🏳️‍🌈 🏳️‍⚧️",
        "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
        "🇨🇦🇫🇷",
        "🇨",
        "1️⃣ #️⃣ *⃣",
        "☝️🏽",
        "🐦‍⬛",
        "™️ ©️",
        "1️⃣❤️‍🔥a👨‍👩‍👧",
    ],
)
def test_name_in_any_script_or_emoji_is_valid(name: str) -> None:
    assert name_faults(name) == ()


@pytest.mark.parametrize(
    "name",
    [
        "a\tb",
        "a\x00",
        "a\x1c",
        "a\x7f",
        "é\x85b",
        "a\u2028b",
        "a\u2029b",
        "a\ud800",
        "a\u200eb",
        "a\u202eb",
        "a\u2066b",
        "\u061cا",
        "a\u200bb",
        "a\u200cb",
        "a\u200db",
        "क\u094d\u200dष",
        "a\ufeff",
        "a\u2060b",
        "a\u00adb",
        "a\u034fb",
        "a\u115f",
        "a\u3164",
        "a\u2800",
        "a\U0001d159",
        "a\ufe0f",
        "葛\U000e0100",
        "1\ufe0f",
        "1\ufe0e\u20e3",
        "a\u20e3",
        "12\u20e3\u20e3",
        "a\U000e0067\U000e007f",
        "🏴\U000e0067",
        "🏴\U000e007f",
        "🇨\U000e0067\U000e007f",
        "😀\u200d",
        "😀\u200da",
        "a\u200d😀",
        "😀\u200d\u200d😀",
        "😀\ufe0f\ufe0f",
        "😀\ufeff😀",
        "a\ufdd0",
        "a\U0010ffff",
        "a\ufff9b",
        "a\u2065b",
    ],
)
def test_name_with_hidden_character_is_invalid(name: str) -> None:
    assert name_faults(name) == (NameFault.INVALID,)


def test_name_over_80_code_points_is_too_long() -> None:
    assert name_faults("é" * 80) == ()
    assert name_faults("é" * 81) == (NameFault.TOO_LONG,)
    assert name_faults("😀" * 80) == ()


def test_name_may_be_too_long_and_invalid() -> None:
    assert name_faults("a" * 81 + "\u200b") == (NameFault.TOO_LONG, NameFault.INVALID)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (" " * 1_000_000, {NameFault.REQUIRED}),
        ("a" * 1_000_000, {NameFault.TOO_LONG}),
        ("a" + "\u0301\u0323" * 500_000, {NameFault.TOO_LONG}),
        ("\u0301\u0323" * 500_000, {NameFault.REQUIRED}),
        ("a" + "\u200d" * 1_000_000, {NameFault.TOO_LONG, NameFault.INVALID}),
        ("👨\u200d" * 500_000, {NameFault.TOO_LONG, NameFault.INVALID}),
        ("🏴" + "\U000e0067" * 1_000_000, {NameFault.TOO_LONG, NameFault.INVALID}),
        ("🏴\U000e0067" * 500_000, {NameFault.TOO_LONG, NameFault.INVALID}),
        ("1\ufe0f" * 500_000, {NameFault.TOO_LONG, NameFault.INVALID}),
        ("👨" * 1_000_000, {NameFault.TOO_LONG}),
    ],
    ids=[
        "space",
        "ascii",
        "marks",
        "marks-alone",
        "zwj",
        "open-zwj",
        "tags",
        "open-tags",
        "keycaps",
        "emoji",
    ],
)
def test_name_faults_of_huge_name_take_linear_time(raw: str, expected: set[NameFault]) -> None:
    start = time.process_time()

    assert faults(raw) == expected

    assert time.process_time() - start < 5


@given(ANY_TEXT)
def test_name_functions_accept_any_text(raw: str) -> None:
    name = clean_name(raw)

    assert clean_name(name) == name
    assert storable(name) or name_faults(name)
    assert isinstance(name_key(name), str)
