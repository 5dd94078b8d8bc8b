"""The exercises: stubs are the notebooks', solutions are right, and typical wrong answers get their own sentence."""

import contextlib
import importlib
import io
from pathlib import Path

import nbformat
import pytest

from legalner.exercises import Exercise, check, find, hint, solution
from legalner.exercises.exercise import _asked, verdict

ROOT = Path(__file__).resolve().parents[1]
LESSONS = sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb"))
WRITTEN = [name for name in LESSONS if (ROOT / "legalner" / "exercises" / f"lesson_{name[:2]}.py").exists()]


def exercises(lesson: str) -> tuple[Exercise, ...]:
    return importlib.import_module(f"legalner.exercises.lesson_{lesson[:2]}").EXERCISES


ALL = [exercise for lesson in WRITTEN for exercise in exercises(lesson)]
each = pytest.mark.parametrize("exercise", ALL, ids=lambda e: e.number)


def said(code: str, exercise: Exercise) -> str:
    """What `check` prints for an answer that is written like this; its last line hands the answer in."""
    handed_in = exercise.stub.splitlines()[-1]
    assert handed_in.startswith(f'check("{exercise.number}", ')
    code = code if code.rstrip().endswith(handed_in) else f"{code}\n\n\n{handed_in}"
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(code, exercise.number, "exec"), {"check": check})
    return out.getvalue()


def test_every_lesson_has_three_exercises_or_more() -> None:
    assert WRITTEN == LESSONS
    for lesson in LESSONS:
        numbers = [e.number for e in exercises(lesson)]
        assert len(numbers) >= 3 and numbers == [f"{lesson[:2]}.{i}" for i in range(1, len(numbers) + 1)]


@pytest.mark.parametrize("lesson", WRITTEN)
def test_the_notebook_has_each_question_and_each_stub_as_they_are(lesson: str) -> None:
    notebook = nbformat.read(ROOT / "notebooks" / f"{lesson}.ipynb", 4)
    sources = [(cell.cell_type, cell.source) for cell in notebook.cells]
    imported = [i for i, (_, source) in enumerate(sources) if "from legalner.exercises import" in source]
    assert len(imported) == 1
    places = []
    for exercise in exercises(lesson):
        places.append(sources.index(("markdown", exercise.question)))
        assert sources[places[-1] + 1] == ("code", exercise.stub), f"{exercise.number}: the stub differs"
    assert places == sorted(places) and imported[0] < places[0]


@each
def test_an_untouched_stub_is_open_and_fails_nothing(exercise: Exercise) -> None:
    assert said(exercise.stub, exercise).startswith(f"· {exercise.number} is open")


@each
def test_the_solution_is_right(exercise: Exercise) -> None:
    assert said(exercise.solution, exercise) == f"✓ {exercise.number}: {exercise.praise}\n"


@each
def test_typical_wrong_answers_get_their_own_sentence(exercise: Exercise) -> None:
    assert len(exercise.wrong) >= 2
    sentences = []
    for code, words in exercise.wrong:
        sentence = said(code, exercise)
        assert sentence.startswith(f"✗ {exercise.number}: ") and words in sentence, sentence
        sentences.append(sentence)
    assert len(set(sentences)) == len(sentences)


def breaks(*_: object) -> None:
    raise RuntimeError("as learners' functions do")


NONSENSE = ["a string", b"\xff", -1e300, float("nan"), [], {}, object(), print, breaks, str, len]
NONSENSE += [lambda: 1, lambda *a: [a], lambda *a: "x"]


@each
@pytest.mark.parametrize("nonsense", NONSENSE, ids=range(len(NONSENSE)))
def test_nonsense_gets_a_sentence(exercise: Exercise, nonsense: object) -> None:
    sentence = verdict(exercise, nonsense)
    assert sentence[0] in "✗·" and len(sentence) < 600, sentence
    assert "Traceback" not in sentence


@each
def test_questions_and_hints_are_sentences_and_no_hint_is_the_solution(exercise: Exercise) -> None:
    for text in (exercise.question, exercise.praise, *exercise.hints):
        assert text.strip() == text and text[-1] in ".?!`)"
    assert exercise.question.startswith(f"**{exercise.number} · ")
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
    with pytest.raises(ValueError, match=r"lesson 02 has 02\.1, 02\.2"):
        find("02.9")
    for number in ("99.1", "x", 2.1):
        with pytest.raises(ValueError, match=r"a number is like|no exercise"):
            find(number)
