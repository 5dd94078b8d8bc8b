"""Write the exercises of legalner/exercises/ into the notebooks: ``python tools/exercises.py`` (``make exercises``).

A notebook has a cell with the heading "## Exercises". The cells behind it that are tagged ``exercise`` are replaced by
one that imports, and by a question and a stub for each exercise of the lesson's file.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

ROOT = Path(__file__).resolve().parents[1]
HEADING = "## Exercises"
TAG = "exercise"
IMPORT = "from legalner.exercises import check, hint, solution"


def with_exercises(notebook: NotebookNode, lesson: str) -> NotebookNode:
    """Put a lesson's exercises behind the heading, in the place of those that are there.

    Raises:
        ValueError: There is no such heading, or more than one.
    """
    cells = [cell for cell in notebook.cells if TAG not in cell.metadata.get("tags", [])]
    headings = [i for i, cell in enumerate(cells) if HEADING in cell.source.splitlines()]
    if len(headings) != 1:
        raise ValueError(f"lesson {lesson} has {len(headings)} cells with the heading {HEADING!r}; it should have one")
    exercises = importlib.import_module(f"legalner.exercises.lesson_{lesson}").EXERCISES
    made = [new_code_cell(IMPORT, id=f"{lesson}-exercises")]
    for exercise in exercises:
        name = exercise.number.replace(".", "-")
        made += [new_markdown_cell(exercise.question, id=f"{name}-question")]
        made += [new_code_cell(exercise.stub, id=f"{name}-stub")]
    for cell in made:
        cell.metadata["tags"] = [TAG]
    whole = dict(notebook) | {"cells": cells[: headings[0] + 1] + made + cells[headings[0] + 1 :]}
    return nbformat.from_dict(whole)


def main() -> None:
    """Write every notebook that has a file of exercises."""
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        lesson = path.stem[:2]
        if (ROOT / "legalner" / "exercises" / f"lesson_{lesson}.py").exists():
            notebook = with_exercises(nbformat.read(path, 4), lesson)
            nbformat.write(notebook, path)
            sys.stdout.write(f"{path.name}: exercises written\n")


if __name__ == "__main__":
    main()
