"""Write the exercises of legalner/exercises/ into the notebooks: ``python tools/exercises.py`` (``make exercises``).

Each notebook has a cell with the heading "## Exercises". Cells tagged ``exercise`` are replaced by one that imports the
functions, and by a question and a stub for each exercise of the lesson.
"""

from __future__ import annotations

import sys
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from legalner.exercises import of_lesson

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"
HEADING = "## Exercises"
TAG = "exercise"
IMPORT = "from legalner.exercises import check, hint, solution"


def with_exercises(notebook: NotebookNode, lesson: str) -> NotebookNode:
    """Return a copy of a notebook with the exercises of its lesson after the heading.

    Args:
        notebook: Its present exercises are left out.
        lesson: The lesson's number, such as ``02``.

    Raises:
        ValueError: The heading is missing or not unique, or the lesson has no exercises.
    """
    cells = [cell for cell in notebook.cells if TAG not in cell.metadata.get("tags", [])]
    headings = [i for i, cell in enumerate(cells) if HEADING in cell.source.splitlines()]
    if len(headings) != 1:
        raise ValueError(f"lesson {lesson} has {len(headings)} cells with the heading {HEADING!r}; it should have one")
    made = [new_code_cell(IMPORT, id=f"{lesson}-exercises")]
    for exercise in of_lesson(lesson):
        name = exercise.number.replace(".", "-")
        made += [new_markdown_cell(exercise.question, id=f"{name}-question")]
        made += [new_code_cell(exercise.stub, id=f"{name}-stub")]
    for cell in made:
        cell.metadata["tags"] = [TAG]
    whole = dict(notebook) | {"cells": cells[: headings[0] + 1] + made + cells[headings[0] + 1 :]}
    return nbformat.from_dict(whole)


def main() -> None:
    """Write the exercises of every notebook."""
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        nbformat.write(with_exercises(nbformat.read(path, 4), path.stem[:2]), path)
        sys.stdout.write(f"{path.name}: exercises written\n")


if __name__ == "__main__":
    main()
