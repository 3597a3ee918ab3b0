"""Tables as people have them: what is recognised and said, what is asked, and what is left out."""

from __future__ import annotations

import gzip
import json
import zipfile
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from sim.core.errors import PlannerMistakeError
from sim.corpus import table
from sim.corpus.table import file_formats
from sim.scenario.models import TableColumns, TableCorpus
from support.written_tables import workbook_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from sim.corpus.documents import Corpus

    Labels = list[str]

TREES = ["oak", "elm", "yew"]
SETS = [["oak"], ["elm", "oak"], ["elm"], ["yew"], ["yew", "elm"], ["oak", "yew"]]
LABELS = [SETS[number % 6] for number in range(30)]
TEXTS = [f"the tree that we saw on walk number {number}" for number in range(30)]
RIGHT = {"oak": 15, "elm": 15, "yew": 15}


def rows(cell: Callable[[Labels], Any], name: str = "labels") -> list[dict[str, Any]]:
    return [{"text": text, name: cell(labels)} for text, labels in zip(TEXTS, LABELS, strict=True)]


def joined(labels: Labels) -> str:
    return ";".join(labels)


def quote(cell: object) -> str:
    return '"' + str(cell).replace('"', '""') + '"'


def csv_text(records: Sequence[dict[str, Any]], delimiter: str = ",") -> str:
    lines = [list(records[0]), *(list(record.values()) for record in records)]
    return "".join(delimiter.join(map(quote, line)) + "\n" for line in lines)


def read(folder: Path, content: str | bytes, name: str = "ours.csv", **settings: Any) -> Corpus:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return table.load(TableCorpus(source="table", path=str(path), **settings))


def asked(folder: Path, content: str | bytes, name: str = "ours.csv", **settings: Any) -> str:
    with pytest.raises(PlannerMistakeError) as raised:
        read(folder, content, name, **settings)
    return str(raised.value).removeprefix(f"{folder / name}: ")


def counts(corpus: Corpus) -> dict[str, int]:
    carried = corpus.pool.labels.sum(axis=0) + corpus.test.labels.sum(axis=0)
    return dict(zip(corpus.label_names, carried.tolist(), strict=True))


def size(corpus: Corpus) -> int:
    return len(corpus.pool) + len(corpus.test)


def test_of_a_sound_table_nothing_is_decided(tmp_path: Path) -> None:
    corpus = read(tmp_path, csv_text(rows(joined)))

    assert (size(corpus), counts(corpus)) == (30, RIGHT)
    assert (corpus.decisions, corpus.notes) == ([], [])


# Lists in cells, and separators.


@pytest.mark.parametrize(
    "cell",
    [
        json.dumps,
        repr,
        lambda labels: repr(tuple(labels)),
        lambda labels: repr(set(labels)),
        lambda labels: str(np.array(labels)),
        lambda labels: repr(np.array(labels, dtype=object)),
        lambda labels: json.dumps({"choices": labels}),
        lambda labels: repr({"choices": labels}),
        lambda labels: f"[{', '.join(labels)}]",
        lambda labels: repr([*labels, float("nan")]),
        lambda labels: json.dumps({tree: int(tree in labels) for tree in TREES}),
    ],
)
def test_lists_that_programs_write_into_cells(tmp_path: Path, cell: Callable[[Labels], str]) -> None:
    corpus = read(tmp_path, csv_text(rows(cell)))

    assert (size(corpus), counts(corpus)) == (30, RIGHT)
    assert corpus.decisions == ["30 cells of column 'labels' are read as lists."]


def test_a_list_that_is_cut_short_is_no_label(tmp_path: Path) -> None:
    cells = rows(json.dumps)
    cells[3]["labels"] = '["oak", "elm]'

    assert asked(tmp_path, csv_text(cells)).startswith("line 5: column 'labels' is '[\"oak\", \"elm]'")


@pytest.mark.parametrize(
    "cell",
    ["__import__('os').abort()", "[__import__('os').abort()]", "[" * 5_000 + "]" * 5_000, "[0 for _ in [1]]"],
)
def test_what_looks_like_a_list_is_never_executed(tmp_path: Path, cell: str) -> None:
    corpus = read(tmp_path, csv_text([*rows(joined), {"text": "one more", "labels": cell}]), labels=TREES)

    assert counts(corpus) == RIGHT


