"""A planner's own table: what is read from it, and how every mistake is told."""

from __future__ import annotations

import json
import os
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from sim.core.errors import PlannerMistakeError
from sim.corpus import load, table, tfidf
from sim.corpus.table import selection_and_split
from sim.corpus.table.sheet import NothingLabelledError
from sim.scenario.models import TableColumns, TableCorpus
from support.corpora import RECORDS, TEXTS, csv_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sim.corpus.documents import Corpus

ALL_COLUMNS = TableColumns(id="id", text="text", labels="labels", split="split", time="time")


def put_csv(path: Path, records: Sequence[dict[str, Any]]) -> Path:
    path = path.with_suffix(".csv")
    path.write_text(csv_text(records), encoding="utf-8")
    return path


def put_jsonl(path: Path, records: Sequence[dict[str, Any]]) -> Path:
    path = path.with_suffix(".jsonl")
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path


def put_parquet(path: Path, records: Sequence[dict[str, Any]]) -> Path:
    path = path.with_suffix(".parquet")
    parquet.write_table(pa.Table.from_pylist(list(records)), path)
    return path


WRITERS = {"csv": put_csv, "jsonl": put_jsonl, "parquet": put_parquet}
formats = pytest.mark.parametrize("put", WRITERS.values(), ids=WRITERS)
typed_formats = pytest.mark.parametrize("put", [put_jsonl, put_parquet], ids=["jsonl", "parquet"])


def read(path: Path, **settings: Any) -> Corpus:
    return table.load(TableCorpus(source="table", path=str(path), **settings))


@pytest.mark.parametrize("columns", ["text", "id,text", "text,labels"])
def test_documents_without_labels_are_counted(tmp_path: Path, columns: str) -> None:
    rows = [f"{row} is what document {row} says" for row in range(20)]
    lines = {"text": rows, "id,text": [f"{row % 10},same words" for row in range(20)]}
    path = tmp_path / "unlabelled.csv"
    path.write_text("\n".join([columns, *lines.get(columns, [f"{row}," for row in rows])]), "utf-8")
    with pytest.raises(NothingLabelledError):
        read(path)
    counted = table.count(TableCorpus(source="table", path=str(path)))
    expected = (10, 2) if columns == "id,text" else (20, 6)
    assert (counted.documents, counted.words_per_document) == expected


def mistake(path: Path, **settings: Any) -> str:
    """What the planner is told: one line, that names the file."""
    with pytest.raises(PlannerMistakeError) as raised:
        read(path, **settings)
    told = str(raised.value)
    assert told.startswith(f"{path}: ")
    assert "\n" not in told
    return told.removeprefix(f"{path}: ")


def all_documents(corpus: Corpus) -> dict[str, tuple[str, set[str]]]:
    """Text and labels of each document, by name."""
    return {
        name: (text, {corpus.label_names[label] for label in np.flatnonzero(carried).tolist()})
        for part in (corpus.pool, corpus.test)
        for name, text, carried in zip(part.ids, part.texts, part.labels, strict=True)
    }


# What is read.


@formats
def test_texts_and_labels(tmp_path: Path, put: Any) -> None:
    corpus = read(put(tmp_path / "ours", RECORDS))

    assert corpus.name.startswith("ours.")
    assert corpus.label_names == ["cats", "dogs", "birds"]
    assert (len(corpus.pool), len(corpus.test)) == (8, 4)
    documents = all_documents(corpus)
    assert documents["1"] == (TEXTS[0], {"cats"})
    assert documents["2"] == (TEXTS[1], {"cats", "dogs"})
    assert len(documents) == 12
    assert not corpus.stand_in


def test_every_format_gives_the_same_documents(tmp_path: Path) -> None:
    assert len({read(put(tmp_path / "ours", RECORDS)).fingerprint for put in WRITERS.values()}) == 1


