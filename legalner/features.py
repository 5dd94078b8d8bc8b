"""What can be seen inside a token: its shape, what it begins with and what it ends with."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import groupby

__all__ = ["FEATURES", "shape"]


def shape(token: str) -> str:
    """Write a token's pattern: ``X`` a capital, ``x`` a small letter, ``d`` a digit; runs end at four.

    So ``Urteil`` is ``Xxxxx``. The idea is spaCy's.
    """
    kinds = ("d" if c.isdigit() else "X" if c.isupper() else "x" if c.isalpha() else c for c in token)
    return "".join("".join(list(run)[:4]) for _, run in groupby(kinds))


def _no_digits(token: str) -> str:
    return re.sub(r"\d", "0", token)


FEATURES: dict[str, Callable[[str], str]] = {
    "word": lambda token: token,
    "norm": lambda token: _no_digits(re.sub(r"[.-]", "", token.lower())),
    "shape": shape,
    "prefix1": lambda token: token[:1],
    "prefix2": lambda token: _no_digits(token[:2]),
    "prefix3": lambda token: _no_digits(token[:3]),
    "prefix4": lambda token: _no_digits(token[:4]),
    "suffix1": lambda token: token[-1:],
    "suffix2": lambda token: _no_digits(token[-2:]),
    "suffix3": lambda token: _no_digits(token[-3:]),
    "suffix4": lambda token: _no_digits(token[-4:]),
    "suffix6": lambda token: _no_digits(token[-6:].lower()),
}
