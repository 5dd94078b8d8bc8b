"""Profiles: which notebooks a headless run executes, and with which parameters."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from legalner.workspace import project_root

__all__ = ["Profile", "RunError", "load_profile", "read_yaml", "require_checkout"]


class RunError(RuntimeError):
    """A headless run that cannot start, failed, or cannot be used; the message says what to do."""


@dataclass(frozen=True)
class Profile:
    """A file of ``profiles/``.

    Attributes:
        name: The file's name, without its suffix.
        description: One sentence, which tables of recorded runs show.
        notebooks: Notebooks in the order of execution, without their suffix.
        cell_timeout: Seconds after which a cell is stopped.
        parameters: Values for the notebooks' parameters cells.
        seeds: How many seeds a complete record of this profile has.
    """

    name: str
    description: str
    notebooks: tuple[str, ...]
    cell_timeout: int
    parameters: dict[str, Any] = field(default_factory=dict)
    seeds: int = 1


def require_checkout(command: str) -> Path:
    """Return the root of the checkout that this process works in.

    Args:
        command: The subcommand of ``legalner`` that needs it.

    Raises:
        RunError: The working folder is not in a checkout.
    """
    if (root := project_root()) is None:
        raise RunError(f"`legalner {command}` needs a checkout of the repository; call it from inside one")
    return root


def load_profile(name: str, root: Path) -> Profile:
    """Read ``profiles/NAME.yaml``.

    Raises:
        RunError: There is no such profile, or its keys are not those of a profile.
    """
    path = root / "profiles" / f"{name}.yaml"
    if not path.exists():
        known = ", ".join(sorted(p.stem for p in path.parent.glob("*.yaml")))
        raise RunError(f"unknown profile {name!r}; expected one of {known}")
    try:
        values = read_yaml(path.read_text(encoding="utf-8"))
        profile = Profile(name=name, **(values | {"notebooks": tuple(values["notebooks"])}))
        if not isinstance(profile.parameters, dict):
            raise TypeError("parameters must map names to values")
        return profile
    except (yaml.YAMLError, TypeError, KeyError, UnicodeDecodeError) as error:
        raise RunError(f"{path} is not a profile ({error}); profiles/smoke.yaml shows the keys") from None


class _Yaml(yaml.SafeLoader):
    """YAML in which ``1e-3`` is a number, as in YAML 1.2; YAML 1.1 reads it as text and wants ``1.0e-3``."""


_Yaml.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"[-+]?\d+(\.\d*)?[eE][-+]?\d+\Z"), list("-+0123456789")
)


def read_yaml(text: str) -> Any:
    """Parse a profile, or one of its values.

    Raises:
        yaml.YAMLError: The text is not valid YAML.
    """
    loader = _Yaml(text)
    try:
        return loader.get_single_data()
    finally:
        loader.dispose()
