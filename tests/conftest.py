"""What tests share. None touches the user's own cache."""

from __future__ import annotations

import os
import tomllib
from functools import cache as cache_of_calls
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from sim.core.registry import LEARNERS, QUERY_STRATEGIES, READERS, STOPPING_RULES, Registry
from sim.corpus import reuters as reuters_corpus
from sim.corpus import tfidf
from sim.loading import schema
from sim.scenario.models import ReutersCorpus
from support.paths import EXAMPLES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sim.corpus.documents import Corpus
    from sim.corpus.tfidf import Features

# Processes of a run share the processors: threads of BLAS in each would wait for one another.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

REGISTRIES = (LEARNERS, QUERY_STRATEGIES, READERS, STOPPING_RULES)

settings.register_profile("labelsim", deadline=None)  # how fast an example is says how busy the machine is
settings.load_profile("labelsim")


@pytest.fixture(scope="session", autouse=True)
def _cache_is_not_the_users(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Commands that tests run, here or in a process of their own, keep what they compute with the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LABELSIM_CACHE", str(tmp_path_factory.mktemp("user-cache")))
        yield


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache that all tests of a run share, whichever process they run in."""
    mine = tmp_path_factory.getbasetemp()
    folder = (mine.parent if "PYTEST_XDIST_WORKER" in os.environ else mine) / "shared-cache"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture
def installed_example(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """What `pip install ./examples` leaves behind; processes that are started inherit the path."""
    project = tomllib.loads((EXAMPLES / "pyproject.toml").read_text("utf-8"))["project"]
    folder = tmp_path_factory.mktemp("site") / "labelsim_example.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(f"Name: {project['name']}\nVersion: {project['version']}\n")
    groups = [
        f"[{group}]\n" + "".join(f"{name} = {path}\n" for name, path in points.items())
        for group, points in project["entry-points"].items()
    ]
    (folder / "entry_points.txt").write_text("\n".join(groups))
    monkeypatch.syspath_prepend(folder.parent)
    for registry in REGISTRIES:
        found = Registry(registry.group, registry.built_in, registry.members).installed
        monkeypatch.setitem(vars(registry), "installed", found)
    monkeypatch.setattr(schema, "_schema", cache_of_calls(schema._schema.__wrapped__))


@pytest.fixture(scope="session")
def reuters_place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where NLTK has Reuters on this machine; LABELSIM_REQUIRE_REUTERS=1 forbids to skip."""
    place = reuters_corpus.find(tmp_path_factory.mktemp("nothing"))
    if place is None:
        message = "no Reuters where NLTK looks: set NLTK_DATA"
        if os.environ.get("LABELSIM_REQUIRE_REUTERS") == "1":
            pytest.fail(message)
        pytest.skip(message)
    return place


@pytest.fixture(scope="session")
def reuters(reuters_place: Path) -> Corpus:
    """The article's documents and its 20 labels."""
    return reuters_corpus.load(ReutersCorpus(), reuters_place)


@pytest.fixture(scope="session")
def reuters_features(reuters: Corpus, cache: Path) -> Features:
    """What the default learner sees of them."""
    return tfidf.load_or_compute(reuters, 512, cache)
