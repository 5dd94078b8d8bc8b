"""Raw text in, entities out: a trained tagger on documents, with offsets in the text and probabilities."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from legalner.annotate.segment import Token, segment
from legalner.crf import MarginalTagger
from legalner.data import Sentence, spans
from legalner.improve import ModelFolderError, TrainedTagger, encode_features, predict

__all__ = ["DEFAULT_MODEL", "Annotator", "Document", "Entity"]

# The model that comes with the package.
DEFAULT_MODEL = Path(__file__).parents[1] / "models" / "german-courts"
# Tokens that are gathered, over documents, before the network reads them.
GATHERED = 20_000


@dataclass(frozen=True, slots=True)
class Entity:
    """An entity in a text.

    ``start`` and ``end`` (exclusive) are offsets into the document, in code points; ``text`` is the text between them,
    ``label`` its class.
    ``confidence`` is the probability, from 0 to 1, that the CRF gives to exactly these boundaries and this class.
    """

    start: int
    end: int
    label: str
    text: str
    confidence: float


@dataclass
class Document:
    """A text and what was found in it: its sentences, their IOB2 tags, and its entities in order."""

    text: str
    sentences: list[list[Token]] = field(default_factory=list)
    tags: list[tuple[str, ...]] = field(default_factory=list)
    entities: list[Entity] = field(default_factory=list)


class Annotator:
    """A trained tagger that reads raw text.

    Args:
        model: The tagger, or its folder; by default the one that comes with the package.

    Raises:
        ModelFolderError: The folder holds no complete model, or the model's tag scheme is not ``iob2``.
    """

    def __init__(self, model: TrainedTagger | str | Path = DEFAULT_MODEL) -> None:
        self.model = model if isinstance(model, TrainedTagger) else TrainedTagger.load(model)
        if self.model.tag_set.scheme != "iob2":
            raise ModelFolderError(
                f"a model with the tag scheme {self.model.tag_set.scheme!r} cannot say where an entity begins; "
                f"annotating needs one trained with scheme 'iob2'"
            )
        network = self.model.network
        self._network = MarginalTagger(network.input, network.output)

    @property
    def classes(self) -> list[str]:
        """The classes that it can find, in the order of its tags."""
        return list(dict.fromkeys(name[2:] for name in self.model.tag_set.names if name[:2] == "B-"))

    def annotate(self, text: str) -> list[Entity]:
        """Return the entities of one text, in order."""
        (document,) = self.annotate_many([text])
        return document.entities

    def annotate_many(self, texts: Iterable[str]) -> Iterator[Document]:
        """Annotate documents one after the other.

        Texts are read as they are needed, and sentences of several go through the network together; memory does not
        grow with the number of texts.

        Yields:
            One document for each text, in order.
        """
        waiting: deque[tuple[Document, int]] = deque()  # a document, and the number of its sentences
        unread: list[tuple[Document, list[Token]]] = []
        gathered = 0
        for text in texts:
            document, number = Document(text), 0
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

    def _read(self, unread: Sequence[tuple[Document, list[Token]]]) -> None:
        """Tag sentences, and add the results to their documents."""
        tagged = self.tag([[token.text for token in sentence] for _, sentence in unread])
        for (document, sentence), (tags, confidences) in zip(unread, tagged, strict=True):
            document.sentences.append(sentence)
            document.tags.append(tags)
            for span, confidence in zip(spans(tags), confidences, strict=True):
                start, end = sentence[span.start].start, sentence[span.end - 1].end
                document.entities.append(Entity(start, end, span.label, document.text[start:end], confidence))

    def tag(self, sentences: Sequence[Sequence[str]]) -> list[tuple[tuple[str, ...], list[float]]]:
        """Tag sentences of tokens: IOB2 tags of each, and the probability of each of its entities, in order."""
        untagged = [Sentence.untagged(tokens) for tokens in sentences]
        corpus = encode_features(untagged, self.model.tables, self.model.tag_set)
        found = []
        for ids, first, continues in predict(self._network, corpus):
            tags = self.model.tag_set.decode(ids)
            found.append((tags, [_probability(s.start, s.end, first, continues) for s in spans(tags)]))
        return found


def _probability(start: int, end: int, first: np.ndarray, continues: np.ndarray) -> float:
    """The probability of an entity, from the factors of :meth:`legalner.crf.CRF.span_marginals`."""
    return float(first[start] * continues[start : end - 1].prod() * (1.0 - continues[end - 1]))