@pytest.mark.parametrize("separator", ["|", ",", "/", "#", "+", ", ", " | ", "||", "、", "\t", "-"])
def test_what_plainly_separates_recurring_labels_is_found(tmp_path: Path, separator: str) -> None:
    corpus = read(tmp_path, csv_text(rows(separator.join)))

    assert counts(corpus) == RIGHT
    assert len(corpus.decisions) == 1
    assert corpus.decisions[0].endswith("(15 rows, 3 labels).")


def test_a_comma_within_names_is_no_separator(tmp_path: Path) -> None:
    corpus = read(tmp_path, csv_text(rows(lambda labels: f"{labels[0]}, of the {labels[0][0]} kind")))

    assert corpus.label_names == ["elm, of the e kind", "oak, of the o kind", "yew, of the y kind"]
    assert corpus.decisions == []


def test_where_it_is_not_clear_what_separates_the_key_is_asked_for(tmp_path: Path) -> None:
    names = {"oak": "oak", "elm": "oak, small", "yew": "small"}
    cells = csv_text(rows(lambda labels: names[labels[0]]))
    unclear = cells.replace('"small"', '"small, evergreen"')

    assert asked(tmp_path, unclear) == (
        "column 'labels' holds ',' in 20 rows: it may separate labels, or be part of their names; write "
        'corpus.separator, "," if it separates, ";" if not'
    )
    assert len(read(tmp_path, unclear, separator=",").label_names) == 3
    assert len(read(tmp_path, unclear, separator=";").label_names) == 3


def test_a_separator_that_is_given_is_obeyed(tmp_path: Path) -> None:
    assert len(read(tmp_path, csv_text(rows("|".join)), separator=";").label_names) == 6


# Spellings.


def test_spellings_that_look_alike_are_one_label(tmp_path: Path) -> None:
    ways = [
        "caf\u00e9 noir",
        "cafe\u0301 noir",
        "caf\u00e9  noir",
        "\ufeffcaf\u00e9 noir",
        "caf\u00e9\u00a0noir",
    ]
    labels = [[*ways, "th\u00e9", "1", "1.0", "2"][number % 9] for number in range(30)]
    corpus = read(
        tmp_path, csv_text([{"text": t, "labels": one} for t, one in zip(TEXTS, labels, strict=True)])
    )

    assert counts(corpus) == {"caf\u00e9 noir": 18, "1": 6, "2": 3, "th\u00e9": 3}
    (said,) = corpus.decisions
    assert said.startswith(
        "5 spellings that differ in white space, accents' encoding or invisible characters are"
    )
    assert said.endswith("read as 1 label (18 times): 'caf\u00e9 noir'.")


def test_numbers_with_fractions_stay_as_they_are(tmp_path: Path) -> None:
    labels = [["1.0", "1.5", "2.0"][number % 3] for number in range(30)]
    corpus = read(
        tmp_path, csv_text([{"text": t, "labels": one} for t, one in zip(TEXTS, labels, strict=True)])
    )

    assert sorted(corpus.label_names) == ["1.0", "1.5", "2.0"]


def test_labels_that_differ_in_case_alone_are_noted(tmp_path: Path) -> None:
    cells = rows(joined)
    cells[0]["labels"] = "Oak"
    corpus = read(tmp_path, csv_text(cells))

    assert counts(corpus) == {"elm": 15, "yew": 15, "oak": 14, "Oak": 1}
    (said,) = corpus.decisions
    assert said.startswith("2 labels differ in case alone and are kept apart: 'oak' (14) and 'Oak' (1);")


# No label, one label, yes and no.


def emptied(word: str = "", count: int = 4) -> list[dict[str, Any]]:
    cells = rows(joined)
    for number in range(count):
        cells[number]["labels"] = word
    return cells


@pytest.mark.parametrize("word", ["nan", "NA", "null", "None", "-", "n/a", "[]"])
def test_words_for_none_are_named(tmp_path: Path, word: str) -> None:
    corpus = read(tmp_path, csv_text(emptied(word)))

    assert sorted(corpus.label_names) == sorted(TREES)
    assert size(corpus) == 30
    assert any(word in said for said in corpus.decisions) or word == "[]"
    assert '4 documents without labels are kept as work, labelled "none of these"' in corpus.decisions[-1]


