"""Hold a run against its profile's baseline: what must be equal, and what may differ by how much.

A baseline is made from runs of several seeds. What they all agree on (counts, names, which classes there are) must be
equal. A score in which they differ may differ as much again: other seeds stand for other machines and versions of
libraries, on which the same seed gives other numbers. Times and memory are shown and never judged.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Any

from legalner.run import RunError, read_record
from legalner.workspace import write_json

__all__ = [
    "Finding",
    "baseline_of",
    "baseline_path",
    "compare",
    "cost_lines",
    "figures",
    "finding_lines",
    "read_runs",
    "save_baseline",
]

# What says where and when a run took place; not what it found.
CIRCUMSTANCES = {"git_commit", "command", "versions", "machine", "description", "seed", "profile"}
# Of each training, only where it ended is judged; and a class's counts say what its scores say.
NOT_JUDGED = {"history", "predicted", "correct"}
COSTS = ("seconds", "peak_rss_mb", "tokens_per_second", "bytes")

# A score is allowed this many times the range of the seeds to either side of their mean, but this much at least. If
# scores of seeds are normally distributed, a sixth draw is farther away than three ranges of five once in 380 times.
RANGES = 3.0
LEAST_ALLOWED = 0.01
OF_A_CLASS = re.compile(r"(?P<table>.*\bper_class\.)(?P<label>[^.]+)\.(?P<score>precision|recall|f1)")

Value = str | int | float | bool | None


@dataclass(frozen=True)
class Finding:
    """One figure of a run beside its baseline's.

    Attributes:
        figure: Its place in ``metrics.json``, such as ``entity.micro.f1``.
        value: What the run has; ``absent`` if nothing.
        baseline: What the baseline has; ``absent`` if nothing.
        allowed: How far apart the two may be; 0 for what must be equal.
    """

    figure: str
    value: Value
    baseline: Value
    allowed: float

    @property
    def good(self) -> bool:
        """Whether the run may have this value."""
        if self.allowed and isinstance(self.value, int | float) and isinstance(self.baseline, int | float):
            return abs(self.value - self.baseline) <= self.allowed
        return type(self.value) is type(self.baseline) and self.value == self.baseline


def figures(metrics: Mapping[str, Any]) -> dict[str, Value]:
    """Flatten what is judged of a ``metrics.json``: every value under its dotted path.

    A list counts as one value, but for one of tables with names. The keys of a table count as well, as
    ``per_class.keys``, so that a class more or less is seen.
    """
    found: dict[str, Value] = {}

    def walk(value: Any, path: tuple[str, ...]) -> None:
        if isinstance(value, Mapping):
            if path:
                found[".".join((*path, "keys"))] = ", ".join(sorted(value))
            for key, inner in value.items():
                if key not in NOT_JUDGED and not any(cost in key for cost in COSTS):
                    walk(inner, (*path, key))
        elif isinstance(value, list):
            if value and all(isinstance(row, Mapping) and "name" in row for row in value):
                walk({row["name"]: {k: v for k, v in row.items() if k != "name"} for row in value}, path)
            else:
                found[".".join(path)] = ", ".join(map(str, value))
        else:
            found[".".join(path)] = value

    walk({k: v for k, v in metrics.items() if k not in CIRCUMSTANCES}, ())
    found.pop("parameters.SEED", None)
    return found


def read_runs(folders: Sequence[Path]) -> list[dict[str, Any]]:
    """Read the ``metrics.json`` of runs.

    Raises:
        RunError: A run did not end, its record is damaged, or they are of several profiles.
    """
    runs = []
    for folder in folders:
        path = folder / "metrics.json"
        if not path.exists():
            raise RunError(f"{path} is missing: the run did not end; `legalner run --profile … --resume` goes on")
        runs.append(read_record(path, ("profile", "seed", "git_commit", "notebooks")))
    if len(profiles := {run["profile"] for run in runs}) > 1:
        raise RunError(f"the runs are of several profiles ({', '.join(sorted(profiles))}); check them one by one")
    return runs


def baseline_path(root: Path, profile: str) -> Path:
    """Where a profile's baseline lies."""
    return root / "tests" / "baselines" / f"{profile}.json"


