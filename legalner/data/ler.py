"""The German Legal Entity Recognition corpus (LER): its files, where to get them, and whether a copy is intact.

Leitner, Rehm, Moreno-Schneider: "Fine-grained Named Entity Recognition in Legal Documents" (SEMANTiCS 2019,
doi 10.1007/978-3-030-33220-4_20) and "A Dataset of German Legal Documents for Named Entity Recognition" (LREC 2020,
arXiv 2003.13016). Licence: CC-BY 4.0.
"""

from __future__ import annotations

import hashlib
import os
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import pooch

from legalner.data.conll import DataError, Sentence, parse_conll

__all__ = [
    "COARSE",
    "COURTS",
    "FILES",
    "FINE",
    "UPSTREAM",
    "LerFile",
    "available",
    "cache_folder",
    "check",
    "locate",
    "read_file",
]

UPSTREAM = "https://raw.githubusercontent.com/elenanereiss/Legal-Entity-Recognition/master/data/"
SOURCE_VARIABLE = "LEGALNER_LER_SOURCE"
ARCHIVE = "dataset_courts.zip"
# No file in the archive is larger than about 4 MB; anything larger than this limit cannot be one of them.
MAX_MEMBER_BYTES = 32_000_000
AGAIN = "replace it with a fresh copy"

FINE = {
    "PER": "person", "RR": "judge (Richter)", "AN": "lawyer (Anwalt)",
    "LD": "country (Land)", "ST": "city (Stadt)", "STR": "street (Straße)", "LDS": "landscape (Landschaft)",
    "ORG": "organisation", "UN": "company (Unternehmen)", "INN": "institution", "GRT": "court (Gericht)",
    "MRK": "brand (Marke)",
    "GS": "law (Gesetz)", "VO": "ordinance (Verordnung)", "EUN": "European norm",
    "VS": "regulation (Vorschrift)", "VT": "contract (Vertrag)",
    "RS": "court decision (Rechtsprechung)", "LIT": "legal literature",
}  # fmt: skip
COARSE = {
    "PER": "PER", "RR": "PER", "AN": "PER",
    "LD": "LOC", "ST": "LOC", "STR": "LOC", "LDS": "LOC",
    "ORG": "ORG", "UN": "ORG", "INN": "ORG", "GRT": "ORG", "MRK": "ORG",
    "GS": "NRM", "VO": "NRM", "EUN": "NRM",
    "VS": "REG", "VT": "REG",
    "RS": "RS", "LIT": "LIT",
}  # fmt: skip


@dataclass(frozen=True)
class LerFile:
    """A file of the corpus, and what it must contain.

    Attributes:
        name: Its name, without ``.conll``.
        title: Its court or its purpose, in English.
        sentences: Number of sentences.
        tokens: Number of tokens.
        entities: Number of entities.
        sha256: SHA-256 of its content with LF line ends.
    """

    name: str
    title: str
    sentences: int
    tokens: int
    entities: int
    sha256: str


FILES = {
    f.name: f
    for f in (
        LerFile("bag", "Federal Labour Court", 12_791, 343_065, 9_508,
                "5ccdac95d48b49651ce621126c7e386e85e374e2196f3ca06c5c3c840a152b49"),
        LerFile("bfh", "Federal Fiscal Court", 8_522, 276_233, 7_399,
                "ad852e3c1c08494a4093aafd41148dc006e0e0c2a6972a310fc1f244c418d11a"),
        LerFile("bgh", "Federal Court of Justice", 5_858, 177_835, 4_678,
                "b1f96d8ed3144bda2a2e37eb7d90babe171d21041283410fb5476a1b5f13ecfa"),
        LerFile("bpatg", "Federal Patent Court", 12_016, 404_041, 6_071,
                "f341b35e06dcdd7a4f0dc7bc13062eb23b623bbf28407e4c8c99622432d7aaa4"),
        LerFile("bsg", "Federal Social Court", 8_083, 302_161, 7_806,
                "243c9e4ad0423da926782624710487a476fc8153352c0217ba1a02ce0298fec1"),
        LerFile("bverfg", "Federal Constitutional Court", 9_237, 305_889, 8_917,
                "3efde843c5c5e41c7dbce35560d08698d236781413ab7b0ace18dfae1d255ad1"),
        LerFile("bverwg", "Federal Administrative Court", 10_216, 347_824, 9_253,
                "1a9d7ead7830d606efd6e64b2f9fc3c84285fdb09df5524337bf52549a853511"),
        LerFile("ler_dev", "upstream's development file", 6_666, 214_443, 5_044,
                "506aa3e1292f16e8bf9f5629d9f2872e194f7c8514e452e938d61a82118c0934"),
        LerFile("ler_test", "upstream's test file", 6_673, 216_768, 5_322,
                "17aaaa93b07c3980f264c01dbb9ffb75143eccac3bef2b8cea241141b5f9c0f1"),
    )
}  # fmt: skip
COURTS = tuple(name for name in FILES if not name.startswith("ler_"))