def test_a_word_for_none_that_is_named_is_a_label(tmp_path: Path) -> None:
    corpus = read(tmp_path, csv_text(emptied("NA")), labels=["NA", "oak"])

    assert counts(corpus) == {"oak": 13, "NA": 4}


@pytest.mark.parametrize(
    ("settings", "documents", "said"),
    [
        (
            {},
            30,
            '4 documents without labels are kept as work, labelled "none of these" (corpus.empty_labels).',
        ),
        ({"empty_labels": "not_yet"}, 26, "4 documents without labels are left out, as not labelled yet"),
        ({"empty_labels": "drop"}, 26, "4 documents without labels are left out."),
        ({"keep_unlabelled": False}, 26, "4 documents without labels are left out."),
    ],
)
def test_what_an_empty_cell_means(
    tmp_path: Path, settings: dict[str, Any], documents: int, said: str
) -> None:
    corpus = read(tmp_path, csv_text(emptied()), **settings)

    assert size(corpus) == documents
    assert corpus.decisions[0].startswith(said)


@pytest.mark.parametrize(
    ("cells", "empty"),
    [
        (rows(lambda labels: "" if "elm" in labels else "yes" if "oak" in labels else "no"), 15),
        (
            [{"text": text, "labels": TREES[row % 2] if row < 14 else ""} for row, text in enumerate(TEXTS)],
            16,
        ),
    ],
    ids=["others say no", "most are empty"],
)
def test_who_has_labelled_some_is_asked_what_the_others_are(
    tmp_path: Path, cells: list[dict[str, Any]], empty: int
) -> None:
    assert asked(tmp_path, csv_text(cells)) == (
        f"column 'labels' says nothing of {empty} of 30 documents; write corpus.empty_labels: none_of_these "
        "if they carry no label, not_yet if nobody has labelled them, and ask `simulate forecast`"
    )
    assert size(read(tmp_path, csv_text(cells), empty_labels="none_of_these")) == 30
    assert size(read(tmp_path, csv_text(cells), empty_labels="not_yet")) == 30 - empty


@pytest.mark.parametrize(
    ("yes", "no"), [("1", "0"), ("yes", "no"), ("True", "False"), ("1.0", "0.0"), ("Y", "N"), ("ja", "nein")]
)
def test_yes_and_no_are_one_label_and_none(tmp_path: Path, yes: str, no: str) -> None:
    corpus = read(tmp_path, csv_text(rows(lambda labels: yes if "oak" in labels else no)))

    assert size(corpus) == 30
    assert [*counts(corpus).values()] == [15]
    assert "one label" in corpus.decisions[0]
    assert "(15), or none of these (15)." in corpus.decisions[0]


def test_yes_and_no_are_called_as_their_column(tmp_path: Path) -> None:
    cells = csv_text(rows(lambda labels: int("oak" in labels), "is oak"))

    assert read(tmp_path, cells, columns=TableColumns(labels="is oak")).label_names == ["is oak"]
    assert read(tmp_path, cells).label_names == ["is oak"]


def test_a_no_may_be_what_is_learnt_but_not_beside_its_yes(tmp_path: Path) -> None:
    cells = csv_text(rows(lambda labels: int(labels == ["oak"])))

    assert counts(read(tmp_path, cells, labels=["0"])) == {"0": 25}
    assert asked(tmp_path, cells, labels=["0", "1"]).startswith("column 'labels' holds no label '0'")


def test_one_label_and_none(tmp_path: Path) -> None:
    corpus = read(tmp_path, csv_text(rows(lambda labels: "oak" if "oak" in labels else "")))

    assert (size(corpus), counts(corpus)) == (30, {"oak": 15})


@pytest.mark.parametrize("labels", [["oak"], 1])
def test_of_several_labels_one_is_learnt(tmp_path: Path, labels: list[str] | int) -> None:
    cells = rows(joined)
    cells[2]["labels"] = "oak"
    corpus = read(tmp_path, csv_text(cells), labels=labels)

    assert (size(corpus), counts(corpus)) == (30, {"oak": 16})
    assert corpus.decisions == ['14 documents with other labels are kept, as "none of these".']


