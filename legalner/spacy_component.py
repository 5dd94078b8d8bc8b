"""A trained tagger as a part of a spaCy pipeline: ``nlp.add_pipe("legalner")`` after a plain install."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from itertools import tee
from pathlib import Path
from typing import TYPE_CHECKING

from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.util import filter_spans

if TYPE_CHECKING:  # spaCy reads this module at every start, and should not wait for TensorFlow each time
    from legalner.annotate import Annotator, Entity

__all__ = ["EntityAnnotator"]


@Language.factory("legalner", default_config={"model": None})
def _make(nlp: Language, name: str, model: str | Path | None) -> EntityAnnotator:
    from legalner.annotate import DEFAULT_MODEL, Annotator

    return EntityAnnotator(Annotator(model or DEFAULT_MODEL))


class EntityAnnotator:
    """Sets ``doc.ents``, and ``doc.spans["legalner"]`` whose ``attrs["scores"]`` hold the probabilities.

    The text is split as the model learned it, not by the pipeline's tokenizer; where an entity ends within one of the
    pipeline's tokens, it is widened to the whole token. Entities that are in ``doc.ents`` already stay, and those found
    give way to them.

    Args:
        annotator: What finds the entities.
    """

    def __init__(self, annotator: Annotator) -> None:
        """Take what the class describes."""
        self.annotator = annotator
        self._process = os.getpid()

    def _same_process(self) -> None:
        """TensorFlow waits for ever in a process that was forked from one in which it has begun.

        Raises:
            RuntimeError: This is such a process.
        """
        if os.getpid() != self._process:
            raise RuntimeError(
                "legalner cannot run in a forked process: take n_process=1 (it batches by itself), or begin with "
                "multiprocessing.set_start_method('spawn')"
            )

    def __call__(self, doc: Doc) -> Doc:
        """Annotate one document."""
        self._same_process()
        return _filled(doc, self.annotator.annotate(doc.text))

    def pipe(self, stream: Iterable[Doc], batch_size: int = 128) -> Iterator[Doc]:
        """Annotate documents, several at once; how many go through the network together follows from their tokens."""
        self._same_process()
        docs, again = tee(stream)
        for doc, document in zip(docs, self.annotator.annotate_many(d.text for d in again), strict=True):
            yield _filled(doc, document.entities)


def _filled(doc: Doc, entities: Sequence[Entity]) -> Doc:
    spans: list[Span] = []
    for e in entities:
        span = doc.char_span(e.start, e.end, e.label, alignment_mode="expand")
        assert span is not None, "an entity lies within its text"
        spans.append(span)
    doc.spans["legalner"] = spans
    doc.spans["legalner"].attrs["scores"] = [e.confidence for e in entities]
    taken = {token.i for span in doc.ents for token in span}
    free = [span for span in spans if taken.isdisjoint(range(span.start, span.end))]
    doc.ents = [*doc.ents, *filter_spans(free)]
    return doc
