"""Colab: the zip, the badges, and lessons in an empty folder with Colab's own versions, which must stay as they are."""

import json
import os
import shutil
import subprocess
import zipfile
from pathlib import Path

import nbformat
import pytest

from tests.conftest import ROOT
from tools import colab

COLAB = ROOT / ".venv-colab" / "bin" / "python"


def test_the_zip_holds_what_a_lesson_needs_and_no_run(tmp_path: Path) -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("the zip is made of the files that git knows, and this is no git checkout")
    names = zipfile.ZipFile(colab.write_zip(tmp_path / "legalner.zip")).namelist()
    assert {"legalner/pyproject.toml", "legalner/notebooks/01_data.ipynb", "legalner/profiles/smoke.yaml"} <= set(names)
    assert {"legalner/legalner/__init__.py", "legalner/data/sample/train.conll"} <= set(names)
    assert not [n for n in names if n.startswith(("legalner/runs", "legalner/.venv")) or ".." in n]


@pytest.mark.parametrize("host", ["https://github.com/", "git@github.com:"])
@pytest.mark.parametrize("end", ["", ".git", ".git\n"])
def test_a_remote_on_github_is_understood(host: str, end: str) -> None:
    assert colab.github(f"{host}some-one/legal.ner{end}") == "some-one/legal.ner"


@pytest.mark.parametrize("remote", ["", "/home/me/legalner", "https://gitlab.com/a/b", "https://github.com/a"])
def test_any_other_remote_is_refused_rather_than_invented(remote: str) -> None:
    with pytest.raises(SystemExit, match="Colab opens notebooks from GitHub only"):
        colab.github(remote)


def test_badges_are_written_once_and_the_bootstrap_fetches_from_there() -> None:
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        notebook = nbformat.read(path, 4)
        before = notebook.cells[0].source
        assert colab.FROM_ZIP in notebook.cells[1].source
        for repository in ("first/one", "some/where"):
            colab.with_badge(notebook, repository, path.name)
        head = notebook.cells[0].source
        assert head.count("colab-badge.svg") == 1 and f"github/some/where/blob/main/notebooks/{path.name}" in head
        assert head.replace(head.split("\n\n")[1] + "\n\n", "") == before
        assert "git clone -q --depth 1 https://github.com/some/where legalner" in notebook.cells[1].source
        assert "unzip" not in notebook.cells[1].source and "first/one" not in notebook.cells[1].source


# -- as on Colab -------------------------------------------------------------------------------------------------------

PINNED = [line.split("==") for line in (ROOT / "tools" / "colab.txt").read_text().splitlines() if "==" in line]


def versions() -> dict[str, str]:
    listed = subprocess.run([COLAB, "-m", "pip", "list", "--format=json"], capture_output=True, text=True, check=True)
    return {package["name"].lower(): package["version"] for package in json.loads(listed.stdout)}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty folder with the zip, as uploaded; and a Jupyter kernel that runs in Colab's environment."""
    if not COLAB.exists():
        pytest.skip("needs .venv-colab: `make test-colab` makes it")
    folder = tmp_path_factory.mktemp("content")
    colab.write_zip(folder / "legalner.zip")
    kernel = folder / "jupyter" / "kernels" / "colab"
    kernel.mkdir(parents=True)
    argv = [str(COLAB), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    (kernel / "kernel.json").write_text(json.dumps({"argv": argv, "display_name": "Colab", "language": "python"}))
    module = folder / "python" / "google" / "colab"
    module.mkdir(parents=True)
    (module / "__init__.py").write_text("")  # none in google/, which several packages share: protobuf's lies there too
    return folder


def run(home: Path, lesson: str, **parameters: object) -> nbformat.NotebookNode:
    """Execute a lesson that lies alone in an empty folder."""
    import papermill

    folder = home / f"alone-{lesson}"
    folder.mkdir()
    shutil.copy(ROOT / "notebooks" / f"{lesson}.ipynb", folder)
    environment = {
        "COLAB_RELEASE_TAG": "a test", "LEGALNER_HOME": str(home), "PYTHONPATH": str(home / "python"),
        "JUPYTER_PATH": str(home / "jupyter"), "LEGALNER_CACHE": str(home / "cache"), "PATH": os.environ["PATH"],
    }  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        paths = str(folder / f"{lesson}.ipynb"), str(folder / "out.ipynb")
        settings = {"cwd": str(folder), "kernel_name": "colab", "progress_bar": False}
        return papermill.execute_notebook(*paths, parameters, **settings)


@pytest.mark.colab
def test_lessons_run_with_colabs_own_versions_which_stay(home: Path) -> None:
    before = versions()
    assert all(before[name.lower()] == version for name, version in PINNED)
    small = {"SPLIT": "sample", "DIMENSION": 50, "UNITS": 16, "EPOCHS": 1, "PROGRESS": "lines"}
    taken = {
        "01_data": ["SPLIT"],
        "02_preprocess": ["DIMENSION"],
        "03_model": ["UNITS"],
        "04_train": ["EPOCHS", "PROGRESS"],
        "05_evaluate": [],
        "07_crf": [],
        "08_improve": ["PROGRESS"],
        "09_annotate": [],
    }
    for lesson, names in taken.items():
        parameters: dict[str, object] = {name: small[name] for name in names}
        if lesson == "08_improve":
            parameters["TAGGER"] = {"units": 16, "epochs": 1, "ema_momentum": 0.9}
        executed = run(home, lesson, **parameters)
        texts = [o.get("text", "") for cell in executed.cells for o in cell.get("outputs", [])]
        assert any("installing legalner" in text for text in texts)
    assert (home / "legalner" / "runs" / "lessons" / "model").is_dir()
    after = versions()
    assert {name: after[name] for name in before} == before, "a package that Colab brings was changed"
    assert "legalner" in after


@pytest.mark.colab
def test_without_the_zip_it_says_what_to_upload(home: Path, tmp_path: Path) -> None:
    from papermill import PapermillExecutionError

    shutil.copytree(home / "jupyter", tmp_path / "jupyter")
    with pytest.raises(PapermillExecutionError, match=r"upload legalner\.zip"):
        run(tmp_path, "01_data")
