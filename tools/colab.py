"""For Colab: ``make colab`` zips the repository, ``make badges`` puts its address into the notebooks.

python tools/colab.py zip      # writes legalner.zip, to be uploaded to Colab with a notebook
python tools/colab.py badges   # needs a remote on GitHub: adds a badge to each notebook, which then fetches from there
"""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parents[1]
ARCHIVE = "legalner.zip"
# How the bootstrap cell gets the repository: from the uploaded zip, or from GitHub once badges are written.
FROM_ZIP = f"unzip -q -n {ARCHIVE}"
_FETCH = re.compile(r'fetch = "([^"]+)"')
_BADGE = re.compile(r"^\[!\[Open in Colab\]\([^)]+\)\]\([^)]+\)\n\n", re.MULTILINE)


def write_zip(target: Path) -> Path:
    """Zip the files that Git tracks, uncommitted changes included, under a folder ``legalner``; return ``target``."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in filter(None, listed.split("\0")):
            if (ROOT / name).is_file():
                archive.write(ROOT / name, f"legalner/{name}")
    return target


def github(remote: str) -> str:
    """Return ``owner/name`` of a remote on GitHub.

    Args:
        remote: Its URL, as Git shows it.

    Raises:
        SystemExit: It is not on GitHub, from which alone Colab opens notebooks.
    """
    match = re.fullmatch(r"(?:https://github\.com/|git@github\.com:)([\w.-]+/[\w.-]+?)(?:\.git)?/?", remote.strip())
    if match is None:
        raise SystemExit(
            f"the Git remote 'origin' is {remote.strip() or 'not set'}; Colab opens notebooks from GitHub only"
        )
    return match[1]


def with_badge(notebook: nbformat.NotebookNode, repository: str, name: str) -> nbformat.NotebookNode:
    """Put a badge below a notebook's title, and make its bootstrap cell fetch from GitHub.

    Args:
        notebook: The notebook, which is changed and returned.
        repository: Its ``owner/name``.
        name: File name of the notebook.
    """
    link = f"https://colab.research.google.com/github/{repository}/blob/main/notebooks/{name}"
    badge = f"[![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)]({link})\n\n"
    title, bootstrap = notebook.cells[0], notebook.cells[1]
    head, rest = _BADGE.sub("", title.source).split("\n\n", 1)
    title.source = f"{head}\n\n{badge}{rest}"
    fetch = f'fetch = "git clone -q --depth 1 https://github.com/{repository} legalner"'
    bootstrap.source = _FETCH.sub(fetch, bootstrap.source)
    return notebook


def main() -> None:
    """Run the subcommand, ``zip`` or ``badges``."""
    if sys.argv[1:] == ["zip"]:
        path = write_zip(ROOT / ARCHIVE)
        sys.stdout.write(f"{path} ({path.stat().st_size / 1e6:.1f} MB): upload it to Colab with the notebook\n")
    elif sys.argv[1:] == ["badges"]:
        asked = subprocess.run(
            ["git", "remote", "get-url", "origin"], cwd=ROOT, capture_output=True, text=True, check=False
        )
        repository = github(asked.stdout)
        for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
            nbformat.write(with_badge(nbformat.read(path, 4), repository, path.name), path)
        sys.stdout.write(f"badges and bootstrap cells point to {repository}\n")
    else:
        raise SystemExit(__doc__)


if __name__ == "__main__":
    main()
