"""README's figures are those of results/."""

import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def tool():
    spec = importlib.util.spec_from_file_location("tables", ROOT / "tools" / "tables.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_readme_agrees_with_results() -> None:
    tables = tool()
    text = (ROOT / "README.md").read_text("utf-8")
    assert tables.fill(text, tables.load_results(ROOT / "results")) == text, "run `make tables`"


def test_spread_is_mean_and_half_range() -> None:
    assert tool().spread([0.30, 0.34, 0.32]) == "32.0 ± 2.0"
    assert tool().spread([0.5]) == "50.0"


def test_a_page_without_a_place_for_the_table_is_an_error() -> None:
    with pytest.raises(ValueError, match="results"):
        tool().fill("no table here", {})


def test_recorded_runs_are_of_clean_commits_and_scored_whole_gold() -> None:
    results = tool().load_results(ROOT / "results")
    # The article's recipe three times, since its seeds differ a lot, and once as wide as the article had it.
    assert len(results["seed"]) >= 3 and results["seed-1024"]
    for profile, runs in results.items():
        for run in runs:
            assert run["profile"] == profile and run["git_commit"] and not run["git_commit"].endswith("-dirty")
            for measured in [run["linear_crf"], run["spacy"]] if profile == "baselines" else [run]:
                support = sum(row["support"] for row in measured["entity"]["per_class"].values())
                assert measured["evaluated_on"] == "test" and support == run["data"]["test_entities"]
