"""The command line: ``legalner --help``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click
import yaml

from legalner.data import FILES, SPLITS, DataError, locate, read_file
from legalner.notebook import start_tensorflow, suppress_stderr
from legalner.run import (
    RunError,
    compare,
    cost_lines,
    finding_lines,
    read_reference,
    read_runs,
    read_yaml,
    require_checkout,
    save_reference,
)

__all__ = ["main"]

source_option = click.option(
    "--source",
    help="Folder, zip or base URL of the corpus. Default: LEGALNER_LER_SOURCE if set, else the authors' repository.",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
@click.version_option(package_name="legalner")
def app() -> None:
    """Named entity recognition with a bi-directional LSTM on German court decisions."""


@app.group()
def data() -> None:
    """Get, describe and verify the LER corpus."""


@data.command()
@source_option
def fetch(source: str | None) -> None:
    """Download the corpus (about 9 MB) into the cache, once, and verify it.

    \b
    Example:
      legalner data fetch
    """
    for name in FILES:
        place = locate(source, name, progress=sys.stderr.isatty())
        read_file(name, source)
    click.echo(f"LER is complete, in {place}")


@data.command()
def info() -> None:
    """Print how many sentences, tokens and entities each file of LER should have.

    \b
    Example:
      legalner data info
    """
    click.echo(f"{'file':10}{'sentences':>11}{'tokens':>11}{'entities':>10}  what it is")
    for name, file in FILES.items():
        click.echo(f"{name:10}{file.sentences:11,}{file.tokens:11,}{file.entities:10,}  {file.title}")
    click.echo("`legalner data verify` counts them in your copy.")


@data.command()
@source_option
def verify(source: str | None) -> None:
    """Check every file against its SHA-256 and its counts; the exit status is 1 if one differs.

    \b
    Example:
      legalner data verify --source my/ler
    """
    failed = 0
    for name, file in FILES.items():
        try:
            sentences = read_file(name, source)
        except DataError as error:
            failed += 1
            click.echo(f"{name:10} WRONG: {error}")
            continue
        entities = sum(tag.startswith("B-") for s in sentences for tag in s.tags)
        counts = (len(sentences), sum(map(len, sentences)), entities)
        right = counts == (file.sentences, file.tokens, file.entities)
        failed += not right
        verdict = "ok" if right else "WRONG"
        click.echo(f"{name:10} {verdict}: {counts[0]:,} sentences, {counts[1]:,} tokens, {counts[2]:,} entities")
    sys.exit(1 if failed else 0)


@app.command()
@click.option("--profile", required=True, help="A file of profiles/, such as smoke or article.")
@source_option
@click.option(
    "-p", "parameters", nargs=2, multiple=True, metavar="NAME VALUE", help="A parameter of the notebooks; repeatable."
)
@click.option("--name", help="Name of the run's folder in runs/. Default: the profile's name.")
@click.option("--resume", is_flag=True, help="Continue an interrupted run in that folder.")
@click.option("-v", "--verbose", is_flag=True, help="Show everything that the cells print, not only the epochs.")
def run(
    profile: str,
    source: str | None,
    parameters: tuple[tuple[str, str], ...],
    name: str | None,
    resume: bool,
    verbose: bool,
) -> None:
    """Execute the notebooks of a profile in order, headless, into runs/NAME.

    Without --resume, that folder is emptied first.

    \b
    Examples:
      legalner run --profile smoke
      legalner run --profile article --source ../ler -p SEED 2 --name article-2
      legalner run --profile best -p SPLIT my/corpus --name mine
    """
    from legalner.run import run_profile

    values: dict[str, Any] = {key: _value(key, value) for key, value in parameters}
    if source:
        # Notebooks run in the folder notebooks/, where a relative path would mean another place.
        values["SOURCE"] = source if "://" in source else str(Path(source).resolve())
    split = values.get("SPLIT")
    if isinstance(split, str) and split not in SPLITS and Path(split).is_dir():
        values["SPLIT"] = str(Path(split).resolve())
    run_profile(profile, parameters=values, name=name, resume=resume, verbose=verbose)


def _value(name: str, text: str) -> Any:
    """Parse the value of a parameter as YAML, as in a profile."""
    try:
        value = read_yaml(text)
        json.dumps(value)
    except (yaml.YAMLError, TypeError) as error:
        problem = str(error).splitlines()[0]
        raise click.BadParameter(
            f"{text!r} is not a valid value for {name} ({problem}); put text in quotes", param_hint="-p"
        ) from None
    return value


@app.command()
@click.argument("folder", type=click.Path(path_type=Path))
def record(folder: Path) -> None:
    """Keep the figures of a finished run: copy its metrics.json to results/PROFILE/seed-N.json.

    \b
    Example:
      legalner record runs/article-2
    """
    from legalner.run.results import record as keep

    click.echo(f"recorded: {keep(folder, require_checkout('record'))}")


@app.command()
@click.argument("folders", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="RUN...")
@click.option("--all", "everything", is_flag=True, help="Also show the figures that are equal, as they must be.")
@click.option("--update", is_flag=True, help="Make a new reference from these runs, which need different seeds.")
def check(folders: tuple[Path, ...], everything: bool, update: bool) -> None:
    """Compare runs with their profile's reference; the exit status is 1 if a figure is off.

    Counts, names and the set of classes must be equal. A score may be off the mean of the reference's seeds by three
    times their range, or by 0.01 if that is more. Single classes, seconds and memory are not judged. The references are
    in tests/references/.

    \b
    Examples:
      legalner check runs/smoke
      legalner check --update runs/smoke-1 runs/smoke-2 runs/smoke-3 runs/smoke-4 runs/smoke-5
    """
    root = require_checkout("check")
    runs = read_runs(folders)
    if update:
        path, changes = save_reference(root, runs)
        click.echo("\n".join(finding_lines(changes)) if changes else "no figure changed, or there was no reference")
        click.echo(f"reference: {path}")
        return
    reference = read_reference(root, runs[0]["profile"])
    off = 0
    for folder, metrics in zip(folders, runs, strict=True):
        findings = compare(metrics, reference)
        shown = [f for f in findings if everything or f.allowed or not f.good]
        off += (wrong := sum(not f.good for f in findings))
        verdict = f"{wrong} of {len(findings)} figures are OFF" if wrong else f"all {len(findings)} figures are good"
        click.echo("\n".join([*finding_lines(shown), *cost_lines(metrics, reference), f"{folder}: {verdict}"]))
    sys.exit(1 if off else 0)


@app.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE... | -")
@click.option("--model", type=click.Path(path_type=Path), help="Folder of a model. Default: the model in the package.")
@click.option("--format", "kind", type=click.Choice(["table", "jsonl", "conll", "html"]), default="table")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="File to write. Default: standard output.")
def annotate(files: tuple[str, ...], model: Path | None, kind: str, output: Path | None) -> None:
    """Find entities in texts (UTF-8); `-` reads standard input.

    Offsets count code points of the text; a byte-order mark is not counted. A file that cannot be read is reported and
    skipped, and the exit status is 1.

    \b
    Examples:
      legalner annotate urteil.txt
      legalner annotate --format html -o urteile.html *.txt
      pdftotext urteil.pdf - | legalner annotate --format jsonl -
    """
    with suppress_stderr(DataError):
        start_tensorflow()
        from legalner.annotate import DEFAULT_MODEL, Annotator, annotate_files

        annotator = Annotator(model or DEFAULT_MODEL)
    target = None if output == Path("-") else output
    sys.exit(1 if annotate_files(files, annotator, kind, target) else 0)


def main() -> None:
    """Run the command line; an error that the user can fix is one message, not a traceback."""
    try:
        app()
    except (DataError, RunError, OSError) as error:
        click.secho(f"error: {error}", err=True, fg="red")
        sys.exit(1)
