"""The command line: parameters, help, and errors as one message."""

import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from legalner import cli


@pytest.mark.parametrize(
    ("text", "value"), [("1e-3", 0.001), ("3", 3), ("", None), ("{units: 8}", {"units": 8}), ("bag-bgh", "bag-bgh")]
)
def test_parameters_are_read_as_in_a_profile(text: str, value: object) -> None:
    assert cli._value("X", text) == value


@pytest.mark.parametrize("text", ["[", "@x", "{a: b", "2024-01-01", "!!python/object:os.system x"])
def test_an_invalid_value_is_refused_with_its_parameter(text: str) -> None:
    with pytest.raises(click.BadParameter, match="is not a valid value for SEED"):
        cli._value("SEED", text)


def test_a_folder_is_named_from_where_the_command_is_called(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Notebooks run in a folder of their own, where a relative path would lead elsewhere."""
    (tmp_path / "ships").mkdir()
    (tmp_path / "sample").mkdir()  # a split's name stays one
    monkeypatch.chdir(tmp_path)
    asked: list[str] = []
    monkeypatch.setattr("legalner.run.run_profile", lambda _, parameters, **__: asked.append(parameters["SPLIT"]))
    for split in ("ships", "sample"):
        cli.app(["run", "--profile", "best", "-p", "SPLIT", split], standalone_mode=False)
    assert asked == [str(tmp_path / "ships"), "sample"]


@pytest.mark.parametrize(
    "words", [["run", "--profile", "nothing"], ["record", "runs/none"], ["data", "fetch", "--source", "nowhere"]]
)
def test_an_error_is_one_message_without_a_traceback(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for folder in ("notebooks", "legalner", "profiles"):
        (tmp_path / folder).mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["legalner", *words])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    shown = capsys.readouterr().err
    assert ended.value.code == 1 and shown.startswith("error: ") and "Traceback" not in shown


def commands(group: click.Group, *before: str) -> list[list[str]]:
    """The words of each command, as typed after `legalner`."""
    found = []
    for name, command in group.commands.items():
        words = [*before, name]
        found += commands(command, *words) if isinstance(command, click.Group) else [words]
    return found


@pytest.mark.parametrize("words", commands(cli.app), ids=" ".join)
def test_every_command_has_help_with_an_example(words: list[str]) -> None:
    result = CliRunner().invoke(cli.app, [*words, "--help"])
    assert result.exit_code == 0 and "Example" in result.output and f"  legalner {' '.join(words)}" in result.output