@formats
def test_named_columns(tmp_path: Path, put: Any) -> None:
    parts = ["train", "Training", "TEST", "test"] * 3
    records = [
        {
            "when": 12 - row,
            "what": text,
            "tags": f"a|b{row % 2}",
            "set": parts[row],
            "no": f"n{row}",
            "extra": 1,
        }
        for row, text in enumerate(TEXTS)
    ]
    columns = TableColumns(id="no", text="what", labels="tags", split="set", time="when")
    corpus = read(put(tmp_path / "ours", records), columns=columns, separator="|")

    assert corpus.pool.ids == ["n0", "n1", "n4", "n5", "n8", "n9"]
    assert corpus.test.texts == [TEXTS[row] for row in (2, 3, 6, 7, 10, 11)]
    assert corpus.label_names == ["a", "b0", "b1"]
    assert corpus.pool.times is not None
    assert corpus.pool.times.tolist() == [12, 11, 8, 7, 4, 3]


@typed_formats
def test_labels_may_be_a_list(tmp_path: Path, put: Any) -> None:
    records = [
        {"text": text, "labels": ["a; b", "c", "c"] if row % 2 else ["c"]} for row, text in enumerate(TEXTS)
    ]
    documents = all_documents(read(put(tmp_path / "ours", records)))

    assert documents["1"][1] == {"c"}
    assert documents["2"][1] == {"a; b", "c"}


@typed_formats
def test_names_and_labels_may_be_whole_numbers(tmp_path: Path, put: Any) -> None:
    records = [{"id": 10**12 + row, "text": text, "labels": row % 3} for row, text in enumerate(TEXTS)]
    corpus = read(put(tmp_path / "ours", records), columns=TableColumns(id="id"))

    assert corpus.label_names == ["0", "1", "2"]
    assert str(10**12) in all_documents(corpus)


def test_csv_as_spreadsheets_write_it(tmp_path: Path) -> None:
    path = tmp_path / "ours.CSV"
    rows = "".join(
        f'"line one,\r\n""line"" two {row}";{row}'.replace(";", ",") + "\r\n\r\n" for row in range(10)
    )
    path.write_bytes(b"\xef\xbb\xbf" + f"text , labels\r\n{rows}".encode())
    documents = all_documents(read(path))

    assert documents["10"] == ('line one,\r\n"line" two 9', {"9"})


def test_csv_with_a_very_long_cell(tmp_path: Path) -> None:
    records = [RECORDS[0] | {"text": "word " * 50_000}, *RECORDS[1:]]

    assert len(all_documents(read(put_csv(tmp_path / "ours", records)))["1"][0]) == 250_000


def test_json_strings_may_hold_any_line_end(tmp_path: Path) -> None:
    path = tmp_path / "ours.ndjson"
    lines = [
        json.dumps(record | {"text": f"one\u2028two\x85 {row}"}, ensure_ascii=False)
        for row, record in enumerate(RECORDS)
    ]
    path.write_bytes("\r\n".join([*lines, "", ""]).encode())

    assert all_documents(read(path))["3"][0] == "one\u2028two\x85 2"


def test_rows_of_jsonl_may_leave_labels_out(tmp_path: Path) -> None:
    path = put_jsonl(tmp_path / "ours", [*RECORDS, {"text": "no labels"}, {"text": "none", "labels": None}])

    assert len(all_documents(read(path))) == 14
    assert len(all_documents(read(path, empty_labels="drop"))) == 12


@formats
def test_nothing_in_a_cell_is_executed(tmp_path: Path, put: Any) -> None:
    cell = "__import__('os').abort() =cmd|'/c calc'!A0 !!python/object:os.abort"
    corpus = read(put(tmp_path / "ours", [record | {"text": record["text"] + cell} for record in RECORDS]))

    assert all(text.endswith(cell) for text in corpus.pool.texts)


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["3", "-1.5", "1e3"], [3, -1.5, 1000]),
        (["1970-01-02", "1970-01-01T01:00", "1970-01-01T01:00:00+01:00"], [86_400, 3_600, 0]),
    ],
)
def test_times_are_numbers_or_dates(tmp_path: Path, cells: list[str], expected: list[float]) -> None:
    records = [
        record | {"time": cells[row % 3], "split": "train" if row else "test"}
        for row, record in enumerate(RECORDS)
    ]
    corpus = read(put_csv(tmp_path / "ours", records), columns=TableColumns(time="time", split="split"))

    assert corpus.pool.times is not None
    assert corpus.test.times is not None
    assert [*corpus.test.times, *corpus.pool.times[:2]] == expected


