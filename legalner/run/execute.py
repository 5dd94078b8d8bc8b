"""The lessons headless: papermill runs the notebooks in order and their figures are gathered in ``metrics.json``."""

from __future__ import annotations

import io
import os
import platform
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import yaml

from legalner.data.ler import SOURCE_VARIABLE
from legalner.explore import HEADLESS
from legalner.workspace import checkout, read_json, write_json

__all__ = ["Profile", "RunError", "load_profile", "read_record", "read_yaml", "record", "run_profile"]

PACKAGES = ("tensorflow", "keras", "spacy", "numpy", "pandas", "scikit-learn", "gensim", "nervaluate", "papermill")


class RunError(RuntimeError):
    """A headless run that cannot start or did not end; the message says where and what to do."""


@dataclass(frozen=True)
class Profile:
    """Which notebooks to run, with which parameters, how long (in seconds) one cell may take, and seeds of a record."""

    name: str
    description: str
    notebooks: tuple[str, ...]
    cell_timeout: int
    parameters: dict[str, Any] = field(default_factory=dict)
    seeds: int = 1


def load_profile(name: str, root: Path) -> Profile:
    """Read ``profiles/NAME.yaml``.

    Raises:
        RunError: There is no such profile, or its file has other keys than a profile's.
    """
    path = root / "profiles" / f"{name}.yaml"
    if not path.exists():
        known = ", ".join(sorted(p.stem for p in path.parent.glob("*.yaml")))
        raise RunError(f"no profile {name!r}; there are: {known}")
    try:
        values = read_yaml(path.read_text(encoding="utf-8"))
        profile = Profile(name=name, **(values | {"notebooks": tuple(values["notebooks"])}))
        if not isinstance(profile.parameters, dict):
            raise TypeError("parameters must be names with values")
        return profile
    except (yaml.YAMLError, TypeError, KeyError, UnicodeDecodeError) as error:
        raise RunError(f"{path}: not a profile ({error}); profiles/smoke.yaml shows the keys") from None


class _Yaml(yaml.SafeLoader):
    """YAML in which ``1e-3`` is a number, as in YAML 1.2; 1.1 wants ``1.0e-3`` and takes the other for text."""


_Yaml.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"[-+]?\d+(\.\d*)?[eE][-+]?\d+\Z"), list("-+0123456789")
)


def read_yaml(text: str) -> Any:
    """Read a profile's YAML, or one of its values.

    Raises:
        yaml.YAMLError: It is none.
    """
    loader = _Yaml(text)
    try:
        return loader.get_single_data()
    finally:
        loader.dispose()


