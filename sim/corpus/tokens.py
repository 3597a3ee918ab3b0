"""Tokens: words in every script.

Scripts that put spaces between words have words: letters and digits, with the marks that belong to them. In
the others (Chinese, Japanese, Thai, ...) characters take their place, alone and with their neighbours.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import TYPE_CHECKING

import regex

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

LETTER = r"\p{L}\p{Nl}\p{No}"
WITHIN = r"\p{M}\u200c\u200d"
"""Characters that belong to the letter before: marks, and the joiners of Persian and of India's scripts."""
CHARACTERS_PER_WORD = {
    r"\p{Han}": 1.6,
    r"\p{scx=Hiragana}\p{scx=Katakana}": 2.0,
    r"\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Tibetan}\p{Tai_Le}\p{New_Tai_Lue}\p{Tai_Tham}\p{Tai_Viet}"
    r"\p{Javanese}\p{Balinese}": 3.3,
}
"""Scripts without spaces between words, and how many characters, marks aside, are read like a word.

Chinese is read aloud at 255 characters or 158 words per minute, Japanese at 357 or 193 (Trauzettel-Klosinski
and Dietz 2012, table 2): a word has 1.6 or 1.85 characters. With 2 kana per word, Japanese comes to 1.85
where a third of it is Chinese characters. Thai words have 3.3 (Reilly et al. 2011, a story of 2,120 words);
the scripts of its neighbours are taken to be like it.
"""
LONGEST_NGRAM = 3
"""Maximum length of character n-grams in scripts without spaces."""
SAMPLE = 1_000
"""Number of texts, spread evenly, that decide whether a corpus is one of codes."""

PLAIN_WORD = re.compile(r"\b\w+\b")
PLAIN_WORD_OF_LETTERS = re.compile(r"\b[^\W\d_]{2,}\b")
ON_FROM_A_DIGIT = re.compile(r"\d\w*")
BEYOND_LATIN = re.compile("[\u00ad\u0300-\U0010ffff]")
"""Whatever may be special, so that few characters of most texts are looked at."""
SHAPES = re.compile("[\ufb00-\ufdff\ufe70-\ufefc\uff01-\uffdc]+")
"""Letters that only look otherwise: ligatures, Arabic as it joins, full and half width."""


def _compile(pattern: str) -> regex.Pattern[str]:
    """Compile a pattern of tokens with set operations, which the `regex` package knows."""
    return regex.compile(pattern, regex.VERSION1)


DROPPED = _compile(r"\u00ad|[\u200c\u200d](?![\p{L}\p{M}])|(?<=\p{Hebrew})[\"\u05f4](?=\p{Hebrew})")
"""Characters within a word that are no part of it: soft hyphens, joiners that join nothing, the quote of
Hebrew abbreviations."""
UNSPACED = rf"[[{''.join(CHARACTERS_PER_WORD)}]&&[\p{{L}}\p{{Nl}}]]"
CHARACTER = _compile(f"{UNSPACED}[{WITHIN}]*")
WORD = rf"[[{LETTER}\p{{Nd}}_]--{UNSPACED}][[{LETTER}\p{{Nd}}_{WITHIN}]--{UNSPACED}]*"
WORD_OR_CHARACTER = _compile(f"{CHARACTER.pattern}|{WORD}")
WORD_OR_CHARACTERS = _compile(f"(?:{CHARACTER.pattern})+|{WORD}")
WORD_OF_LETTERS = _compile(f"[{LETTER}][{LETTER}{WITHIN}]+")
LONG_KOREAN_WORD = _compile(r"\p{Hangul}{3,}")
CODE_PART = _compile(rf"[{LETTER}]+|\p{{Nd}}+")
SYMBOL = _compile(r"\p{So}")
SPECIAL = _compile(rf"{UNSPACED}|[{WITHIN}\u00ad\p{{Hebrew}}\p{{Hangul}}]|{SHAPES.pattern}")
"""A character with which a text is more than letters side by side and what separates them."""
COUNTED = [
    (_compile(rf"[[{script}]&&[\p{{L}}\p{{Nl}}]]"), per_word)
    for script, per_word in CHARACTERS_PER_WORD.items()
]


