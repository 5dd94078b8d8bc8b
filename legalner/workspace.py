"""Where a run keeps its files, and how they are written: whole or not at all."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

__all__ = [
    "MissingStepError",
    "checkout",
    "need",
    "read_json",
    "replacing",
    "run_folder",
    "write_json",
    "write_metrics",
]


class MissingStepError(FileNotFoundError):
    """A file that an earlier lesson makes is not there; the message says which lesson."""


def checkout() -> Path | None:
    """The checkout that this process works in: the nearest folder upwards with ``notebooks`` and ``legalner``."""
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "notebooks").is_dir() and (folder / "legalner").is_dir():
            return folder
    return None


def run_folder(name: str | Path) -> Path:
    """Make and return the folder of a run.

    Args:
        name: A name, for ``runs/NAME`` in the checkout (or below the working folder, where there is no checkout); or
            an absolute path.

    Returns:
        The folder.
    """
    folder = (checkout() or Path.cwd()) / "runs" / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def need(path: Path, step: str) -> Path:
    """Return ``path``, or say which lesson makes it.

    Raises:
        MissingStepError: There is no such file.
    """
    if not path.exists():
        raise MissingStepError(
            f"{path} is missing: run notebook {step} first, or all of them with `legalner run --profile smoke` "
            f"and set RUN_NAME to 'smoke'."
        )
    return path


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary path beside ``path`` (same ending) that takes its place when the block ends well.

    A process that dies while writing leaves the old file, or none, but never half a file.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".unfinished-", suffix=path.suffix)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(_mode(path))
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _mode(path: Path) -> int:
    """Who may read and write a file: as before, or as this user has it for new files."""
    if path.exists():
        return path.stat().st_mode & 0o777
    mask = os.umask(0)  # it can be read by setting it only
    os.umask(mask)
    return 0o666 & ~mask


def write_json(path: Path, values: Any) -> None:
    """Write ``values`` as JSON that people can read."""
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(values, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def read_json(path: Path) -> Any:
    """Read a JSON file."""
    return json.loads(path.read_text(encoding="utf-8"))


def write_metrics(folder: Path, step: str, values: dict[str, Any]) -> None:
    """Write what a lesson measured, for the run's ``metrics.json``.

    Args:
        folder: The run's folder.
        step: Name of the notebook, such as ``05_evaluate``.
        values: Its part of the keys that README's "What a run records" lists.
    """
    write_json(folder / "metrics" / f"{step}.json", values)
