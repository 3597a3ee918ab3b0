"""What a word is, and how many a text has, whatever it is written in."""

# ruff: noqa: RUF001 - characters that look like others are what this is about

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.corpus import tokens

DECOMPOSED = "Ca\u0301c ho\u0301a \u0111o\u031bn"
ALPHABET = (
    "aé\u0301\u0323bİi\u0307ẞﬁＡｶﾞｶ\uff9e がの한국ᄒ\u1161\u11ab"
    'देवन\u093c\u094dบ\u0e31ญช中文 1²_-\u00ad\u200dצ״"'
)
TEXTS = st.one_of(st.text(), st.text(ALPHABET))
SCRIPTS_WITH_SPACES = {
    "English": ("The invoice was paid twice", 5),
    "Hindi": ("बिल दो बार चुकाया गया", 5),
    "Bengali": ("বিলটি দুবার পরিশোধ হয়েছে", 4),
    "Hebrew with points": ("שָׁלוֹם לְכֻלָּם", 2),
    "Arabic with harakat": ("دُفِعَتِ الفاتورةُ مرتين", 3),
    "Tamil": ("பணம் திரும்ப வரவில்லை", 3),
    "Korean": ("청구서를 두 번 냈습니다", 4),
    "Vietnamese, decomposed": (DECOMPOSED, 3),
    "French, decomposed": (unicodedata.normalize("NFD", "Le reçu a été égaré"), 5),
}


def letters(text: str) -> list[str]:
    return tokens.words_of_letters(tokens.normalized(text))


def every(text: str) -> list[str]:
    return tokens.words(tokens.normalized(text))


def with_codes(text: str) -> list[str]:
    return tokens.words_and_codes(tokens.normalized(text))


# Words, where there are spaces between them.


@pytest.mark.parametrize(("text", "number"), SCRIPTS_WITH_SPACES.values(), ids=SCRIPTS_WITH_SPACES)
def test_marks_belong_to_the_words_that_they_stand_in(text: str, number: int) -> None:
    whole = unicodedata.normalize("NFC", text).lower().split()

    assert every(text) == whole
    assert [word for word in whole if word not in letters(text)] == [word for word in whole if len(word) == 1]
    assert tokens.count(text) == number


def test_words_of_letters_are_two_letters_or_more_and_no_digit() -> None:
    assert letters("It's an E-1042 or X99, i.e. x_y") == ["it", "an", "or"]
    assert every("It's an E-1042") == ["it", "s", "an", "e", "1042"]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("ﬁnden", "finden"),
        ("ＡＢＣ", "abc"),
        ("Daten\u00adbank", "datenbank"),
        ('דו"ח', "דוח"),
        ("דו״ח", "דוח"),
        ("\ufee3\ufeae\ufea3\ufe92\ufe8e", "\u0645\u0631\u062d\u0628\u0627"),
    ],
    ids=["ligature", "full width", "soft hyphen", "quote in Hebrew", "gershayim", "Arabic as it joins"],
)
def test_one_word_is_the_same_however_it_was_typed(typed: str, meant: str) -> None:
    assert letters(typed) == [meant]


def test_joiners_hold_the_parts_of_a_word_together() -> None:
    assert letters("می\u200cخواهم بروم") == ["می\u200cخواهم", "بروم"]
    assert letters("শ্র\u200dী") == ["শ্র\u200dী"]


def test_variant_of_an_emoji_does_not_stick_to_the_next_word() -> None:
    assert letters("❤\ufe0fgood") == ["good"]
    assert letters("stop\u200d") == ["stop"]


def test_lower_case_of_a_dotted_capital_does_not_tear_a_word() -> None:
    assert letters("İstanbul") == ["i\u0307stanbul"]


def test_long_korean_words_are_found_without_their_particles() -> None:
    assert letters("청구서를 청구서가 환불") == [
        *("청구서를", "청구", "구서", "서를"),
        *("청구서가", "청구", "구서", "서가"),
        "환불",
    ]


# Characters, where there are none.


def test_characters_stand_alone_and_with_their_neighbours() -> None:
    assert letters("退款了。好") == ["退", "款", "了", "退款", "款了", "退款了", "好"]
    assert every("退款了。好") == ["退", "款", "了", "好"]


def test_marks_stay_with_their_character() -> None:
    assert every("ที่นี่") == ["ที่", "นี่"]
    assert letters("កុំ") == ["កុំ"]


def test_mixed_texts_have_both() -> None:
    assert letters("我的 iPhone手机") == ["我", "的", "我的", "iphone", "手", "机", "手机"]


def test_half_width_kana_are_those_of_full_width() -> None:
    assert letters("ｶﾞｽ") == letters("ガス") == ["ガ", "ス", "ガス"]


# Codes.


def test_codes_are_found_whole_and_by_their_letters_and_digits() -> None:
    assert with_codes("E-1042 X99") == ["e", "1042", "x99", "x", "99"]
    assert with_codes("बिल 42") == ["बिल", "42"]
    assert with_codes("😀👍🏽 ok") == ["ok", "😀", "👍"]


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["E-1042 X99", "E-1042 X98 7"], True),
        (["😀😀", "👍"], True),
        (["Please pay invoice 1042", "Paid on 3 May"], False),
        (["退款 2 次", "好"], False),
        (["बिल 42", "बिल"], False),
    ],
    ids=["codes", "emoji", "prose with numbers", "Chinese", "Hindi"],
)
def test_whether_texts_hold_mostly_codes(texts: list[str], *, expected: bool) -> None:
    assert tokens.hold_mostly_codes(texts) is expected


# How many words are read.


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("中" * 160, 100),
        ("中文" * 80 + "，" * 40, 100),
        ("あ" * 200, 100),
        ("中" * 62 + "かな" * 62, 101),
        ("ก" * 330, 100),
        ("ที่" * 330, 100),
        ("Call me 退款退款退款退款 now!", 3 + 5),
        ("a - b", 3),
        ("", 0),
        ("  \n ", 0),
    ],
    ids=[
        *("Chinese", "punctuation is not read", "kana", "a third Chinese characters", "Thai", "marks"),
        *("mixed", "as spaces say", "empty", "blank"),
    ],
)
def test_words_are_counted(text: str, words: int) -> None:
    assert tokens.count(text) == words


# What holds of any text.


@given(TEXTS)
def test_composed_and_decomposed_texts_have_the_same_words(text: str) -> None:
    composed, decomposed = (unicodedata.normalize(form, text) for form in ("NFC", "NFD"))

    for split in (letters, every, with_codes):
        assert split(composed) == split(decomposed)
    assert tokens.count(composed) == tokens.count(decomposed) == tokens.count(text)


@given(
    st.text(st.characters(categories=("Lu", "Ll", "Lo")), min_size=2),
    st.characters(categories=("Mn", "Mc")),
    st.data(),
)
def test_a_mark_never_splits_a_word(word: str, mark: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(1, len(word)))
    marked = word[:place] + mark + word[place:]

    assert tokens.count(marked) <= tokens.count(word)
    assert len(every(marked)) <= len(every(word))


@given(st.text(st.characters(max_codepoint=0x2FF, exclude_characters="\u00adİ")))
def test_plain_texts_are_split_by_letters_alone(text: str) -> None:
    """They are what scikit-learn's patterns make of them, as the article's figures need.

    The small letter of the dotted capital I has a mark of its own, a soft hyphen belongs to no word.
    """
    assert letters(text) == re.findall(r"\b[^\W\d_]{2,}\b", text.lower())
    assert every(text) == re.findall(r"\b\w+\b", text.lower())
    assert tokens.count(text) == len(text.split())
