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
from tests.conftest import ROOT, ProjectCopy
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
def pages(smoke: ProjectCopy, tmp_path_factory: pytest.TempPathFactory) -> dict[Path, Page]:
    out = tmp_path_factory.mktemp("beside") / "site"
    result = CliRunner().invoke(site.site, [str(smoke.root / "runs" / "smoke"), "--out", str(out)])
    assert result.exit_code == 0, result.output
    assert [path.name for path in out.parent.iterdir()] == ["site"], "left something beside it"
    return {path.resolve(): Page(path) for path in out.rglob("*.html")}


def test_the_site_holds_every_lesson_with_its_figures(pages: dict[Path, Page]) -> None:
    found = {path.stem: page for path, page in pages.items()}
    assert {*LESSONS, "index", "glossary", "teaching", "reliability"} <= set(found)
    drawing = [lesson for lesson in LESSONS if any("alt" in cell.metadata for cell in lesson_cells(lesson))]
    assert len(drawing) >= 8
    for lesson in drawing:
        assert found[lesson].figures, lesson


def test_every_figure_has_a_text_in_its_place(pages: dict[Path, Page]) -> None:
    written = {c.metadata["alt"] for lesson in LESSONS for c in lesson_cells(lesson) if "alt" in c.metadata}
    for path, page in pages.items():
        assert set(page.figures) <= written, path.name


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


def rows(page: str) -> dict[str, list[str]]:
    """Cells of a page's table of lessons, by lesson."""
    lines = re.findall(r"^\| \[?0?(\d) (.*) \|$", (ROOT / page).read_text(encoding="utf-8"), re.MULTILINE)
    return {lesson: [c.strip() for c in rest.split("|")] for lesson, (_, rest) in zip(LESSONS, lines, strict=True)}


def stated(lesson: str, pattern: str) -> tuple[str, ...]:
    """What a lesson says once, in the words that the pattern's groups match."""
    (match,) = [m for cell in lesson_cells(lesson) for m in re.finditer(pattern, cell.source)]
    return match.groups()


def test_minutes_to_read() -> None:
    readme, teaching = rows("README.md"), rows("docs/teaching.md")
    for lesson in LESSONS:
        (minutes,) = stated(lesson, r"Reading:\W* about (\d+) minutes")
        assert minutes == readme[lesson][2] == teaching[lesson][2], lesson
        words = lines = 0
        for cell in lesson_cells(lesson):
            if cell.source.startswith("## Exercises"):
                break
            words += len(cell.source.split()) if cell.cell_type == "markdown" else 0
            lines += len(cell.source.splitlines()) if cell.cell_type == "code" else 0
        counted = words / 150 + lines / 12  # as docs/teaching.md counts them
        assert int(minutes) == pytest.approx(counted, rel=0.3), lesson


def computing(lesson: str) -> tuple[str, str]:
    """How long a lesson says that it computes, on the sample and on the real corpus."""
    one = r"Computing\W* on two cores: about (\w+ \w+),? on the sample"
    sample, real = stated(lesson, rf"{one}(?:, about (\w+ \w+)| and) on the real corpus")
    return sample, real or sample


def in_seconds(words: str) -> float:
    """`20 seconds`, `a minute`, `12 minutes`."""
    count, unit = words.split()
    return (1 if count == "a" else int(count)) * {"second": 1, "minute": 60}[unit.rstrip("s")]


def test_minutes_to_compute() -> None:
    """What a lesson, README and the teacher's page say is within a factor of 1.5 of the recorded run."""
    readme, teaching = rows("README.md"), rows("docs/teaching.md")
    unrecorded = set()
    for lesson in LESSONS:
        assert computing(lesson) == tuple(readme[lesson][3:5]) == tuple(teaching[lesson][3:5]), lesson
        for words, profile in zip(computing(lesson), ("smoke", "lessons"), strict=True):
            recorded = read_json(ROOT / "results" / profile / "seed-1.json")
            seconds = {n["name"]: n["seconds"] for n in recorded["notebooks"]}
            if "07_crf" not in seconds:  # when 07, 08 and 09 were one lesson, which is called 08_improve there
                seconds.pop("08_improve")
            if lesson not in seconds:
                unrecorded.add(lesson)
                continue
            took = seconds[lesson]
            assert recorded["machine"]["cores"] == 2, profile
            assert took / 1.5 <= in_seconds(words) <= took * 1.5, f"{lesson}, {profile}: {took} s"
    if unrecorded:
        pytest.skip(f"no recorded run in results/ has {', '.join(sorted(unrecorded))}; the other lessons are right")


def test_number_of_exercises() -> None:
    found = {lesson: int(row[5]) for lesson, row in rows("docs/teaching.md").items()}
    assert found == {lesson: len(of_lesson(lesson[:2])) for lesson in LESSONS}


def test_commands_and_exercises_that_a_page_names_are_there() -> None:
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for page in ("README.md", *(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))):
        text = (ROOT / page).read_text(encoding="utf-8")
        unknown = set(re.findall(r"(?:^|`)make ([\w-]+)", text, re.MULTILINE)) - targets
        assert not unknown, f"{page}: make {', '.join(unknown)}"
        for number in re.findall(r'(?:check|hint|solution)\("(\d\d\.\d)"', text):
            find(number)


def test_test_files_that_a_page_names_are_there() -> None:
    names = re.findall(r"`([\w/]*test_\w+\.py)", (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8"))
    assert len(set(names)) > 15
    for name in names:
        assert (ROOT / "tests" / name).exists(), f"docs/reliability.md: {name}"


def test_headings_that_the_teachers_page_quotes_are_there() -> None:
    text = (ROOT / "docs" / "teaching.md").read_text(encoding="utf-8")
    plans = text[text.index("## Half a day") : text.index("## How a lesson goes")]
    headings = {h for lesson in LESSONS for c in lesson_cells(lesson) for h in re.findall(r"(?m)^#+ (.*)$", c.source)}
    quoted = [q.rstrip(".") for q in re.findall('"([A-Z][^"]+)"', plans)]
    assert quoted
    for words in quoted:
        assert words in headings, words
