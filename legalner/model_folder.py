"""A trained tagger as a folder: network, tag set, feature tables, and a card that says what it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from legalner.crf import Tagger
from legalner.features import FeatureTables
from legalner.preprocess import TagSet
from legalner.tagger import TaggerConfig, tag_sentences
from legalner.train import load_model, save_model
from legalner.workspace import read_json, replacing, write_json

__all__ = ["FORMAT", "ModelFolderError", "TrainedTagger"]

# Grows when a folder written before could no longer be read rightly.
FORMAT = 1
_FILES = ("model.json", "features.npz", "network.keras")


class ModelFolderError(ValueError):
    """A folder that holds no model, or not one of this version; the message says which and what to do."""


@dataclass(frozen=True, eq=False)
class TrainedTagger:
    """All that tagging needs: the network, and how tokens become its rows and its ids become tags."""

    config: TaggerConfig
    tag_set: TagSet
    tables: FeatureTables
    network: Tagger

    def tag(self, sentences: Sequence[Sequence[str]]) -> list[tuple[str, ...]]:
        """Tag sentences of tokens, of any length: one IOB2 tag a token."""
        return tag_sentences(self.network, self.tables, self.tag_set, sentences)

    def save(self, folder: Path, card: Mapping[str, Any]) -> None:
        """Write the model into a folder, in which nothing else should lie.

        Args:
            folder: Made if it is missing.
            card: What people should know of the model: data, licence, figures.
        """
        described = folder / "model.json"
        described.unlink(missing_ok=True)  # read first, so written last: half a folder is not taken for a whole
        with replacing(folder / "features.npz") as temporary:
            arrays: dict[str, Any] = dict(zip(self.tables.names, self.tables.hashes, strict=True))
            np.savez_compressed(temporary, **arrays)
        save_model(self.network, folder / "network.keras")
        values = {
            "format": FORMAT,
            "card": dict(card),
            "config": asdict(self.config),
            "tags": {"scheme": self.tag_set.scheme, "names": list(self.tag_set.names)},
        }
        write_json(described, values)

    @classmethod
    def load(cls, folder: str | Path) -> TrainedTagger:
        """Read a model from its folder.

        Raises:
            ModelFolderError: A file is missing, or the folder is of another version.
        """
        folder = Path(folder)
        if missing := [name for name in _FILES if not (folder / name).is_file()]:
            raise ModelFolderError(
                f"{folder}: no whole model, {', '.join(missing)} is missing; a model is a folder with "
                f"{', '.join(_FILES)}, as `TrainedTagger.save` writes it"
            )
        values = read_json(folder / "model.json")
        if values.get("format") != FORMAT:
            raise ModelFolderError(
                f"{folder}: a model of format {values.get('format')!r}, and this version of legalner reads format "
                f"{FORMAT}; train it again, or install the version that wrote it"
            )
        config = TaggerConfig(**values["config"])
        with np.load(folder / "features.npz", allow_pickle=False) as stored:
            tables = FeatureTables(config.features, tuple(stored[name] for name in config.features))
        tag_set = TagSet(tuple(values["tags"]["names"]), values["tags"]["scheme"])
        return cls(config, tag_set, tables, load_model(folder / "network.keras"))
