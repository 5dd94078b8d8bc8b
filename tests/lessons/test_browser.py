"""The lessons in JupyterLab, in a real browser: no error, figures and colours drawn, a slider moved, an exercise done.

`make test-all` runs the first lesson, `make test-browser` all of them. Screenshots are in runs/browser/. It takes the
machine's Chromium.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
import pytest

from tests.conftest import ROOT, copy_project

if TYPE_CHECKING:
    from playwright.sync_api import Page

FIRST, *OTHERS = sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb"))
SHOTS = ROOT / "runs" / "browser"
MINUTES = 60_000  # milliseconds

# The smoke profile, smaller still, as a learner would write it into the parameters cells.
SMALL = {"SPLIT": "sample", "DIMENSION": 50, "UNITS": 16, "EPOCHS": 2, "CRF_ITERATIONS": 20, "SPACY_EPOCHS": 1}
SMALL |= {"SPACY_STEPS_BETWEEN": 100, "TAGGER": {"units": 16, "epochs": 1, "ema_momentum": 0.9}}
# All cells in the page, not only those in view; nothing fetched from the network.
SETTINGS = {
    "notebook-extension/tracker": {"windowingMode": "none"},
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}


def chromium() -> str:
    """Where Chromium is; the test is skipped where it is not."""
    for name in ("chromium", "chromium-browser", "google-chrome", "chrome"):
        if found := shutil.which(name):
            return found
    pytest.skip("needs Chromium: apt-get install chromium, or the like")


def write_parameters(path: Path) -> None:
    """Write small values into a notebook's parameters cell."""
    notebook = nbformat.read(path, 4)
    (cell,) = (c for c in notebook.cells if "parameters" in c.metadata.get("tags", []))
    for name, value in SMALL.items():
        cell.source = re.sub(rf"(?m)^{name} = .*$", f"{name} = {value!r}", cell.source)
    nbformat.write(notebook, path)


@dataclass(frozen=True)
class Lab:
    """A JupyterLab that works in a copy of the project."""

    address: str
    root: Path


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    chromium()
    root = tmp_path_factory.mktemp("lab")
    copy_project(root, [])
    for path in (root / "notebooks").glob("*.ipynb"):
        write_parameters(path)
    for name, values in SETTINGS.items():
        path = root / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values))
    words = ["--no-browser", "--port=0", "--IdentityProvider.token=", "--ServerApp.password=", f"--notebook-dir={root}"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        words.append("--allow-root")
    environment = os.environ | {
        "JUPYTERLAB_SETTINGS_DIR": str(root / "settings"), "JUPYTER_RUNTIME_DIR": str(root / "runtime"),
        "PYTHONPATH": str(root),
    }  # fmt: skip
    environment.pop("LEGALNER_HEADLESS", None)
    with (root / "lab.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *words], cwd=root, env=environment, stdout=log, stderr=log
        )
        try:
            yield Lab(_address(root / "runtime", process), root)
        finally:
            process.terminate()
            process.wait(30)


def _address(runtime: Path, process: subprocess.Popen) -> str:
    """Wait for the server's file and return its address."""
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        assert process.poll() is None, "JupyterLab did not start; see lab.log"
        for path in runtime.glob("jpserver-*.json"):
            address = str(json.loads(path.read_text())["url"])
            try:
                urllib.request.urlopen(f"{address}api/status", timeout=5)
            except OSError:
                continue
            return address
        time.sleep(0.3)
    raise AssertionError("JupyterLab does not answer")


@pytest.fixture(scope="module")
def page(lab: Lab) -> Iterator[Page]:
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        arguments = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=chromium(), args=arguments)
        made = browser.new_page(viewport={"width": 1300, "height": 1000})
        yield made
        browser.close()


def open_lesson(page: Page, lab: Lab, lesson: str) -> None:
    """Open a notebook alone in the window and wait for its kernel."""
    page.goto(f"{lab.address}doc/tree/notebooks/{lesson}.ipynb", wait_until="domcontentloaded")
    page.wait_for_selector(".jp-NotebookPanel .jp-CodeCell", timeout=2 * MINUTES)
    # Not the notebook's own sign of an idle kernel, which is there before a kernel is.
    page.locator("#jp-main-statusbar", has_text="| Idle").wait_for(timeout=2 * MINUTES)


