"""Folding, sort keys, search keys and the terms of a search."""

import time
import unicodedata

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from models.errors import BadInput
from models.queries.search_text import (
    APOSTROPHES,
    DASHES,
    WHITE_SPACE,
    _Folds,
    fold,
    search_key,
    sort_key,
    storable,
    terms,
)

ANY_TEXT = st.text(st.characters())
"""With lone surrogates, controls and unassigned code points."""
PEOPLES_TEXT = st.text(st.sampled_from("aZéŒßøİıſᾳ가田нЙ19+-–—.()'’` \t\u3000´½ﬁ\u0301\u0345\u200b"))


def matches(search: str, *fields: str | None) -> bool:
    expected = terms(search)
    return expected is not None and all(term in search_key(*fields) for term in expected)


def test_white_space_is_unicode_property() -> None:
    everything = "".join(map(chr, range(0x110000)))

    assert regex.findall(r"\p{White_Space}", everything) == list(WHITE_SPACE)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("HELLO, World 42", "hello, world 42"),
        ("Hélène", "helene"),
        ("He\u0301le\u0300ne", "helene"),
        ("Cœur ŒUVRE", "coeur oeuvre"),
        ("Straße STRAẞE", "strasse strasse"),
        ("Ægir Ǽ", "aegir ae"),
        ("Øresund ǿ Łódź Đorđe", "oresund o lodz dorde"),
        ("Ħamrun Ŧ ƶ ƀ ɨ ɉ", "hamrun t z b i j"),
        ("Þór Ðan", "thor dan"),
        ("İstanbul Iğdır", "istanbul igdir"),
        ("ȷ ɟ ɵ Ʉ", "j j o u"),
        ("ɓ Ƙ ơ ư", "b k o u"),
        ("ẜ ꝥ", "s th"),
        ("Nguyễn Thị Ánh", "nguyen thi anh"),
        ("ﬁn ĳs ﬆ", "fin ijs st"),
        ("Ｆｕｌｌ　Ｗｉｄｔｈ １２", "full width 12"),
        ("ΣΊΣΥΦΟΣ σίσυφος", "σισυφοσ σισυφοσ"),
        ("Йод Ёлка Ғ", "иод елка г"),
        ("ƛ", "ƛ"),
        ("田中 太郎", "田中 太郎"),
        ("שָׁלוֹם", "שלום"),
        ("%_'\"\\", "%_'\"\\"),
        ("O'B O’B O‘B OʼB OʻB O`B O′B O‛B O＇B", " ".join(["o'b"] * 9)),
        ("a-b a‐b a‑b a‒b a–b a—b a−b a―b a－b a﹘b", " ".join(["a-b"] * 10)),
        ("Kahoʻolawe ŉ", "kaho'olawe 'n"),
        ("👨‍👩‍👧 ❤️", "👨👩👧 ❤"),
    ],
)
def test_fold_ignores_case_accents_strokes_and_ligatures(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_fold_collapses_white_space_and_trims() -> None:
    assert fold(" \t a \u00a0\u3000\u2028 b\r\n") == "a b"
    assert fold("  a   b  ") == "a b"
    assert fold(" é   b ") == "e b"
    assert fold(WHITE_SPACE) == ""


def test_fold_drops_unstorable_and_invisible_characters() -> None:
    assert fold("a\x00b\x1cc\x7fd") == "abcd"
    assert fold("a\ud800b\udfffc") == "abc"
    assert fold("a\u200bb\u00adc\u202ed") == "abcd"
    assert fold("a \x01 b") == "a b"


def test_fold_of_every_letter_is_idempotent() -> None:
    once = [fold(chr(code)) for code in (*range(0x3000), *range(0xA000, 0xAC00), *range(0xF900, 0x10000))]

    assert [fold(text) for text in once] == once


def test_fold_caches_bounded_number_of_characters() -> None:
    folds = _Folds()

    folded = "".join(map(chr, range(0x4E00, 0x4E00 + folds.ROOM + 1))).translate(folds)

    assert len(folded) == folds.ROOM + 1
    assert len(folds) == 1


@given(ANY_TEXT | PEOPLES_TEXT)
def test_fold_is_idempotent(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert storable(fold(text))


@given(ANY_TEXT | PEOPLES_TEXT)
def test_fold_of_canonically_equal_texts_is_equal(text: str) -> None:
    assert fold(unicodedata.normalize("NFD", text)) == fold(text)
    assert fold(unicodedata.normalize("NFC", text)) == fold(text)


def test_sort_key_puts_shorter_last_name_first() -> None:
    people = [("Leblanc", "Ann"), ("le blanc", "Ann"), ("LÉ", "Zoe"), ("Le", "Ann"), ("Le-Roux", "Ann")]

    ordered = sorted(people, key=lambda person: sort_key(*person))

    assert ordered == [
        ("Le", "Ann"),
        ("LÉ", "Zoe"),
        ("le blanc", "Ann"),
        ("Le-Roux", "Ann"),
        ("Leblanc", "Ann"),
    ]


def test_sort_key_of_one_part_is_folded_part() -> None:
    assert sort_key("Équipe  Nord") == "equipe nord"
    assert sort_key("Le", "Zoé") == "le\x01zoe"


def test_keys_of_all_apostrophes_and_dashes_are_the_same() -> None:
    for character in APOSTROPHES:
        assert sort_key(f"O{character}Brien", "Ann") == sort_key("O'Brien", "Ann") == "o'brien\x01ann"
        assert search_key(f"O{character}Brien", "Ann") == search_key("O'Brien", "Ann") == "o'brien\nann"
    for character in DASHES:
        assert sort_key(f"Anne{character}Marie") == sort_key("Anne-Marie") == "anne-marie"
        assert search_key(f"Anne{character}Marie") == search_key("Anne-Marie") == "anne-marie"


def test_sort_key_is_cut_to_fit_index() -> None:
    assert sort_key("É" * 300) == "e" * 200
    assert sort_key("Æ" * 99, "Zoé") == f"{'ae' * 99}\x01z"


@given(st.lists(ANY_TEXT | PEOPLES_TEXT, min_size=2, max_size=2), st.lists(PEOPLES_TEXT, min_size=2, max_size=2))
def test_sort_keys_order_as_folded_parts(one: list[str], other: list[str]) -> None:
    by_parts = list(map(fold, one)) < list(map(fold, other))

    assert (sort_key(*one) < sort_key(*other)) is by_parts


def test_search_key_has_line_for_each_field_with_text() -> None:
    assert search_key("Hélène", None, "", " \u0301", "Côté") == "helene\ncote"


@pytest.mark.parametrize(
    ("fields", "key"),
    [
        (["+15145550142"], "+15145550142"),
        (["Étage 12-34"], "etage 12-34\n1234"),
        (["Étage 1234"], "etage 1234"),
        (["(514) 555-0142 poste 7"], "(514) 555-0142 poste 7\n5145550142"),
        (["1.2 3", "12-3"], "1.2 3\n12-3\n123"),
        (["1-2", "512"], "1-2\n512"),
        (["1-2 et 3-4"], "1-2 et 3-4\n12\n34"),
        (["+-.()", "a-b"], "+-.()\na-b"),
        (["1-", "2"], "1-\n2"),
        (["12–34"], "12-34\n1234"),
        (["O`Neill", "5 − 6"], "o'neill\n5 - 6\n56"),
    ],
)
def test_search_key_appends_digit_forms(fields: list[str], key: str) -> None:
    assert search_key(*fields) == key


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ("", ()),
        (" \t\u3000\n", ()),
        ("  Hélène\u00a0CŒUR ", ("helene", "coeur")),
        ("514-555", ("514555",)),
        ("(514) 555.01+42", ("514", "5550142")),
        ("１２-３４", ("1234",)),
        ("\u202a+1514\u202c", ("1514",)),
        ("+ - ()", ("+", "-", "()")),
        ("12a-34", ("12a-34",)),
        ("é E e 1-2 12", ("e", "12")),
        ("\u0301 \u200b a", ("a",)),
        ("\u0301", ()),
        ("a´b", ("a b",)),
        ("50% _ ' \"", ("50%", "_", "'", '"')),
        ("O`Brien o’brien O'BRIEN", ("o'brien",)),
        ("514–555 − —", ("514555", "-")),
    ],
)
def test_terms_are_folded_split_and_distinct(search: str, expected: tuple[str, ...]) -> None:
    assert terms(search) == expected