def cache_folder() -> Path:
    """Return the folder for downloads and derived files: ``LEGALNER_CACHE`` if set, else one in the system's cache."""
    return Path(os.environ.get("LEGALNER_CACHE") or pooch.os_cache("legalner")).expanduser()


def read_file(name: str, source: str | Path | None = None) -> list[Sentence]:
    """Read a file of the corpus and verify it.

    Args:
        name: A court (``bag``, ``bgh``, …), ``ler_dev`` or ``ler_test``.
        source: See :func:`locate`.

    Returns:
        Its sentences. Each has its court, except in ``ler_dev`` and ``ler_test``, which mix all courts.

    Raises:
        DataError: The name is unknown, the file is missing, or its content is not the corpus's.
    """
    if name not in FILES:
        raise DataError(f"unknown LER file {name!r}; expected one of {', '.join(FILES)}")
    content, place = _content(name, locate(source, name))
    check(name, content, place)
    return parse_conll(content, place, court=name if name in COURTS else "", repair=False)


def available(source: str | Path | None = None) -> tuple[str, ...]:
    """List the files of the corpus that a source has, going by file names alone; nothing is downloaded.

    Args:
        source: See :func:`locate`. A URL is assumed to have all files.

    Raises:
        DataError: The path does not exist, or the zip cannot be read.
    """
    source = str(source or os.environ.get(SOURCE_VARIABLE) or UPSTREAM)
    if "://" in source:
        return tuple(FILES)
    place = locate(source)
    archive = place / ARCHIVE if place.is_dir() else place
    members: list[str] = []
    if zipfile.is_zipfile(archive):
        try:
            with zipfile.ZipFile(archive) as opened:
                members = opened.namelist()
        except (zipfile.BadZipFile, ValueError, OSError) as error:
            raise DataError(f"{archive}: the zip cannot be read, it may be damaged ({error}); {AGAIN}") from None
    elif not place.is_dir():
        return (place.stem,) if place.stem in FILES else ()
    return tuple(
        name for name in FILES if (place / f"{name}.conll").exists() or (name in COURTS and f"{name}.conll" in members)
    )


def locate(source: str | Path | None = None, name: str = "bag", *, progress: bool = True) -> Path:
    """Return the folder or zip that holds a file of the corpus, downloading it first if the source is a URL.

    Args:
        source: A folder (with ``dataset_courts.zip`` or ``.conll`` files), a zip of the court files, or a base
            URL. None for the environment variable ``LEGALNER_LER_SOURCE``, or the authors' repository if it is not set.
        name: The file that is needed: a court, ``ler_dev`` or ``ler_test``.
        progress: Show a progress bar while downloading.

    Returns:
        A local path.

    Raises:
        DataError: The path does not exist, or the download failed.
    """
    source = str(source or os.environ.get(SOURCE_VARIABLE) or UPSTREAM)
    if "://" in source:
        return _download(source, name, progress)
    path = Path(source).expanduser()
    if not path.exists():
        raise DataError(
            f"{path}: no such folder or file; set {SOURCE_VARIABLE} (or --source) to a folder, a zip, or an address"
        )
    return path


