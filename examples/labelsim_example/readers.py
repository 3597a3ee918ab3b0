"""A reader of tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.corpus.table.file_formats import decode_text
from sim.corpus.table.sheet import Sheet

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

LABEL = "__label__"


class FastText:
    """Reader of fastText's training files: a document per line, `__label__a __label__b Words`."""

    def read(self, path: Path, content: bytes, _wanted: Collection[str]) -> Sheet:
        """Read the file into two columns: the labels that begin each line, and the text after them."""
        text, notes = decode_text(path, content)
        lines = [(number, line.split()) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
        labels: list[list[str]] = []
        texts: list[str] = []
        for _, words in lines:
            count = next(
                (place for place, word in enumerate(words) if not word.startswith(LABEL)), len(words)
            )
            labels.append([word.removeprefix(LABEL) for word in words[:count]])
            texts.append(" ".join(words[count:]))
        numbers = [number for number, _ in lines]
        return Sheet(path, ["labels", "text"], [labels, texts], "line", numbers, tuple(notes))