def run_all(page: Page) -> None:
    """Run all cells by the menu, and wait until each has its number."""
    page.locator(".lm-MenuBar-itemLabel", has_text=re.compile("^Run$")).click()
    page.locator(".lm-Menu-itemLabel", has_text=re.compile("^Run All Cells$")).click()
    done = """() => { const prompts = [...document.querySelectorAll('.jp-CodeCell .jp-InputArea-prompt')];
        return prompts.length > 0 && prompts.every(p => /\\[\\d+\\]:/.test(p.textContent)) ||
               document.querySelector('[data-mime-type="application/vnd.jupyter.error"]') }"""
    page.wait_for_function(done, timeout=6 * MINUTES, polling=500)


def cell_of(page: Page, text: str) -> Any:
    """The last code cell that holds this text."""
    return page.locator(".jp-CodeCell", has=page.locator(".cm-content", has_text=text)).last


def answer(page: Page, number: str, code: str) -> str:
    """Write code into an exercise's cell, run it, and return what it prints."""
    cell = cell_of(page, f'check("{number}"')
    cell.locator(".cm-content").click()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(code)
    before = cell.locator(".jp-InputArea-prompt").first.inner_text()
    page.keyboard.press("Control+Enter")
    page.wait_for_function(
        "([cell, before]) => { const t = cell.querySelector('.jp-InputArea-prompt').textContent;"
        " return /\\d/.test(t) && t !== before }",
        arg=[cell.element_handle(), before], timeout=MINUTES,
    )  # fmt: skip
    return str(cell.locator(".jp-OutputArea-output").last.inner_text())


@pytest.mark.parametrize(
    "lesson",
    [
        pytest.param(FIRST, marks=pytest.mark.thorough),
        *(pytest.param(lesson, marks=pytest.mark.browser) for lesson in OTHERS),
    ],
)
def test_a_lesson_runs_and_shows_what_it_should(page: Page, lab: Lab, lesson: str) -> None:
    from legalner.exercises import find

    SHOTS.mkdir(parents=True, exist_ok=True)
    open_lesson(page, lab, lesson)
    run_all(page)
    for kind in ("error", "stderr"):
        shown = page.locator(f'[data-mime-type="application/vnd.jupyter.{kind}"]')
        assert shown.count() == 0, shown.first.inner_text()
    figures = page.locator(".jp-OutputArea-output img")
    assert figures.count() > 0 or lesson == "09_annotate"  # which shows tables and text
    assert page.evaluate(
        "() => [...document.querySelectorAll('.jp-OutputArea-output img')].every(i => i.naturalWidth > 9)"
    )
    page.screenshot(path=SHOTS / f"{lesson}-end.png")
    for i in range(min(3, figures.count())):
        figures.nth(i).scroll_into_view_if_needed()
        page.screenshot(path=SHOTS / f"{lesson}-figure-{i + 1}.png")
    if lesson in ("01_data", "05_evaluate"):
        _look_at_marks(page, lesson)
    if lesson in ("03_model", "05_evaluate"):
        _move_something(page, lesson)
    exercise = find(f"{lesson[:2]}.1")
    wrong, words = exercise.wrong[0]
    assert words in answer(page, exercise.number, exercise.cell(f"{exercise.name} = {wrong}"))
    assert "✓" in answer(page, exercise.number, exercise.solution)
    page.screenshot(path=SHOTS / f"{lesson}-exercise.png")


def _look_at_marks(page: Page, lesson: str) -> None:
    """Entities stand on a colour of their class."""
    marks = page.locator(".jp-OutputArea-output mark")
    assert marks.count() > 0
    colours = page.evaluate(
        "() => [...document.querySelectorAll('.jp-OutputArea-output mark')]"
        ".map(m => getComputedStyle(m).backgroundColor)"
    )
    assert len(set(colours)) > 1
    marks.first.scroll_into_view_if_needed()
    page.screenshot(path=SHOTS / f"{lesson}-marks.png")


def _move_something(page: Page, lesson: str) -> None:
    """Another choice draws another picture."""
    box = page.locator(".jp-CodeCell", has=page.locator(".widget-dropdown, .widget-slider")).last
    picture = box.locator("img").last
    picture.scroll_into_view_if_needed()
    before = picture.get_attribute("src")
    if box.locator("select").count():
        box.locator("select").first.select_option(index=1)
    else:
        box.locator(".noUi-handle, .ui-slider-handle").first.focus()
        page.keyboard.press("ArrowRight")
    page.wait_for_function(
        "([cell, before]) => { const i = [...cell.querySelectorAll('img')].at(-1); return i && i.src !== before }",
        arg=[box.element_handle(), before], timeout=MINUTES,
    )  # fmt: skip
    page.screenshot(path=SHOTS / f"{lesson}-moved.png")
