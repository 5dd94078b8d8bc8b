"""The splits by name: by hand on an invented corpus, and by their counts on LER itself."""

from __future__ import annotations

import warnings
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from legalner.data import (
    COARSE,
    SPLITS,
    Corpus,
    DataError,
    Sentence,
    load_corpus,
    load_files,
    splits,
    to_coarse,
    unseen,
)


def words(sentences: list[Sentence]) -> str:
    """First token of each sentence: each invented one has its own."""
    return " ".join(s.tokens[0] for s in sentences)


@pytest.fixture
def source(fake_ler, tmp_path: Path) -> Path:
    return fake_ler.write(tmp_path / "ler")


# -- by hand -----------------------------------------------------------------------------------------------------------


def test_bag_bgh_is_the_first_80_percent_rounded_down_the_rest_and_bgh(source: Path) -> None:
    corpus = load_corpus("bag-bgh", source=source)
    assert corpus.name == "bag-bgh"
    # 11 sentences: 0.8 of them are 8.8.
    assert words(corpus.train) == "a0 a1 a2 a3 a4 a5 a6 a7"
    assert words(corpus.val) == "a8 a9 a0"
    assert words(corpus.test) == "b0 b1 b2 b3"
    assert {s.court for s in corpus.test} == {"bgh"}


def test_upstream_s_train_is_what_dev_and_test_leave_copies_counted(source: Path) -> None:
    corpus = load_corpus("upstream", source=source)
    # dev and test take a0 three times, but the courts hold two: b0, b1, b2 and both a0 are gone.
    assert words(corpus.train) == "a1 a2 a3 a4 a5 a6 a7 a8 a9 b3 c0 c1"
    assert words(corpus.val) == "a0 b0 b1"
    assert words(corpus.test) == "a0 a0 b2"


def test_upstream_s_train_keeps_what_dev_and_test_do_not_take_told_apart_by_tags_too(source: Path, monkeypatch) -> None:
    read = splits.read_file

    def other_dev_and_no_test(name: str, place: Path) -> list[Sentence]:
        sentences = read(name, place)
        if name == "ler_dev":
            return [sentences[0], *(replace(s, tags=("O", "O", "O")) for s in sentences[1:])]
        return [] if name == "ler_test" else sentences

    monkeypatch.setattr(splits, "read_file", other_dev_and_no_test)
    # Dev takes one a0 of two, and no b0 and b1 with these tags.
    assert words(load_corpus("upstream", source=source).train) == "a1 a2 a3 a4 a5 a6 a7 a8 a9 a0 b0 b1 b2 b3 c0 c1"


def test_bverwg_takes_every_tenth_stretch_of_each_other_court(source: Path, monkeypatch) -> None:
    monkeypatch.setattr(splits, "STRETCH", 1)
    corpus = load_corpus("bverwg", source=source)
    assert words(corpus.train) == "a0 a1 a2 a3 a4 a5 a6 a7 a8 a0 b0 b1 b2 b3"
    assert words(corpus.val) == "a9"
    assert words(corpus.test) == "c0 c1"


def test_courts_by_name_each_with_its_own_val(source: Path) -> None:
    corpus = load_corpus("courts", source=source, train_courts=["bgh", "bverwg"], test_courts=["bag"])
    assert words(corpus.train) == "b0 b1 b2 c0"
    assert words(corpus.val) == "b3 c1"
    assert len(corpus.test) == 11


def test_counts_and_parts(source: Path) -> None:
    corpus = load_corpus("bag-bgh", source=source)
    assert corpus.counts() == {
        "train_sentences": 8, "train_tokens": 24, "train_entities": 8,
        "val_sentences": 3, "val_tokens": 9, "val_entities": 3,
        "test_sentences": 4, "test_tokens": 12, "test_entities": 4,
    }  # fmt: skip
    assert corpus.parts == {"train": corpus.train, "val": corpus.val, "test": corpus.test}