@pytest.mark.parametrize("moment", [date(1970, 1, 2), datetime(1970, 1, 2), datetime(1970, 1, 2, tzinfo=UTC)])  # noqa: DTZ001
def test_times_of_parquet_are_dates(tmp_path: Path, moment: date) -> None:
    path = put_parquet(tmp_path / "ours", [record | {"time": moment} for record in RECORDS])
    corpus = read(path, columns=TableColumns(time="time"))

    assert corpus.pool.times is not None
    assert set(corpus.pool.times) == {86_400}


# Which labels, and which documents.


def test_the_most_frequent_labels_are_kept(tmp_path: Path) -> None:
    path = put_csv(tmp_path / "ours", [*RECORDS, {"text": "more", "labels": "cats"}])
    corpus = read(path, labels=2)
    kept = read(path, labels=2, keep_unlabelled=True)

    assert corpus.label_names == ["cats", "dogs"]
    assert len(all_documents(corpus)) == 10
    assert corpus.notes == ["3 documents with none of the labels are left out."]
    assert len(all_documents(kept)) == 13
    assert kept.notes == []


def test_split_depends_on_names_alone(tmp_path: Path) -> None:
    records = [record | {"id": f"n{row}", "text": f"text {row}"} for row, record in enumerate(RECORDS * 5)]
    columns = TableColumns(id="id")
    first = read(put_csv(tmp_path / "first", records), columns=columns)
    second = read(put_csv(tmp_path / "second", records[::-1]), columns=columns)

    assert set(first.test.ids) == set(second.test.ids)
    assert len(first.test) == 18
    # Known names: whoever changes the draw changes every planner's results.
    assert sorted(first.test.ids)[:4] == ["n10", "n14", "n15", "n19"]


@given(st.floats(0, 1, exclude_min=True, exclude_max=True))
def test_both_parts_have_documents_whatever_the_share(share: float) -> None:
    names = [str(row) for row in range(10)]
    drawn = selection_and_split.draw_split(names, names, np.ones((10, 1), dtype=np.bool_), share)

    assert 1 <= drawn.sum() <= 9
    assert abs(drawn.sum() - 10 * share) <= 1


def test_labels_that_one_part_lacks_are_noted(tmp_path: Path) -> None:
    records = [
        {
            "text": text,
            "labels": "both; rare" if row == 3 else "both; few" if row == 0 else "both",
            "split": "test" if row < 3 else "train",
        }
        for row, text in enumerate(TEXTS)
    ]
    corpus = read(put_csv(tmp_path / "ours", records), columns=TableColumns(split="split"))

    assert corpus.notes == [
        "No test document carries 'rare': left out of the MAP.",
        "No document to label carries 'few': no model can learn that.",
    ]


def test_of_many_labels_a_few_are_named(tmp_path: Path) -> None:
    records = [
        {
            "text": text,
            "labels": "a;b" if row == 0 else f"label {row}; a",
            "split": "train" if row else "test",
        }
        for row, text in enumerate(TEXTS)
    ]
    notes = read(put_csv(tmp_path / "ours", records), columns=TableColumns(split="split")).notes

    assert (
        "No test document carries 'label 1', 'label 10', 'label 11', 'label 2', 'label 3' or 6 more labels"
        in notes[0]
    )


# Mistakes about the file.


