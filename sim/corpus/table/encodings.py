"""Which characters the bytes of a file are."""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING

from sim.corpus.table.sheet import counted, mistake

if TYPE_CHECKING:
    from pathlib import Path

MARKS = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
MOST_FOREIGN = 0.2
"""Share of a Western text's letters that have accents; other alphabets, misread, have many more."""
IN_WORDS = "’‘–—…·´`«»“”°§&"  # noqa: RUF001 - meant
"""Signs that Western texts have between two letters; others there, capitals behind small letters, and three
letters with accents in a row tell of another encoding."""


def decoded(path: Path, content: bytes) -> tuple[str, list[str]]:
    """Decode UTF-8, UTF-16 with its mark, or what plainly is Windows-1252, and say which if not UTF-8.

    Raises:
        PlannerMistakeError: naming the line that is in another encoding, or holds a NUL byte.
    """
    notes = []
    if encoding := next((name for mark, name in MARKS.items() if content.startswith(mark)), None):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError as error:
            raise mistake(path, f"begins as UTF-16 and is not ({error.reason}); save it as UTF-8") from error
        notes.append(f"Read as UTF-16 ({counted(text.count(chr(10)), 'line')}).")
    else:
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
            western = _windows_1252(content)
            if western is None:
                byte = f"{content[error.start]:#x}"
                raise mistake(path, f"line {line}: is not UTF-8 (byte {byte}); save it as UTF-8") from error
            text = western
            lines = counted(sum(not line.isascii() for line in text.split("\n")), "line")
            notes.append(f"Read as Windows-1252, since it is not UTF-8 ({lines} with accents or signs).")
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise mistake(path, f"line {line}: holds a NUL byte; save it as text, as UTF-8")
    return text, notes


def _windows_1252(content: bytes) -> str | None:
    """The text, if it reads as a Western European one in that encoding."""
    try:
        text = content.decode("cp1252")
    except UnicodeDecodeError:
        return None
    letters = [char for char in text if char.isalpha()]
    foreign = sum(not char.isascii() for char in letters)
    odd = re.search(
        rf"[^\W\d_][^\w\s\x00-\x7f{IN_WORDS}][^\W\d_]|[a-z][À-ÞŠŽŒŸ]|[^\s\x00-\x7f{IN_WORDS}]{{3}}", text
    )
    return None if odd or foreign > MOST_FOREIGN * len(letters) else text