def run_profile(
    profile_name: str,
    *,
    parameters: Mapping[str, Any] | None = None,
    name: str | None = None,
    resume: bool = False,
    verbose: bool = False,
) -> Path:
    """Execute a profile's notebooks in order into ``runs/NAME``.

    Args:
        profile_name: A file of ``profiles/``, without its ending.
        parameters: Values that replace or add to the profile's.
        name: Name of the run; the profile's, if None.
        resume: Go on in the folder of an interrupted run with the same parameters, else start with an empty folder.
        verbose: Show what the cells print, as they print it.

    Returns:
        The run's folder, with ``metrics.json``, ``notebooks/`` (executed) and ``html/``.

    Raises:
        RunError: No checkout, unknown profile or parameter, a name that is no folder's, a failing cell, or a notebook
            without metrics.
    """
    root = checkout()
    if root is None:
        raise RunError("`legalner run` needs a checkout of the repository: call it in a folder of one")
    profile = load_profile(profile_name, root)
    run_name = name or profile.name
    if not re.fullmatch(r"[\w][\w.-]*", run_name):  # the folder is emptied first, so it must be one of runs/
        raise RunError(
            f"{run_name!r} cannot name a run: take letters, digits, `-`, `_` and `.`, a letter or digit first"
        )
    values = {**profile.parameters, **(parameters or {}), "RUN_NAME": run_name}
    declared = _declared_parameters(root, profile, values)
    folder = root / "runs" / run_name
    with _alone(folder):
        done, commits = _left(folder, values) if resume else ({}, [])
        if not resume and folder.exists():
            shutil.rmtree(folder)
        folder.mkdir(parents=True, exist_ok=True)
        commits += [commit] if (commit := _git_commit(root)) not in commits else []
        _inherit_to_kernels()
        started = time.perf_counter()
        for number, notebook in enumerate(profile.notebooks, start=1):
            label = f"[{number}/{len(profile.notebooks)}] {notebook}"
            if notebook in done:
                print(f"{label}: done before, {done[notebook]['seconds']:.0f} s", flush=True)
                continue
            print(f"{label} …", flush=True)
            write_json(folder / "run.json", {"parameters": values, "git_commits": commits, "notebooks": done})
            used = {key: value for key, value in values.items() if key in declared[notebook]}
            done[notebook] = _execute(root, folder, notebook, used, profile.cell_timeout, verbose)
            print(f"{label}: {done[notebook]['seconds']:.0f} s, {done[notebook]['peak_rss_mb']:.0f} MB", flush=True)
        write_json(folder / "run.json", {"parameters": values, "git_commits": commits, "notebooks": done})
        notebooks = [{"name": n, **done[n]} for n in profile.notebooks]
        metrics = _gather(folder, profile, values, notebooks, commits)
        write_json(folder / "metrics.json", metrics)
        _render(folder, profile.notebooks)
        _say_result(metrics, folder, time.perf_counter() - started)
    return folder


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep other runs out of a run's folder meanwhile; a process that dies, however it dies, no longer does.

    Raises:
        RunError: Another run works there.
    """
    from filelock import FileLock, Timeout

    folder.parent.mkdir(parents=True, exist_ok=True)
    # Beside the folder, which may be deleted and made anew.
    lock = FileLock(folder.parent / f".{folder.name}.lock", blocking=False)
    try:
        lock.acquire()
    except Timeout:
        raise RunError(f"another run works in {folder}: wait until it ends, or take another --name") from None
    try:
        yield
    finally:
        lock.release()


def _inherit_to_kernels() -> None:
    """Set what the kernels, which run in notebooks/, take over from this process's environment."""
    os.environ[HEADLESS] = "1"
    # A relative path would point elsewhere there than it does here.
    for variable in (SOURCE_VARIABLE, "LEGALNER_CACHE"):
        if (value := os.environ.get(variable)) and "://" not in value:
            os.environ[variable] = str(Path(value).expanduser().resolve())


def _declared_parameters(root: Path, profile: Profile, values: Mapping[str, Any]) -> dict[str, set[str]]:
    """Names that each notebook's parameters cell declares; a value that no notebook takes is an error."""
    import papermill

    declared = {}
    for notebook in profile.notebooks:
        path = root / "notebooks" / f"{notebook}.ipynb"
        if not path.exists():
            raise RunError(f"{path}: no such notebook; profile {profile.name!r} names it")
        declared[notebook] = set(papermill.inspect_notebook(str(path)))
    known = set().union(*declared.values())
    if unknown := sorted(set(values) - known):
        raise RunError(f"no notebook declares {', '.join(unknown)}; declared are: {', '.join(sorted(known))}")
    return declared


def _left(folder: Path, values: Mapping[str, Any]) -> tuple[dict[str, dict[str, float]], list[str | None]]:
    """What an interrupted run in this folder left: the notebooks that it finished, and the commits that it ran at."""
    path = folder / "run.json"
    if not path.exists():
        return {}, []
    left = read_record(path, ("parameters", "notebooks", "git_commits"))
    if left["parameters"] != dict(values):
        raise RunError(f"{folder} holds a run with other parameters; take another --name, or leave --resume away")
    return dict(left["notebooks"]), list(left["git_commits"])


