"""Mutations that make of a sound table one as people have them, and know what is right for it.

Each changes a draft and what is expected of it: how many documents, and how often each label.
"""

from __future__ import annotations

import json
import random
import unicodedata
from functools import partial
from typing import TYPE_CHECKING, Any

from support.drafted_tables import (
    TYPED,
    Draft,
    ImpossibleError,
    base,
    cell_of,
    names_in,
    needs_text,
    ordered,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.drafted_tables import Labels, Row

MUTATIONS: dict[str, dict[str, Callable[[Draft], None]]] = {}
"""By what they change, of which each table has one at most, and by name."""


def mutation(slot: str) -> Callable[[Callable[[Draft], None]], Callable[[Draft], None]]:
    """Add a function to the mutations of a slot."""

    def added(change: Callable[[Draft], None]) -> Callable[[Draft], None]:
        MUTATIONS.setdefault(slot, {})[change.__name__.strip("_")] = change
        return change

    return added


# How labels are written.


@mutation("labels")
def _json_lists(draft: Draft) -> None:
    draft.encode = lambda labels: json.dumps(ordered(draft, labels), ensure_ascii=draft.rng.random() < 0.5)


@mutation("labels")
def _python_lists(draft: Draft) -> None:
    brackets = draft.rng.choice([list, tuple, set])
    draft.encode = lambda labels: repr(brackets(ordered(draft, labels)))


@mutation("labels")
def _numpy_lists(draft: Draft) -> None:
    draft.encode = lambda labels: "[" + " ".join(map(repr, ordered(draft, labels))) + "]"


@mutation("labels")
def _bare_lists(draft: Draft) -> None:
    draft.encode = lambda labels: "[" + ", ".join(ordered(draft, labels)) + "]"


@mutation("labels")
def _choices(draft: Draft) -> None:
    draft.encode = lambda labels: json.dumps({"choices": ordered(draft, labels)})


@mutation("labels")
def _real_lists(draft: Draft) -> None:
    draft.kind = draft.rng.choice(TYPED)
    draft.encode = partial(ordered, draft)


@mutation("labels")
def _cats(draft: Draft) -> None:
    draft.kind, draft.label_name = draft.rng.choice(["json", "jsonl"]), "cats"
    names = names_in(draft)
    yes, no = draft.rng.choice([(1, 0), (1.0, 0.0), (True, False)])
    draft.encode = lambda labels: (
        None if labels is None else {name: yes if name in labels else no for name in names}
    )


@mutation("labels")
def _other_separator(draft: Draft) -> None:
    draft.separator = draft.rng.choice(
        ["|", ",", "/", "#", "+", "~", " | ", ", ", "||", "\t", "\n", "、", "&", " "]
    )
    draft.may_be_refused = True


@mutation("labels")
def _separator_that_is_named(draft: Draft) -> None:
    draft.separator = draft.rng.choice(["|", ",", "/", "#", "::", "-->"])
    draft.config["separator"] = draft.separator


@mutation("labels")
def _commas_in_names(draft: Draft) -> None:
    names = names_in(draft)
    if any(name.isdecimal() for name in names):
        raise ImpossibleError
    others = ["north", "Süd", "東", "up", "q", "z", "ж", "over"]
    long = {name: f"{name}, {other}" for name, other in zip(names, others, strict=False)}
    draft.labels = [labels and frozenset(long[name] for name in labels) for labels in draft.labels]


@mutation("labels")
def _one_hot(draft: Draft) -> None:
    draft.one_hot = draft.rng.choice(
        [("1", "0"), (1, 0), ("yes", "no"), ("true", "false"), ("TRUE", "FALSE"), ("x", "")]
    )


@mutation("labels")
def _row_per_label(draft: Draft) -> None:
    def rows(document: int, row: Row) -> list[Row]:
        labels = draft.labels[document]
        return [{**row, draft.label_name: draft.spell(one) if one else ""} for one in sorted(labels or {""})]

    draft.extra["doc_id"] = [f"d{number}" for number in range(len(draft.texts))]
    if draft.rng.random() < 0.5:
        draft.columns["id"] = "doc_id"
    draft.rows_of = rows


@mutation("labels")
def _row_per_annotator(draft: Draft) -> None:
    several = draft.rng.choice([2, 3])
    names = names_in(draft)
    given: list[list[Labels]] = []
    for document, labels in enumerate(draft.labels):
        opinions: list[Labels] = [labels] * several
        if several == 3 and draft.rng.random() < 0.3 and labels:
            opinions[draft.rng.randrange(3)] = frozenset({draft.rng.choice(names)})
        elif several == 2 and draft.rng.random() < 0.1 and labels is not None and len(names) > len(labels):
            opinions[1] = frozenset({draft.rng.choice([name for name in names if name not in labels])})
            draft.labels[document] = None
        given.append(opinions)
    if draft.rng.random() < 0.7:
        draft.extra["item"] = [f"i{number}" for number in range(len(draft.texts))]
    elif draft.copied:
        draft.may_be_refused = True
    who = draft.rng.choice(["annotator", "worker_id", "rater"])
    draft.rows_of = lambda document, row: [
        {**row, who: f"a{number}", draft.label_name: cell_of(draft, labels)}
        for number, labels in enumerate(given[document])
    ]


@mutation("labels")
def _yes_and_no(draft: Draft) -> None:
    yes, no = draft.rng.choice([("1", "0"), ("yes", "no"), ("True", "False"), ("1.0", "0.0"), ("Y", "N")])
    name = names_in(draft)[0]
    draft.labels = [labels if labels is None else labels & {name} for labels in draft.labels]
    draft.label_name = draft.rng.choice(["labels", "label", "spam"])
    draft.encode = lambda labels: "" if labels is None else yes if labels else no
    draft.renamed = True


@mutation("labels")
def _prodigy(draft: Draft) -> None:
    draft.kind, draft.label_name = "jsonl", "accept"
    answers = [draft.rng.choices(["accept", "reject", "ignore"], [8, 1, 1])[0] for _ in draft.texts]
    draft.extra["answer"] = list(answers)
    draft.encode = partial(ordered, draft)
    draft.dropped |= {number for number, answer in enumerate(answers) if answer != "accept"}


# How labels are spelled.


@mutation("spelling")
def _invisible_twins(draft: Draft) -> None:
    rng = draft.rng
    ways: list[Callable[[str], str]] = [
        str,
        lambda name: unicodedata.normalize("NFD", name),
        lambda name: f" {name}  ",
        lambda name: name.replace(" ", "\u00a0"),
        lambda name: name.replace(" ", "  "),
        lambda name: "\ufeff" + name,
        lambda name: name[:1] + "\u200b" + name[1:],
    ]

    def spell(name: str) -> str:
        return rng.choice(ways)(name)

    draft.spell = spell


@mutation("spelling")
def _whole_numbers(draft: Draft) -> None:
    names = names_in(draft)
    number = {name: str(place + 2) for place, name in enumerate(names)}
    draft.labels = [labels and frozenset(number[name] for name in labels) for labels in draft.labels]
    rng = draft.rng
    draft.spell = lambda name: rng.choice([name, f"{name}.0"])


@mutation("spelling")
def _case_twins(draft: Draft) -> None:
    names = [name for name in frozenset().union(*filter(None, draft.labels)) if name.upper() != name]
    if names:
        twin = draft.rng.choice(sorted(names))
        draft.labels = [
            frozenset(name.upper() if name == twin and draft.rng.random() < 0.5 else name for name in labels)
            if labels
            else labels
            for labels in draft.labels
        ]


# Documents without labels.


def _emptied(draft: Draft) -> list[int]:
    some = sorted(draft.rng.sample(range(len(draft.texts)), draft.rng.randint(1, len(draft.texts) // 4)))
    for number in some:
        draft.labels[number] = None
    return some


@mutation("empty")
def _empty_cells(draft: Draft) -> None:
    _emptied(draft)


@mutation("empty")
def _not_labelled_yet(draft: Draft) -> None:
    _emptied(draft)
    draft.config["empty_labels"] = draft.rng.choice(["not_yet", "drop"])


@mutation("empty")
def _words_for_nothing(draft: Draft) -> None:
    _emptied(draft)
    draft.nothing = ("nan", "NA", "null", "None", "-", "n/a", "NULL", "")


# Which labels are learnt.


@mutation("choice")
def _named_labels(draft: Draft) -> None:
    if draft.renamed:
        raise ImpossibleError
    draft.config["labels"] = draft.rng.sample(names_in(draft), draft.rng.randint(1, len(names_in(draft))))


# The rows.


@mutation("rows")
def _copies(draft: Draft) -> None:
    _copied(draft, alike=True)


@mutation("rows")
def _contradictions(draft: Draft) -> None:
    _copied(draft, alike=False)


def _copied(draft: Draft, *, alike: bool) -> None:
    for number in draft.rng.sample(range(len(draft.texts)), draft.rng.randint(1, len(draft.texts) // 3)):
        draft.texts.append(draft.texts[number])
        draft.labels.append(draft.labels[number] if alike else frozenset({draft.rng.choice(names_in(draft))}))
    draft.copied = True
    draft.may_be_refused |= not alike


@mutation("rows")
def _empty_texts(draft: Draft) -> None:
    for number in draft.rng.sample(range(len(draft.texts)), draft.rng.randint(1, 3)):
        draft.texts[number] = draft.rng.choice(["", "  ", "\n"])
        draft.dropped.add(number)


@mutation("finish")
def _blank_rows(draft: Draft) -> None:
    def finish(rows: list[list[Any]]) -> None:
        for _ in range(draft.rng.randint(1, 4)):
            rows.insert(draft.rng.randint(1, len(rows)), [""] * len(rows[0]))

    needs_text(draft)
    draft.finish.append(finish)


@mutation("finish")
def _header_again(draft: Draft) -> None:
    def finish(rows: list[list[Any]]) -> None:
        for _ in range(draft.rng.randint(1, 3)):
            rows.insert(draft.rng.randint(1, len(rows)), list(rows[0]))

    needs_text(draft)
    draft.finish.append(finish)


@mutation("finish")
def _cells_beyond(draft: Draft) -> None:
    needs_text(draft)

    def finish(rows: list[list[Any]]) -> None:
        for row in rows[1:]:
            row.extend(["", ""])

    draft.finish.append(finish)


@mutation("finish")
def _title_above(draft: Draft) -> None:
    needs_text(draft)
    draft.finish.append(lambda rows: rows.insert(0, ["All our tickets", *[""] * (len(rows[0]) - 1)]))


@mutation("finish")
def _no_header(draft: Draft) -> None:
    needs_text(draft)
    draft.header = False
    draft.may_be_refused = True
    draft.renamed |= draft.one_hot is not None


# The columns.


@mutation("columns")
def _other_names(draft: Draft) -> None:
    draft.text_name = draft.rng.choice(["body", "Message", "utterance", "comment", "Text", "Review text"])
    if draft.label_name == "labels":
        draft.label_name = draft.rng.choice(["label", "Tags", "category", "intent", "Labels"])


@mutation("columns")
def _names_that_are_given(draft: Draft) -> None:
    draft.text_name, draft.columns["text"] = "was gesagt wurde", "was gesagt wurde"
    if draft.one_hot is None:
        draft.label_name = draft.columns["labels"] = "вид"


@mutation("columns")
def _several_texts(draft: Draft) -> None:
    draft.extra["title"] = [f"about {text[:6]}" if text.strip() else "" for text in draft.texts]
    draft.text_name, draft.columns["text"] = "abstract", ["title", "abstract"]


@mutation("columns")
def _several_texts_unnamed(draft: Draft) -> None:
    draft.extra["title"] = [f"about {text[:6]} thing" for text in draft.texts]
    draft.text_name, draft.refused = "abstract", True


@mutation("columns")
def _more_columns(draft: Draft) -> None:
    rng = draft.rng
    draft.extra["ticket_id"] = [f"t{number}" for number in range(len(draft.texts))]
    draft.extra["created"] = [f"2024-05-{rng.randint(1, 28):02}" for _ in draft.texts]
    draft.extra["seconds"] = [str(rng.randint(10, 10_000) / 10) for _ in draft.texts]


@mutation("split")
def _split_by_name(draft: Draft) -> None:
    train, test, other = draft.rng.choice(
        [
            ("train", "test", "dev"),
            ("Training", "TEST", "validation"),
            ("train", "holdout", "val"),
            ("train_set", "test set", "eval"),
        ]
    )
    draft.extra["part"] = [[train, test, train, other][number % 4] for number in range(len(draft.texts))]
    draft.is_test = [number % 2 == 1 for number in range(len(draft.texts))]
    draft.columns["split"] = "part"


@mutation("split")
def _split_by_one(draft: Draft) -> None:
    yes, no = draft.rng.choice([("1", "0"), ("yes", "no"), ("true", "false")])
    name = draft.rng.choice(["is_test", "holdout", "in_train", "fold"])
    draft.extra[name] = [yes if number % 3 else no for number in range(len(draft.texts))]
    draft.is_test = [bool(number % 3) == (name != "in_train") for number in range(len(draft.texts))]
    draft.columns["split"] = name
    draft.refused |= name == "fold"


@mutation("split")
def _ids_twice(draft: Draft) -> None:
    if draft.dropped:
        raise ImpossibleError
    draft.extra["key"] = [f"k{number % (len(draft.texts) - 2)}" for number in range(len(draft.texts))]
    draft.columns["id"] = "key"
    draft.refused = True


# The file.


@mutation("file")
def _semicolons(draft: Draft) -> None:
    needs_text(draft)
    draft.kind, draft.delimiter = "csv", ";"


@mutation("file")
def _declared(draft: Draft) -> None:
    needs_text(draft)
    draft.kind, draft.delimiter = "csv", draft.rng.choice([";", "|", "\t"])
    draft.prefix = f"sep={draft.delimiter}\n"


@mutation("file")
def _tabs(draft: Draft) -> None:
    needs_text(draft)
    draft.kind, draft.delimiter = draft.rng.choice(["tsv", "csv"]), "\t"


@mutation("file")
def _utf_16(draft: Draft) -> None:
    needs_text(draft)
    draft.kind, draft.encoding = "csv", "utf-16"


@mutation("file")
def _utf_8_with_mark(draft: Draft) -> None:
    needs_text(draft)
    draft.kind, draft.encoding = "csv", "utf-8-sig"


@mutation("file")
def _windows_1252(draft: Draft) -> None:
    needs_text(draft)
    draft.kind, draft.encoding, draft.may_be_refused = "csv", "cp1252", True


@mutation("file")
def _workbook(draft: Draft) -> None:
    needs_text(draft)
    draft.kind = "xlsx"


@mutation("file")
def _json_list(draft: Draft) -> None:
    draft.kind = "json"


@mutation("file")
def _json_lines(draft: Draft) -> None:
    draft.kind = "jsonl"


@mutation("file")
def _columns_of_parquet(draft: Draft) -> None:
    draft.kind = "parquet"


@mutation("pack")
def _gzipped(draft: Draft) -> None:
    draft.packed = True


ORDER = ("spelling", "empty", "rows", "labels", "choice", "columns", "split", "file", "finish", "pack")


def drawn(seed: int) -> tuple[Draft, list[str]]:
    """A table with one to four mutations, and their names."""
    rng = random.Random(seed)  # noqa: S311 - no secret
    while True:
        draft = base(rng)
        slots = {rng.choice([*ORDER, *["labels"] * 4]) for _ in range(rng.randint(1, 4))}
        names = [rng.choice(sorted(MUTATIONS[slot])) for slot in ORDER if slot in slots]
        chosen = [change for slot in ORDER for name, change in MUTATIONS[slot].items() if name in names]
        try:
            for change in chosen:
                change(draft)
        except ImpossibleError:
            continue
        return draft, names
