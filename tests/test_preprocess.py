"""Vocabulary, encoding, truncation, batching and files, worked by hand; and what must hold for any input."""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from legalner.data import Corpus, Sentence, TagSet, UnseenTagWarning
from legalner.preprocess import (
    Vocabulary,
    batches_by_length,
    build_vocabulary,
    encode,
    load_encoded,
    padding_share,
    save_encoded,
    truncation_counts,
)
from legalner.workspace import MissingStepError
from tests.data.test_tags import CLASS, IOB2


def sentence(text: str, tags: str) -> Sentence:
    return Sentence(tuple(text.split()), tuple(tags.split()))


TRAIN = [sentence("Herr Weber klagte", "O B-PER O"), sentence("§ 5 BGB vgl. §", "B-GS I-GS I-GS O B-GS")]


class TwoWords:
    """Vectors that know two words, and one that the corpus does not have."""

    dimension = 2

    def has(self, token: str) -> bool:
        return token in ("Weber", "§", "never met")

    def vector(self, token: str) -> np.ndarray:
        return np.array([1.0, 2.0] if token == "Weber" else [3.0, 4.0], np.float32)


# -- vocabulary and arrays ---------------------------------------------------------------------------------------------


def test_the_vocabulary_by_hand() -> None:
    vocabulary = build_vocabulary(TRAIN, TwoWords())
    assert vocabulary.tokens == ("Weber", "§")
    # Id 0 is padding, id 1 any token without a vector.
    assert vocabulary.embeddings.tolist() == [[0, 0], [0, 0], [1, 2], [3, 4]]
    assert vocabulary.embeddings.dtype == np.float32
    assert vocabulary.ids(["§", "Weber", "never met", "", "§"]) == [3, 2, 1, 1, 3]


def test_encoding_pads_cuts_and_keeps_the_uncut_lengths() -> None:
    part = encode(TRAIN, build_vocabulary(TRAIN, TwoWords()), IOB2, max_len=4)
    assert part.ids.tolist() == [[1, 2, 1, 0], [3, 1, 1, 1]]
    assert part.tags.tolist() == [[1, 4, 1, 0], [2, 3, 3, 1]]
    assert part.lengths.tolist() == [3, 5]
    assert part.tokens == 3 + 4
    assert {part.ids.dtype, part.tags.dtype, part.lengths.dtype} == {np.dtype(np.int32)}
    assert IOB2.names[0] == "_"


def test_encoding_nothing() -> None:
    part = encode([], build_vocabulary(TRAIN, TwoWords()), IOB2, max_len=4)
    assert (part.ids.shape, part.tags.shape, part.lengths.shape, part.tokens) == ((0, 4), (0, 4), (0,), 0)


@pytest.mark.parametrize("tag_set", [CLASS, IOB2])
def test_tags_never_seen_in_training_become_o_with_one_warning(tag_set: TagSet) -> None:
    new = [sentence("a b c d e", "B-LIT B-LIT B-PER O B-MRK"), sentence("f", "I-LIT")]
    with pytest.warns(UnseenTagWarning, match="B-LIT") as caught:
        part = encode(new, Vocabulary((), np.zeros((2, 1), np.float32)), tag_set, max_len=5)
    assert len(caught) == 1
    person = tag_set.names.index("PER" if tag_set is CLASS else "B-PER")
    assert part.tags.tolist() == [[1, 1, person, 1, 1], [1, 0, 0, 0, 0]]


# -- truncation and batching -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tags", "entities"),
    [
        ("O O O O O", 0),
        ("B-GS I-GS O O B-PER", 1),  # one after the cut, one complete before it
        ("O O B-GS I-GS I-GS", 1),  # cut through, counts once
        ("O O B-GS I-GS B-GS", 2),  # one cut through, one after it
        ("O O B-GS B-GS I-GS", 1),  # ends at the cut, the next begins after it
        ("B-PER O B-GS O O", 0),
        ("B-GS I-GS I-GS I-GS I-GS", 1),
    ],
)
def test_what_a_cut_at_three_tokens_costs(tags: str, entities: int) -> None:
    found = truncation_counts([sentence("a b c d e", tags), sentence("a b c", "O B-GS I-GS"), sentence("a", "B-GS")], 3)
    assert found == {"sentences": 1, "tokens": 2, "entities": entities}


def test_costs_add_up_and_no_cut_costs_nothing() -> None:
    long = sentence("a b c d", "O B-GS I-GS B-PER")
    costs = truncation_counts([long, long, sentence("a b c", "O O B-GS")], 2)
    assert costs == {"sentences": 3, "tokens": 5, "entities": 5}
    assert truncation_counts([long], 4) == truncation_counts([], 4) == {"sentences": 0, "tokens": 0, "entities": 0}


def test_padding_share_by_hand() -> None:
    # Batches padded to 4 and 3: 8 + 3 positions for 1 + 4 + 3 tokens.
    assert padding_share([1, 4, 3], [[0, 1], [2]]) == pytest.approx(3 / 11)
    assert padding_share([2, 2], [[0, 1]]) == 0
    assert padding_share([], []) == 0


def test_batches_by_length_by_hand() -> None:
    # Sorted: 1 (number 2), 2 (0), 2 (3), 5 (1), 9 (4). Three of length 2 take 6; with the 5 they would take 20.
    assert batches_by_length([2, 5, 1, 2, 9], max_padded_tokens=6) == [[2, 0, 3], [1], [4]]
    assert batches_by_length([], max_padded_tokens=6) == []


