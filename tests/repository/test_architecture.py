"""The picture in docs/architecture.md shows the imports, and no import goes upwards or against the lessons' order."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "legalner"
Arrow = tuple[str, str]


def picture() -> tuple[dict[str, str], set[Arrow]]:
    """The units from top to bottom with their labels, and the arrows."""
    text = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    drawn = text.split("```mermaid")[1].split("```")[0]
    return dict(re.findall(r'(\w+)\["(.*?)"\]', drawn)), set(re.findall(r"(\w+) --> (\w+)", drawn))


def imports() -> set[Arrow]:
    """Which unit (a module or folder of legalner/) imports which other."""
    found = set()
    for path in PACKAGE.rglob("*.py"):
        unit = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            found |= {(unit, name.split(".")[1]) for name in names if name.startswith("legalner.")}
    return {(a, b) for a, b in found if a != b and not a.startswith("__")}


def reachable(arrows: set[Arrow]) -> set[Arrow]:
    """The arrows, and those that follow from them."""
    closed = set(arrows)
    while more := {(a, d) for a, b in closed for c, d in closed if b == c} - closed:
        closed |= more
    return closed


def against_the_order(found: set[Arrow], units: dict[str, str]) -> set[Arrow]:
    """Imports that go upwards in the picture, or from a lesson to a later one."""
    order = list(units)
    lesson = {unit: int(label[:2]) for unit, label in units.items() if label[:2].isdigit()}
    return {
        (a, b)
        for a, b in found
        if order.index(a) > order.index(b) or (a in lesson and b in lesson and lesson[a] < lesson[b])
    }


def test_every_unit_is_in_the_picture() -> None:
    units = {p.name.removesuffix(".py") for p in PACKAGE.iterdir() if p.suffix == ".py" or (p / "__init__.py").exists()}
    assert set(picture()[0]) == {unit for unit in units if not unit.startswith("__")} - {"models"}  # holds no code


def test_the_arrows_are_the_imports() -> None:
    drawn, found = picture()[1], imports()
    assert drawn - found == set(), "drawn, but not imported"
    assert found - reachable(drawn) == set(), "imported, but not drawn"


def test_no_import_goes_upwards_or_against_the_lessons_order() -> None:
    units, _ = picture()
    assert against_the_order(imports(), units) == set()
    for planted in (("train", "improve"), ("model", "train"), ("data", "evaluate"), ("annotate", "cli")):
        assert against_the_order(imports() | {planted}, units) == {planted}


def test_lessons_stand_in_their_order() -> None:
    labels = [label for label in picture()[0].values() if label[:2].isdigit()]
    assert labels == sorted(labels, key=lambda label: label[:2], reverse=True)
    notebooks = {path.stem.partition("_")[::2] for path in (ROOT / "notebooks").glob("*.ipynb")}
    assert notebooks <= {(label[:2], label[3:].split(":")[0]) for label in labels}


def test_no_file_is_longer_than_four_hundred_lines() -> None:
    paths = [p for folder in ("legalner", "tests", "tools", "benchmarks") for p in (ROOT / folder).rglob("*.py")]
    assert len(paths) > 100
    assert [p.relative_to(ROOT).as_posix() for p in paths if len(p.read_text("utf-8").splitlines()) > 400] == []
