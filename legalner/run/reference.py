"""Compare runs with their profile's reference: what must be equal, and what may differ by how much.

A reference is made from runs with several seeds. What all of them share (counts, names, the set of classes) must be
equal. A score may differ by a few times the range of the seeds, since another machine or version of a library has the
effect of another seed. The scores of single classes vary too much to be judged. Times and memory are shown, not judged.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Any

from legalner.run.metrics import read_metrics, read_record
from legalner.run.profile import RunError
from legalner.workspace import write_json

__all__ = [
    "Finding",
    "compare",
    "cost_lines",
    "figures",
    "finding_lines",
    "make_reference",
    "read_reference",
    "read_runs",
    "save_reference",
]

# Where and when a run took place, and the course of its training, of which only the end is judged.
NOT_JUDGED = {"git_commit", "command", "versions", "machine", "description", "seed", "profile", "history"}
COSTS = ("seconds", "peak_rss_mb", "tokens_per_second", "bytes")

# A score may be this many times the range of the seeds away from their mean, but at least LEAST_ALLOWED. If the scores
# of seeds are normally distributed, a sixth is more than three ranges from the mean of five once in 380 times.
RANGES = 3.0
LEAST_ALLOWED = 0.01

Value = str | int | float | bool | None


@dataclass(frozen=True)
class Finding:
    """One figure of a run beside the reference's.

    Attributes:
        figure: Its path in ``metrics.json``, such as ``entity.micro.f1``.
        value: The run's value; ``absent`` if it has none.
        reference: The reference's value; ``absent`` if it has none.
        allowed: How far apart the two may be; 0 if they must be equal.
    """

    figure: str
    value: Value
    reference: Value
    allowed: float

    @property
    def good(self) -> bool:
        """Whether the run may have this value."""
        if self.allowed and isinstance(self.value, int | float) and isinstance(self.reference, int | float):
            return abs(self.value - self.reference) <= self.allowed
        return type(self.value) is type(self.reference) and self.value == self.reference


def figures(metrics: Mapping[str, Any]) -> dict[str, Value]:
    """Flatten what is judged of a ``metrics.json``: every value under its dotted path.

    The keys of a table are a figure too, such as ``entity.per_class.keys``, so that an added or missing class shows. Of
    the classes themselves only the sum of their gold entities is kept. A list is one value, unless its items are tables
    with names.
    """
    found: dict[str, Value] = {}

    def walk(value: Any, path: tuple[str, ...]) -> None:
        name = ".".join(path)
        if isinstance(value, Mapping):
            if path:
                found[f"{name}.keys"] = ", ".join(sorted(value))
            if path[-1:] == ("per_class",):
                found[f"{name}.support"] = sum(int(row["support"]) for row in value.values())
                return
            for key, inner in value.items():
                if key not in NOT_JUDGED and not any(cost in key for cost in COSTS):
                    walk(inner, (*path, key))
        elif isinstance(value, list):
            if value and all(isinstance(row, Mapping) and "name" in row for row in value):
                walk({row["name"]: {k: v for k, v in row.items() if k != "name"} for row in value}, path)
            else:
                found[name] = ", ".join(map(str, value))
        else:
            found[name] = value

    walk(metrics, ())
    found.pop("parameters.SEED", None)
    return found


def read_runs(folders: Sequence[Path]) -> list[dict[str, Any]]:
    """Read the ``metrics.json`` of runs of one profile.

    Raises:
        RunError: A run did not finish, its metrics are damaged, or the runs are of several profiles.
    """
    runs = [read_metrics(folder, "notebooks") for folder in folders]
    if len(profiles := {run["profile"] for run in runs}) > 1:
        raise RunError(f"the runs are of several profiles ({', '.join(sorted(profiles))}); check them one by one")
    return runs


def read_reference(root: Path, profile: str) -> dict[str, Any]:
    """Read the reference of a profile, as :func:`make_reference` returns it.

    Raises:
        RunError: There is none, or it is damaged.
    """
    path = _path(root, profile)
    if not path.exists():
        raise RunError(f"{path} is missing: this profile has no reference; --update makes one from runs of five seeds")
    return read_record(path, "equal", "scores", "notebooks")


def _path(root: Path, profile: str) -> Path:
    return root / "tests" / "references" / f"{profile}.json"


def make_reference(runs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Make a reference from runs of one profile with different seeds.

    Args:
        runs: The contents of their ``metrics.json``; at least three.

    Returns:
        ``profile``, ``seeds`` and ``git_commit``; ``equal``, the figures that all runs share; ``scores``, for each
        other figure its ``mean``, the distance ``allowed`` from it, and the ``values`` of the runs; ``notebooks``, the
        times and memory of the first run.

    Raises:
        RunError: There are fewer than three runs or two with one seed, or they differ in what is not a finite number.
    """
    seeds = [run["seed"] for run in runs]
    if len(runs) < 3 or len(set(seeds)) < len(seeds):
        raise RunError(f"a reference needs runs of at least three seeds, better five; these have {seeds}")
    flat = [figures(run) for run in runs]
    equal: dict[str, Value] = {}
    scores: dict[str, dict[str, Any]] = {}
    for name in dict.fromkeys(key for values in flat for key in values):
        values = [one.get(name, "absent") for one in flat]
        setting = name.startswith("parameters.")  # chosen, not measured
        if len(set(values)) == 1 and (setting or not isinstance(values[0], float)):
            equal[name] = values[0]
            continue
        numbers = [v for v in values if isinstance(v, int | float) and math.isfinite(v)]
        if len(numbers) < len(values):
            raise RunError(f"no reference can be made: {name} is not a finite number in every run, but {values}")
        allowed = max(LEAST_ALLOWED, RANGES * (max(numbers) - min(numbers)))
        scores[name] = {"mean": round(mean(numbers), 6), "allowed": round(allowed, 6), "values": numbers}
    first = runs[0]
    return {
        "profile": first["profile"],
        "seeds": seeds,
        "git_commit": first["git_commit"],
        "equal": equal,
        "scores": scores,
        "notebooks": first["notebooks"],
    }