def test_unseen_looks_at_the_tokens_alone() -> None:
    same, part, order, new = (Sentence.untagged(text.split()) for text in ("a b", "a", "b a", "d"))
    train = [Sentence(("a", "b"), ("B-PER", "O")), Sentence.untagged("c")]
    assert unseen([same, part, order, new], train) == [part, order, new]


def test_coarse_keeps_the_prefix_and_the_rest_of_the_sentence(source: Path) -> None:
    tags = ("B-RR", "I-RR", "O", "B-GRT", "B-EUN", "B-VT", "B-RS", "B-LIT", "B-STR")
    [found] = to_coarse([Sentence(tuple("abcdefghi"), tags, "bsg")])
    assert found.tags == ("B-PER", "I-PER", "O", "B-ORG", "B-NRM", "B-REG", "B-RS", "B-LIT", "B-LOC")
    assert (found.tokens, found.court) == (tuple("abcdefghi"), "bsg")
    with pytest.raises(DataError, match="tag 'B-DRUG' has no coarse class"):
        to_coarse([Sentence(("x",), ("B-DRUG",))])
    corpus = load_corpus("bag-bgh", source=source, granularity="coarse")
    assert corpus.name == "bag-bgh"
    assert {s.tags for part in corpus.parts.values() for s in part} == {("B-ORG", "I-ORG", "O")}
    assert [len(part) for part in corpus.parts.values()] == [8, 3, 4]


# -- one's own files ---------------------------------------------------------------------------------------------------


def own_files(folder: Path) -> Path:
    for part, content in {"train": "a B-DRUG\nb I-DRUG\n\nc O\n", "val": "d O\n", "test": "e B-DRUG\n"}.items():
        (folder / f"{part}.conll").write_text(content, "utf-8")
    return folder


def test_a_folder_of_one_s_own_is_a_split(tmp_path: Path) -> None:
    corpus = load_corpus(str(own_files(tmp_path)))
    assert corpus.name == str(tmp_path)
    assert [words(part) for part in corpus.parts.values()] == ["a c", "d", "e"]
    assert corpus.train[0].tags == ("B-DRUG", "I-DRUG")


def test_a_folder_without_all_three_names_the_file_that_is_missing(tmp_path: Path) -> None:
    (own_files(tmp_path) / "val.conll").unlink()
    with pytest.raises(DataError, match=r"val\.conll: no such file"):
        load_corpus(str(tmp_path))


def test_files_of_one_s_own_in_another_scheme(tmp_path: Path) -> None:
    own_files(tmp_path)
    (tmp_path / "test.conll").write_text("e S-DRUG\n", "utf-8")
    paths = [tmp_path / f"{part}.conll" for part in ("train", "val", "test")]
    corpus = load_files(*paths, name="mine", scheme="bioes")
    assert corpus.name == "mine"
    assert corpus.test[0].tags == ("B-DRUG",)
    with pytest.raises(DataError, match="scheme='bioes'"):
        load_files(*paths)


# -- names that do not exist -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("split", ["nonsense", "", "BAG-BGH", "no/such/folder"])
def test_an_unknown_split_lists_those_that_exist(split: str) -> None:
    with pytest.raises(DataError, match=f"unknown split {split!r}; expected one of {', '.join(SPLITS)}"):
        load_corpus(split)


EXIST = "unknown court 'olg'; expected one of bag, bfh, bgh, bpatg, bsg, bverfg, bverwg"
NEEDED = "needs train_courts and test_courts"
TWICE = "bgh named more than once; name each court once, to train or to test on"