def test_labels_that_are_named_must_be_there(tmp_path: Path) -> None:
    assert asked(tmp_path, csv_text(rows(joined)), labels=["oaks"]) == (
        "column 'labels' holds no label 'oaks' (corpus.labels); did you mean 'oak'?"
    )


def test_both_sides_of_our_split_carry_a_label_where_two_documents_do(tmp_path: Path) -> None:
    for one in range(1, 30):
        cells = [{"text": text, "labels": "oak" if n in {0, one} else ""} for n, text in enumerate(TEXTS)]
        corpus = read(tmp_path, csv_text(cells), empty_labels="none_of_these")

        assert (len(corpus.pool), len(corpus.test)) == (21, 9)
        assert corpus.pool.labels.any()
        assert corpus.test.labels.any()


# Copies.


def test_copies_are_on_one_side_of_our_split(tmp_path: Path) -> None:
    cells = rows(joined)
    copies = [record | {"text": f" {record['text']}  "} for record in cells[:12]]
    for order in (1, -1):
        corpus = read(tmp_path, csv_text([*cells, *copies][::order]))
        pool, test = ({text.strip() for text in part.texts} for part in (corpus.pool, corpus.test))

        assert not pool & test
        assert corpus.decisions == ["24 documents share 12 texts: copies are on one side of the split."]


def test_copies_across_a_split_that_is_given_are_counted(tmp_path: Path) -> None:
    cells = [
        record | {"part": "test" if number < 10 else "train"} for number, record in enumerate(rows(joined))
    ]
    cells.extend(record | {"part": "train"} for record in cells[:3])
    corpus = read(tmp_path, csv_text(cells), columns=TableColumns(split="part"))

    assert corpus.notes == ["3 test documents are a copy of a document to label, which raises MAP."]


def test_equal_texts_with_other_labels_are_counted(tmp_path: Path) -> None:
    cells = rows(joined)
    cells.extend({"text": TEXTS[number], "labels": "yew"} for number in (0, 1))

    assert read(tmp_path, csv_text(cells)).notes == ["2 texts come with different labels (4 documents)."]


# Other shapes.


@pytest.mark.parametrize(("yes", "no"), [(1, 0), ("1.0", "0.0"), ("yes", "no"), ("TRUE", "FALSE"), ("x", "")])
def test_a_column_for_each_label(tmp_path: Path, yes: object, no: object) -> None:
    cells = [
        {"id": number, "text": text, **{tree: yes if tree in labels else no for tree in TREES}}
        for number, (text, labels) in enumerate(zip(TEXTS, LABELS, strict=True))
    ]
    corpus = read(tmp_path, csv_text(cells))

    assert (size(corpus), counts(corpus)) == (30, RIGHT)
    assert corpus.decisions == ["3 columns of yes or no are a label each: 'oak', 'elm', 'yew'."]


def test_columns_of_yes_and_no_may_be_named_beside_others(tmp_path: Path) -> None:
    cells = [
        {
            "text": text,
            "language": "en" if n % 2 else "de",
            "oak": int("oak" in of),
            "urgent": int(n % 7 == 0),
        }
        for n, (text, of) in enumerate(zip(TEXTS, LABELS, strict=True))
    ]

    assert asked(tmp_path, csv_text(cells)).endswith(
        "write corpus.columns.labels: 'language', 'oak' or 'urgent', or name columns of yes and no in "
        "corpus.labels"
    )
    assert counts(read(tmp_path, csv_text(cells), labels=["oak"])) == {"oak": 15}


def test_cats_of_spacy(tmp_path: Path) -> None:
    cells = rows(lambda labels: {tree: float(tree in labels) for tree in TREES}, "cats")
    corpus = read(tmp_path, "\n".join(map(json.dumps, cells)), "ours.jsonl")

    assert counts(corpus) == RIGHT
    assert corpus.decisions == ["Column 'cats' is read as labels (30 rows)."]


def opinions(*others: str) -> list[dict[str, str]]:
    """Rows of three annotators, of whom the third says something else of the first documents."""
    return [
        {
            "item": f"i{number}",
            "text": text,
            "worker": who,
            "labels": others[number] if who == "c" and number < len(others) else LABELS[number][0],
        }
        for number, text in enumerate(TEXTS)
        for who in "abc"
    ]