def baseline_of(runs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Make a baseline from runs of one profile with different seeds.

    Args:
        runs: What their ``metrics.json`` hold, three at least.

    Returns:
        ``profile``, ``seeds``, ``git_commit``; ``equal``, the figures that all runs share; ``scores``, for each other
        figure its ``mean``, the distance ``allowed`` from it, and the runs' ``values``; ``notebooks``, the first run's
        times and memory.

    Raises:
        RunError: There are too few runs, a seed twice, or a word or a list in which they differ.
    """
    seeds = [run["seed"] for run in runs]
    if len(runs) < 3 or len(set(seeds)) < len(seeds):
        raise RunError(f"a new baseline needs runs of three seeds at least, five better; these have {seeds}")
    flat = [figures(run) for run in runs]
    equal: dict[str, Value] = {}
    scores: dict[str, dict[str, Any]] = {}
    for name in dict.fromkeys(key for values in flat for key in values):
        values = [one.get(name, "absent") for one in flat]
        setting = name.startswith("parameters.")  # a choice, and no measurement
        if (all(isinstance(v, float) for v in values) and not setting) or len(set(values)) > 1:
            numbers = [v for v in values if isinstance(v, int | float)]
            if len(numbers) < len(values):
                raise RunError(f"{name} differs between the seeds, {values}, and is no number: no baseline can hold it")
            if not all(map(math.isfinite, numbers)):
                raise RunError(f"{name} is no finite number in each run, {values}: no baseline can hold it")
            scores[name] = {"mean": round(mean(numbers), 6), "values": numbers}
        else:
            equal[name] = values[0]
    for name, score in scores.items():
        score["allowed"] = round(_allowed(name, scores), 6)
    first = runs[0]
    return {
        "profile": first["profile"],
        "seeds": seeds,
        "git_commit": first["git_commit"],
        "equal": equal,
        "scores": scores,
        "notebooks": first["notebooks"],
    }


def _allowed(name: str, scores: Mapping[str, Mapping[str, Any]]) -> float:
    """How far a run's score may be from the mean.

    Of hundreds of scores of single classes, the seeds agree by chance on some. Where they disagree on other classes,
    such a class is allowed what the most restless class is; but of recall and F1 no more than four standard errors of a
    share of its gold entities at worst, ``2 / sqrt(n)``. (Precision is a share of those predicted, which may be few.)
    """

    def spread(values: Sequence[float]) -> float:
        return RANGES * (max(values) - min(values))

    allowed = spread(scores[name]["values"])
    if (match := OF_A_CLASS.fullmatch(name)) and (support := scores.get(f"{match['table']}{match['label']}.support")):
        # A table's classes are those of gold, which all runs share.
        column = [scores[key]["values"] for key in scores if _same_column(key, match)]
        chance = math.inf if match["score"] == "precision" else 2 / math.sqrt(max(support["mean"], 1.0))
        allowed = max(allowed, min(chance, max(map(spread, column))))
    return max(LEAST_ALLOWED, allowed)


def _same_column(name: str, match: re.Match[str]) -> bool:
    """Whether this is the same kind of score in the same table, of whatever class."""
    other = OF_A_CLASS.fullmatch(name)
    return other is not None and (other["table"], other["score"]) == (match["table"], match["score"])


def compare(metrics: Mapping[str, Any], baseline: Mapping[str, Any]) -> list[Finding]:
    """Put each figure of a run beside the baseline's, also those that only one of the two has."""
    found = figures(metrics)
    expected = {name: (value, 0.0) for name, value in baseline["equal"].items()}
    expected |= {name: (score["mean"], score["allowed"]) for name, score in baseline["scores"].items()}
    return [
        Finding(name, found.get(name, "absent"), *expected.get(name, ("absent", 0.0)))
        for name in dict.fromkeys((*expected, *found))
    ]


def save_baseline(root: Path, runs: Sequence[Mapping[str, Any]]) -> tuple[Path, list[Finding]]:
    """Write the baseline of the runs' profile.

    Returns:
        The file, and the new figures beside the former baseline's (empty if there was none).
    """
    made = baseline_of(runs)
    path = baseline_path(root, made["profile"])
    changes: list[Finding] = []
    if path.exists():
        former = read_record(path, ("equal", "scores"))
        before = former["equal"] | {name: score["mean"] for name, score in former["scores"].items()}
        after = made["equal"] | {name: score["mean"] for name, score in made["scores"].items()}
        names = dict.fromkeys((*before, *after))
        both = [Finding(n, after.get(n, "absent"), before.get(n, "absent"), 0.0) for n in names]
        changes = [finding for finding in both if not finding.good]
    write_json(path, made)
    return path, changes


def finding_lines(findings: Sequence[Finding]) -> list[str]:
    """A table as text: figure, value, baseline, allowed, verdict."""

    def show(value: Value) -> str:
        text = f"{value:.4f}" if isinstance(value, float) else str(value)
        return text if len(text) <= 24 else f"{text[:10]}…{text[-13:]}"

    rows = [("figure", "value", "baseline", "allowed", "")]
    for f in findings:
        allowed = f"± {f.allowed:.4f}" if f.allowed else "equal"
        rows.append((f.figure, show(f.value), show(f.baseline), allowed, "" if f.good else "OFF"))
    width = max(len(row[0]) for row in rows)
    return [
        f"{name:{width}} {value:>24} {base:>24} {allowed:>10}  {verdict}"
        for name, value, base, allowed, verdict in rows
    ]


def cost_lines(metrics: Mapping[str, Any], baseline: Mapping[str, Any]) -> list[str]:
    """Seconds and megabytes of each notebook beside the baseline's, which may come from another machine."""
    before = {row["name"]: row for row in baseline["notebooks"]}
    lines = ["not judged:"]
    for row in metrics["notebooks"]:
        then = before.get(row["name"], {"seconds": 0, "peak_rss_mb": 0})
        lines.append(
            f"  {row['name']:16} {row['seconds']:7.1f} s ({then['seconds']:.1f} s)"
            f" {row['peak_rss_mb']:8.0f} MB ({then['peak_rss_mb']:.0f} MB)"
        )
    return lines
