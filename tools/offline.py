"""One folder with everything for offline use: the repository, its packages, the corpus, word vectors."""

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

Copy this folder to a local disk, since an environment of 3 GB is created in it. Unpack `legalner.zip` here, open a
terminal in its folder `legalner`, and type on Linux and macOS:

    export PIP_NO_INDEX=1 PIP_FIND_LINKS="$PWD/../wheels" LEGALNER_CACHE="$PWD/../cache"
    make lab LER=../ler

On Windows, in PowerShell:

    $env:PIP_NO_INDEX = "1"; $env:PIP_FIND_LINKS = "$PWD\\..\\wheels"; $env:LEGALNER_CACHE = "$PWD\\..\\cache"
    $env:LEGALNER_LER_SOURCE = "$PWD\\..\\ler"
    py -m venv .venv
    .venv\\Scripts\\python -m pip install --require-hashes -r requirements.lock
    .venv\\Scripts\\python -m pip install --no-build-isolation --no-deps -e .
    .venv\\Scripts\\jupyter lab notebooks\\01_data.ipynb

The packages in `wheels` are for these systems and Python versions: {gathered}.
"""


def gather_wheels(folder: Path) -> str:
    """Download the pinned packages for this system and Python.

    Args:
        folder: Where they go; packages that are already there stay.

    Returns:
        The systems and Python versions for which the folder has packages.

    Raises:
        click.ClickException: pip failed.
    """
    words = ["download", "--require-hashes", "--only-binary", ":all:", "-r", str(ROOT / "requirements.lock")]
    command = [sys.executable, "-m", "pip", *words, "--dest", str(folder)]
    if subprocess.run(command, check=False).returncode:
        raise click.ClickException("pip could not download every package; see its output above")
    this = f"{sys.platform} with Python {sys.version_info.major}.{sys.version_info.minor}"
    noted = folder / "gathered-on.txt"
    lines = noted.read_text(encoding="utf-8").splitlines() if noted.exists() else []
    noted.write_text("\n".join(sorted({*lines, this})) + "\n", encoding="utf-8")
    return ", ".join(sorted({*lines, this}))


def copy_corpus(source: str | None, folder: Path) -> None:
    """Copy the files of the corpus, downloading them if necessary, and verify the copies.

    Args:
        source: Folder, zip or base URL of the corpus; None for the default.
        folder: Where the copies go.

    Raises:
        click.ClickException: The copies are not intact.
    """
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
        raise click.ClickException(f"the copy of the corpus in {folder} is damaged; delete it and start again")


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("-o", "--out", default="offline", type=click.Path(file_okay=False, path_type=Path), show_default=True)
@click.option("--source", help=f"Folder, zip or base URL of the corpus. Default: {SOURCE_VARIABLE}, else downloaded.")
@click.option("--wheels/--no-wheels", default=True, help="With the packages (about 1 GB for each system and Python).")
def offline(out: Path, source: str | None, wheels: bool) -> None:
    """Put everything that learners need into one folder, to be copied to their machines.

    The packages are for the system and the Python version that run this command. If the learners' machines differ, run
    it on one machine of each kind with the same folder. Files that are already there are not fetched again.

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
    click.echo(f"{out}: {size / 1e9:.1f} GB; {out / 'README.md'} says how to use it")


if __name__ == "__main__":
    offline()
