"""Render a small static site with Sphinx: the executed lessons and the pages of docs/."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import click
import nbformat

ROOT = Path(__file__).resolve().parents[1]


def gather(run: Path, source: Path) -> None:
    """Put the pages of `docs/` and the executed lessons of a run into one folder, for Sphinx to read.

    Args:
        run: The run's folder.
        source: The folder to write; an existing one is replaced.

    Raises:
        click.ClickException: The run lacks a lesson.
    """
    shutil.rmtree(source, ignore_errors=True)
    shutil.copytree(ROOT / "docs", source)
    lessons = source / "lessons"
    lessons.mkdir()
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        executed = run / "notebooks" / path.name
        if not executed.exists():
            raise click.ClickException(f"{executed} is missing; `legalner run --profile smoke` makes all lessons")
        notebook = nbformat.read(executed, 4)
        for cell in notebook.cells:
            if alt := cell.metadata.get("alt"):  # the text alternative of the figure
                cell.metadata["mystnb"] = {"image": {"alt": alt}}
        nbformat.write(notebook, lessons / path.name)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("run", default="runs/smoke", type=click.Path(file_okay=False, path_type=Path))
@click.option("-o", "--out", default="site", type=click.Path(file_okay=False, path_type=Path), help="Default: site.")
def site(run: Path, out: Path) -> None:
    """Render the executed lessons of a RUN (default: runs/smoke) as a site that can be read without running anything.

    Every warning of Sphinx counts as an error, such as a link to a page or heading that does not exist.

    \b
    Examples:
      python tools/site.py
      python tools/site.py runs/quick --out public
    """
    source, built = run / "site", run / "site-built"
    gather(run, source)
    shutil.rmtree(built, ignore_errors=True)
    # Sphinx and MyST-NB keep working folders next to the pages; only the pages are published.
    words = ["-W", "--keep-going", "-q", "-n", "-E", "-d", str(built / "doctrees"), str(source), str(built / "html")]
    if subprocess.run([sys.executable, "-m", "sphinx", *words], check=False).returncode:
        raise click.ClickException("Sphinx found errors; see above")
    shutil.copytree(built / "html", out, dirs_exist_ok=True)
    click.echo(f"{out / 'index.html'}")


if __name__ == "__main__":
    site()
