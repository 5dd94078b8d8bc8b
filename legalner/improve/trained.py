"""A trained tagger as a folder: network, tag set, feature tables, and a card that describes it."""

from __future__ import annotations

import tokenize
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from legalner.crf import Tagger
from legalner.data import PADDING, DataError, TagSet
from legalner.improve.encode import FeatureTables
from legalner.improve.network import TaggerConfig, build_network, tag_sentences
from legalner.workspace import atomic_write, read_json, write_json

__all__ = ["FORMAT", "ModelFolderError", "TrainedTagger"]

# Increase this when a change would make folders written earlier unreadable.
FORMAT = 3
_FILES = ("model.json", "features.npz", "weights.npz")


# What reading a damaged file may raise; a damaged number may ask for more memory than there is.
_DAMAGE = (
    *(KeyError, TypeError, ValueError, AttributeError, OSError, EOFError, RuntimeError, MemoryError),
    *(BadZipFile, zlib.error, tokenize.TokenError),
)


class ModelFolderError(DataError):
    """A model folder that cannot be read, written or used; the message says why, and what to do."""


@dataclass(frozen=True, eq=False)
class TrainedTagger:
    """Everything that tagging needs: the network, how tokens become its ids, and how its ids become tags."""

    config: TaggerConfig
    tag_set: TagSet
    tables: FeatureTables
    network: Tagger
    language: str = "de"  # of the text, for splitting raw text into tokens

    def tag(self, sentences: Sequence[Sequence[str]]) -> list[tuple[str, ...]]:
        """Tag sentences of tokens, of any length: one IOB2 tag a token."""
        return tag_sentences(self.network, self.tables, self.tag_set, sentences)

    def save(self, folder: Path, card: Mapping[str, Any], *, half: bool = False) -> None:
        """Write the model into a folder that is used for nothing else.

        The network is kept as its configuration and its weights, not as Keras's own file, so that other versions of
        Keras can read it.

        Args:
            folder: Created if it is missing.
            card: What people should know about the model: data, licence, figures.
            half: Keep the weights in 16 bits, which takes half the space.

        Raises:
            ModelFolderError: The network reads word vectors, which a model folder does not hold, or a weight is not
                finite, which can happen when it is rounded to 16 bits.
        """
        if len(self.network.inputs) > 1:
            raise ModelFolderError(
                f"{folder}: not written, since the network reads word vectors, which a model folder does not hold; "
                f"train one without them (VECTORS = None)"
            )
        described = folder / "model.json"
        described.unlink(missing_ok=True)  # read first, written last: it marks a complete folder
        kind = np.float16 if half else np.float32
        with np.errstate(over="ignore"):  # checked below
            weights = {f"{i:03d}": np.asarray(w).astype(kind) for i, w in enumerate(self.network.get_weights())}
        if not all(np.isfinite(array).all() for array in weights.values()):
            raise ModelFolderError(f"{folder}: not written, since a weight is not finite; train it again")
        hashes: dict[str, Any] = dict(zip(self.tables.names, self.tables.hashes, strict=True))
        for name, arrays in {"features.npz": hashes, "weights.npz": weights}.items():
            with atomic_write(folder / name) as temporary:
                np.savez_compressed(temporary, **arrays)
        values = {
            "format": FORMAT,
            "card": dict(card),
            "language": self.language,
            "config": asdict(self.config),
            "tags": {"scheme": self.tag_set.scheme, "names": list(self.tag_set.names)},
        }
        write_json(described, values)

    @classmethod
    def load(cls, folder: str | Path) -> TrainedTagger:
        """Read a model from its folder.

        Raises:
            ModelFolderError: A file is missing or damaged, or the folder is of another version.
        """
        folder = Path(folder)
        if missing := [name for name in _FILES if not (folder / name).is_file()]:
            raise ModelFolderError(
                f"{folder}: not a complete model, {', '.join(missing)} is missing; a model is a folder with "
                f"{', '.join(_FILES)}, as `TrainedTagger.save` writes it"
            )
        try:
            values = read_json(folder / "model.json")
        except (ValueError, RecursionError) as error:
            raise ModelFolderError(f"{folder}: model.json is damaged ({error}); copy the whole folder again") from None
        found = values.get("format") if isinstance(values, dict) else None
        if found != FORMAT:
            raise ModelFolderError(
                f"{folder}: a model of format {found!r}, and this version of legalner reads format {FORMAT}; train it "
                f"again, or install the version that wrote it"
            )
        try:
            return cls._read(folder, values)
        # A damaged archive can hold wrong data, or claim a password or a compression that does not exist.
        except _DAMAGE as error:
            raise ModelFolderError(
                f"{folder}: a file is damaged ({type(error).__name__}: {error}); copy the whole folder again"
            ) from None

    @classmethod
    def _read(cls, folder: Path, values: Mapping[str, Any]) -> TrainedTagger:
        config = TaggerConfig(**values["config"])
        with np.load(folder / "features.npz", allow_pickle=False) as stored:
            tables = FeatureTables(config.features, tuple(stored[name] for name in config.features))
        if not all(h.dtype == np.uint32 and h.ndim == 1 and (h[:-1] < h[1:]).all() for h in tables.hashes):
            raise ValueError("the hashes of a feature are not sorted 32-bit numbers")
        names = values["tags"]["names"]
        if names[:2] != [PADDING, "O"] or len(set(names)) < len(names) or not all(isinstance(n, str) for n in names):
            raise ValueError("the tags are not distinct names after _ and O")
        tag_set = TagSet(tuple(names), values["tags"]["scheme"])
        network = build_network(config, tables.sizes, tag_set, seeded=False)
        with np.load(folder / "weights.npz", allow_pickle=False) as stored:
            weights = [stored[name].astype(np.float32) for name in sorted(stored.files)]
        if not all(np.isfinite(array).all() for array in weights):
            raise ValueError("a weight is not finite")
        network.set_weights(weights)
        return cls(config, tag_set, tables, network, values["language"])