@pytest.mark.parametrize("without", [(), ("item",), ("worker",)])
def test_a_row_for_each_annotator(tmp_path: Path, without: tuple[str, ...]) -> None:
    cells = [{key: row[key] for key in row if key not in without} for row in opinions("yew", "yew")]
    corpus = read(tmp_path, csv_text(cells))

    assert (size(corpus), counts(corpus)) == (30, {"elm": 10, "oak": 10, "yew": 10})
    by = "equal text" if "item" in without else "column 'item'"
    assert corpus.decisions == [
        f"90 rows are 30 documents, by {by}: a row for each annotator.",
        "Annotators agree on 28 of 30 documents that several labelled (93%); a label counts if most put it.",
    ]


def test_an_annotator_may_have_labelled_a_text_twice(tmp_path: Path) -> None:
    cells = [{key: row[key] for key in ("text", "worker", "labels")} for row in opinions()]

    assert size(read(tmp_path, csv_text([*cells, cells[0]]))) == 30
    assert "write corpus.columns.id: 'text'" in asked(tmp_path, csv_text(cells + cells[:3]))


def test_where_annotators_tie_there_is_no_label(tmp_path: Path) -> None:
    cells = [row for row in opinions("yew") if row["worker"] != "a"]
    corpus = read(tmp_path, csv_text(cells))

    assert counts(corpus) == {"elm": 10, "yew": 10, "oak": 9}
    assert "1 document on which no label has most annotators is without labels." in corpus.decisions


@pytest.mark.parametrize("columns", [TableColumns(), TableColumns(id="item")])
def test_a_row_for_each_label(tmp_path: Path, columns: TableColumns) -> None:
    cells = [
        {"item": f"i{number}", "text": text, "labels": label}
        for number, text in enumerate(TEXTS)
        for label in LABELS[number]
    ]
    corpus = read(tmp_path, csv_text(cells), columns=columns)

    assert (size(corpus), counts(corpus)) == (30, RIGHT)
    assert corpus.decisions == ["45 rows are 30 documents, by column 'item': a row for each label."]


def test_rows_of_one_document_that_may_be_either_are_asked_about(tmp_path: Path) -> None:
    cells = [{"item": f"i{number}", "text": text, "labels": "oak"} for number, text in enumerate(TEXTS)]
    cells.extend({**row, "labels": "oak" if number % 3 else "elm"} for number, row in enumerate(cells[:30:3]))
    cells.extend({**row, "labels": "yew"} for row in cells[1:30:2])

    assert "add a column `annotator` that says who labelled" in asked(tmp_path, csv_text(cells))


def test_texts_that_come_again_with_other_labels_alone_are_asked_about(tmp_path: Path) -> None:
    cells = [{"text": TEXTS[n], "labels": label} for n in range(30) for label in LABELS[n]]

    assert "write corpus.columns.id: 'text' if they are one document" in asked(tmp_path, csv_text(cells))
    assert counts(read(tmp_path, csv_text(cells), columns=TableColumns(id="text"))) == RIGHT


def test_choices_that_prodigy_says_were_rejected_are_left_out(tmp_path: Path) -> None:
    answers = ["accept", "accept", "reject", "accept", "ignore", "accept"]
    cells = [
        {"text": row["text"], "accept": row["accept"], "answer": answers[number % 6], "options": []}
        for number, row in enumerate(rows(list, "accept"))
    ]
    corpus = read(tmp_path, "\n".join(map(json.dumps, cells)), "ours.jsonl")

    assert (size(corpus), counts(corpus)) == (20, {"oak": 15, "elm": 5, "yew": 10})
    assert "10 rows that Prodigy's column 'answer' says are ignore or reject: left out." in corpus.decisions


def test_a_label_that_prodigy_says_was_rejected_is_none(tmp_path: Path) -> None:
    cells = [
        {"text": text, "label": "oak", "answer": "accept" if "oak" in labels else "reject"}
        for text, labels in zip(TEXTS, LABELS, strict=True)
    ]
    corpus = read(tmp_path, "\n".join(map(json.dumps, cells)), "ours.jsonl")

    assert (size(corpus), counts(corpus)) == (30, {"oak": 15})