@pytest.mark.parametrize("search", ["\x00", "a\x00b", "a \ud800", "\udfff", "a\x1cb", "\x7f", "a \x01"])
def test_terms_of_unstorable_search_are_none(search: str) -> None:
    assert terms(search) is None


@pytest.mark.parametrize(
    ("search", "fields"),
    [
        ("helene", ["Hélène"]),
        ("coeur", ["Cœur"]),
        ("strasse", ["Straße"]),
        ("514-555", ["+15145550142"]),
        ("12-34", ["Étage 12-34"]),
        ("12-34", ["Étage 1234"]),
        ("1234", ["Étage 12-34"]),
        ("etage 12", ["Étage 12-34"]),
        ("tremblay 514", ["Tremblay", "+15145550142"]),
        ("+", ["+15145550142"]),
    ],
)
def test_search_matches_other_spelling(search: str, fields: list[str]) -> None:
    assert matches(search, *fields)


@pytest.mark.parametrize(
    ("search", "fields"),
    [
        ("helena", ["Hélène"]),
        ("1234a", ["12-34", "a"]),
        ("e1234", ["Étage", "12-34"]),
        ("12", ["1", "2"]),
        ("etage nord", ["Étage sud"]),
        ("12\n34", ["56-34", "1-3"]),
    ],
)
def test_search_does_not_match_across_fields_or_other_letters(search: str, fields: list[str]) -> None:
    assert not matches(search, *fields)


