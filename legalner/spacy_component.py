"""A trained tagger as a component of a spaCy pipeline: ``nlp.add_pipe("legalner")``."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from itertools import tee
from pathlib import Path
from typing import TYPE_CHECKING

from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.util import filter_spans

if TYPE_CHECKING:  # spaCy imports this module at every start, which must not load TensorFlow
    from legalner.annotate import Annotator, Entity

__all__ = ["EntityAnnotator"]


@Language.factory("legalner", default_config={"model": None})
def _make(nlp: Language, name: str, model: str | Path | None) -> EntityAnnotator:
    from legalner.annotate import DEFAULT_MODEL, Annotator

    return EntityAnnotator(Annotator(model or DEFAULT_MODEL))


class EntityAnnotator:
    """Sets ``doc.ents`` and ``doc.spans["legalner"]``, whose ``attrs["scores"]`` are the probabilities.

    The text is split into tokens as the model's training data was, not by the pipeline's tokenizer; an entity that
    begins or ends inside one of the pipeline's tokens is extended to the whole token. Entities that are already in
    ``doc.ents`` stay; new ones that overlap with them are in ``doc.spans`` only.

    Args:
        annotator: Finds the entities.
    """

    def __init__(self, annotator: Annotator) -> None:
        self.annotator = annotator
        self._process = os.getpid()

    def _same_process(self) -> None:
        """Refuse to run in a forked process: TensorFlow hangs there if it was started before the fork.

        Raises:
            RuntimeError: The component was made in another process.
        """
        if os.getpid() != self._process:
            raise RuntimeError(
                "legalner cannot run in a forked process: use n_process=1 (it batches by itself), or call "
                "multiprocessing.set_start_method('spawn') first"
            )

    def __call__(self, doc: Doc) -> Doc:
        """Annotate one document in place."""
        self._same_process()
        return _filled(doc, self.annotator.annotate(doc.text))

    def pipe(self, stream: Iterable[Doc], batch_size: int = 128) -> Iterator[Doc]:
        """Annotate documents as they are needed, several at a time.

        Args:
            stream: The documents.
            batch_size: Ignored; the number of documents at a time depends on their tokens.
        """
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
