"""One measurement in a fresh process: ``python -m benchmarks.worker JOB.json RESULT.json``.

The order matters for memory: the contender's imports come first, then their memory is read, then everything else.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.jobs import Job
from benchmarks.measure import Stopwatch, peak_memory, resident_memory

__all__ = ["main", "measure"]

MB = 1e6


def measure(job: Job, folder: Path) -> dict[str, Any]:
    """Run a job in this process.

    Args:
        job: The job.
        folder: The folder with the files of sentences, to which the vectors are written.

    Returns:
        The figures by name.
    """
    if job.contender == "matmul":
        from benchmarks.flops import matmul_peak

        return dict(matmul_peak())
    if job.contender == "vectors":
        return _make_vectors(job, folder)
    return _measure_contender(job, folder)


def _make_vectors(job: Job, folder: Path) -> dict[str, Any]:
    """Make word vectors for all tokens of train and test, as in lesson 02, and measure the time."""
    import numpy as np

    from legalner.data import read_conll
    from legalner.preprocess import build_vocabulary
    from legalner.vectors import load_vectors
    from legalner.workspace import write_json

    train = read_conll(folder / f"{job.train}.conll")
    test = read_conll(folder / f"{job.test}.conll") if job.test else []
    start = time.perf_counter()
    vectors = load_vectors(job.options["name"], train, dimension=300, seed=1)
    vocabulary = build_vocabulary([*train, *test], vectors)
    seconds = time.perf_counter() - start
    target = folder / job.vocabulary
    target.mkdir()
    np.save(target / "vectors.npy", vocabulary.embeddings)
    write_json(target / "vocabulary.json", list(vocabulary.tokens))
    return {"seconds": seconds, "rows": len(vocabulary.embeddings), "dimension": vectors.dimension}


def _measure_contender(job: Job, folder: Path) -> dict[str, Any]:
    module = importlib.import_module(job.module)
    from benchmarks.contenders.base import Setting
    from legalner.data import read_conll

    imports = resident_memory()
    own = folder / job.name.replace(" ", "-")
    own.mkdir()
    contender = module.make(Setting(own, folder / job.vocabulary, job.least_steps, job.most_steps, job.options))
    train = read_conll(folder / f"{job.train}.conll")
    prepare_seconds, _ = _timed(lambda: contender.prepare(train))
    watch = Stopwatch(job.warm_up)
    train_seconds, cores = _timed(lambda: contender.train(watch))
    figures = {
        "imports_mb": imports / MB,
        "sentences": len(train),
        "tokens": contender.read(train),
        "prepare_seconds": prepare_seconds,
        "train_seconds": train_seconds,
        "train_cores": cores,
        "steps": len(watch.steps),
        "warm_up_steps": watch.warm_up,
        "train_tokens_per_second": watch.rate,
        "epoch_seconds": contender.read(train) / watch.rate,
        "train_peak_mb": (peak_memory() - imports) / MB,
        "flops_per_token": contender.flops_per_token,
    }
    if job.test:
        test = read_conll(folder / f"{job.test}.conll")
        tokens = [s.tokens for s in test]
        contender.predict(tokens[:64])  # warm-up
        predicted: list[Any] = []
        seconds, cores = _timed(lambda: predicted.extend(contender.predict(tokens)))
        if [len(tags) for tags in predicted] != [len(s) for s in test]:
            raise AssertionError("the prediction does not have one tag for each token")
        figures |= {
            "predict_sentences": len(test),
            "predict_tokens": contender.read(test),
            "predict_seconds": seconds,
            "predict_cores": cores,
            "predict_tokens_per_second": contender.read(test) / seconds,
            "peak_mb": (peak_memory() - imports) / MB,
        }
    return figures


def _timed(do: Callable[[], None]) -> tuple[float, float]:
    """Return the seconds that a call takes, and the mean number of busy cores."""
    start, start_cpu = time.perf_counter(), time.process_time()
    do()
    seconds = time.perf_counter() - start
    return seconds, (time.process_time() - start_cpu) / seconds


def main(job_path: str, result_path: str) -> int:
    """Measure and write the result, which may be an error.

    Args:
        job_path: JSON file with the fields of a :class:`benchmarks.jobs.Job`.
        result_path: JSON file to write.

    Returns:
        The exit status: 1 if the measurement failed.
    """
    job = Job(**json.loads(Path(job_path).read_text(encoding="utf-8")))
    try:
        result = measure(job, Path(job_path).parent)
    except Exception as error:  # the parent reports it, whatever it is, and runs the next job
        traceback.print_exc()
        result = {"error": f"{type(error).__name__}: {error}"}
    Path(result_path).write_text(json.dumps(result), encoding="utf-8")
    return int("error" in result)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
