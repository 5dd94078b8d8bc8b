"""What can be seen inside a token: its shape, what it begins with and what it ends with."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import groupby

__all__ = ["FEATURES", "shape"]


def shape(token: str) -> str:
    """Reduce a token to its pattern: ``X`` for a capital, ``x`` for another letter, ``d`` for a digit.

    Other characters stay, and runs are cut at four: ``Urteil`` becomes ``Xxxxx``. The idea is spaCy's.
    """
    kinds = ("d" if c.isdigit() else "X" if c.isupper() else "x" if c.isalpha() else c for c in token)
    return "".join("".join(list(run)[:4]) for _, run in groupby(kinds))


def _no_digits(token: str) -> str:
    return re.sub(r"\d", "0", token)


# To add one, add it here; what a tagger reads of them is `TaggerConfig.features`, and `SEEN` in baselines.py.
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
