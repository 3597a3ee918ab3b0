"""Terms of texts, counted and weighed as scikit-learn does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, CountVectorizer, TfidfTransformer

from sim.corpus import tfidf, tokens
from sim.corpus.term_counts import Parts, choose, count_pairs, count_pieces, weigh
from support.corpora import tiny_corpus

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

TINY = tiny_corpus()
ORDINARY = [*TINY.pool.texts, *TINY.test.texts]
OF_ALL_SCRIPTS = [
    "Straße, STRASSE und co-operation: it's 3.5% of x1_y2",
    "日本語のテキスト and 中文 mixed, カタカナ",
    "हिन्दी के शब्द\u00a0और",
    "한국어를 배우는 사람",
    "Ⅻ ² a b\tc\nd  e",
    "",
    "  ",
    'צה"ל \U0001f600 ﬁne soft\u00adhyphen',
    "lone \ud800 surrogate",
]
texts_of_any_kind = st.lists(st.text(max_size=40), min_size=1, max_size=8)


def cut(texts: Sequence[str]) -> Parts:
    return Parts.from_texts(texts, lambda text: tokens.normalized(text).split())


def totals(counts: Any) -> list[list[float]]:
    """What counts say, whatever the order of terms."""
    dense: NDArray[np.float64] = counts.toarray().astype(np.float64)
    return sorted(dense.T.tolist())


def counted(texts: Sequence[str], **settings: Any) -> Any:
    vectorizer = CountVectorizer(preprocessor=tokens.normalized, token_pattern=None, **settings)
    try:
        return vectorizer.fit_transform(texts)
    except ValueError:  # there are none
        return np.empty((len(texts), 0)).view(_Dense)


class _Dense(np.ndarray[Any, Any]):
    def toarray(self) -> NDArray[np.float64]:
        return np.asarray(self)


@pytest.mark.parametrize("texts", [ORDINARY, OF_ALL_SCRIPTS])
@pytest.mark.parametrize("split", [tokens.words, tokens.words_of_letters, tokens.words_and_codes])
def test_words_are_those_of_whole_texts(texts: Sequence[str], split: Callable[[str], Sequence[str]]) -> None:
    strings = cut(texts)

    counts = strings.counts @ Parts.from_texts(strings.distinct, split).counts

    assert totals(counts) == totals(counted(texts, tokenizer=split))


@given(texts_of_any_kind)
@example(["\u3400\r\U0003d000"])  # a letter to `regex`, and to Python not yet
def test_pairs_of_words_are_neighbours(texts: list[str]) -> None:
    strings = cut(texts)

    pairs = count_pairs(strings.cut(Parts.from_texts(strings.distinct, tokens.words)))

    assert totals(pairs) == totals(counted(texts, tokenizer=tokens.words, ngram_range=(2, 2)))


@given(texts_of_any_kind)
def test_pieces_are_those_within_spaces(texts: list[str]) -> None:
    strings = cut(texts)

    counts = strings.counts @ count_pieces(strings.distinct)

    assert totals(counts) == totals(counted(texts, analyzer="char_wb", ngram_range=(3, 4)))


def test_terms_are_chosen_by_the_pool() -> None:
    counts = Parts.from_texts(["a b c", "a b", "a d d d e e", "b e e"], str.split).counts
    pool = 3  # a is in three of them, b in two, the others in one

    assert choose(counts @ _identity(5), pool, fewest=2).toarray().T.tolist() == [[1, 1, 1, 0], [1, 1, 0, 1]]
    assert choose(counts @ _identity(5), pool, 1, most=2, at_most=2).toarray().T.tolist() == [
        [1, 1, 0, 1],
        [0, 0, 3, 0],
    ]


def _identity(size: int) -> Any:
    from scipy.sparse import eye_array

    return eye_array(size, format="csr")


def test_weights_are_those_of_scikit_learn() -> None:
    counts = choose(cut(ORDINARY).counts @ _identity(len(cut(ORDINARY).distinct)), 60, fewest=2)

    expected = TfidfTransformer(sublinear_tf=True).fit(counts[:60]).transform(counts)

    np.testing.assert_allclose(weigh(counts, 60).toarray(), expected.toarray(), atol=1e-15)


def test_stop_words_are_those_of_scikit_learn(monkeypatch: pytest.MonkeyPatch) -> None:
    assert tfidf._stop_words() == ENGLISH_STOP_WORDS
    monkeypatch.setattr(tfidf, "run_path", lambda _: {})
    assert tfidf._stop_words() == ENGLISH_STOP_WORDS