def _execute(
    root: Path, folder: Path, notebook: str, values: Mapping[str, Any], timeout: int, verbose: bool
) -> dict[str, float]:
    """Execute one notebook; return its seconds and its kernel's peak memory."""
    import papermill
    from nbclient.exceptions import CellTimeoutError, DeadKernelError

    output = folder / "notebooks" / f"{notebook}.ipynb"
    output.parent.mkdir(parents=True, exist_ok=True)
    started = time.perf_counter()
    try:
        with _peak_memory() as peak, _kernel_messages(folder / "kernels.log"):
            papermill.execute_notebook(
                str(root / "notebooks" / f"{notebook}.ipynb"),
                str(output),
                dict(values),
                cwd=str(root / "notebooks"),
                progress_bar=False,
                stdout_file=sys.stdout if verbose else _EpochLines(),
                execution_timeout=timeout,
                extra_arguments=["--IPKernelApp.log_level=40"],  # no word about kernels on TCP in each notebook
            )
    except papermill.PapermillExecutionError as error:
        raise RunError(
            f"notebook {notebook}, cell {error.cell_index}: {error.ename}: {error.evalue}\n"
            f"The notebook up to there is kept: {output}"
        ) from None
    except (CellTimeoutError, DeadKernelError) as error:
        raise RunError(f"notebook {notebook}: {error}\nThe notebook up to there is kept: {output}") from None
    if not (folder / "metrics" / f"{notebook}.json").exists():
        raise RunError(f"notebook {notebook} wrote no metrics; its last code cell should call write_metrics")
    return {"seconds": round(time.perf_counter() - started, 1), "peak_rss_mb": round(peak[0] / 1e6, 1)}


class _EpochLines(io.StringIO):
    """Of what the cells print, show the lines that training writes at the end of each epoch."""

    def write(self, text: str) -> int:
        for line in text.splitlines():
            if line.startswith("epoch "):
                print(f"      {line}", flush=True)
        return len(text)


@contextmanager
def _kernel_messages(path: Path) -> Iterator[None]:
    """Send what kernels write past their cells (greetings of C++ libraries, mostly) into a file.

    Kernels inherit this process's standard error, so for their time it is the file. Cells' outputs are not touched.
    """
    sys.stderr.flush()
    saved = os.dup(2)
    try:
        with path.open("ab") as file:
            os.dup2(file.fileno(), 2)
        yield
    finally:
        sys.stderr.flush()
        os.dup2(saved, 2)
        os.close(saved)


@contextmanager
def _peak_memory() -> Iterator[list[float]]:
    """Watch the memory (resident, in bytes) of this process's children: the kernel."""
    import psutil

    peak = [0.0]
    stop = threading.Event()

    def watch() -> None:
        while not stop.wait(0.2):
            total = 0
            for child in psutil.Process().children(recursive=True):
                try:
                    total += child.memory_info().rss
                except psutil.Error:  # it ended meanwhile
                    continue
            peak[0] = max(peak[0], total)

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield peak
    finally:
        stop.set()
        thread.join()


def _gather(
    folder: Path,
    profile: Profile,
    parameters: Mapping[str, Any],
    notebooks: list[dict[str, Any]],
    commits: list[str | None],
) -> dict[str, Any]:
    """Put what the notebooks measured and where they ran into one record."""
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
            metrics[notebook["name"]] = values  # of a second model: beside those of the first, not over them
            continue
        for key, value in values.items():
            known = metrics.get(key)
            metrics[key] = known | value if isinstance(known, dict) else value
    metrics["notebooks"] = notebooks
    return metrics


def _processor() -> str:
    """The processor's name, of which seconds depend more than of anything else, where the system tells it."""
    cpuinfo = Path("/proc/cpuinfo")
    found = re.search(r"^model name\s*: (.+)$", cpuinfo.read_text(), re.MULTILINE) if cpuinfo.exists() else None
    return found[1] if found else platform.processor() or platform.machine()


