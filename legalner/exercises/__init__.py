"""The lessons' exercises: ``check("02.1", answer)``, ``hint("02.1")``, ``solution("02.1")``."""

from legalner.exercises.exercise import Exercise, check, find, hint, of_lesson, solution

__all__ = ["Exercise", "check", "find", "hint", "of_lesson", "solution"]
