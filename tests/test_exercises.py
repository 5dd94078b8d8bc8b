"""The exercises: the notebooks hold them, solutions are right, and typical wrong answers get their own sentence."""

import contextlib
import io

import nbformat
import pytest

from legalner.exercises import Exercise, check, find, hint, of_lesson, solution
from legalner.exercises.exercise import Read, _asked, verdict
from tests.conftest import ROOT
from tools.exercises import with_exercises

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
LESSONS = sorted(path.stem[-2:] for path in (ROOT / "legalner" / "exercises").glob("lesson_*.py"))
each = pytest.mark.parametrize("exercise", [e for lesson in LESSONS for e in of_lesson(lesson)], ids=lambda e: e.number)


def printed(cell: str) -> str:
    """What a cell prints in a notebook that has imported `check`."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(cell, "cell", "exec"), {"check": check})
    return out.getvalue()


def test_every_lesson_has_three_exercises_or_more() -> None:
    assert [path.stem[:2] for path in NOTEBOOKS] == LESSONS
    for lesson in LESSONS:
        numbers = [e.number for e in of_lesson(lesson)]
        assert len(numbers) >= 3 and numbers == [f"{lesson}.{i}" for i in range(1, len(numbers) + 1)]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_notebook_has_its_exercises_as_they_are(path) -> None:
    notebook = nbformat.read(path, 4)
    assert notebook == with_exercises(notebook, path.stem[:2]), "run `make exercises`"


def test_exercises_are_written_after_the_heading_in_place_of_older_ones() -> None:
    v4 = nbformat.v4
    old = v4.new_code_cell("old", metadata={"tags": ["exercise"]})
    cells = [v4.new_markdown_cell("Text.\n\n## Exercises\n\nWrite."), old, v4.new_markdown_cell("End.")]
    first, imports, *asked, last = with_exercises(v4.new_notebook(cells=cells), "09").cells
    assert (first.source, last.source) == (cells[0].source, "End.")
    assert imports.source == "from legalner.exercises import check, hint, solution"
    assert [c.source for c in asked] == [text for e in of_lesson("09") for text in (e.question, e.stub)]
    with pytest.raises(ValueError, match="has 0 cells"):
        with_exercises(v4.new_notebook(), "09")


def test_a_stub_is_the_solution_without_its_body() -> None:
    doc = '"""`inputs`: numbers in a word vector; `units`: width of the state."""'
    assert find("03.4").stub == (
        f'def lstm_parameters(inputs, units):\n    {doc}\n    ...\n\n\ncheck("03.4", lstm_parameters)'
    )
    assert find("04.1").stub == 'loss = None\n\ncheck("04.1", loss)'
    assert find("04.1").solution == (
        'import math\n\nloss = (-math.log(0.25) - math.log(0.5)) / 2\n\ncheck("04.1", loss)'
    )


@each
def test_an_untouched_stub_is_open_and_fails_nothing(exercise: Exercise) -> None:
    assert printed(exercise.stub).startswith(f"· {exercise.number} is open")


@each
def test_the_solution_is_right(exercise: Exercise) -> None:
    assert printed(exercise.solution) == f"✓ {exercise.number}: {exercise.praise}\n"


@each
def test_typical_wrong_answers_get_their_own_sentence(exercise: Exercise) -> None:
    assert len(exercise.wrong) >= 2
    sentences = [verdict(exercise, answer) for answer, _ in exercise.wrong]
    for sentence, (_, words) in zip(sentences, exercise.wrong, strict=True):
        assert sentence.startswith(f"✗ {exercise.number}: ") and sentence.endswith(words), sentence
    assert len(set(sentences)) == len(sentences)
    if isinstance(exercise, Read):
        assert verdict(exercise, 12345.6) == f"✗ {exercise.number}: {exercise.otherwise}"


def breaks(*_: object) -> None:
    raise RuntimeError("as learners' functions do")


NONSENSE = ["a string", b"\xff", -1e300, float("nan"), [], {}, object(), print, breaks, str, len]
NONSENSE += [lambda: 1, lambda *a: [a], lambda *a: "x", lambda *a: iter(a)]


@each
def test_nonsense_gets_a_sentence(exercise: Exercise) -> None:
    for nonsense in NONSENSE:
        sentence = verdict(exercise, nonsense)
        assert sentence[0] in "✗·" and len(sentence) < 600, (nonsense, sentence)
        assert "Traceback" not in sentence


def test_an_answer_that_no_mistake_explains_is_shown_with_what_is_expected() -> None:
    assert verdict(find("02.2"), lambda tags: 7) == (
        "✗ 02.2: for tags = ['B-GS', 'I-GS', 'B-GS', 'O'], the answer is 1, and you get 7."
    )
    assert "your function raises RuntimeError: as learners' functions do." in verdict(find("02.2"), breaks)


def test_an_answer_may_be_of_another_type_that_says_the_same() -> None:
    assert verdict(find("07.2"), lambda before, tag: int(find("07.2").answer(before, tag)))[0] == "✓"
    assert verdict(find("06.2"), lambda tokens, i: {*find("06.2").answer(tokens, i)})[0] == "✓"
    assert verdict(find("01.2"), lambda tags: (tag for tag in find("01.2").answer(tags)))[0] == "✓"
    assert verdict(find("01.2"), lambda tags: (t.replace("B-", "I-") for t in tags)).endswith("must stay.")


@each
def test_questions_and_hints_are_sentences_and_no_hint_is_the_solution(exercise: Exercise) -> None:
    for text in (exercise.question, exercise.praise, *exercise.hints):
        assert text.strip() == text and text[-1] in ".?!`)"
    assert exercise.hints[0] != exercise.hints[1]
    assert len(exercise.stub.splitlines()) <= 25 and len(exercise.solution.splitlines()) <= 25


def test_the_first_hint_comes_first_and_the_second_when_asked_again(capsys: pytest.CaptureFixture[str]) -> None:
    _asked.clear()
    first, second = find("02.1").hints
    shown = []
    for _ in range(3):
        hint("02.1")
        shown.append(" ".join(capsys.readouterr().out.split()))
    assert first in shown[0] and "again shows another" in shown[0]
    assert second in shown[1] and second in shown[2] and "again" not in shown[2]


def test_the_solution_is_shown_as_code(capsys: pytest.CaptureFixture[str]) -> None:
    solution("02.1")
    assert capsys.readouterr().out.strip() == find("02.1").solution


def test_a_number_that_does_not_exist_lists_those_that_do() -> None:
    with pytest.raises(ValueError, match=r"unknown exercise '02\.9'; expected one of 02\.1, 02\.2"):
        find("02.9")
    for number in ("99.1", "x", 2.1):
        with pytest.raises(ValueError, match=r"unknown lesson|unknown exercise"):
            find(number)
