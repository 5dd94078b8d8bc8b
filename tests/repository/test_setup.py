"""What sets the project up agrees with itself; what cannot be run here (conda, Binder) is checked for its structure."""

import importlib.metadata
import json
import os
import re
import subprocess
import tomllib

import nbformat
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.version import Version

from tests.conftest import ROOT
from tools import environment

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
LOCK = (ROOT / "requirements.lock").read_text("utf-8")
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def locked() -> dict[str, list[Requirement]]:
    found: dict[str, list[Requirement]] = {}
    for pin in environment.pins(LOCK):
        requirement = Requirement(pin)
        found.setdefault(requirement.name.lower(), []).append(requirement)
    return found


def test_every_dependency_is_locked_within_its_range() -> None:
    pins = locked()
    extras = [text for extra in PROJECT["optional-dependencies"].values() for text in extra]
    for text in [*PROJECT["dependencies"], *extras]:
        wanted = Requirement(text)
        assert wanted.name.lower() in pins, f"{wanted.name} is not in requirements.lock: run `make lock`"
        for pin in pins[wanted.name.lower()]:
            (version,) = (Version(s.version) for s in pin.specifier)
            assert version in wanted.specifier


def test_every_pin_has_a_hash() -> None:
    blocks = re.split(r"^(?=[A-Za-z0-9])", LOCK, flags=re.MULTILINE)[1:]
    assert len(blocks) == sum(len(pins) for pins in locked().values()) > 100
    assert all("--hash=sha256:" in block for block in blocks)


def test_extras_are_locked_with_their_packages() -> None:
    """Else pip looks for `package[extra]` anew, takes a release newer than the pin, and refuses it: it has no hash."""
    pins = locked()
    for name in pins:
        try:
            required = importlib.metadata.requires(name) or []
        except importlib.metadata.PackageNotFoundError:  # a pin for another system
            continue
        asked = {extra for pin in pins[name] for extra in pin.extras} | {""}
        for wanted in map(Requirement, required):
            needed = wanted.marker is None or any(wanted.marker.evaluate({"extra": extra}) for extra in asked)
            if needed and wanted.extras:
                assert all(wanted.extras <= pin.extras for pin in pins[wanted.name.lower()]), f"{name}: {wanted}"


def test_lock_names_no_index() -> None:
    assert "://" not in LOCK
    assert "--index-url" not in LOCK and "--find-links" not in LOCK


def test_environment_is_made_from_the_lock() -> None:
    written = (ROOT / "environment.yml").read_text("utf-8")
    assert written == environment.environment(LOCK), "run `make lock`"
    content = yaml.safe_load(written)
    python, pip, packages = content["dependencies"]
    assert pip == "pip" and python.startswith("python=")
    assert Version(python.removeprefix("python=")) in Requirement(f"python{PROJECT['requires-python']}").specifier
    requirements = [Requirement(p) for p in packages["pip"] if p != "-e ."]
    assert {r.name.lower() for r in requirements} == {*locked(), "de_core_news_md"}
    (pipeline,) = (r for r in requirements if r.name == "de_core_news_md")
    assert pipeline.url is not None and pipeline.url.startswith("https://github.com/explosion/spacy-models/releases/")


def test_spacys_pipeline_fits_the_locked_spacy() -> None:
    (spacy,) = locked()["spacy"]
    (version,) = (Version(s.version) for s in spacy.specifier)
    name = environment.PIPELINE
    assert name.split("-")[1].split(".")[:2] == [str(version.major), str(version.minor)]


def test_notebooks_are_valid_and_clean() -> None:
    assert len(NOTEBOOKS) == 9
    for path in NOTEBOOKS:
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
        code = [cell for cell in notebook.cells if cell.cell_type == "code"]
        clean = all(not cell.outputs and cell.execution_count is None for cell in code)
        assert clean, f"{path.name} holds outputs: run nbstripout on it"
        assert len({cell.id for cell in notebook.cells}) == len(notebook.cells), path.name
        assert notebook.cells[0].cell_type == "markdown" and notebook.cells[0].source.startswith("# "), path.name
        assert notebook.cells[1].metadata.tags == ["bootstrap"], path.name
        assert sum("parameters" in cell.metadata.get("tags", []) for cell in code) == 1, path.name
        too_long = [cell.id for cell in code if len(cell.source.splitlines()) > 25]
        assert not too_long, f"{path.name} has cells of more than 25 lines: {too_long}"
        assert "if TEST" not in json.dumps(notebook), path.name


def test_bootstrap_is_the_same_everywhere_and_does_nothing_here(monkeypatch: pytest.MonkeyPatch) -> None:
    sources = {nbformat.read(path, as_version=4).cells[1].source for path in NOTEBOOKS}
    (source,) = sources

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the bootstrap must not install anything outside Colab")

    monkeypatch.delenv("COLAB_RELEASE_TAG", raising=False)
    monkeypatch.setattr(subprocess, "run", refuse)
    monkeypatch.setattr(os, "chdir", refuse)
    exec(compile(source, "bootstrap", "exec"), {})


def test_profiles_name_notebooks_that_exist() -> None:
    profiles = sorted((ROOT / "profiles").glob("*.yaml"))
    assert {"smoke", "article", "article-1024", "best"} <= {p.stem for p in profiles}
    for path in profiles:
        for notebook in yaml.safe_load(path.read_text("utf-8"))["notebooks"]:
            assert (ROOT / "notebooks" / f"{notebook}.ipynb").exists(), f"{path.name}: {notebook}"