def test_an_export_of_label_studio(tmp_path: Path) -> None:
    def annotation(who: int, labels: Labels, **more: object) -> dict[str, Any]:
        result = [
            {"type": "choices", "from_name": "tree", "value": {"choices": labels}},
            {"type": "labels", "from_name": "span", "value": {"labels": ["Place"], "start": 1, "end": 2}},
        ]
        return {"completed_by": {"id": who}, "result": result, **more}

    tasks: list[dict[str, Any]] = [
        {"id": 100 + number, "data": {"text": text}, "annotations": [annotation(1, LABELS[number])]}
        for number, text in enumerate(TEXTS)
    ]
    tasks[0]["annotations"].extend([annotation(2, ["oak"]), annotation(3, ["yew"], was_cancelled=True)])
    tasks.append({"id": 500, "data": {"text": "not yet"}, "annotations": []})
    corpus = read(tmp_path, json.dumps(tasks), "ours.json")

    assert (size(corpus), counts(corpus)) == (30, RIGHT)
    assert corpus.decisions == [
        "Label Studio's export: 31 annotations of 31 tasks.",
        "1 cancelled annotation left out.",
        "1 task that nobody has annotated is left out.",
        "31 results of other kinds, such as marked spans, left out.",
        "31 rows are 30 documents, by column 'id': a row for each annotator.",
        "Annotators agree on 1 of 1 document that several labelled (100%); a label counts if most put it.",
    ]


def test_several_columns_of_text_are_joined(tmp_path: Path) -> None:
    cells = [{"title": f"walk {n}", **row, "pages": n} for n, row in enumerate(rows(joined))]
    cells[0]["title"] = ""
    columns = TableColumns(text=["title", "text", "pages"])
    corpus = read(tmp_path, "\n".join(map(json.dumps, cells)), "ours.jsonl", columns=columns)
    texts = {*corpus.pool.texts, *corpus.test.texts}

    assert f"walk 1\n\n{TEXTS[1]}\n\n1" in texts
    assert f"{TEXTS[0]}\n\n0" in texts


# Rows that hold nothing.


def test_rows_that_hold_nothing_are_left_out_and_counted(tmp_path: Path) -> None:
    lines = csv_text(rows(joined)).splitlines()
    lines[5:5] = [",", '"",""', lines[0]]
    lines.append('"",oak')
    corpus = read(tmp_path, "\n".join(lines))

    assert (size(corpus), counts(corpus)) == (30, RIGHT)
    assert corpus.decisions == [
        "2 blank rows are left out.",
        "1 row that repeats the headings is left out.",
        "1 row without a text is left out (line 35).",
    ]


def test_what_json_writes_for_no_value_is_no_label(tmp_path: Path) -> None:
    cells = rows(list)
    cells[0]["labels"], cells[1]["labels"], cells[2]["labels"] = float("nan"), None, []
    corpus = read(tmp_path, "\n".join(map(json.dumps, cells)), "ours.jsonl")

    assert (size(corpus), len(corpus.label_names)) == (30, 3)
    assert corpus.decisions[0].startswith("3 documents without labels")


def test_one_row_of_many_that_cannot_be_read_is_left_out_and_counted(tmp_path: Path) -> None:
    cells = [{"text": f"walk {number}", "labels": TREES[number % 3]} for number in range(200)]
    lines = csv_text(cells).splitlines()
    lines[7] += ",x"

    corpus = read(tmp_path, "\n".join(lines))
    assert size(corpus) == 199
    assert corpus.decisions[0].startswith("1 row that cannot be read is left out (line 8: 3 cells")
    lines[9], lines[10] = lines[7], lines[7]
    assert asked(tmp_path, "\n".join(lines)).startswith("lines 8, 10, 11: 3 cells, where the header has 2")


# Files.

SOUND = rows(joined)
FLAT = csv_text(SOUND)
FORMATS: dict[str, str | bytes] = {
    "a.tsv": csv_text(SOUND, "\t"),
    "semicolons.csv": csv_text(SOUND, ";"),
    "bars.csv": csv_text(SOUND, "|"),
    "tabs.csv": csv_text(SOUND, "\t"),
    "declared.csv": "sep=;\r\n" + csv_text(SOUND, ";"),
    "utf16.csv": FLAT.encode("utf-16"),
    "mark.csv": FLAT.encode("utf-8-sig"),
    "a.csv.gz": gzip.compress(FLAT.encode()),
    "a.jsonl.gz": gzip.compress("\n".join(map(json.dumps, SOUND)).encode()),
    "a.json": json.dumps(SOUND),
    "inner.json": json.dumps({"version": 1, "documents": SOUND}),
    "lines.json": "\n".join(map(json.dumps, SOUND)),
    "list.jsonl": json.dumps(SOUND),
    "a.xlsx": workbook_of([list(SOUND[0]), *(list(row.values()) for row in SOUND)]),
    "a.xlsx.gz": gzip.compress(workbook_of([list(SOUND[0]), *(list(row.values()) for row in SOUND)])),
}


