"""The lessons headless: papermill executes the notebooks of a profile in order."""

from __future__ import annotations

import io
import re
import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from legalner.notebook import redirect_stderr
from legalner.run.kernel import peak_memory, prepare_environment
from legalner.run.metrics import gather_metrics, git_commit, read_record
from legalner.run.profile import Profile, RunError, load_profile, require_checkout
from legalner.workspace import write_json

__all__ = ["run_profile"]


def run_profile(
    profile_name: str,
    *,
    parameters: Mapping[str, Any] | None = None,
    name: str | None = None,
    resume: bool = False,
    verbose: bool = False,
) -> Path:
    """Execute the notebooks of a profile in order, into ``runs/NAME``.

    Args:
        profile_name: A file of ``profiles/``, without its suffix.
        parameters: Values that replace or extend the profile's.
        name: Name of the run; by default the profile's.
        resume: Continue an interrupted run with the same parameters. Otherwise the run's folder is emptied first.
        verbose: Show everything that the cells print, not only the epochs.

    Returns:
        The run's folder, with ``metrics.json``, ``notebooks/`` (executed) and ``html/``.

    Raises:
        RunError: The working folder is not in a checkout; the profile, a parameter or the run's name is not valid;
            another run works in the folder; a cell failed; or a notebook wrote no metrics.
    """
    root = require_checkout("run")
    profile = load_profile(profile_name, root)
    run_name = name or profile.name
    if not re.fullmatch(r"\w[\w.-]*", run_name):  # what is emptied must be a folder of runs/
        raise RunError(
            f"{run_name!r} is not a valid name for a run: use letters, digits, `-`, `_` and `.`, "
            "starting with a letter or digit"
        )
    values = {**profile.parameters, **(parameters or {}), "RUN_NAME": run_name}
    declared = _declared_parameters(root, profile, values)
    folder = root / "runs" / run_name
    with _exclusive(folder):
        done, commits = _finished(folder, values) if resume else ({}, [])
        if not resume and folder.exists():
            shutil.rmtree(folder)
        folder.mkdir(parents=True, exist_ok=True)
        commits += [commit] if (commit := git_commit(root)) not in commits else []
        prepare_environment()
        started = time.perf_counter()
        for number, notebook in enumerate(profile.notebooks, start=1):
            label = f"[{number}/{len(profile.notebooks)}] {notebook}"
            if notebook in done:
                print(f"{label}: already done, {done[notebook]['seconds']:.0f} s", flush=True)
                continue
            print(f"{label} …", flush=True)
            write_json(folder / "run.json", {"parameters": values, "git_commits": commits, "notebooks": done})
            used = {key: value for key, value in values.items() if key in declared[notebook]}
            done[notebook] = _execute(root, folder, notebook, used, profile.cell_timeout, verbose)
            print(f"{label}: {done[notebook]['seconds']:.0f} s, {done[notebook]['peak_rss_mb']:.0f} MB", flush=True)
        write_json(folder / "run.json", {"parameters": values, "git_commits": commits, "notebooks": done})
        notebooks = [{"name": n, **done[n]} for n in profile.notebooks]
        metrics = gather_metrics(folder, profile, values, notebooks, commits)
        write_json(folder / "metrics.json", metrics)
        _render(folder, profile.notebooks)
        _print_result(metrics, folder, time.perf_counter() - started)
    return folder


@contextmanager
def _exclusive(folder: Path) -> Iterator[None]:
    """Lock a run's folder; the lock ends with the process, however that dies.

    Raises:
        RunError: Another run works in the folder.
    """
    from filelock import FileLock, Timeout

    folder.parent.mkdir(parents=True, exist_ok=True)
    # Beside the folder, which may be deleted and created again.
    lock = FileLock(folder.parent / f".{folder.name}.lock", blocking=False)
    try:
        lock.acquire()
    except Timeout:
        raise RunError(f"another run works in {folder}: wait until it ends, or choose another --name") from None
    try:
        yield
    finally:
        lock.release()


