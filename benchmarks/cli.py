"""The command: ``python -m benchmarks --help``."""

from __future__ import annotations

import os
import platform
import sys
import tempfile
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import click

from benchmarks.jobs import LABELS, ROOT, Job, plan, run_jobs, write_sentences
from legalner.data import DataError
from legalner.workspace import write_json

__all__ = ["benchmark", "main"]

PACKAGES = ("tensorflow", "keras", "numpy", "spacy", "thinc", "sklearn-crfsuite", "python-crfsuite", "gensim")


def machine() -> dict[str, Any]:
    """Describe this machine, and how busy it is before the measurement."""
    import psutil

    return {
        "system": platform.system(),
        "processor": platform.machine(),
        "cores": psutil.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "load_average": list(psutil.getloadavg()),
        "threads": {
            name: os.environ[name] for name in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS") if name in os.environ
        },
    }


def versions() -> dict[str, str | None]:
    """Return the versions of Python and of the packages that matter; None for one that is not installed."""
    found: dict[str, str | None] = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = None
    return found


def measure(
    jobs: list[Job], split: str, source: str | None, *, quick: bool, whole: bool, results: Path
) -> dict[str, Any]:
    """Run the jobs in a temporary folder and gather all figures.

    Args:
        jobs: From :func:`benchmarks.jobs.plan`.
        split: Whose train and test parts to use; see :func:`legalner.data.load_corpus`.
        source: Where the corpus is; see :func:`legalner.data.locate`.
        quick: Use a twelfth of the data.
        whole: Also write the training sentences of all seven courts.
        results: The folder of the recorded runs.

    Returns:
        The content of ``benchmark.json``.
    """
    from benchmarks.recorded import describe, seconds_to_article
    from benchmarks.report import ratios, rows

    figures: dict[str, Any] = {"quick": quick, "split": split, "machine": machine(), "versions": versions()}
    figures["started"] = time.strftime("%Y-%m-%d %H:%M:%S %z")
    with tempfile.TemporaryDirectory(prefix="benchmark-") as temporary:
        folder = Path(temporary)
        figures["sentences"] = write_sentences(folder, split, source, quick=quick, whole=whole)
        tokens = {name: counts["tokens"] for name, counts in figures["sentences"].items()}
        start = time.perf_counter()
        figures["results"] = run_jobs(jobs, folder, tokens, lambda line: click.echo(line, err=True))
        figures["seconds"] = time.perf_counter() - start
    figures["table"] = rows(figures["results"])
    figures["ratios_to_dense"] = ratios(figures["results"])
    # In a quick run, the vectors are made from a part of the data and take a part of the time.
    vectors = None if quick else figures["results"].get("vectors 4x", {}).get("seconds")
    figures["recorded"] = seconds_to_article(results, vectors)
    figures["recorded_text"] = describe(figures["recorded"])
    return figures


@click.command(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
@click.option("--quick", is_flag=True, help="Use a twelfth of the data, for a first look.")
@click.option(
    "--whole", is_flag=True, help="Also measure the memory of training on all seven courts (12 GB free needed)."
)
@click.option(
    "--source",
    help="Folder, zip or base URL of the corpus. Default: the environment variable LEGALNER_LER_SOURCE, else upstream.",
)
@click.option(
    "--split", default="bag-bgh", show_default=True, help="Whose train and test parts to use; `sample` needs no corpus."
)
@click.option(
    "--best",
    "profile",
    type=click.Path(path_type=Path),
    default=ROOT / "profiles" / "best.yaml",
    help="Profile whose parameters.TAGGER defines `best`. Default: profiles/best.yaml.",
)
@click.option(
    "--only", multiple=True, metavar="CONTENDER", help="Measure only this one, such as article or crf; repeatable."
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=ROOT / "runs" / "benchmark",
    help="Where benchmark.json and benchmark.png go. Default: runs/benchmark.",
)
def benchmark(
    quick: bool, whole: bool, source: str | None, split: str, profile: Path, only: tuple[str, ...], out: Path
) -> None:
    """Measure speed and memory of the article's way (a dense array), `article`, `best`, spaCy's ner and a linear CRF.

    Each runs in a fresh process, one after the other, on the same sentences; do not use the machine meanwhile. Tables
    go to the terminal, all figures to OUT/benchmark.json, and a picture to OUT/benchmark.png. The exit status is 1 if
    a contender failed.

    \b
    Examples:
      python -m benchmarks --quick
      python -m benchmarks --source path/to/ler --whole
      python -m benchmarks --split sample --only crf --only article
    """
    jobs = [
        job
        for job in plan(quick=quick, whole=whole, profile=profile.resolve())
        if not only or job.contender in (*only, "vectors", "matmul")
    ]
    if unknown := sorted(set(only) - {job.contender for job in jobs}):
        raise click.BadParameter(
            f"unknown contender {unknown[0]!r}; expected one of {', '.join(LABELS)}", param_hint="--only"
        )
    figures = measure(jobs, split, source, quick=quick, whole=whole, results=ROOT / "results")
    sys.exit(deliver(figures, out))


def deliver(figures: dict[str, Any], out: Path) -> int:
    """Write the JSON and the picture, and print the tables.

    Args:
        figures: From :func:`measure`.
        out: The folder to write to.

    Returns:
        The exit status: 1 if a contender failed.
    """
    from benchmarks.plot import save
    from benchmarks.report import failures, text

    out.mkdir(parents=True, exist_ok=True)
    write_json(out / "benchmark.json", figures)
    click.echo(text(figures))
    save(figures["results"], out / "benchmark.png")
    click.echo(f"\nfigures: {out / 'benchmark.json'}\npicture: {out / 'benchmark.png'}")
    return int(bool(failures(figures["results"])))


def main() -> None:
    """Run the command; an error that the user can fix is one message, not a traceback."""
    try:
        benchmark()
    except (DataError, OSError) as error:
        click.secho(f"error: {error}", err=True, fg="red")
        sys.exit(1)