@pytest.mark.parametrize("name", FORMATS)
def test_every_kind_of_file_gives_the_same_documents(tmp_path: Path, name: str) -> None:
    assert read(tmp_path, FORMATS[name], name).fingerprint == read(tmp_path, FLAT).fingerprint


def test_windows_1252_is_read_and_said_and_other_encodings_are_not_guessed(tmp_path: Path) -> None:
    western = FLAT.replace("the tree", "caf\u00e9 \u2013 the tree")
    corpus = read(tmp_path, western.encode("cp1252"))

    assert corpus.pool.texts[0].startswith("caf\u00e9 \u2013 the tree")
    assert corpus.decisions == [
        "Read as Windows-1252, since it is not UTF-8 (30 lines with accents or signs)."
    ]
    for text, encoding in (
        ("\u0434\u0435\u0440\u0435\u0432\u043e", "cp1251"),
        ("ma\u0142y \u017c\u00f3\u0142w", "cp1250"),
        ("\u6a39\u6728", "gbk"),
    ):
        told = asked(tmp_path, FLAT.replace("the tree", text).encode(encoding))
        assert "is not UTF-8" in told
        assert told.endswith("save it as UTF-8")


def test_a_file_without_headings(tmp_path: Path) -> None:
    corpus = read(tmp_path, FLAT.split("\n", 1)[1])

    assert (size(corpus), counts(corpus)) == (30, RIGHT)
    assert corpus.decisions[0] == "There are no headings: the 2 columns are called 1 to 2 (30 rows)."
    named = read(tmp_path, FLAT.split("\n", 1)[1], columns=TableColumns(text="1", labels="2"))
    assert named.fingerprint == corpus.fingerprint


def test_a_title_above_the_headings(tmp_path: Path) -> None:
    corpus = read(tmp_path, f"All walks,\n\n{FLAT}")

    assert (size(corpus), counts(corpus)) == (30, RIGHT)
    assert corpus.decisions == ["The title 'All walks' above the headings is left out."]


def test_empty_columns_that_spreadsheets_add(tmp_path: Path) -> None:
    header, rest = FLAT.split("\n", 1)

    assert counts(read(tmp_path, f"{header}\n" + rest.replace("\n", ",,\n"))) == RIGHT


def test_nothing_unpacks_to_more_than_memory_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_formats, "LARGEST", 1 << 20)
    monkeypatch.setattr(file_formats, "LARGEST_BOOK", 1 << 20)
    packed = gzip.compress(b"x" * (1 << 21))
    archive = BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("xl/worksheets/sheet1.xml", b" " * (1 << 21))

    assert "is larger than" in asked(tmp_path, packed, "a.csv.gz")
    assert "unpacks to more than 1 MiB" in asked(tmp_path, archive.getvalue(), "a.xlsx")