def _declared_parameters(root: Path, profile: Profile, values: Mapping[str, Any]) -> dict[str, set[str]]:
    """Names that each notebook's parameters cell declares; a value that no notebook takes is an error."""
    import papermill

    declared = {}
    for notebook in profile.notebooks:
        path = root / "notebooks" / f"{notebook}.ipynb"
        if not path.exists():
            raise RunError(f"{path} does not exist; profile {profile.name!r} names it")
        declared[notebook] = set(papermill.inspect_notebook(str(path)))
    known = set().union(*declared.values())
    if unknown := sorted(set(values) - known):
        raise RunError(f"unknown parameter {', '.join(unknown)}; the notebooks declare {', '.join(sorted(known))}")
    return declared


def _finished(folder: Path, values: Mapping[str, Any]) -> tuple[dict[str, dict[str, float]], list[str | None]]:
    """Return what an interrupted run in this folder finished, by notebook, and the commits that it ran at."""
    path = folder / "run.json"
    if not path.exists():
        return {}, []
    left = read_record(path, "parameters", "notebooks", "git_commits")
    if left["parameters"] != dict(values):
        raise RunError(f"{folder} has a run with other parameters; choose another --name, or leave out --resume")
    return dict(left["notebooks"]), list(left["git_commits"])


def _execute(
    root: Path, folder: Path, notebook: str, values: Mapping[str, Any], timeout: int, verbose: bool
) -> dict[str, float]:
    """Execute one notebook; return its seconds and the peak memory of its kernel."""
    import papermill
    from nbclient.exceptions import CellTimeoutError, DeadKernelError

    output = folder / "notebooks" / f"{notebook}.ipynb"
    output.parent.mkdir(parents=True, exist_ok=True)
    started = time.perf_counter()
    try:
        # What kernels write outside cell output, mostly startup messages of C++ libraries, goes into a log file.
        with (folder / "kernels.log").open("ab") as log, peak_memory() as peak, redirect_stderr(log):
            papermill.execute_notebook(
                str(root / "notebooks" / f"{notebook}.ipynb"),
                str(output),
                dict(values),
                cwd=str(root / "notebooks"),
                progress_bar=False,
                stdout_file=sys.stdout if verbose else _EpochLines(),
                execution_timeout=timeout,
                extra_arguments=["--IPKernelApp.log_level=40"],  # else each kernel warns that it listens on TCP
            )
    except papermill.PapermillExecutionError as error:
        where, what = f", cell {error.cell_index}", f"{error.ename}: {error.evalue}"
    except (CellTimeoutError, DeadKernelError) as error:
        where, what = "", str(error)
    else:
        if not (folder / "metrics" / f"{notebook}.json").exists():
            raise RunError(f"notebook {notebook} wrote no metrics; its last code cell should call write_metrics")
        return {"seconds": round(time.perf_counter() - started, 1), "peak_rss_mb": round(peak[0] / 1e6, 1)}
    raise RunError(f"notebook {notebook}{where}: {what}\nThe partly executed notebook: {output}")


class _EpochLines(io.StringIO):
    """Of what the cells print, show the lines that training writes at the end of each epoch."""

    def write(self, text: str) -> int:
        for line in text.splitlines():
            if line.startswith("epoch "):
                print(f"      {line}", flush=True)
        return len(text)


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


def _print_result(metrics: Mapping[str, Any], folder: Path, seconds: float) -> None:
    print(f"all notebooks: {seconds:.0f} s")
    names = [notebook["name"] for notebook in metrics["notebooks"]]
    for measured in (metrics, *(metrics[name] for name in names if name in metrics)):
        if entity := measured.get("entity"):
            f1, on = entity["micro"]["f1"], measured.get("evaluated_on")
            model = measured.get("model", {}).get("name", "model")
            print(f"entity F1 (strict, micro) of the {model} on {on} of {metrics.get('split')}: {f1:.3f}")
    print(f"figures: {folder / 'metrics.json'}\npages:   {folder / 'html' / 'index.html'}", flush=True)
