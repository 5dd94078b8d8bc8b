"""The jobs: what is measured, in which order, and each in a fresh process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from legalner.data import COURTS, Corpus, Sentence, load_corpus, read_file, write_conll
from legalner.workspace import read_json

__all__ = ["LABELS", "Job", "plan", "run_job", "run_jobs", "share", "write_sentences"]

ROOT = Path(__file__).resolve().parents[1]

LABELS = {
    "dense": "dense array, 256 units",
    "dense-1024": "dense array, 1,024 units",
    "article": "our article",
    "best": "our best",
    "spacy": "spaCy ner",
    "crf": "linear CRF",
}
_MODULES = {"dense-1024": "dense", "spacy": "spacy_ner", "crf": "linear_crf"}
# Tokens per second in training and in prediction, measured once on two cores: only to estimate the time left.
_GUESSES = {
    "dense": (2300, 7000),
    "dense-1024": (250, 800),
    "article": (4000, 12000),
    "best": (4000, 12000),
    "spacy": (2700, 8000),
    "crf": (130_000, 22_000),
}
# A quarter, a half and all of the training sentences: every fourth, every second, every one.
SHARES = {"1x": 4, "2x": 2, "4x": 1}


@dataclass(frozen=True)
class Job:
    """One process.

    Attributes:
        contender: A contender; or ``vectors``, which makes word vectors; or ``matmul``, the machine's peak.
        train: File of the sentences to train on, without ``.conll``.
        test: File of the sentences to tag, without ``.conll``; ``""`` to measure training only.
        vocabulary: Folder of the word vectors.
        warm_up: Number of training steps at the start that do not count.
        least_steps: See :class:`benchmarks.contenders.base.Setting`.
        most_steps: See there.
        options: See there.
    """

    contender: str
    train: str = ""
    test: str = ""
    vocabulary: str = "vocabulary"
    warm_up: int = 0
    least_steps: int = 1
    most_steps: int | None = None
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The contender and its share of the data, such as ``article 2x``."""
        return f"{self.contender} {self.train.removeprefix('train-')}".strip()

    @property
    def module(self) -> str:
        """The contender's module."""
        return f"benchmarks.contenders.{_MODULES.get(self.contender, self.contender)}"

    def guess(self, tokens: dict[str, int]) -> float:
        """Estimate the job's seconds from the number of tokens in each file."""
        if self.contender not in _GUESSES:
            return 10 + tokens.get(self.train, 0) / 5000
        train_rate, predict_rate = _GUESSES[self.contender]
        read = tokens[self.train] * (self.least_steps if self.contender == "crf" else 1)
        if self.most_steps:
            read = min(read, self.most_steps * 800)
        return 8 + read / train_rate + tokens.get(self.test, 0) / predict_rate


def plan(*, quick: bool, whole: bool, profile: Path) -> list[Job]:
    """List the jobs: the vectors, the machine's peak, then each contender on 1x, 2x and 4x the data.

    Args:
        quick: Fewer iterations and steps.
        whole: Also train for some steps on all seven courts, to measure the memory.
        profile: The profile that defines `best`.
    """
    jobs = [Job("vectors", "train-4x", "test", options={"name": "fasttext"}), Job("matmul")]
    for contender in ("dense", "article", "best", "spacy", "crf"):
        options: dict[str, Any] = {"dense": {"units": 256}, "article": {"units": 256}}.get(contender, {})
        if contender == "best":
            options = {"profile": str(profile)}
        least = (12 if quick else 30) if contender == "crf" else 12
        warm_up = 2 if contender == "crf" else 4
        for name in SHARES:
            test = "test" if name == "4x" else ""
            jobs.append(Job(contender, f"train-{name}", test, "vocabulary", warm_up, least, None, options))
        if contender == "dense":
            most = 6 if quick else 15
            few = Job("dense-1024", "train-1x", "test-few", "vocabulary", 3, most, most, {"units": 1024})
            jobs.append(few)
    if whole:
        jobs.append(Job("vectors", "train-whole", "", "vocabulary-whole", options={"name": "none"}))
        jobs += [
            Job(name, "train-whole", "", "vocabulary-whole", 4, 1, 60, options)
            for name, options in (
                ("dense", {"units": 256}),
                ("article", {"units": 256}),
                ("best", {"profile": str(profile)}),
            )
        ]
    return jobs


