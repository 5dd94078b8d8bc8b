"""Raw text in, entities out: a trained tagger on documents, with places in the text and probabilities."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from legalner.crf import CertainTagger
from legalner.data import Sentence
from legalner.evaluate import spans
from legalner.features import flatten, in_order
from legalner.model_folder import ModelFolderError, TrainedTagger
from legalner.segment import Token, segment

__all__ = ["PACKAGED", "Annotated", "Annotator", "Entity"]

# The model that comes with the package.
PACKAGED = Path(__file__).parent / "models" / "german-courts"
# Tokens that are gathered, over documents, before the network is asked, and tokens of one batch, padding included.
GATHERED, TOKEN_BUDGET = 20_000, 8_000


@dataclass(frozen=True, slots=True)
class Entity:
    """An entity in a text.

    ``start`` to ``end`` (not included) are code points of the text, ``text`` is what stands there, ``label`` its class.
    ``confidence`` is the probability, from 0 to 1, that the CRF gives to just these ends and this class.
    """

    start: int
    end: int
    label: str
    text: str
    confidence: float


@dataclass
class Annotated:
    """A document with what was found: its text, its sentences, their IOB2 tags, and its entities in order."""

    text: str
    sentences: list[list[Token]] = field(default_factory=list)
    tags: list[tuple[str, ...]] = field(default_factory=list)
    entities: list[Entity] = field(default_factory=list)


class Annotator:
    """A trained tagger that reads raw text.

    Args:
        model: The tagger, or its folder; by default the one that comes with the package.

    Raises:
        ModelFolderError: The folder holds no whole model, or one that cannot annotate.
    """

    def __init__(self, model: TrainedTagger | str | Path = PACKAGED) -> None:
        """Take what the class describes."""
        self.model = model if isinstance(model, TrainedTagger) else TrainedTagger.load(model)
        if self.model.tag_set.scheme != "iob2":
            raise ModelFolderError(
                f"a model with the tag scheme {self.model.tag_set.scheme!r} cannot say where an entity begins; "
                f"annotating needs one that was trained with scheme 'iob2'"
            )
        network = self.model.network
        self._network = CertainTagger(network.input, network.output)

    @property
    def classes(self) -> list[str]:
        """The classes that it can give, in the order of its tags."""
        return list(dict.fromkeys(name[2:] for name in self.model.tag_set.names if name[:2] == "B-"))

    def annotate(self, text: str) -> list[Entity]:
        """Find the entities of one text, in order."""
        (document,) = self.annotate_many([text])
        return document.entities

    def annotate_many(self, texts: Iterable[str]) -> Iterator[Annotated]:
        """Annotate documents one after the other.

        Texts are taken as they are needed, and sentences of several go through the network together; memory does not
        grow with their number.

        Args:
            texts: The documents.

        Yields:
            One result a document, in order.
        """
        waiting: deque[tuple[Annotated, int]] = deque()  # a document, and how many sentences it will have
        unread: list[tuple[Annotated, list[Token]]] = []
        gathered = 0
        for text in texts:
            document, number = Annotated(text), 0
            for sentence in segment(text, self.model.language):
                unread.append((document, sentence))
                number, gathered = number + 1, gathered + len(sentence)
                if gathered >= GATHERED:
                    self._read(unread)
                    unread, gathered = [], 0
            waiting.append((document, number))
            while waiting and len(waiting[0][0].sentences) == waiting[0][1]:
                yield waiting.popleft()[0]
        self._read(unread)
        for document, _ in waiting:
            yield document

    def _read(self, unread: Sequence[tuple[Annotated, list[Token]]]) -> None:
        """Tag sentences and put what is found into their documents."""
        tagged = self.tag([[token.text for token in sentence] for _, sentence in unread])
        for (document, sentence), (tags, confidences) in zip(unread, tagged, strict=True):
            document.sentences.append(sentence)
            document.tags.append(tags)
            for span, confidence in zip(spans(tags), confidences, strict=True):
                start, end = sentence[span.start].start, sentence[span.end - 1].end
                document.entities.append(Entity(start, end, span.label, document.text[start:end], confidence))

    def tag(self, sentences: Sequence[Sequence[str]]) -> list[tuple[tuple[str, ...], list[float]]]:
        """Tag sentences of tokens: IOB2 tags of each, and the probability of each of its entities, in order."""
        untagged = [Sentence(tuple(tokens), ("O",) * len(tokens)) for tokens in sentences]
        found: list[tuple[tuple[str, ...], list[float]]] = [((), [])] * len(untagged)
        for batch in in_order(flatten(untagged, self.model.tables, self.model.tag_set), TOKEN_BUDGET):
            results = zip(batch.sentences, *self._network.predict_on_batch(batch.rows), strict=True)
            for number, ids, first, goes_on in results:
                tags = self.model.tag_set.decode(ids[: len(untagged[number])])
                found[number] = tags, [_probability(s.start, s.end, first, goes_on) for s in spans(tags)]
        return found


def _probability(start: int, end: int, first: np.ndarray, goes_on: np.ndarray) -> float:
    """Probability of an entity, as :meth:`legalner.crf.CRF.certainty` has it."""
    return float(first[start] * goes_on[start : end - 1].prod() * (1.0 - goes_on[end - 1]))