def test_terms_accepts_200_characters_and_10_terms() -> None:
    assert terms("x" * 200) == ("x" * 200,)
    assert terms("a b c d e f g h i j") == tuple("abcdefghij")


def test_terms_rejects_more_than_200_characters() -> None:
    with pytest.raises(BadInput) as refused:
        terms(" " * 201)

    assert refused.value.values == {"max_length": 200, "length": 201}
    assert str(refused.value) == "A search may have at most 200 characters; this one has 201."


def test_terms_rejects_more_than_10_terms_repeats_counted() -> None:
    for term in ("a ", "\u0301 ", "\x00 "):
        with pytest.raises(BadInput) as refused:
            terms(term * 11)

        assert refused.value.values == {"max_terms": 10, "terms": 11}
        assert str(refused.value) == "A search may have at most 10 terms; this one has 11."


@given(ANY_TEXT)
def test_terms_raises_nothing_but_bad_input(text: str) -> None:
    try:
        expected = terms(text)
    except BadInput:
        return

    assert expected is None or all(storable(term) and term for term in expected)


@given(st.data(), st.lists(PEOPLES_TEXT, min_size=1, max_size=3))
def test_search_matches_every_piece_of_word(data: st.DataObject, fields: list[str]) -> None:
    field = data.draw(st.sampled_from(fields))
    start = data.draw(st.integers(0, len(field)))
    piece = (regex.findall(r"\P{White_Space}+", field[start : start + 20]) or [""])[0]

    assert matches(piece, *fields)


@given(PEOPLES_TEXT, PEOPLES_TEXT)
def test_search_matches_digit_form_by_digits_alone(field: str, search: str) -> None:
    as_written = fold(field)
    key = search_key(field)

    for term in terms(search[:10]) or ():
        assert term.isdecimal() or (term in key) is (term in as_written)


def test_fold_of_huge_text_takes_linear_time() -> None:
    start = time.process_time()

    assert fold("e" + "\u0301\u0323" * 500_000) == "e"
    assert search_key("1-" * 100_000) == "1-" * 100_000 + "\n" + "1" * 100_000

    assert time.process_time() - start < 5


def test_storable_rejects_nul_and_lone_surrogate() -> None:
    assert storable("")
    assert storable("Hélène 👨‍👩‍👧 \x01\uffff\U0010ffff")
    assert not storable("a\x00")
    assert not storable("a\ud800b")
    assert not storable("\udfff")