def test_missing_file(tmp_path: Path) -> None:
    put_csv(tmp_path / "tickets-2024", RECORDS)

    assert mistake(tmp_path / "ticket-2024.csv") == "there is no such file; did you mean 'tickets-2024.csv'?"
    assert mistake(tmp_path / "other.csv") == "there is no such file"
    assert mistake(tmp_path / "no folder" / "tickets.csv") == "there is no such file"
    assert mistake(tmp_path / ("x" * 300 + ".csv")).startswith("cannot be read (")


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_folder(tmp_path: Path, ending: str) -> None:
    folder = tmp_path / f"ours.{ending}"
    folder.mkdir()

    assert mistake(folder) == "is a folder; give the file"


@pytest.mark.parametrize("name", ["ours.xls", "ours", "ours.gz", "csv"])
def test_other_endings(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("text,labels\n")

    assert mistake(tmp_path / name) == (
        "is not a table; give a file that ends in .csv, .tsv, .json, .jsonl, .ndjson, .parquet, .xlsx or "
        "one of these and .gz"
    )


@pytest.mark.parametrize("ending", ["csv", "tsv", "json", "jsonl", "ndjson", "parquet", "xlsx"])
def test_empty_file(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"ours.{ending}"
    path.touch()

    assert mistake(path) == "is empty"


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.csv", b"\xef\xbb\xbf", "is empty"),
        ("a.csv", b"\n\n", "is empty"),
        ("a.csv", b"text,labels\n", "holds no documents"),
        ("a.csv", b"text,labels\nok,a\ncaf\x81,b\n", "line 3: is not UTF-8 (byte 0x81)"),
        ("a.csv", "text,labels\nдинь,a\n".encode("cp1251"), "line 2: is not UTF-8 (byte 0xe4)"),
        ("a.csv", "text,labels\n".encode("utf-16") + b"x", "begins as UTF-16 and is not (truncated data)"),
        ("a.csv", b"text,labels\nok,a\nno\0k,b\n", "line 3: holds a NUL byte"),
        ("a.csv", b"text,labels\nok,a\na,b,c,d\n,\nx\n", "lines 3, 5: 4 cells, where the header has 2"),
        (
            "a.csv",
            b'text,labels\n"a\nb",x\n"never,ends\n\n',
            "line 4: its quotes do not match (unexpected end of data)",
        ),
        ("a.csv", b'text,labels\n"a" b,x\n', "line 2: its quotes do not match (',' expected after '\"')"),
        ("a.csv", b"text,text,labels\na,b,c\n", "has 2 columns 'text'; rename all but one"),
        ("a.jsonl", b"\n \n", "holds no documents"),
        ("a.jsonl", b'{"text": "caf\x81"}', "line 1: is not UTF-8 (byte 0x81); save it as UTF-8"),
        (
            "a.jsonl",
            b'{"text": "a", "labels": "b"}\n\n{"text": "a",, }',
            "line 3: is not JSON (Expecting property name enclosed in double quotes, column 14)",
        ),
        ("a.jsonl", b'["text"]', "line 1: is not an object"),
        ("a.jsonl", b'{"text": "a\\u0000", "labels": "b"}', "line 1: column 'text' holds a NUL byte"),
        (
            "a.jsonl",
            b'{"text": "a\\ud800", "labels": "b"}',
            "line 1: column 'text' holds half a character (a lone surrogate)",
        ),
        ("a.jsonl", b'{"text": 5, "labels": "b"}', "line 1: column 'text' is 5, where a text belongs"),
        (
            "a.jsonl",
            b'{"text": ["a"], "labels": "b"}',
            "line 1: column 'text' is a list, where a text belongs",
        ),
        (
            "a.jsonl",
            b'{"text": "a", "labels": {"b": "c"}}',
            "line 1: column 'labels' is a group of keys, where a text belongs",
        ),
        (
            "a.jsonl",
            b'{"text": "a", "labels": [["b"]]}',
            "line 1: column 'labels' is a list, where a text belongs",
        ),
        ("a.jsonl", b'{"text": "a", "labels": 0.5}', "line 1: column 'labels' is 0.5, where a text belongs"),
    ],
)
def test_files_that_cannot_be_read(tmp_path: Path, name: str, content: bytes, told: str) -> None:
    (tmp_path / name).write_bytes(content)

    assert mistake(tmp_path / name).startswith(told)


