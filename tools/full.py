"""Make every recorded run that results/ lacks: all seeds of each profile, one after another."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from legalner.run import load_profile

ROOT = Path(__file__).resolve().parents[1]
# Compared with references instead of being recorded.
CHECKED = ("smoke", "quick")


def missing(root: Path, only: tuple[str, ...]) -> Iterator[tuple[str, int]]:
    """Yield profile and seed of each run that `results/` lacks, sorted by profile.

    Args:
        root: The checkout.
        only: The profiles to consider; all that are to be recorded if empty.

    Raises:
        RunError: A profile is unknown or damaged.
    """
    names = only or sorted(p.stem for p in (root / "profiles").glob("*.yaml") if p.stem not in CHECKED)
    for name in names:
        profile = load_profile(name, root)
        seeds = range(1, profile.seeds + 1) if "SEED" in profile.parameters else ()  # else it trains nothing
        for seed in seeds:
            if not (root / "results" / name / f"seed-{seed}.json").exists():
                yield name, seed


def make(root: Path, name: str, seed: int, source: str | None) -> bool:
    """Run a profile with a seed, or continue such a run, and record it.

    Args:
        root: The checkout.
        name: The profile.
        seed: The random seed.
        source: Folder, zip or base URL of the corpus; None for the default.

    Returns:
        Whether both the run and the record succeeded.
    """
    run = f"{name}-{seed}"
    legalner = [sys.executable, "-m", "legalner"]
    where = ["--source", source] if source else []
    command = [*legalner, "run", "--profile", name, *where, "-p", "SEED", str(seed), "--name", run, "--resume"]
    for step in (command, [*legalner, "record", f"runs/{run}"]):
        if subprocess.run(step, cwd=root, check=False).returncode:
            return False
    # Keep the figures only: the trained taggers of all runs would fill the disk.
    for folder in ("tagger", "model"):
        shutil.rmtree(root / "runs" / run / folder, ignore_errors=True)
    return True


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("profiles", nargs=-1)
@click.option("--source", help="Folder, zip or base URL of the corpus. Default: LEGALNER_LER_SOURCE, else downloaded.")
@click.option("--list", "only_list", is_flag=True, help="List what is missing and run nothing.")
def full(profiles: tuple[str, ...], source: str | None, only_list: bool) -> None:
    """Make the recorded runs that results/ lacks; all of them take many hours on two cores.

    You can stop it at any time: the next call resumes. It needs a checkout without changes, so that the commit in each
    record identifies what ran. To repeat a recorded run, delete its file in results/ and commit that. If a run fails,
    the others are still made, and the exit status is 1.

    \b
    Examples:
      python tools/full.py --list
      python tools/full.py --source ../ler
      python tools/full.py best best-upstream
    """
    source = str(Path(source).resolve()) if source and "://" not in source else source
    runs = list(missing(ROOT, profiles))
    click.echo("\n".join(f"{name} seed {seed}" for name, seed in runs) or "nothing is missing")
    if only_list:
        return
    changed = ["git", "status", "--porcelain", "--untracked-files=no"]
    if runs and subprocess.run(changed, cwd=ROOT, capture_output=True, check=True).stdout:
        raise click.ClickException("there are uncommitted changes, so no record could say what ran; commit them first")
    failed = []
    for number, (name, seed) in enumerate(runs, start=1):
        click.secho(f"== [{number}/{len(runs)}] {name} seed {seed}", bold=True)
        if not make(ROOT, name, seed, source):
            failed.append(f"{name} seed {seed}")
    if failed:
        raise click.ClickException("failed: " + ", ".join(failed))


if __name__ == "__main__":
    full()
