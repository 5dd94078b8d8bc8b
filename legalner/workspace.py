"""Where a run keeps its files, and how they are written: completely or not at all."""

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
    "atomic_write",
    "project_root",
    "read_json",
    "require",
    "run_folder",
    "write_json",
    "write_metrics",
]


class MissingStepError(FileNotFoundError):
    """A file from an earlier lesson is missing; the message says which lesson makes it."""


def project_root() -> Path | None:
    """Return the nearest folder upwards that holds ``notebooks`` and ``legalner``; None outside of a checkout."""
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "notebooks").is_dir() and (folder / "legalner").is_dir():
            return folder
    return None


def run_folder(name: str | Path) -> Path:
    """Create and return the folder of a run.

    Args:
        name: A name, for ``runs/NAME`` in the checkout (or in the working folder, outside of a checkout); or an
            absolute path.
    """
    folder = (project_root() or Path.cwd()) / "runs" / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def require(path: Path, step: str) -> Path:
    """Return ``path`` if it exists.

    Raises:
        MissingStepError: It does not; the message names the lesson ``step``, which makes it.
    """
    if not path.exists():
        raise MissingStepError(
            f"{path} is missing: run notebook {step} first, or all of them with `legalner run --profile smoke` "
            f"and set RUN_NAME to 'smoke'."
        )
    return path


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path``, with its suffix, that replaces it when the block ends without an error.

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
    """Who may read and write a file: as before, or as usual for this user's new files."""
    if path.exists():
        return path.stat().st_mode & 0o777
    mask = os.umask(0)  # it can only be read by setting it
    os.umask(mask)
    return 0o666 & ~mask


def write_json(path: Path, values: Any) -> None:
    """Write ``values`` as indented JSON, completely or not at all."""
    with atomic_write(path) as temporary:
        temporary.write_text(json.dumps(values, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def read_json(path: Path) -> Any:
    """Read a JSON file in UTF-8."""
    return json.loads(path.read_text(encoding="utf-8"))


def write_metrics(folder: Path, step: str, values: dict[str, Any]) -> None:
    """Write what a lesson measured, for the run's ``metrics.json``.

    Args:
        folder: The run's folder.
        step: Name of the notebook, such as ``05_evaluate``.
        values: Figures by name. Where an earlier lesson used a name, tables are merged and other values are replaced.
    """
    write_json(folder / "metrics" / f"{step}.json", values)