@given(st.lists(st.integers(1, 40), max_size=40), st.integers(1, 100))
def test_every_sentence_is_in_one_batch_and_no_batch_is_too_large(lengths: list[int], most: int) -> None:
    batches = batches_by_length(lengths, most)
    assert sorted(i for batch in batches for i in batch) == list(range(len(lengths)))
    for batch in batches:
        assert len(batch) == 1 or len(batch) * max(lengths[i] for i in batch) <= most
    in_order = [lengths[i] for batch in batches for i in batch]
    assert in_order == sorted(lengths)
    # And none could have taken the next sentence too.
    for batch, following in pairwise(batches):
        assert (len(batch) + 1) * lengths[following[0]] > most


# -- files -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    corpus = Corpus("mine", TRAIN, TRAIN[:1], TRAIN[1:])
    save_encoded(tmp_path / "run", corpus, build_vocabulary(TRAIN, TwoWords()), IOB2, max_len=4)
    return tmp_path / "run"


def test_what_is_saved_is_loaded(saved: Path) -> None:
    parts, vocabulary, tag_set = load_encoded(saved)
    expected = build_vocabulary(TRAIN, TwoWords())
    assert tag_set == IOB2
    assert vocabulary.tokens == expected.tokens
    np.testing.assert_array_equal(vocabulary.embeddings, expected.embeddings)
    assert list(parts) == ["train", "val", "test"]
    for name, sentences in {"train": TRAIN, "val": TRAIN[:1], "test": TRAIN[1:]}.items():
        part = encode(sentences, expected, IOB2, max_len=4)
        for array in ("ids", "tags", "lengths"):
            np.testing.assert_array_equal(getattr(parts[name], array), getattr(part, array))


@pytest.mark.parametrize("file", ["tags.json", "vocabulary.json", "vectors.npy", "train.npz", "val.npz", "test.npz"])
def test_a_missing_file_names_the_notebook(saved: Path, file: str) -> None:
    (saved / file).unlink()
    with pytest.raises(MissingStepError, match=rf"{file} is missing: run notebook 02_preprocess first"):
        load_encoded(saved)


@pytest.mark.parametrize("file", ["vectors.npy", "test.npz"])
def test_no_pickle_is_ever_loaded(saved: Path, file: str) -> None:
    trap = np.array([{"not": "numbers"}], dtype=object)
    if file == "vectors.npy":
        np.save(saved / file, trap, allow_pickle=True)
    else:
        np.savez(saved / file, ids=trap, tags=trap, lengths=trap)
    with pytest.raises(ValueError, match="allow_pickle=False"):
        load_encoded(saved)


def test_saving_that_breaks_off_is_not_taken_for_whole(saved: Path, monkeypatch) -> None:
    def full(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(np, "save", full)
    with pytest.raises(OSError, match="no space left"):
        save_encoded(saved, Corpus("other", TRAIN[1:], TRAIN, TRAIN), Vocabulary((), np.zeros((2, 9))), CLASS, 3)
    with pytest.raises(MissingStepError, match="02_preprocess"):
        load_encoded(saved)
    assert not list(saved.glob(".unfinished*"))


# -- memory ------------------------------------------------------------------------------------------------------------

LIMIT = 1_000_000_000
# The process that is measured. Its vectors are a stand-in, with 300 numbers for every token as the article's have.
WHOLE_CORPUS = """
import json, re, sys
from pathlib import Path
import numpy as np
from legalner.data import COURTS, Corpus, TagSet, read_file
from legalner.preprocess import build_vocabulary, load_encoded, save_encoded

class StandIn:
    dimension = 300
    def has(self, token):
        return True
    def vector(self, token):
        return np.full(300, len(token), np.float32)

def peak():
    # Not ru_maxrss, which can be that of the process that started this one.
    return int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) * 1024

source, folder = sys.argv[1], Path(sys.argv[2])
files = {court: read_file(court, source) for court in COURTS}
rest = [s for court in COURTS if court not in ("bfh", "bgh") for s in files[court]]
corpus = Corpus("whole", rest, files["bfh"], files["bgh"])
sentences = [s for part in corpus.parts.values() for s in part]
vocabulary = build_vocabulary(sentences, StandIn())
save_encoded(folder, corpus, vocabulary, TagSet.from_sentences(sentences, "class"), 50)
encoded, loaded, _ = load_encoded(folder)
print(json.dumps({
    "sentences": sum(len(part.ids) for part in encoded.values()),
    "embeddings": loaded.embeddings.shape,
    "unknown": sum(int((part.ids == 1).sum()) for part in encoded.values()),
    "padding": sum(int((part.ids == 0).sum()) for part in encoded.values()),
    "tokens": sum(part.tokens for part in encoded.values()),
    "peak": peak(),
}))
"""


@pytest.mark.thorough
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is read from /proc")
def test_the_whole_corpus_is_encoded_within_a_gigabyte(ler_source: str, tmp_path: Path) -> None:
    """Ids and one vector a token; the article's array of a vector at each position would take four times the limit."""
    command = [sys.executable, "-c", WHOLE_CORPUS, ler_source, str(tmp_path / "encoded")]
    found = json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, timeout=600).stdout)
    assert found["sentences"] == 66_723
    assert found["unknown"] == 0 and found["padding"] + found["tokens"] == 66_723 * 50
    assert found["embeddings"][0] > 50_000 and found["embeddings"][1] == 300
    assert found["peak"] < LIMIT < 66_723 * 50 * 300 * 4 / 4, f"peak {found['peak'] / 1e9:.2f} GB"
