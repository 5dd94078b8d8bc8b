"""What can be seen of a token, worked by hand."""

import pytest

from legalner.features import FEATURES, shape


@pytest.mark.parametrize(
    ("token", "pattern"),
    [
        ("", ""),
        ("a", "x"),
        ("Urteil", "Xxxxx"),
        ("Übergrößen", "Xxxxx"),
        ("ÄÖÜ", "XXX"),
        ("ß", "x"),
        ("BVerwGE", "XXxxxXX"),
        ("BGHSTR", "XXXX"),
        ("GmbH", "XxxX"),
        ("2019", "dddd"),
        ("12345", "dddd"),
        ("1.12.2020", "d.dd.dddd"),
        ("§§", "§§"),
        ("......", "...."),
        ("§§§§§Abs", "§§§§Xxx"),
        ("z.B.", "x.X."),
        ("abcdeFGHIJ12345", "xxxxXXXXdddd"),
        ("StPO-E", "XxXX-X"),
    ],
)
def test_shape_by_hand(token: str, pattern: str) -> None:
    assert shape(token) == pattern


def test_every_feature_by_hand() -> None:
    assert {name: feature("Az12bÜ") for name, feature in FEATURES.items()} == {
        "word": "Az12bÜ",
        "norm": "az00bü",
        "shape": "XxddxX",
        "prefix1": "A",
        "prefix2": "Az",
        "prefix3": "Az0",
        "prefix4": "Az00",
        "suffix1": "Ü",
        "suffix2": "bÜ",
        "suffix3": "0bÜ",
        "suffix4": "00bÜ",
        "suffix6": "az00bü",
    }
    short = {name: feature("7") for name, feature in FEATURES.items()}
    assert {name for name, value in short.items() if value == "7"} == {"word", "prefix1", "suffix1"}
    assert short["shape"] == "d" and {short[f"{end}{n}"] for end in ("prefix", "suffix") for n in (2, 3, 4)} == {"0"}
    assert all(feature("") == "" for feature in FEATURES.values())


def test_norm_takes_spellings_of_one_word_together() -> None:
    assert {FEATURES["norm"](token) for token in ("StPO", "StPO.", "St.P.O.", "STPO", "St-PO")} == {"stpo"}
    assert FEATURES["norm"]("1.2.19") == "0000" and FEATURES["norm"]("ÄB(3)") == "äb(0)" and FEATURES["norm"](".") == ""
