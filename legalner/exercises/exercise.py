"""What an exercise is, and how an answer is checked: whatever the learner hands in, the reply is a sentence."""

from __future__ import annotations

import ast
import copy
import importlib
import inspect
import math
import textwrap
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

__all__ = ["Exercise", "Read", "Write", "check", "find", "hint", "of_lesson", "solution", "verdict"]

# How often a hint for each exercise was requested in this kernel; the second request shows the second hint.
_asked: Counter[str] = Counter()


@dataclass(frozen=True, kw_only=True)
class Exercise(ABC):
    """One exercise: a :class:`Read`, answered by a number, or a :class:`Write`, answered by a function.

    Attributes:
        number: Lesson and position in it, such as ``02.1``.
        task: What is asked, in Markdown.
        hints: Two, the second closer to the answer.
        praise: What a correct answer shows, in a sentence.
        answer: The solution, a function under the name that the learner sees.
        wrong: Typical wrong answers, each with its diagnosis: a sentence that helps without giving the answer away.
    """

    number: str
    task: str
    hints: tuple[str, str]
    praise: str
    answer: Callable[..., Any]
    wrong: tuple[tuple[Any, str], ...]

    _GAP: ClassVar[str]  # between the parts of a cell

    @property
    def name(self) -> str:
        """What the learner calls the answer."""
        return self.answer.__name__

    @property
    def question(self) -> str:
        """The Markdown cell of the notebook."""
        return f"**{self.number} · {type(self).__name__}.** {self.task}"

    @property
    def stub(self) -> str:
        """The code cell as the learner finds it."""
        return self.cell(self._stub())

    @property
    def solution(self) -> str:
        """The code cell as it should become."""
        return self.cell(self._solution())

    def cell(self, code: str) -> str:
        """A code cell that makes an answer and hands it in."""
        imports = ["import math"] if "math." in code else []
        return self._GAP.join([*imports, code, f'check("{self.number}", {self.name})'])

    @abstractmethod
    def look(self, given: Any) -> str | None:
        """Say what is wrong with an answer: a sentence, empty if it is correct; None if there is no answer yet."""

    @abstractmethod
    def _stub(self) -> str: ...

    @abstractmethod
    def _solution(self) -> str: ...


@dataclass(frozen=True, kw_only=True)
class Read(Exercise):
    """An exercise whose answer is a number: ``answer`` computes it, ``wrong`` holds numbers.

    Attributes:
        right: The number.
        otherwise: The diagnosis of any other number.
        tolerance: How far off a number may be, relative to the expected one or to 1, whichever is larger.
    """

    right: float
    otherwise: str
    tolerance: float = 1e-6

    _GAP = "\n\n"

    def look(self, given: Any) -> str:
        """Compare a number with the right one and with the typical wrong ones."""
        if _number(given) is None:
            return f"the answer should be a number, and this is {_shown(given)}."
        known = ((self.right, ""), *self.wrong)
        return next((words for number, words in known if alike(given, number, self.tolerance)), self.otherwise)

    def _stub(self) -> str:
        return f"{self.name} = None"

    def _solution(self) -> str:
        return f"{self.name} = {inspect.getsource(self.answer).split('return ', 1)[1].strip()}"