@pytest.mark.parametrize(
    ("train", "test", "message"),
    [
        ("bag olg", "bgh", EXIST),
        ("bag", "olg", EXIST),
        ("olg", "olg", EXIST),
        ("", "", NEEDED),
        ("bag", "", NEEDED),
        ("", "bgh", NEEDED),
        ("bag bgh", "bgh", TWICE),
        ("bgh bgh", "bag", TWICE),
        ("bag", "bgh bgh", TWICE),
    ],
)
def test_courts_must_exist_on_both_sides_and_be_named_once(train: str, test: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        load_corpus("courts", train_courts=train.split(), test_courts=test.split())


def test_an_unknown_granularity_lists_those_that_exist() -> None:
    with pytest.raises(DataError, match="unknown granularity 'medium'; expected one of fine, coarse"):
        load_corpus("bag-bgh", granularity="medium")


# -- the sample and LER ------------------------------------------------------------------------------------------------


def test_the_sample_needs_no_source(monkeypatch) -> None:
    monkeypatch.setenv("LEGALNER_LER_SOURCE", "no/such/folder")
    corpus = load_corpus("sample")
    assert corpus.name == "sample"
    assert all(corpus.parts.values())
    coarse = load_corpus("sample", granularity="coarse")
    assert {tag[2:] for s in coarse.train for tag in s.tags if tag != "O"} <= set(COARSE.values())


@pytest.fixture
def ler_corpus(ler_files, ler_source: str, monkeypatch):
    """Load a split of LER from files that were read once, with every warning an error."""

    def read(name: str, source: str) -> list[Sentence]:
        assert source == ler_source
        return ler_files[name]

    def load(split: str, **options) -> Corpus:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return load_corpus(split, source=ler_source, **options)

    monkeypatch.setattr(splits, "read_file", read)
    return load


def sizes(corpus: Corpus) -> list[int]:
    return [len(part) for part in corpus.parts.values()]


def test_bag_bgh_of_ler(ler_corpus, ler_files) -> None:
    corpus = ler_corpus("bag-bgh")
    assert sizes(corpus) == [10_232, 2_559, 5_858]
    assert corpus.train + corpus.val == ler_files["bag"]
    assert corpus.test == ler_files["bgh"]


def test_upstream_of_ler_leaks_as_its_readme_says(ler_corpus) -> None:
    corpus = ler_corpus("upstream")
    assert sizes(corpus) == [53_984, 6_666, 6_673]

    def seen(part: list[Sentence]) -> float:
        return 100 * (1 - len(unseen(part, corpus.train)) / len(part))

    assert round(seen(corpus.test), 1) == 14.2
    assert round(seen(corpus.val), 1) == 10.4


def test_bverwg_of_ler_loses_no_sentence(ler_corpus, ler_files) -> None:
    corpus = ler_corpus("bverwg")
    six = [s for name in ("bag", "bfh", "bgh", "bpatg", "bsg", "bverfg") for s in ler_files[name]]
    assert len(six) == 56_507
    assert Counter(corpus.train + corpus.val) == Counter(six)
    assert corpus.test == ler_files["bverwg"]
    # Every tenth stretch of 100: of BAG's 12,791 sentences, 900-999, 1900-1999 … 11900-11999; and so on.
    expected = {"bag": 1_200, "bfh": 800, "bgh": 500, "bpatg": 1_200, "bsg": 800, "bverfg": 900}
    assert Counter(s.court for s in corpus.val) == expected
    assert corpus.val[:100] == ler_files["bag"][900:1000]
    assert corpus.val[100] == ler_files["bag"][1900]


def test_courts_of_ler_by_name(ler_corpus, ler_files) -> None:
    corpus = ler_corpus("courts", train_courts=["bfh", "bpatg"], test_courts=["bsg", "bverfg"])
    assert sizes(corpus) == [6_817 + 9_612, 1_705 + 2_404, 8_083 + 9_237]
    assert corpus.test == ler_files["bsg"] + ler_files["bverfg"]


def test_coarse_of_ler_has_the_published_counts(ler_files) -> None:
    courts = [s for name, file in ler_files.items() if not name.startswith("ler_") for s in to_coarse(file)]
    counts = Counter(tag[2:] for s in courts for tag in s.tags if tag.startswith("B-"))
    assert counts == {
        "PER": 3_377, "LOC": 2_468, "ORG": 7_915, "NRM": 20_816, "REG": 3_470, "RS": 12_580, "LIT": 3_006,
    }  # fmt: skip
