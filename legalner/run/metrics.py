"""A run's ``metrics.json``: what its notebooks measured, and where, when and with what they ran."""

from __future__ import annotations

import platform
import re
import subprocess
import sys
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil

from legalner.run.profile import Profile, RunError
from legalner.workspace import read_json

__all__ = ["gather_metrics", "git_commit", "read_metrics", "read_record"]

PACKAGES = ("tensorflow", "keras", "spacy", "numpy", "pandas", "scikit-learn", "gensim", "nervaluate", "papermill")


def gather_metrics(
    folder: Path,
    profile: Profile,
    parameters: Mapping[str, Any],
    notebooks: list[dict[str, Any]],
    commits: list[str | None],
) -> dict[str, Any]:
    """Combine what the notebooks of a run wrote to ``metrics/`` into one record.

    Where several notebooks evaluate a model, the first one's figures are at the top level; those of the others are
    under the names of their notebooks.

    Args:
        folder: The run's folder.
        profile: What was executed.
        parameters: The values that it was executed with.
        notebooks: ``name``, ``seconds`` and ``peak_rss_mb`` of each notebook, in order.
        commits: The commits that it ran at: several, if the run was resumed after a commit.
    """
    metrics: dict[str, Any] = {
        "profile": profile.name,
        "description": profile.description,
        "seed": parameters.get("SEED"),
        "git_commit": " and ".join(map(str, commits)) if len(commits) > 1 else commits[0],
        "command": " ".join(["legalner", *sys.argv[1:]]),
        "versions": {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}},
        "machine": _machine(),
        "parameters": {k: v for k, v in parameters.items() if k not in ("SOURCE", "RUN_NAME")},
    }
    for notebook in notebooks:
        values = read_json(folder / "metrics" / f"{notebook['name']}.json")
        if "evaluated_on" in values and "evaluated_on" in metrics:
            metrics[notebook["name"]] = values
            continue
        for key, value in values.items():
            known = metrics.get(key)
            metrics[key] = known | value if isinstance(known, dict) else value
    metrics["notebooks"] = notebooks
    return metrics


def _machine() -> dict[str, Any]:
    """What seconds and memory depend on."""
    cpuinfo = Path("/proc/cpuinfo")
    found = re.search(r"^model name\s*: (.+)$", cpuinfo.read_text(), re.MULTILINE) if cpuinfo.exists() else None
    return {
        "system": platform.system(),
        "processor": found[1] if found else platform.processor() or platform.machine(),
        "cores": psutil.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
    }


def git_commit(root: Path) -> str | None:
    """Return the current commit, with ``-dirty`` if tracked files have changed; None outside a Git checkout."""

    def git(*words: str) -> str:
        return subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, check=True).stdout.strip()

    try:
        dirty = "-dirty" if git("status", "--porcelain", "--untracked-files=no") else ""
        return git("rev-parse", "HEAD") + dirty
    except (OSError, subprocess.CalledProcessError):
        return None


def read_metrics(folder: Path, *keys: str) -> dict[str, Any]:
    """Read the ``metrics.json`` of a finished run.

    Args:
        folder: The run's folder.
        keys: What the file must have besides ``profile``, ``seed`` and ``git_commit``.

    Raises:
        RunError: The run did not finish, or the file is damaged.
    """
    path = folder / "metrics.json"
    if not path.exists():
        raise RunError(f"{path} is missing: the run did not finish; `legalner run --profile … --resume` continues it")
    return read_record(path, "profile", "seed", "git_commit", *keys)


def read_record(path: Path, *keys: str) -> dict[str, Any]:
    """Read a JSON object that a run or `legalner check --update` wrote.

    Raises:
        RunError: The file is not JSON, or lacks one of the keys.
    """
    try:
        values = read_json(path)
    except ValueError as error:
        raise RunError(f"{path} is damaged ({error}); delete it and create it again") from None
    missing = [key for key in keys if not isinstance(values, dict) or key not in values]
    if missing:
        raise RunError(f"{path} lacks {', '.join(missing)}; delete it and create it again")
    return values