def _machine() -> dict[str, Any]:
    import psutil

    memory = round(psutil.virtual_memory().total / 2**30, 1)
    return {
        "system": platform.system(),
        "processor": _processor(),
        "cores": psutil.cpu_count(),
        "memory_gib": memory,
    }


def _git_commit(root: Path) -> str | None:
    """The commit, with ``-dirty`` if tracked files differ from it; None where this is no git checkout."""

    def git(*words: str) -> str:
        return subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, check=True).stdout.strip()

    try:
        dirty = "-dirty" if git("status", "--porcelain", "--untracked-files=no") else ""
        return git("rev-parse", "HEAD") + dirty
    except (OSError, subprocess.CalledProcessError):
        return None


def _render(folder: Path, notebooks: tuple[str, ...]) -> None:
    """Write the executed notebooks as HTML pages, with an index."""
    from nbconvert import HTMLExporter

    html = folder / "html"
    html.mkdir(exist_ok=True)
    for notebook in notebooks:
        body, _ = HTMLExporter().from_filename(str(folder / "notebooks" / f"{notebook}.ipynb"))
        (html / f"{notebook}.html").write_text(body, encoding="utf-8")
    links = "".join(f'<li><a href="{n}.html">{n}</a></li>' for n in notebooks)
    head = '<!doctype html><meta charset="utf-8"><title>legalner lessons</title>'
    (html / "index.html").write_text(f"{head}<h1>Lessons, executed</h1><ol>{links}</ol>", encoding="utf-8")


def _say_result(metrics: Mapping[str, Any], folder: Path, seconds: float) -> None:
    print(f"all notebooks: {seconds:.0f} s")
    names = [notebook["name"] for notebook in metrics["notebooks"]]
    for measured in (metrics, *(metrics[name] for name in names if name in metrics)):
        if entity := measured.get("entity"):
            f1, on = entity["micro"]["f1"], measured.get("evaluated_on")
            model = measured.get("model", {}).get("name", "model")
            print(f"entity F1 (strict, micro) of the {model} on {on} of {metrics.get('split')}: {f1:.3f}")
    print(f"figures: {folder / 'metrics.json'}\npages:   {folder / 'html' / 'index.html'}", flush=True)


def read_record(path: Path, keys: tuple[str, ...]) -> dict[str, Any]:
    """Read what a run, or the making of a baseline, wrote.

    Raises:
        RunError: It is no JSON, or lacks one of the keys.
    """
    try:
        values = read_json(path)
    except ValueError as error:
        raise RunError(f"{path} is damaged ({error}); delete it and make it again") from None
    lacking = [key for key in keys if not isinstance(values, dict) or key not in values]
    if lacking:
        raise RunError(f"{path} lacks {', '.join(lacking)}, which a run writes; delete it and make it again")
    return values


def record(folder: Path, root: Path) -> Path:
    """Keep a run: copy its ``metrics.json`` to ``results/PROFILE/seed-N.json``.

    Raises:
        RunError: The run did not end, or it ran with uncommitted changes, at several commits, or outside git.
    """
    path = folder / "metrics.json"
    if not path.exists():
        raise RunError(f"{path} is missing: the run did not end; `legalner run --profile … --resume` goes on")
    metrics = read_record(path, ("profile", "seed", "git_commit"))
    if not metrics["git_commit"]:
        raise RunError(f"{path}: did not run in a git checkout, so nobody could say what ran")
    if metrics["git_commit"].endswith("-dirty"):
        raise RunError(f"{path}: ran with uncommitted changes, so nobody could repeat it; commit, then run again")
    if " and " in metrics["git_commit"]:
        raise RunError(
            f"{path}: ran at {metrics['git_commit']}, so nobody could repeat it; run it again without --resume"
        )
    target = root / "results" / metrics["profile"] / f"seed-{metrics['seed']}.json"
    write_json(target, metrics)
    return target
