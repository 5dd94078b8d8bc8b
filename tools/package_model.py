"""Put the model of a recorded run into the package, in 16 bits, with a card whose figures are measured on that file.

    python tools/package_model.py runs/best-bverwg --source path/to/ler

Commit new versions rarely: each stays in the repository's history for good.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from legalner.annotate import DEFAULT_MODEL, Annotator
from legalner.data import FINE, load_corpus
from legalner.evaluate import EntityScores, calibration, entity_scores, error_table
from legalner.improve import TrainedTagger
from legalner.workspace import read_json

LICENCE = (
    "Made with LER, CC-BY 4.0: E. Leitner, G. Rehm, J. Moreno-Schneider, A Dataset of German Legal Documents for Named "
    "Entity Recognition, LREC 2020, arXiv 2003.13016. The model itself: MIT, as the package."
)


def main() -> None:
    """Write the model's folder and its card."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, help="folder of a run, with model/ and metrics.json")
    parser.add_argument("--source", help="folder, zip or base URL of the corpus")
    arguments = parser.parse_args()
    metrics = read_json(arguments.run / "metrics.json")
    if metrics["split"] != "bverwg":
        raise SystemExit(f"{arguments.run}: expected a run on the split 'bverwg', not {metrics['split']!r}")
    facts = {
        "name": DEFAULT_MODEL.name,
        "data": "LER, split bverwg: trained on six federal courts, tested on the Federal Administrative Court (BVerwG)",
        "licence": LICENCE,
        "profile": metrics["profile"],
        "seed": metrics["seed"],
        "git_commit": metrics["git_commit"],
    }
    tagger = TrainedTagger.load(arguments.run / "model")
    tagger.save(DEFAULT_MODEL, facts, half=True)
    corpus = load_corpus("bverwg", source=arguments.source)
    predicted, confidences = zip(*Annotator().tag([s.tokens for s in corpus.test]), strict=True)
    scores = entity_scores([s.tags for s in corpus.test], list(predicted))
    parts = calibration(error_table(corpus.test, predicted, confidences=confidences))
    tagger.save(DEFAULT_MODEL, facts | {"entity": scores.as_dict()["micro"]}, half=True)
    card = _card(facts, scores, parts.to_dict("records"), metrics)
    (DEFAULT_MODEL / "README.md").write_text(card, "utf-8")
    size = sum(path.stat().st_size for path in DEFAULT_MODEL.iterdir())
    print(f"{DEFAULT_MODEL}: {size / 1e6:.1f} MB, entity F1 {scores.f1:.4f}")


def _card(facts: dict[str, Any], scores: EntityScores, parts: list[dict[Any, Any]], metrics: dict[str, Any]) -> str:
    rows = scores.per_class[scores.per_class["support"] > 0].sort_values("support", ascending=False)
    classes = "\n".join(
        f"| {label} | {FINE[str(label)]} | {r['support']:,.0f} "
        f"| {r['precision']:.1%} | {r['recall']:.1%} | {r['f1']:.1%} |"
        for label, r in rows.iterrows()
    )
    promises = "\n".join(f"| {p['confidence']:.0%} | {p['correct']:.0%} | {p['entities']:,.0f} |" for p in parts)
    full = metrics["entity"]["micro"]["f1"]
    weak = ", ".join(str(label) for label, r in rows.iterrows() if r["f1"] < 0.5)
    return f"""# {facts["name"]}

Written by `tools/package_model.py`; do not edit.

A bi-directional LSTM with a CRF that finds entities of 19 classes in German court decisions. It reads prefixes,
suffixes and shapes of words as hashes of 32 bits; no word of a decision is stored in it.

- **Data.** {facts["data"]}.
- **Licence.** {facts["licence"]}
- **Made by** profile `{facts["profile"]}`, seed {facts["seed"]}, commit `{facts["git_commit"][:7]}`.
- **On BVerwG**, a court that was not in its training data: entity F1 **{scores.f1:.1%}** (strict, micro;
  precision {scores.precision:.1%}, recall {scores.recall:.1%}), measured with these files.
- **Compromises.** Its weights are stored in 16 bits; with 32 bits the same network reaches {full:.2%}, this file
  {scores.f1:.2%}. It was not trained on BVerwG, which keeps the figures on this court honest; a tagger for production
  would be trained on all seven courts.

| class | | gold entities | precision | recall | F1 |
|---|---|--:|--:|--:|--:|
{classes}

How confident it is, and how often it is correct, for all predicted entities on BVerwG:

| mean confidence | correct | entities |
|--:|--:|--:|
{promises}

**Where not to trust it.** Classes with an F1 below one half: {weak or "none"}. Names of persons, companies and places
that follow no pattern: it has no list of names and no language model. Texts other than decisions of German federal
courts: contracts, letters, decisions from other countries, and anything before 2017 or outside these seven courts were
not measured. It does not anonymise: whatever it misses stays in your text.
"""


if __name__ == "__main__":
    main()