@dataclass(frozen=True, kw_only=True)
class Write(Exercise):
    """An exercise whose answer is a function; ``wrong`` holds functions that each make one mistake.

    A learner's function gets the diagnosis of the first of these that behaves like it up to the first case that fails.

    Attributes:
        cases: Arguments, and what the function is to return for them.
        any_order: Whether it returns strings whose order does not matter; the cases have them sorted.
    """

    cases: tuple[tuple[tuple[Any, ...], Any], ...]
    any_order: bool = False

    _GAP = "\n\n\n"

    def look(self, given: Any) -> str | None:
        """Run a function on the cases, and explain the first one in which it fails."""
        if not callable(given):
            return f"the answer should be a function, and this is {_shown(given)}."
        for position, (arguments, expected) in enumerate(self.cases):
            result = self._result(given, arguments)
            if result is None or result is ...:
                return None
            if not alike(result, expected):
                return self._diagnosis(position, result)
        return ""

    def _diagnosis(self, position: int, result: Any) -> str:
        arguments, expected = self.cases[position]
        names = inspect.signature(self.answer).parameters
        case = "for " + ", ".join(f"{n} = {_shown(a, 80)}" for n, a in zip(names, arguments, strict=True))
        failed = isinstance(result, Exception)
        does = f"your function raises {type(result).__name__}" if failed else f"you get {_shown(result)}"
        for function, words in self.wrong:
            passes = (alike(self._result(function, given), right) for given, right in self.cases[:position])
            if all(passes) and alike(result, self._result(function, arguments)):
                return f"{case}, {does}: {words}"
        return f"{case}, {does}: {result}." if failed else f"{case}, the answer is {_shown(expected)}, and {does}."

    def _result(self, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        """What a function returns, or the error that it raises."""
        try:
            given = function(*copy.deepcopy(arguments))
            if self.any_order and isinstance(given, Iterable) and not isinstance(given, str | bytes | dict):
                return sorted(map(str, given))
            return list(given) if isinstance(given, Iterator) else given
        except Exception as error:
            return error

    def _stub(self) -> str:
        source = inspect.getsource(self.answer)
        definition = ast.parse(source).body[0]
        assert isinstance(definition, ast.FunctionDef)
        return "\n".join([*source.splitlines()[: definition.body[0].end_lineno], "    ..."])

    def _solution(self) -> str:
        return inspect.getsource(self.answer).strip()


def of_lesson(lesson: str) -> tuple[Exercise, ...]:
    """The exercises of a lesson, in order.

    Args:
        lesson: Its two digits, such as ``02``.

    Raises:
        ValueError: Unknown lesson.
    """
    try:
        exercises: tuple[Exercise, ...] = importlib.import_module(f"legalner.exercises.lesson_{lesson}").EXERCISES
    except ImportError:
        raise ValueError(f"unknown lesson {lesson!r}; an exercise has a number such as '02.1'") from None
    return exercises


def find(number: str) -> Exercise:
    """The exercise of this number.

    Raises:
        ValueError: Unknown number; the message lists those of its lesson.
    """
    known = {exercise.number: exercise for exercise in of_lesson(str(number).split(".")[0])}
    if number not in known:
        raise ValueError(f"unknown exercise {number!r}; expected one of {', '.join(known)}")
    return known[number]


def check(number: str, answer: Any) -> None:
    """Print whether an answer is correct, and if not, what to look at.

    Args:
        number: Of the exercise.
        answer: A number, or the function that the exercise asks for.
    """
    print(verdict(find(number), answer))


def verdict(exercise: Exercise, answer: Any) -> str:
    """The sentence that an answer gets: it begins with ✓, ✗, or · where there is no answer yet."""
    number = exercise.number
    still_open = f"· {number} is open. hint({number!r}) helps, solution({number!r}) shows the answer."
    if answer is None or answer is ...:
        return still_open
    try:
        wrong = exercise.look(answer)
    except Exception as error:  # whatever a learner hands in, the reply is a sentence
        return f"✗ {number}: this is not the kind of answer that is asked for ({type(error).__name__}: {error})."
    if wrong is None:
        return f"{still_open} (Your function returned None: is it still empty, or is a `return` missing?)"
    return f"✗ {number}: {wrong}" if wrong else f"✓ {number}: {exercise.praise}"


def hint(number: str) -> None:
    """Print a hint; asked again, the second one."""
    exercise = find(number)
    index = min(_asked[number], len(exercise.hints) - 1)
    _asked[number] += 1
    more = "" if index else f" (hint({number!r}) again shows another.)"
    print(textwrap.fill(f"{number}: {exercise.hints[index]}{more}", 100))


def solution(number: str) -> None:
    """Print the solution, as code to compare with."""
    print(find(number).solution)


def alike(given: Any, expected: Any, tolerance: float = 1e-6) -> bool:
    """Whether two results agree: numbers up to rounding, sequences of any kind item by item, errors by their type."""
    if isinstance(given, Exception) or isinstance(expected, Exception):
        return type(given) is type(expected)
    if isinstance(expected, bool):
        return given in (0, 1) and bool(given) is expected
    if isinstance(expected, str):
        return isinstance(given, str) and given == expected
    if isinstance(expected, int | float):
        number = _number(given)
        if number is None or math.isnan(number):
            return number is not None and math.isnan(expected)
        return math.isclose(number, expected, rel_tol=tolerance, abs_tol=tolerance)
    if isinstance(given, str) or not isinstance(given, Iterable):
        return False
    items = list(given)
    return len(items) == len(expected) and all(map(alike, items, expected))


def _number(given: Any) -> float | None:
    """Convert an answer to a number; None for a string, a boolean, a collection, and anything else that is not one."""
    try:
        return None if isinstance(given, str | bytes | bool | list | tuple | dict | set) else float(given)
    except (TypeError, ValueError):
        return None


def _shown(value: Any, width: int = 130) -> str:
    """Format a value for use in a sentence: shortened, with its numbers rounded."""

    def rounded(value: Any) -> str:
        if isinstance(value, float):
            return f"{value:.4g}"
        if isinstance(value, list | tuple) and value:
            return ", ".join(map(rounded, value)).join("[]" if isinstance(value, list) else "()")
        return repr(value)

    return textwrap.shorten(rounded(value), width)