@pytest.mark.parametrize("content", ["[" * 100_000, '{"text": ' + "9" * 5_000 + "}"])
def test_json_that_nobody_writes(tmp_path: Path, content: str) -> None:
    (tmp_path / "a.jsonl").write_text(content)

    assert mistake(tmp_path / "a.jsonl").startswith("line 1: is not JSON that can be read (")


@pytest.mark.parametrize(
    "damage", [lambda _: b"PAR1", lambda c: c[:-20], lambda c: c[: len(c) // 2], lambda c: b"\0" * len(c)]
)
def test_damaged_parquet(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    path = put_parquet(tmp_path / "ours", RECORDS)
    path.write_bytes(damage(path.read_bytes()))

    assert mistake(path).startswith("is not Parquet, or damaged (")


@given(st.data())
def test_bytes_that_are_wrong_are_told_or_harmless(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    put = data.draw(st.sampled_from([put_csv, put_jsonl]))
    path = put(tmp_path_factory.mktemp("damaged") / "ours", RECORDS)
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content)

    try:
        corpus = read(path)
    except PlannerMistakeError as error:
        assert str(error).startswith(str(path))  # noqa: PT017 - either outcome is right
    else:
        assert len(corpus.pool) + len(corpus.test) >= 10


# Mistakes about columns and cells.


@formats
def test_missing_column(tmp_path: Path, put: Any) -> None:
    path = put(tmp_path / "ours", RECORDS)

    assert (
        mistake(path, columns=TableColumns(labels="lables"))
        == "has no column 'lables' (corpus.columns.labels); did you mean 'labels'? It has: text, labels"
    )
    assert (
        mistake(path, columns=TableColumns(id="number"))
        == "has no column 'number' (corpus.columns.id); it has: text, labels"
    )


@pytest.mark.parametrize(
    ("column", "cells", "told"),
    [
        ("text", dict.fromkeys(range(12), " "), "column 'text' is empty in every row"),
        ("id", {3: "n1"}, "lines 3, 5: have the same id, 'n1', and different texts; give each document its"),
        (
            "id",
            {3: "n1", 4: "n1", 6: "n2"},
            "lines 3, 5, 6: have the same id, 'n1', and different texts; so it is with 1 more",
        ),
        ("id", {2: " "}, "line 4: column 'id' is empty; give each document a name"),
        ("split", {1: "spare"}, "line 3: column 'split' is 'spare'"),
        ("split", {1: ""}, "line 3: column 'split' is ''; write train, test or validation"),
        ("split", dict.fromkeys(range(12), "train"), "column 'split' says 'test' of no labelled document"),
        ("split", dict.fromkeys(range(12), "test"), "column 'split' says 'train' of no labelled document"),
        ("time", {5: "soon"}, "line 7: column 'time' is 'soon'"),
        ("time", {5: "nan"}, "line 7: column 'time' is 'nan'"),
        ("time", {5: ""}, "line 7: column 'time' is ''"),
        ("time", {5: "2024-05-31"}, "lines 2, 7: column 'time' holds a number and a date"),
        ("labels", dict.fromkeys(range(12), " ; "), "column 'labels' is empty in every row"),
        ("labels", dict.fromkeys(range(12), "x;x"), "column 'labels' holds one label only, 'x'"),
    ],
)
def test_cells_that_are_not_right(tmp_path: Path, column: str, cells: dict[int, str], told: str) -> None:
    records = [
        {"id": f"n{row}", "split": "train" if row % 3 else "test", "time": str(row)} | record
        for row, record in enumerate(RECORDS)
    ]
    for row, cell in cells.items():
        records[row][column] = cell

    assert mistake(put_csv(tmp_path / "ours", records), columns=ALL_COLUMNS).startswith(told)


def test_rows_of_parquet_are_counted_from_1(tmp_path: Path) -> None:
    records = [record | {"split": "spare" if row == 0 else "train"} for row, record in enumerate(RECORDS)]
    told = mistake(put_parquet(tmp_path / "ours", records), columns=TableColumns(split="split"))

    assert told.startswith("row 1: column 'split' is 'spare'")


def test_too_few_documents(tmp_path: Path) -> None:
    records = [*RECORDS[:9], RECORDS[9] | {"labels": ""}]

    assert mistake(put_csv(tmp_path / "ours", records), empty_labels="drop") == (
        "9 documents to label; 10 are the fewest that a project can be simulated on"
    )


def test_what_a_file_holds_cannot_command_the_terminal(tmp_path: Path) -> None:
    records = [record | {"split": "\x1b[2Jtest"} for record in RECORDS]

    assert "\x1b" not in mistake(put_csv(tmp_path / "ours", records), columns=TableColumns(split="split"))


def test_more_labels_asked_for_than_there_are(tmp_path: Path) -> None:
    assert mistake(put_csv(tmp_path / "ours", RECORDS), labels=4) == (
        "corpus.labels is 4, but column 'labels' holds 3 labels; write 3, or leave it out for all"
    )


def test_test_documents_without_any_label(tmp_path: Path) -> None:
    records = [record | {"split": "train"} for record in RECORDS] + [
        {"text": "x", "labels": "", "split": "test"}
    ] * 2
    told = mistake(
        put_csv(tmp_path / "ours", records), columns=TableColumns(split="split"), keep_unlabelled=True
    )

    assert told == "no test document carries a label, so there is nothing to measure a model on"


# A real one.


@pytest.fixture(scope="module")
def clinc() -> Path:
    """Utterances of 150 intents: where LABELSIM_CLINC says, or beside the project."""
    beside = Path(__file__).parents[3] / "shared/corpora/clinc150_imbalanced.csv"
    path = Path(os.environ.get("LABELSIM_CLINC", beside))
    if not path.exists():
        pytest.skip("no clinc150_imbalanced.csv: set LABELSIM_CLINC")
    return path


@pytest.mark.slow
def test_150_intents(clinc: Path) -> None:
    config = TableCorpus(source="table", path=str(clinc), columns=TableColumns(split="split"))
    corpus = load(config, Path("unused"))

    assert (len(corpus.pool), len(corpus.test), len(corpus.label_names)) == (10_525, 4_500, 150)
    assert (corpus.pool.labels.sum(axis=1) == 1).all()
    assert corpus.notes == []
    assert tfidf.compute(corpus, 8).pool.shape == (10_525, 9)


def partly_labelled(tmp_path: Path, *, split: bool = False) -> table.PartlyLabelled:
    """Every third of 30 documents is labelled, and every fifth a test document if there is a split."""
    records = [
        {"text": f"text {row}", "labels": "ab"[row % 2] if row % 3 == 0 else ""}
        | ({"split": "test" if row % 5 == 0 else "train"} if split else {})
        for row in range(30)
    ]
    path = put_csv(tmp_path / "partly", records)
    columns = TableColumns(text="text", labels="labels", split="split" if split else None)
    return table.load_partly_labelled(TableCorpus(source="table", path=str(path), columns=columns))


def test_documents_that_nobody_has_labelled_yet_wait_in_the_pool(tmp_path: Path) -> None:
    corpus, labelled = partly_labelled(tmp_path)
    assert corpus.pool.texts == [f"text {row}" for row in range(30)]
    assert labelled.tolist() == list(range(0, 30, 3))
    assert np.flatnonzero(corpus.pool.labels.any(axis=1)).tolist() == labelled.tolist()
    assert len(corpus.test) == 0


def test_only_labelled_documents_are_test_documents_of_a_project_under_way(tmp_path: Path) -> None:
    corpus, labelled = partly_labelled(tmp_path, split=True)
    assert corpus.test.texts == ["text 0", "text 15"]
    assert corpus.test.labels.any(axis=1).all()
    assert [corpus.pool.texts[row] for row in labelled] == [
        f"text {row}" for row in range(0, 30, 3) if row % 5
    ]
    assert not any(int(text.split()[1]) % 5 == 0 for text in corpus.pool.texts)