def _download(base: str, name: str, progress: bool) -> Path:
    """Download the file that contains ``name`` into the cache, once. Pooch renames it only when it is complete."""
    file = ARCHIVE if name in COURTS else f"{name}.conll"

    def download_and_check(url: str, output: str, pup: pooch.Pooch) -> None:
        pooch.HTTPDownloader(progressbar=progress, timeout=60)(url, output, pup)
        # Checked before Pooch accepts the file, so that it downloads again if the content is wrong.
        for member in COURTS if file == ARCHIVE else (name,):
            content = _member(member, Path(output), url) if file == ARCHIVE else Path(output).read_bytes()
            check(member, content, url)

    folder = cache_folder() / "ler"
    pup = pooch.create(path=folder, base_url=base.rstrip("/") + "/", registry={file: None}, retry_if_failed=3)
    try:
        pup.fetch(file, downloader=download_and_check)
    except (OSError, ValueError) as error:  # requests' errors are OSErrors
        raise DataError(
            f"{base.rstrip('/')}/{file}: download into {folder} failed, and nothing of it was kept ({error}). Try "
            f"again; or get the file by other means and set {SOURCE_VARIABLE} (or --source) to its folder; or use the "
            f"sample corpus."
        ) from error
    return folder


def _content(name: str, place: Path) -> tuple[bytes, str]:
    """Read a file of the corpus from a folder, from a zip or directly; also return what messages call it."""
    if place.is_dir():
        alone, archive = place / f"{name}.conll", place / ARCHIVE
        if not alone.exists() and name in COURTS and archive.exists():
            return _content(name, archive)
        place = alone
    if not place.exists():
        expected = f"{ARCHIVE} or {name}.conll" if name in COURTS else f"{name}.conll"
        raise DataError(f"{place}: no such file; expected {expected} in the folder")
    if place.suffix == ".zip" or zipfile.is_zipfile(place):
        return _member(name, place, str(place)), f"{place}/{name}.conll"
    try:
        return place.read_bytes(), str(place)
    except OSError as error:
        raise DataError(f"{place}: cannot be read ({error.strerror}); expected LER's {name}.conll") from None


def _member(name: str, archive: Path, place: str) -> bytes:
    """Read a member of the zip, without unpacking it to disk and without reading more than a court's file can have."""
    if name not in COURTS:
        raise DataError(f"{place}: a zip holds court files only; set the source to a folder with {name}.conll")
    try:
        with zipfile.ZipFile(archive) as opened:
            if f"{name}.conll" not in opened.namelist():
                raise DataError(f"{place}: member {name}.conll is missing; {AGAIN}")
            with opened.open(f"{name}.conll") as stream:
                content = stream.read(MAX_MEMBER_BYTES + 1)
    except DataError:
        raise
    # A damaged zip can claim a password or an unknown compression, or have names that cannot be decoded.
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError, OSError) as error:
        raise DataError(f"{place}: the zip cannot be read, it may be damaged or cut off ({error}); {AGAIN}") from None
    if len(content) > MAX_MEMBER_BYTES:
        raise DataError(f"{place}: member {name}.conll is larger than any court's file; do not use this file")
    return content


def check(name: str, content: bytes, place: str | Path) -> None:
    """Compare the content of a file with the corpus's SHA-256; CRLF counts as LF.

    Args:
        name: A file of the corpus, such as ``bag``.
        content: The bytes to check.
        place: What messages call the file.

    Raises:
        DataError: The content is not that of the corpus.
    """
    found = hashlib.sha256(content.replace(b"\r\n", b"\n")).hexdigest()
    if found != FILES[name].sha256:
        raise DataError(
            f"{place}: the content is not that of LER's {name}.conll (SHA-256 {found[:12]}…, expected "
            f"{FILES[name].sha256[:12]}…); {AGAIN}"
        )
