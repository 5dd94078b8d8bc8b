"""What `legalner annotate` does: files in, one of :data:`legalner.annotate.writers.FORMATS` out."""

from __future__ import annotations

import os
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TextIO

from tqdm.auto import tqdm

from legalner.annotate.annotator import Annotator, Document
from legalner.annotate.writers import FORMATS
from legalner.data import DataError
from legalner.workspace import atomic_write

__all__ = ["annotate_files", "read_text"]

# A file's name, unlike its text, may not be valid UTF-8; JSON can read what this writes.
_ERRORS = "backslashreplace"


def read_text(source: str) -> str:
    """Read a file, or standard input for ``-``, as it is: line ends are kept, a byte-order mark is not.

    Raises:
        DataError: It cannot be read, or is not UTF-8.
    """
    try:
        content = sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
    except OSError as error:
        raise DataError(f"{source}: cannot be read ({error.strerror or error})") from None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(
            f"{source}: not UTF-8 text (byte {error.start + 1:,}); give plain text, converted from another encoding "
            f"(`iconv -f latin1 -t utf-8`) or from a document (`pdftotext`)"
        ) from None


def annotate_files(sources: Sequence[str], annotator: Annotator, kind: str, output: Path | None) -> int:
    """Annotate files and write what was found.

    Args:
        sources: Paths, or ``-`` for standard input.
        annotator: What finds the entities.
        kind: One of :data:`legalner.annotate.writers.FORMATS`.
        output: A file, which is replaced once everything is written; None for standard output.

    Returns:
        The number of sources that could not be read; each was named on standard error.

    Raises:
        DataError: No source could be read, ``-`` is given twice, or the output is also an input; an output file is then
            left as it was.
    """
    if output is not None and any(_is_same(source, output) for source in sources):
        raise DataError(f"{output}: is an input, so it is not overwritten; give another file with --output")
    if sources.count("-") > 1:
        raise DataError("standard input can be read only once; give one `-`")
    failed: list[str] = []
    read: deque[str] = deque()

    def texts(bar: Iterable[str]) -> Iterator[str]:
        for source in bar:
            try:
                text = read_text(source)
            except DataError as error:
                failed.append(source)
                tqdm.write(f"error: {error}", file=sys.stderr)
                continue
            read.append(source)
            yield text

    def documents(bar: Iterable[str]) -> Iterator[tuple[str, Document]]:
        for document in annotator.annotate_many(texts(bar)):
            yield read.popleft(), document

    quiet = len(sources) == 1 or not sys.stderr.isatty()
    with _writable(output) as stream, tqdm(sources, "annotating", unit="file", disable=quiet) as bar:
        for part in FORMATS[kind](documents(bar), annotator.classes):
            stream.write(part)
        if len(failed) == len(sources):
            raise DataError("no file could be read; nothing was written")
    return len(failed)


def _is_same(source: str, output: Path) -> bool:
    """Whether a source is the file to write; standard input can be that file too."""
    if source != "-":
        return Path(source).resolve() == output.resolve()
    return output.is_file() and _open_on(output) == 0


def _open_on(path: Path) -> int | None:
    """Which of standard input, output and error is open on this file, such as /dev/stdout; None if none is."""
    for descriptor in (0, 1, 2):
        try:
            if os.path.samestat(path.stat(), os.fstat(descriptor)):
                return descriptor
        except OSError:  # closed, or no such file
            continue
    return None


def _writable(output: Path | None) -> AbstractContextManager[TextIO]:
    if output is None or (descriptor := _open_on(output)) == 1:
        return _opened(os.dup(sys.stdout.fileno()))
    if descriptor == 2:
        return _opened(os.dup(sys.stderr.fileno()))
    if output.exists() and not output.is_file():  # a device or a pipe is written to, not replaced
        return _opened(output)
    return _file(output.resolve())  # a link stays one


def _opened(file: Path | int) -> TextIO:
    # UTF-8 whatever the terminal's locale, and line ends as they are written.
    return open(file, "w", encoding="utf-8", errors=_ERRORS, newline="")


@contextmanager
def _file(output: Path) -> Iterator[TextIO]:
    with atomic_write(output) as temporary, _opened(temporary) as stream:
        yield stream
