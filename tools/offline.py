"""Everything for a room without a network in one folder: the repository, its packages, the corpus, word vectors."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import click

from legalner.data import load_corpus
from legalner.data.ler import ARCHIVE, SOURCE_VARIABLE, available, locate
from legalner.vectors import load_vectors
from tools.colab import ROOT, write_zip

TOLD = """# legalner, offline

Copy this folder to your machine (not over a network drive: an environment of 3 GB is made in it). Unpack
`legalner.zip` here, open a terminal in its folder `legalner`, and write, on Linux and macOS:

    export PIP_NO_INDEX=1 PIP_FIND_LINKS="$PWD/../wheels" LEGALNER_CACHE="$PWD/../cache"
    make lab LER=../ler

On Windows, in PowerShell:

    $env:PIP_NO_INDEX = "1"; $env:PIP_FIND_LINKS = "$PWD\\..\\wheels"; $env:LEGALNER_CACHE = "$PWD\\..\\cache"
    $env:LEGALNER_LER_SOURCE = "$PWD\\..\\ler"
    py -m venv .venv
    .venv\\Scripts\\python -m pip install --require-hashes -r requirements.lock
    .venv\\Scripts\\python -m pip install --no-build-isolation --no-deps -e .
    .venv\\Scripts\\jupyter lab notebooks\\01_data.ipynb

The packages in `wheels` are those of the systems and Pythons on which they were gathered: {gathered}.
"""


def gather_wheels(folder: Path) -> str:
    """Download the pinned packages for this system and Python, beside what lies there; return what they are for.

    Raises:
        click.ClickException: A package could not be had.
    """
    words = ["download", "--require-hashes", "--only-binary", ":all:", "-r", str(ROOT / "requirements.lock")]
    command = [sys.executable, "-m", "pip", *words, "--dest", str(folder)]
    if subprocess.run(command, check=False).returncode:
        raise click.ClickException("pip could not get all packages; its last lines say which")
    this = f"{sys.platform} with Python {sys.version_info.major}.{sys.version_info.minor}"
    noted = folder / "gathered-on.txt"
    lines = noted.read_text(encoding="utf-8").splitlines() if noted.exists() else []
    noted.write_text("\n".join(sorted({*lines, this})) + "\n", encoding="utf-8")
    return ", ".join(sorted({*lines, this}))


def copy_corpus(source: str | None, folder: Path) -> None:
    """Copy the corpus's files, downloaded if need be, and verify the copies."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in available(source):
        place = locate(source, name)
        if not place.is_dir():
            shutil.copy(place, folder / (ARCHIVE if place.suffix == ".zip" else place.name))
            continue
        for file in (ARCHIVE, f"{name}.conll"):
            if (place / file).exists() and not (folder / file).exists():
                shutil.copy(place / file, folder / file)
    verify = [sys.executable, "-m", "legalner", "data", "verify", "--source", str(folder)]
    if subprocess.run(verify, check=False).returncode:
        raise click.ClickException(f"the copy of the corpus in {folder} is not whole; delete it and start again")


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("-o", "--out", default="offline", type=click.Path(file_okay=False, path_type=Path), show_default=True)
@click.option("--source", help=f"Where the corpus lies. Default: {SOURCE_VARIABLE}, else it is downloaded.")
@click.option("--wheels/--no-wheels", default=True, help="Also the packages (about 1 GB for each system and Python).")
def offline(out: Path, source: str | None, wheels: bool) -> None:
    """Gather what a room of learners needs into one folder, which is then copied to their machines.

    The packages are those for the system and the Python on which this runs. Where the room has several, run it on one
    machine of each kind into the same folder. What lies there already is not fetched again.

    \b
    Examples:
      python -m tools.offline
      python -m tools.offline --source ../ler --out /media/stick/legalner
    """
    out.mkdir(parents=True, exist_ok=True)
    click.secho("corpus", bold=True)
    copy_corpus(source, out / "ler")
    click.secho("word vectors of lesson 2, made from the corpus (about a minute)", bold=True)
    os.environ["LEGALNER_CACHE"] = str(out / "cache")
    load_vectors("fasttext", load_corpus("bag-bgh", source=out / "ler").train)
    click.secho("repository", bold=True)
    write_zip(out / "legalner.zip")
    gathered = "none"
    if wheels:
        click.secho("packages", bold=True)
        gathered = gather_wheels(out / "wheels")
    (out / "README.md").write_text(TOLD.format(gathered=gathered), encoding="utf-8")
    size = sum(p.stat().st_size for p in out.rglob("*") if p.is_file())
    click.echo(f"{out}: {size / 1e9:.1f} GB; {out / 'README.md'} says what to do with it")


if __name__ == "__main__":
    offline()