def share(sentences: Sequence[Sentence], one_in: int) -> list[Sentence]:
    """Return every ``one_in``-th sentence; taking the first ones would leave out the later judgments."""
    return list(sentences[::one_in])


def write_sentences(
    folder: Path, split: str, source: str | None, *, quick: bool, whole: bool
) -> dict[str, dict[str, int]]:
    """Write the files of sentences that the jobs read.

    Args:
        folder: Where they go.
        split: Whose train and test parts to use; see :func:`legalner.data.load_corpus`.
        source: Where the corpus is; see :func:`legalner.data.locate`.
        quick: Write a twelfth of the sentences.
        whole: Also write the sentences of all seven courts.

    Returns:
        Number of ``sentences`` and ``tokens`` in each file.
    """
    corpus: Corpus = load_corpus(split, source=source)
    less = 12 if quick else 1
    files = {f"train-{name}": share(corpus.train, less * one_in) for name, one_in in SHARES.items()}
    files["test"] = share(corpus.test, less)
    files["test-few"] = share(corpus.test, 120 if quick else 30)
    if whole:
        files["train-whole"] = [s for court in COURTS for s in read_file(court, source)]
    for name, sentences in files.items():
        write_conll(folder / f"{name}.conll", sentences)
    return {name: {"sentences": len(s), "tokens": sum(map(len, s))} for name, s in files.items()}


def run_job(job: Job, folder: Path) -> dict[str, Any]:
    """Run one job in a fresh Python and return what it measured, or ``{"error": message}``."""
    stem = job.name.replace(" ", "-")
    asked, answer, log = (folder / f"{stem}{ending}" for ending in (".job.json", ".result.json", ".log"))
    asked.write_text(json.dumps(asdict(job)), encoding="utf-8")
    # Vectors are made again even if the user's cache has them.
    environment = os.environ | {"LEGALNER_CACHE": str(folder / "cache"), "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "benchmarks.worker", str(asked), str(answer)]
    with log.open("wb") as output:
        ended = subprocess.run(command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT, check=False)
    if answer.exists():
        result: dict[str, Any] = read_json(answer)
        return result
    said = log.read_text(encoding="utf-8", errors="replace").strip().splitlines() or ["nothing was printed"]
    what = f"killed by signal {-ended.returncode}" if ended.returncode < 0 else f"exit status {ended.returncode}"
    hint = "; signal 9 usually means that memory ran out" if ended.returncode == -9 else ""
    return {"error": f"{what}{hint}: {said[-1]}"}


def run_jobs(
    jobs: Iterable[Job], folder: Path, tokens: dict[str, int], say: Callable[[str], None]
) -> dict[str, dict[str, Any]]:
    """Run the jobs one after another, and report how each went and how long the rest may take.

    Args:
        jobs: From :func:`plan`.
        folder: The folder with the files of sentences.
        tokens: Number of tokens in each file.
        say: Called with a line after each job.

    Returns:
        The result of each job by its name; see :func:`run_job`.
    """
    jobs = list(jobs)
    results: dict[str, dict[str, Any]] = {}
    guessed = taken = 0.0
    for number, job in enumerate(jobs, start=1):
        start = time.perf_counter()
        results[job.name] = result = run_job(job, folder)
        seconds = time.perf_counter() - start
        guessed, taken = guessed + job.guess(tokens), taken + seconds
        left = sum(rest.guess(tokens) for rest in jobs[number:]) * taken / guessed
        how = f"FAILED: {result['error']}" if "error" in result else f"{seconds:.0f} s"
        say(f"[{number}/{len(jobs)}] {job.name}: {how}; about {left / 60:.1f} minutes left")
    return results
