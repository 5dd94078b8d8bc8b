"""Profiles: which files are one, and how their values are read."""

from pathlib import Path

import pytest
import yaml

from legalner.run import Profile, RunError, load_profile, read_yaml

GOOD = "description: toy\nnotebooks: [01_first, 02_second]\ncell_timeout: 60\nparameters: {SEED: 3, RATE: 1e-3}\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "toy.yaml").write_text(GOOD)
    return tmp_path


def test_a_profile_is_read(root: Path) -> None:
    parameters = {"SEED": 3, "RATE": 0.001}
    assert load_profile("toy", root) == Profile("toy", "toy", ("01_first", "02_second"), 60, parameters, seeds=1)


def test_an_unknown_profile_is_refused_with_the_known_ones(root: Path) -> None:
    (root / "profiles" / "other.yaml").write_text(GOOD)
    with pytest.raises(RunError, match="unknown profile 'tyo'; expected one of other, toy"):
        load_profile("tyo", root)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (GOOD.encode() + b"notebook: y\n", "notebook"),
        (GOOD.replace("cell_timeout: 60\n", "").encode(), "cell_timeout"),
        (GOOD.replace("{SEED: 3, RATE: 1e-3}", "null").encode(), "parameters must map names to values"),
        (GOOD.replace("{SEED: 3, RATE: 1e-3}", "[1]").encode(), "parameters must map names to values"),
        (b"[", "expected"),
        (b"", "NoneType"),
        (b"description: \xff", "utf-8"),
    ],
)
def test_a_damaged_profile_is_refused(root: Path, content: bytes, problem: str) -> None:
    (root / "profiles" / "toy.yaml").write_bytes(content)
    with pytest.raises(RunError, match=rf"(?s)toy\.yaml is not a profile \(.*{problem}"):
        load_profile("toy", root)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *(("1e-3", 0.001), ("-2.5E4", -25000.0), ("0.5", 0.5), ("3", 3), ("null", None), ("", None)),
        *(("{units: 8}", {"units": 8}), ("bag-bgh", "bag-bgh"), ("e5", "e5"), ("{rate: 1e-3}", {"rate": 0.001})),
    ],
)
def test_numbers_with_an_exponent_are_numbers(text: str, value: object) -> None:
    assert read_yaml(text) == value


@pytest.mark.parametrize("text", ["[", "@x", "{a: b", "!!python/object:os.system x"])
def test_what_is_not_yaml_is_refused(text: str) -> None:
    with pytest.raises(yaml.YAMLError):
        read_yaml(text)
