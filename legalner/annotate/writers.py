"""Annotated documents as lines of JSON, as CoNLL, as a table and as a page."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict

from legalner.annotate.annotator import Document
from legalner.data import FINE
from legalner.render import STYLESHEET, Mark, legend, mark_spans

__all__ = ["FORMATS"]

Documents = Iterable[tuple[str, Document]]  # each with its source, such as the file's name


def _jsonl(documents: Documents, classes: Sequence[str]) -> Iterator[str]:
    for source, document in documents:
        entities = [asdict(entity) | {"confidence": round(entity.confidence, 4)} for entity in document.entities]
        yield json.dumps({"source": source, "entities": entities}, ensure_ascii=False) + "\n"


def _writable(token: str) -> str:
    """Make a token readable in CoNLL: SoMaJo leaves blanks within a tag such as `<p class="x">`."""
    return re.sub(r"\s", "_", "_DOCSTART_" if token == "-DOCSTART-" else token)


def _conll(documents: Documents, classes: Sequence[str]) -> Iterator[str]:
    for source, document in documents:
        yield f"# source: {json.dumps(source, ensure_ascii=False)}\n"
        for sentence, tags in zip(document.sentences, document.tags, strict=True):
            yield "".join(f"{_writable(token.text)} {tag}\n" for token, tag in zip(sentence, tags, strict=True)) + "\n"


def _shown(text: str) -> str:
    """One line without what would move a terminal's cursor or change its colours."""
    return "".join(c if c.isprintable() else "\ufffd" for c in " ".join(text.split()))


def _table(documents: Documents, classes: Sequence[str]) -> Iterator[str]:
    for source, document in documents:
        yield f"{_shown(source)}: {len(document.entities)} entities\n"
        if document.entities:
            yield f"{'start':>9}{'end':>9}  {'class':5}{'sure':>5}  text\n"
        for e in document.entities:
            yield f"{e.start:9}{e.end:9}  {e.label:5}{e.confidence:5.0%}  {_shown(e.text)}\n"


_HEAD = f"""<!DOCTYPE html>
<html lang="de">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Entities</title>
<style>
body {{ max-width: 50rem; margin: 2rem auto; padding: 0 1rem; font-family: Georgia, serif; line-height: 1.9;
  color: #111; background: #fff }}
h2 {{ font-size: 1.1rem; border-bottom: 1px solid #aaa; overflow-wrap: anywhere }}
.text {{ white-space: pre-wrap; overflow-wrap: anywhere }}
{STYLESHEET}</style>
</head>
<body>
<p>Rest the pointer on an entity to read its class and probability. A dashed frame marks those below one half.</p>
"""


def _html(documents: Documents, classes: Sequence[str]) -> Iterator[str]:
    yield _HEAD + legend([label for label in FINE if label in classes] + [c for c in classes if c not in FINE])
    for source, document in documents:
        yield f"<h2>{html.escape(source)}</h2>\n"
        marks = (Mark(e.start, e.end, e.label, e.confidence) for e in document.entities)
        yield f'<div class="text">{"".join(mark_spans(document.text, marks))}</div>\n'
    yield "</body>\n</html>\n"


# Each writer turns documents, and the classes that the model knows, into the parts of a file.
FORMATS: dict[str, Callable[[Documents, Sequence[str]], Iterator[str]]] = {
    "table": _table,
    "jsonl": _jsonl,
    "conll": _conll,
    "html": _html,
}
