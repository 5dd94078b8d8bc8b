"""A corpus of one's own, in another language with other classes: from files to a model to annotated text."""

from pathlib import Path

import pytest

from legalner.annotate import Annotator
from legalner.run import run_profile
from legalner.workspace import read_json
from tests.conftest import copy_project

SHIPS = ["Meridian", "Aurora", "Halcyon", "Borealis", "Pelican", "Sextant"]
PORTS = ["Lisbon", "Bergen", "Port Said", "Gdansk", "New Haven", "Cork"]


def sentences(first: int, count: int) -> str:
    """Invented ship news as BIOES, tab-separated, with a column in between."""
    made = []
    for n in range(first, first + count):
        ship, port = SHIPS[n % 6], PORTS[n // 6 % 6].split()
        ends = [f"{'S' if len(port) == 1 else 'B'}-PORT", *["E-PORT"] * (len(port) - 1)]
        words = [("The", "O"), ("ship", "O"), (ship, "S-SHIP"), ("left", "O"), *zip(port, ends, strict=True)]
        words += [("on", "O"), (str(n % 28 + 1), "O"), ("May", "O"), (".", "O")]
        made.append("".join(f"{word}\t_\t{tag}\n" for word, tag in words))
    return "\n".join(made)


@pytest.mark.thorough
def test_from_files_to_annotated_text_by_parameters_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy_project(tmp_path, [])
    folder = tmp_path / "ships"
    folder.mkdir()
    for part, (first, count) in {"train": (0, 200), "val": (400, 30), "test": (600, 30)}.items():
        (folder / f"{part}.conll").write_text(sentences(first, count), "utf-8")
    monkeypatch.chdir(tmp_path)
    tagger = {"units": 16, "conv_filters": 16, "epochs": 4, "ema_momentum": 0.0, "learning_rate": 0.01}
    parameters = {"SPLIT": str(folder), "SCHEME": "bioes", "LANGUAGE": "en", "TAGGER": tagger}
    run = run_profile("best", parameters=parameters, name="ships")
    metrics = read_json(run / "metrics.json")
    assert set(metrics["entity"]["per_class"]) == {"SHIP", "PORT"} and metrics["entity"]["micro"]["f1"] > 0.9
    text = "The ship Aurora left New Haven on 7 May."
    found = [(e.text, e.label) for e in Annotator(run / "model").annotate(text)]
    assert found == [("Aurora", "SHIP"), ("New Haven", "PORT")]
