"""The pages of docs/: the site that is made of them, and that they say what the lessons say."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import nbformat
import pytest
from click.testing import CliRunner

from legalner.exercises import find, of_lesson
from legalner.workspace import read_json
from tests.conftest import ROOT, Checkout
from tools import site

LESSONS = sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb"))


class Page(HTMLParser):
    """What a page points to, and the places in it that can be pointed to."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.needed: list[str] = []  # what a browser fetches by itself
        self.figures: list[str] = []  # their text alternatives
        self.places = {""}
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.places.add(values.get("id") or "")
        if tag in ("a", "link") and (link := values.get("href")):
            self.links.append(link)
        if source := values.get("src"):
            self.needed.append(source)
            if "_images" in source:
                self.figures.append(values.get("alt") or "")


@pytest.fixture(scope="module")
def pages(smoke: Checkout, tmp_path_factory: pytest.TempPathFactory) -> dict[Path, Page]:
    out = tmp_path_factory.mktemp("beside") / "site"
    result = CliRunner().invoke(site.site, [str(smoke.root / "runs" / "smoke"), "--out", str(out)])
    assert result.exit_code == 0, result.output
    assert [path.name for path in out.parent.iterdir()] == ["site"], "left something beside it"
    return {path.resolve(): Page(path) for path in out.rglob("*.html")}


@pytest.mark.slow
def test_the_site_holds_every_lesson_with_its_figures(pages: dict[Path, Page]) -> None:
    found = {path.stem: page for path, page in pages.items()}
    assert {*LESSONS, "index", "glossary", "teaching", "reliability"} <= set(found)
    for lesson in LESSONS:
        assert found[lesson].figures, lesson


@pytest.mark.slow
def test_every_figure_has_a_text_in_its_place(pages: dict[Path, Page]) -> None:
    written = {c.metadata["alt"] for lesson in LESSONS for c in lesson_cells(lesson) if "alt" in c.metadata}
    for path, page in pages.items():
        assert set(page.figures) <= written, path.name


@pytest.mark.slow
def test_no_link_of_the_site_leads_nowhere_and_nothing_comes_over_the_network(pages: dict[Path, Page]) -> None:
    for path, page in pages.items():
        for link in [*page.links, *page.needed]:
            parts = urlsplit(link)
            if link in page.needed:
                assert parts.scheme in ("", "data"), f"{path.name} needs {link}"
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            assert target.exists(), f"{path.name}: {link}"
            if target in pages:
                assert parts.fragment in pages[target].places, f"{path.name}: {link}"


def test_a_run_without_all_lessons_is_refused(tmp_path: Path) -> None:
    result = CliRunner().invoke(site.site, [str(tmp_path), "--out", str(tmp_path / "site")])
    assert result.exit_code == 1 and "01_data.ipynb is missing" in result.output


# -- the same figures in lesson, README and teacher's page ------------------------------------------------------------


def lesson_cells(lesson: str) -> Iterator[nbformat.NotebookNode]:
    yield from nbformat.read(ROOT / "notebooks" / f"{lesson}.ipynb", 4).cells


def rows(page: Path) -> dict[str, list[str]]:
    """Cells of a page's table of lessons, by the lesson's number."""
    lines = re.findall(r"^\| \[?0?(\d) (.*) \|$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {number: [cell.strip() for cell in rest.split("|")] for number, rest in lines}


@pytest.mark.parametrize("lesson", LESSONS)
def test_minutes_to_read(lesson: str) -> None:
    (stated,) = {m for c in lesson_cells(lesson) for m in re.findall(r"Reading:\W* about (\d+) minutes", c.source)}
    readme, teaching = (rows(ROOT / name)[lesson[1]] for name in ("README.md", "docs/teaching.md"))
    assert stated == readme[2] == teaching[2]
    words = lines = 0
    for cell in lesson_cells(lesson):
        if cell.source.startswith("## Exercises"):
            break
        words += len(cell.source.split()) if cell.cell_type == "markdown" else 0
        lines += len(cell.source.splitlines()) if cell.cell_type == "code" else 0
    assert int(stated) == pytest.approx(words / 150 + lines / 12, rel=0.3), "as docs/teaching.md counts them"


COMPUTING = re.compile(r"Computing\W* on two cores: about (\w+ \w+) on the sample, about (\w+ \w+) on the real corpus")


def in_seconds(stated: str) -> float:
    """`20 seconds`, `a minute`, `12 minutes`."""
    count, unit = stated.split()
    return (1 if count == "a" else int(count)) * {"second": 1, "minute": 60}[unit.rstrip("s")]


@pytest.mark.parametrize("lesson", LESSONS)
def test_minutes_to_compute(lesson: str) -> None:
    """What a lesson, README and the teacher say is within a factor of 1.5 of the recorded run."""
    (stated,) = {m for c in lesson_cells(lesson) for m in COMPUTING.findall(c.source)}
    assert (
        stated
        == tuple(rows(ROOT / "README.md")[lesson[1]][3:5])
        == tuple(rows(ROOT / "docs/teaching.md")[lesson[1]][3:5])
    )
    for words, profile in zip(stated, ("smoke", "lessons"), strict=True):
        recorded = read_json(ROOT / "results" / profile / "seed-1.json")
        (took,) = [n["seconds"] for n in recorded["notebooks"] if n["name"] == lesson]
        assert recorded["machine"]["cores"] == 2 and took / 1.5 <= in_seconds(words) <= took * 1.5, (profile, took)


@pytest.mark.parametrize("lesson", LESSONS)
def test_number_of_exercises(lesson: str) -> None:
    assert int(rows(ROOT / "docs" / "teaching.md")[lesson[1]][5]) == len(of_lesson(lesson[:2]))


@pytest.mark.parametrize("page", ["README.md", "docs/teaching.md", "docs/index.md", "docs/reliability.md"])
def test_commands_that_a_page_names_are_there(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = set(re.findall(r"(?:^|`)make ([\w-]+)", text, re.MULTILINE))
    assert named <= targets, named - targets
    for number in re.findall(r'(?:check|hint|solution)\("(\d\d\.\d)"', text):
        find(number)


def test_headings_that_the_teachers_page_quotes_are_there() -> None:
    text = (ROOT / "docs" / "teaching.md").read_text(encoding="utf-8")
    plans = text[text.index("## Half a day") : text.index("## How a lesson goes")]
    headings = {h for lesson in LESSONS for c in lesson_cells(lesson) for h in re.findall(r"(?m)^#+ (.*)$", c.source)}
    quoted = [q.rstrip(".") for q in re.findall('"([A-Z][^"]+)"', plans)]
    assert quoted
    for words in quoted:
        assert words in headings, words
