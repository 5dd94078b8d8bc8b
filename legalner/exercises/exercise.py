"""What an exercise is, and how an answer is looked at: a sentence comes back, whatever the answer is."""

from __future__ import annotations

import copy
import importlib
import textwrap
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

__all__ = ["Exercise", "Unanswered", "alike", "check", "each", "find", "hint", "same", "solution", "tried"]

# How often each hint was asked for, in this kernel: the second time shows the second one.
_asked: Counter[str] = Counter()


class Unanswered(Exception):
    """There is no answer yet."""


class Raised(Exception):
    """The learner's function raised an error; the message says which, and for which arguments."""


@dataclass(frozen=True)
class Exercise:
    """One exercise.

    Attributes:
        number: Such as ``02.1``: lesson and place.
        question: Markdown, as it stands in the notebook.
        stub: The code cell as the learner finds it. It ends in ``check(number, …)``.
        look: Takes the answer (a value or a function) and returns what is wrong with it, in a sentence that helps
            without giving the answer away; nothing (an empty string) where it is right.
        praise: What a right answer shows, in a sentence.
        hints: Two, the second nearer to the answer.
        solution: The code cell as it should become.
        wrong: Code of typical wrong answers, each with some words of the sentence that it gets.
    """

    number: str
    question: str
    stub: str
    look: Callable[[Any], str]
    praise: str
    hints: tuple[str, str]
    solution: str
    wrong: tuple[tuple[str, str], ...]


def find(number: str) -> Exercise:
    """The exercise of this number.

    Raises:
        ValueError: There is none; the message lists those of its lesson.
    """
    lesson = str(number).split(".")[0]
    try:
        module = importlib.import_module(f"legalner.exercises.lesson_{lesson}")
    except ImportError:
        raise ValueError(f"no lesson {lesson!r} has exercises: a number is like '02.1'") from None
    known: dict[str, Exercise] = {exercise.number: exercise for exercise in module.EXERCISES}
    if number not in known:
        raise ValueError(f"no exercise {number!r}; lesson {lesson} has {', '.join(known)}")
    return known[number]


def check(number: str, answer: Any) -> None:
    """Say whether an answer is right, and if not, what to look at.

    Args:
        number: Of the exercise.
        answer: A value, or the function that the exercise asks for.
    """
    print(verdict(find(number), answer))


def verdict(exercise: Exercise, answer: Any) -> str:
    """The sentence that an answer gets: it begins with ✓, ✗, or · where there is no answer yet."""
    number = exercise.number
    open_yet = f"· {number} is open. hint({number!r}) helps, solution({number!r}) tells."
    if answer is None or answer is ...:
        return open_yet
    try:
        wrong = exercise.look(answer)
    except Unanswered:
        return f"{open_yet} (Your function gave None: nothing written yet, or `return` forgotten?)"
    except Raised as error:
        return f"✗ {number}: {error}"
    except Exception as error:  # whatever a learner hands in, the answer is a sentence
        return f"✗ {number}: this is not the kind of answer that is asked for ({type(error).__name__}: {error})."
    return f"✗ {number}: {wrong}" if wrong else f"✓ {number}: {exercise.praise}"


def hint(number: str) -> None:
    """Show a hint; asked again, the second one."""
    exercise = find(number)
    place = min(_asked[number], len(exercise.hints) - 1)
    _asked[number] += 1
    more = "" if place else f" (hint({number!r}) again shows another.)"
    print(textwrap.fill(f"{number}: {exercise.hints[place]}{more}", 100))


def solution(number: str) -> None:
    """Show the solution, as code to compare with."""
    print(find(number).solution)


def tried(function: Any, *arguments: Any) -> Any:
    """Call a learner's function.

    Returns:
        What it gives.

    Raises:
        Unanswered: It gives None, as an untouched stub does.
        Raised: It raises an error, or is no function.
    """
    shown = ", ".join(textwrap.shorten(repr(a), 60) for a in arguments)
    if not callable(function):
        raise Raised(f"a function is asked for, and this is {textwrap.shorten(repr(function), 60)}.")
    try:
        given = function(*arguments)
    except Exception as error:
        raise Raised(f"for ({shown}) your function raises {type(error).__name__}: {error}.") from None
    if given is None or given is ...:
        raise Unanswered
    return given


def same(given: Any, expected: float, tolerance: float = 1e-6) -> bool:
    """Whether a learner's number is this one; a number in a string, a truth value or a list is none.

    Raises:
        Raised: It is no number.
    """
    try:
        if isinstance(given, str | bytes | bool | list | tuple | dict | set):
            raise TypeError
        return abs(float(given) - expected) <= tolerance * max(1.0, abs(expected))
    except (TypeError, ValueError):
        raise Raised(f"a number is asked for, and this is {textwrap.shorten(repr(given), 60)}.") from None


def alike(given: Any, expected: Any) -> bool:
    """Whether an answer is the expected one: numbers up to rounding, sequences of any kind item by item."""
    if isinstance(expected, bool | str) or expected is None:
        return bool(isinstance(given, type(expected)) and given == expected)
    if isinstance(expected, int | float):
        return same(given, expected)
    if isinstance(given, str) or not isinstance(given, Iterable):
        return False
    items = list(given)
    return len(items) == len(expected) and all(map(alike, items, expected))


def each(
    function: Any, cases: Iterable[tuple[tuple[Any, ...], Any]], why: Callable[[tuple[Any, ...], Any, Any], str]
) -> str:
    """Try a learner's function on cases, each with arguments of its own.

    Args:
        function: What the learner wrote.
        cases: Arguments, and what is to come out.
        why: Makes the sentence for a case that fails, from arguments, what came out, and what was to come out.

    Returns:
        The sentence for the first case that fails, or nothing.
    """
    for arguments, expected in cases:
        given = tried(function, *copy.deepcopy(arguments))
        if not alike(given, expected):
            return why(arguments, given, expected)
    return ""