def normalized(text: str) -> str:
    """Normalise a text for tokens: lower case, one form per letter however it was typed."""
    if not _is_special(text):
        return unicodedata.normalize("NFC", text).lower()
    text = SHAPES.sub(lambda shapes: unicodedata.normalize("NFKC", shapes[0]), text)
    whole: str = DROPPED.sub("", unicodedata.normalize("NFC", text))
    return whole.lower()


def words(text: str) -> list[str]:
    """Split a normalised text into words and numbers, and into characters in scripts without spaces."""
    tokens: list[str] = (WORD_OR_CHARACTER if _is_special(text) else PLAIN_WORD).findall(text)
    return tokens


def words_of_letters(text: str) -> list[str]:
    """Split a normalised text into words of two or more letters; up to three characters without spaces.

    Of long Korean words, which carry their particles, pairs of syllables count as well.
    """
    return list(_split(text)) if _is_special(text) else PLAIN_WORD_OF_LETTERS.findall(text)


def words_and_codes(text: str) -> list[str]:
    """Split a normalised text into words, numbers, identifiers, their parts, and symbols such as emoji."""
    return [*_split(text, codes=True), *SYMBOL.findall(text)]


def hold_mostly_codes(texts: Sequence[str]) -> bool:
    """Return whether texts hold at least as many numbers, identifiers and symbols as words."""
    words = codes = 0
    # Evenly spread, because tables are often sorted by what they are about.
    for text in map(normalized, texts[:: -(-len(texts) // SAMPLE)]):
        words += len(words_of_letters(text))
        codes += len(ON_FROM_A_DIGIT.findall(text))
        codes += 0 if text.isascii() else len(SYMBOL.findall(text))
    return codes >= words


def count(text: str) -> int:
    """Count the words of a text; in scripts without spaces, estimate them from its characters."""
    if not _is_special(text):
        return len(text.split())
    text = normalized(text)
    by_character = sum(len(script.findall(text)) / per_word for script, per_word in COUNTED)
    if not by_character:
        return len(text.split())
    others = CHARACTER.sub(" ", text).split()
    # Taking characters out leaves punctuation alone, which is no word.
    return round(by_character + sum(PLAIN_WORD.search(other) is not None for other in others))


def _split(text: str, *, codes: bool = False) -> Iterator[str]:
    """Yield the tokens of a normalised text: words of letters and, if asked for, codes with their parts."""
    for token in WORD_OR_CHARACTERS.findall(text):
        # Without a dictionary nobody knows where a word ends: characters with their
        # neighbours hold most words of two or three.
        if CHARACTER.match(token):
            yield from _character_ngrams(CHARACTER.findall(token), range(1, LONGEST_NGRAM + 1))
        elif WORD_OF_LETTERS.fullmatch(token):
            yield token
            if LONG_KOREAN_WORD.fullmatch(token):
                yield from _character_ngrams(token, [2])
        elif codes:
            # An identifier of one kind only is its own part: once is enough.
            yield from dict.fromkeys([token, *CODE_PART.findall(token)])


def _character_ngrams(characters: Sequence[str], lengths: Iterable[int]) -> Iterator[str]:
    """Yield all runs of adjacent characters of the given lengths, as tokens of a text without spaces."""
    for length in lengths:
        for start in range(len(characters) - length + 1):
            yield "".join(characters[start : start + length])


def _is_special(text: str) -> bool:
    """Return whether a text has characters that need more than the plain token patterns."""
    return not text.isascii() and any(map(_is_special_character, set(BEYOND_LATIN.findall(text))))


@cache
def _is_special_character(character: str) -> bool:
    """Return whether a character needs more than the plain token patterns."""
    # The package `regex` may know letters of a later Unicode than Python, whose own patterns pass over them.
    return SPECIAL.match(character) is not None or unicodedata.category(character) == "Cn"
