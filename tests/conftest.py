"""What the tests share: a cache of their own, the real corpus where there is one, and an invented one in its shape."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from filelock import FileLock
from hypothesis import settings

from legalner.data import Sentence, ler, splits
from legalner.data.ler import ARCHIVE, SOURCE_VARIABLE, LerFile

if TYPE_CHECKING:  # most tests need no TensorFlow
    from legalner.improve import TrainedTagger

ROOT = Path(__file__).resolve().parents[1]

# How many times as many examples the property tests try: 1 at every change; `make fuzz TIMES=50` by hand.
TIMES = int(os.environ.get("LEGALNER_FUZZ", "1"))


def examples(count: int) -> settings:
    """So many examples, however slow the machine.

    At every change they are the same ones, since a test that fails must fail again; by hand they are others each time.
    """
    return settings(max_examples=TIMES * count, deadline=None, derandomize=TIMES == 1, database=None)


settings.register_profile("legalner", examples(200))
settings.load_profile("legalner")


@pytest.fixture(scope="session", autouse=True)
def session_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Point LEGALNER_CACHE at a folder of this session's, for every test and for the processes that tests start."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LEGALNER_CACHE", str(folder))
        yield folder


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of this test's alone, not there yet."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("LEGALNER_CACHE", str(folder))
    return folder


@pytest.fixture(scope="session")
def ler_source() -> str:
    """Where the real corpus lies; a test that asks for it is skipped where it is not."""
    if source := os.environ.get(SOURCE_VARIABLE):
        return source
    sibling = ROOT.parent / "shared" / "ler"
    if not sibling.is_dir():
        pytest.skip(f"needs the LER corpus: set {SOURCE_VARIABLE}, or put it beside the checkout in ../shared/ler")
    return str(sibling)


@pytest.fixture(scope="session")
def ler_files(ler_source: str) -> dict[str, list[Sentence]]:
    """Every file of the real corpus, read once for all tests: each takes a second."""
    return {name: ler.read_file(name, ler_source) for name in ler.FILES}


@dataclass(frozen=True)
class FakeLer:
    """An invented corpus of a few sentences that the package takes for LER."""

    contents: dict[str, bytes]

    def zip(self, *, leave_out: str = "", **added: bytes) -> bytes:
        """Make the archive of the court files, less a member and plus some."""
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in {f"{court}.conll": self.contents[court] for court in ler.COURTS}.items():
                if name != leave_out:
                    archive.writestr(name, content)
            for name, content in added.items():
                archive.writestr(name, content)
        return buffer.getvalue()

    def write(self, folder: Path) -> Path:
        """Lay the corpus out as upstream does: the archive, and dev and test beside it."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / ARCHIVE).write_bytes(self.zip())
        for name in ("ler_dev", "ler_test"):
            (folder / f"{name}.conll").write_bytes(self.contents[name])
        return folder


def fake_sentence(word: str) -> bytes:
    """Three tokens, one entity."""
    return f"{word} B-GRT\nentschied I-GRT\n. O\n\n".encode()


@pytest.fixture
def fake_ler(monkeypatch: pytest.MonkeyPatch) -> FakeLer:
    """Put an invented corpus of three courts in LER's place.

    bag holds a0 … a9 and once more a0; bgh b0 … b3; bverwg c0 and c1. Upstream's dev is a0, b0, b1; its test a0, a0,
    b2: of a0 there is one more in them than the courts hold.
    """
    words = {
        "bag": [*(f"a{i}" for i in range(10)), "a0"],
        "bgh": [f"b{i}" for i in range(4)],
        "bverwg": ["c0", "c1"],
        "ler_dev": ["a0", "b0", "b1"],
        "ler_test": ["a0", "a0", "b2"],
    }
    contents = {name: b"".join(map(fake_sentence, file)) for name, file in words.items()}
    files = {
        name: LerFile(name, "invented", len(words[name]), 3 * len(words[name]), len(words[name]), digest)
        for name, digest in ((name, hashlib.sha256(content).hexdigest()) for name, content in contents.items())
    }
    monkeypatch.setattr(ler, "FILES", files)
    for module in (ler, splits):
        monkeypatch.setattr(module, "COURTS", ("bag", "bgh", "bverwg"))
    monkeypatch.delenv(SOURCE_VARIABLE, raising=False)
    return FakeLer(contents)


# A network of its own, in which nobody else is. Only Linux has this, and not every container allows it.
WITHOUT_NETWORK = ["unshare", "--map-root-user", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]


@pytest.fixture(scope="session")
def without_network() -> list[str]:
    """What to write before a command so that it has no network; nothing where this system cannot do that."""
    try:
        possible = subprocess.run([*WITHOUT_NETWORK, "true"], capture_output=True, check=False).returncode == 0
    except OSError:
        possible = False
    return WITHOUT_NETWORK if possible else []


