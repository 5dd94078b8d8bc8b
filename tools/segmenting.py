"""Measure how well splitting restores the corpus's own tokens; writes results/segmenting.json.

    python tools/segmenting.py --source path/to/ler

Tokens are joined into sentences as people write them, with no blank before a comma, and split again. README quotes the
figures.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from tqdm import tqdm

from legalner.annotate import segment
from legalner.data import load_corpus
from legalner.workspace import write_json

ROOT = Path(__file__).resolve().parents[1]


def as_written(tokens: Sequence[str]) -> str:
    """Join tokens into text, with no blank before closing punctuation or after an opening bracket."""
    text = " ".join(tokens)
    for mark in ",;:.!?)]":
        text = text.replace(f" {mark}", mark)
    return text.replace("( ", "(").replace("[ ", "[")


def _places(tokens: Sequence[str]) -> set[tuple[int, int]]:
    """Return where tokens begin and end, not counting blanks."""
    places, position = set(), 0
    for token in tokens:
        places.add((position, position + len(token)))
        position += len(token)
    return places


def measure(sentences: Sequence[Sequence[str]]) -> dict[str, float]:
    """Join and split sentences, and compare their tokens.

    Args:
        sentences: The tokens of each sentence.

    Returns:
        The number of ``sentences``; the shares that come back with the ``same`` tokens and as ``one_sentence``;
        ``precision`` and ``recall`` of tokens.
    """
    same = one = both = found = expected = 0
    for tokens in tqdm(sentences, "splitting", unit="sentence"):
        split = [[token.text for token in sentence] for sentence in segment(as_written(tokens))]
        words = [word for sentence in split for word in sentence]
        same, one = same + (words == list(tokens)), one + (len(split) == 1)
        both, found, expected = both + len(_places(words) & _places(tokens)), found + len(words), expected + len(tokens)
    total = len(sentences)
    shares = {"same": same / total, "one_sentence": one / total}
    return {"sentences": total, **shares, "precision": both / found, "recall": both / expected}


def main() -> None:
    """Measure on BVerwG, which was not used to choose the abbreviations."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source", help="folder, zip or base URL of the corpus")
    corpus = load_corpus("bverwg", source=parser.parse_args().source)
    write_json(ROOT / "results" / "segmenting.json", {"court": "bverwg", **measure([s.tokens for s in corpus.test])})


if __name__ == "__main__":
    main()