def compare(metrics: Mapping[str, Any], reference: Mapping[str, Any]) -> list[Finding]:
    """Put each figure of a run beside the reference's, including those that only one of the two has."""
    found = figures(metrics)
    expected = {name: (value, 0.0) for name, value in reference["equal"].items()}
    expected |= {name: (score["mean"], score["allowed"]) for name, score in reference["scores"].items()}
    return [
        Finding(name, found.get(name, "absent"), *expected.get(name, ("absent", 0.0)))
        for name in dict.fromkeys((*expected, *found))
    ]


def save_reference(root: Path, runs: Sequence[Mapping[str, Any]]) -> tuple[Path, list[Finding]]:
    """Write the reference of the runs' profile.

    Returns:
        The file, and the figures that differ from the former reference's (empty if there was none).

    Raises:
        RunError: As in :func:`make_reference`, or the former reference is damaged.
    """
    made = make_reference(runs)
    path = _path(root, made["profile"])
    changes: list[Finding] = []
    if path.exists():
        before, after = (_values(reference) for reference in (read_reference(root, made["profile"]), made))
        both = [Finding(n, after.get(n, "absent"), before.get(n, "absent"), 0.0) for n in {**before, **after}]
        changes = [finding for finding in both if not finding.good]
    write_json(path, made)
    return path, changes


def _values(reference: Mapping[str, Any]) -> dict[str, Value]:
    return reference["equal"] | {name: score["mean"] for name, score in reference["scores"].items()}


def finding_lines(findings: Sequence[Finding]) -> list[str]:
    """Format findings as a table: figure, value, reference, allowed, verdict."""

    def show(value: Value) -> str:
        text = f"{value:.4f}" if isinstance(value, float) else str(value)
        return text if len(text) <= 24 else f"{text[:10]}…{text[-13:]}"

    rows = [("figure", "value", "reference", "allowed", "")]
    for f in findings:
        allowed = f"± {f.allowed:.4f}" if f.allowed else "equal"
        rows.append((f.figure, show(f.value), show(f.reference), allowed, "" if f.good else "OFF"))
    width = max(len(row[0]) for row in rows)
    return [
        f"{name:{width}} {value:>24} {reference:>24} {allowed:>10}  {verdict}"
        for name, value, reference, allowed, verdict in rows
    ]


def cost_lines(metrics: Mapping[str, Any], reference: Mapping[str, Any]) -> list[str]:
    """Format seconds and megabytes of each notebook beside the reference's, which may be from another machine."""
    before = {row["name"]: row for row in reference["notebooks"]}
    lines = ["not judged:"]
    for row in metrics["notebooks"]:
        then = before.get(row["name"], {"seconds": 0, "peak_rss_mb": 0})
        lines.append(
            f"  {row['name']:16} {row['seconds']:7.1f} s ({then['seconds']:.1f} s)"
            f" {row['peak_rss_mb']:8.0f} MB ({then['peak_rss_mb']:.0f} MB)"
        )
    return lines