@dataclass(frozen=True)
class ProjectCopy:
    """A copy of what a headless run needs, so that nobody's runs/ is touched.

    Attributes:
        root: Its folder.
        before: What to write before a command so that it has no network; empty where that cannot be had.
    """

    root: Path
    before: list[str]

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Call `legalner run` with the copy's package; the real corpus is neither needed nor fetched."""
        environment = os.environ | {"PYTHONPATH": str(self.root), SOURCE_VARIABLE: str(self.root / "no-such-folder")}
        command = [*self.before, sys.executable, "-m", "legalner", "run", *words]
        return subprocess.run(command, cwd=self.root, env=environment, capture_output=True, text=True, check=False)

    def metrics(self, name: str) -> dict[str, Any]:
        """What a run of this name found."""
        return json.loads((self.root / "runs" / name / "metrics.json").read_text("utf-8"))


def copy_project(root: Path, before: list[str]) -> ProjectCopy:
    """Copy notebooks, package and profiles."""
    for name in ("notebooks", "legalner", "profiles"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    return ProjectCopy(root, before)


@pytest.fixture(scope="session")
def smoke(tmp_path_factory: pytest.TempPathFactory, without_network: list[str]) -> ProjectCopy:
    """A copy in which the profile smoke ran, without a network where that can be had: once for all tests.

    Processes that run tests side by side share it: the first one that needs it makes it, the others wait.
    """
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent  # each process has a folder of its own in this one
    root = shared / "smoke"
    with FileLock(shared / "smoke.lock"):
        if (shared / "smoke.ended").exists():
            return ProjectCopy(root, without_network)
        shutil.rmtree(root, ignore_errors=True)
        project = copy_project(root, without_network)
        ended = project.run("--profile", "smoke")
        assert ended.returncode == 0, f"{ended.stdout}\n{ended.stderr}"
        (shared / "smoke.ended").touch()
    return project


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the file that runs smoke, which takes longest; end with the files that only look at that run."""
    lookers = {item.path for item in items if "smoke" in getattr(item, "fixturenames", ())}
    items.sort(key=lambda item: 0 if item.path.name == "test_smoke.py" else 2 if item.path in lookers else 1)


def write_notebook(root: Path, name: str, *cells: str, parameters: str = "RUN_NAME = 'x'\nSEED = 1") -> None:
    """Write a notebook of code cells, the first of which declares parameters, into a project's notebooks/."""
    first = nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]})
    notebook = nbformat.v4.new_notebook(cells=[first, *map(nbformat.v4.new_code_cell, cells)])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, root / "notebooks" / f"{name}.ipynb")


@pytest.fixture(scope="session")
def statute_tagger() -> TrainedTagger:
    """A tagger that was trained for seconds to find invented citations: statutes (GS) and courts (GRT)."""
    from legalner.data import TagSet
    from legalner.improve import (
        FeatureTables,
        TaggerConfig,
        TrainedTagger,
        build_network,
        compile_tagger,
        encode_features,
        shuffled_batches,
    )

    citations = [(f"§ {n} Abs. {n % 3 + 1} {law}", "GS") for n in range(1, 30) for law in ("BGB", "KSchG", "ZPO")]
    courts = [("BGH", "GRT"), ("Bundesarbeitsgericht", "GRT")] * 20
    sentences = []
    for before, after in (
        ("Nach", "haftet er ."),
        ("Das", "entschied so ."),
        ("Er beruft sich auf", ", ohne Erfolg ."),
    ):
        for cited, label in citations + courts:
            inside = cited.split()
            tokens = (*before.split(), *inside, *after.split())
            tags = ["O"] * len(before.split()) + [f"B-{label}"] + [f"I-{label}"] * (len(inside) - 1)
            sentences.append(Sentence(tokens, (*tags, *["O"] * len(after.split()))))
    config = TaggerConfig(
        features=("norm", "suffix3", "shape"), feature_dim=8, units=12, conv_filters=8, dropout=0.1, ema_momentum=0.0
    )
    tag_set = TagSet.from_sentences(sentences, config.scheme)
    tables = FeatureTables.from_sentences(sentences, config.features, config.min_count)
    network, corpus = build_network(config, tables.sizes, tag_set), encode_features(sentences, tables, tag_set)
    compile_tagger(network, replace(config, learning_rate=0.03, schedule="constant"), 1)
    for epoch in range(3):
        for batch in shuffled_batches(corpus, 400, (1, epoch)):
            network.train_on_batch(batch.ids, batch.tags)
    return TrainedTagger(config, tag_set, tables, network)