def test_two_cells_in_opposite_corners_are_no_table(tmp_path: Path) -> None:
    content = BytesIO(workbook_of([["text", "labels"]]))
    with zipfile.ZipFile(content) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    corner = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    parts[sheet] = parts[sheet].replace(b"</sheetData>", corner)
    spread = BytesIO()
    with zipfile.ZipFile(spread, "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, part)

    assert "spreads over 1,048,576 rows and 16,384 columns" in asked(tmp_path, spread.getvalue(), "a.xlsx")


@pytest.mark.parametrize("content", [b"PK\3\4", b"text,labels\n", workbook_of([["text", "labels"]])[:-30]])
def test_damaged_workbooks(tmp_path: Path, content: bytes) -> None:
    assert asked(tmp_path, content, "a.xlsx").startswith("is not an .xlsx workbook, or damaged")


def test_numbers_and_words_of_a_workbook_are_read_as_its_csv(tmp_path: Path) -> None:
    grid: list[list[Any]] = [["text", "labels"], *([text, number % 3] for number, text in enumerate(TEXTS))]

    assert sorted(read(tmp_path, workbook_of(grid), "a.xlsx").label_names) == ["0", "1", "2"]


def test_real_lists_of_parquet(tmp_path: Path) -> None:
    out = BytesIO()
    vectors = [[0.5, 0.25]] * 30
    columns = {"text": TEXTS, "tags": LABELS, "vector": vectors, "raw": [b"x"] * 30}
    parquet.write_table(pa.table(columns), out)
    corpus = read(tmp_path, out.getvalue(), "a.parquet")

    assert counts(corpus) == RIGHT
    assert corpus.decisions == ["Column 'tags' is read as labels (30 rows)."]


# Columns.


def test_columns_are_known_by_the_names_that_people_give_them(tmp_path: Path) -> None:
    cells = [
        {"Comment text": row["text"], "Topic": row["labels"], "id": n} for n, row in enumerate(rows(joined))
    ]
    corpus = read(tmp_path, csv_text(cells))

    assert counts(corpus) == RIGHT
    assert corpus.decisions == [
        "Column 'Comment text' is read as text (30 rows).",
        "Column 'Topic' is read as labels (30 rows).",
    ]


def test_columns_are_known_by_what_they_hold(tmp_path: Path) -> None:
    cells = [
        {"what": row["text"], "which": row["labels"], "m": 3.5 + n} for n, row in enumerate(rows(joined))
    ]

    assert counts(read(tmp_path, csv_text(cells))) == RIGHT


def test_where_several_columns_may_be_meant_the_key_is_asked_for(tmp_path: Path) -> None:
    texts = [{"title": f"walk {n}", "abstract": row["text"], **row} for n, row in enumerate(rows(joined))]
    for row in texts:
        del row["text"]
    labels = [
        {"text": row["text"], "topic": row["labels"], "tone": "calm", "sentiment": "a"} for row in SOUND
    ]

    assert asked(tmp_path, csv_text(texts)) == (
        "has no column 'text', and several that may hold it; write corpus.columns.text: 'title' or "
        "'abstract', or [title, abstract] to join them"
    )
    assert asked(tmp_path, csv_text(labels)) == (
        "has no column 'labels', and several that may hold it; write corpus.columns.labels: 'topic' or "
        "'sentiment'"
    )


@pytest.mark.parametrize(
    ("train", "test", "name"),
    [
        ("train", "dev", "part"),
        ("Training", "VALIDATION", "part"),
        ("train_set", "test set", "part"),
        ("train", "hold-out", "part"),
        ("0", "1", "is_test"),
        ("yes", "no", "in train"),
        ("false", "true", "holdout"),
    ],
)
def test_splits_by_other_names(tmp_path: Path, train: str, test: str, name: str) -> None:
    cells = [{**row, name: test if n % 3 == 0 else train} for n, row in enumerate(rows(joined))]
    corpus = read(tmp_path, csv_text(cells), columns=TableColumns(split=name))

    assert (len(corpus.pool), len(corpus.test)) == (20, 10)


def test_validation_documents_are_test_documents_and_counted(tmp_path: Path) -> None:
    cells = [{**row, "part": ["train", "train", "test", "dev"][n % 4]} for n, row in enumerate(rows(joined))]
    corpus = read(tmp_path, csv_text(cells), columns=TableColumns(split="part"))

    assert (len(corpus.pool), len(corpus.test)) == (16, 14)
    assert corpus.decisions == [
        "7 documents of the validation part are test documents, with the 7 of the test part."
    ]


def test_a_split_that_does_not_say_what_yes_means_is_asked_about(tmp_path: Path) -> None:
    cells = [{**row, "fold": n % 2} for n, row in enumerate(rows(joined))]

    assert "its name does not say to what" in asked(
        tmp_path, csv_text(cells), columns=TableColumns(split="fold")
    )


def test_a_split_that_is_not_used_is_said(tmp_path: Path) -> None:
    cells = [{**row, "split": ["train", "test"][n % 2]} for n, row in enumerate(rows(joined))]

    assert read(tmp_path, csv_text(cells)).decisions == [
        "Column 'split' says test (15), train (15) and is not used; corpus.columns.split: split uses it."
    ]
