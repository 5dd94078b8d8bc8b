"""LER from a folder, a zip or an address: only the corpus itself is taken for it, and nothing half-written."""

from __future__ import annotations

import builtins
import errno
import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pooch
import pytest

from legalner.data import COARSE, FINE, DataError, cache_folder, ler, locate, read_file
from legalner.data.ler import ARCHIVE, SOURCE_VARIABLE

# -- folders and zips --------------------------------------------------------------------------------------------------


def put(folder: Path, content: bytes) -> Path:
    path = folder / ARCHIVE
    path.write_bytes(content)
    return path


def test_a_folder_serves_every_file(fake_ler, tmp_path: Path) -> None:
    folder = fake_ler.write(tmp_path / "ler")
    assert [len(read_file(name, folder)) for name in ler.FILES] == [11, 4, 2, 3, 3]
    [first, *_] = read_file("bgh", folder)
    assert (first.tokens, first.tags, first.court) == (("b0", "entschied", "."), ("B-GRT", "I-GRT", "O"), "bgh")
    assert {s.court for s in read_file("ler_dev", folder)} == {""}


def test_a_folder_of_conll_files_a_single_file_and_a_zip_serve(fake_ler, tmp_path: Path) -> None:
    for name, content in fake_ler.contents.items():
        (tmp_path / f"{name}.conll").write_bytes(content)
    assert len(read_file("bag", tmp_path)) == 11
    assert len(read_file("bgh", str(tmp_path / "bgh.conll"))) == 4
    assert len(read_file("bgh", put(tmp_path, fake_ler.zip()))) == 4


def test_the_environment_names_the_source_and_a_home_folder_is_found(fake_ler, tmp_path: Path, monkeypatch) -> None:
    fake_ler.write(tmp_path / "ler")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv(SOURCE_VARIABLE, "~/ler")
    assert len(read_file("bag")) == 11
    with pytest.raises(DataError, match="nowhere"):
        read_file("bag", tmp_path / "nowhere")  # what is asked for goes before the environment


def test_crlf_has_the_same_hash_and_the_same_sentences(fake_ler, tmp_path: Path) -> None:
    plain = read_file("bag", fake_ler.write(tmp_path / "lf"))
    (tmp_path / "bag.conll").write_bytes(fake_ler.contents["bag"].replace(b"\n", b"\r\n"))
    assert read_file("bag", tmp_path) == plain


def test_a_source_that_does_not_exist_says_what_to_set(fake_ler, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=rf"nowhere: no such folder or file; set {SOURCE_VARIABLE} \(or --source\)"):
        read_file("bag", tmp_path / "nowhere")


def test_a_folder_without_the_file_says_what_it_expects(fake_ler, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=rf"bag\.conll: no such file; expected {ARCHIVE} or bag\.conll"):
        read_file("bag", tmp_path)
    with pytest.raises(DataError, match=r"ler_dev\.conll: no such file; expected ler_dev\.conll"):
        read_file("ler_dev", tmp_path)


def test_a_file_that_may_not_be_read_is_named(fake_ler, tmp_path: Path, monkeypatch) -> None:
    def forbidden(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    (tmp_path / "bag.conll").write_bytes(fake_ler.contents["bag"])
    monkeypatch.setattr(Path, "read_bytes", forbidden)
    with pytest.raises(DataError, match=r"bag\.conll: cannot be read \(Permission denied\)"):
        read_file("bag", tmp_path)


def test_an_unknown_file_lists_those_that_there_are(fake_ler, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="unknown LER file 'olg'; expected one of bag, bgh, bverwg, ler_dev, ler_test"):
        read_file("olg", tmp_path)


def test_other_content_is_refused_by_its_hash(fake_ler, tmp_path: Path) -> None:
    path = tmp_path / "bag.conll"
    path.write_bytes(fake_ler.contents["bag"].replace(b"a3 B-GRT", b"a3 B-ORG"))
    with pytest.raises(DataError, match=r"bag\.conll: the content is not that of LER's bag\.conll .*fresh copy"):
        read_file("bag", tmp_path)
    path.write_bytes(fake_ler.contents["bag"][:-20])  # cut off at the end of a line or within, it would parse
    with pytest.raises(DataError, match="the content is not that"):
        read_file("bag", tmp_path)
    put(tmp_path, fake_ler.zip(leave_out="bgh.conll", **{"bgh.conll": fake_ler.contents["bag"]}))
    with pytest.raises(DataError, match=rf"{ARCHIVE}/bgh\.conll: the content is not that"):
        read_file("bgh", tmp_path)


def test_a_member_that_is_missing_is_named(fake_ler, tmp_path: Path) -> None:
    path = put(tmp_path, fake_ler.zip(leave_out="bgh.conll"))
    with pytest.raises(DataError, match=rf"{ARCHIVE}: member bgh\.conll is missing; .*fresh copy"):
        read_file("bgh", path)
    assert len(read_file("bag", path)) == 11


def test_a_zip_has_no_dev_and_test_and_says_so(fake_ler, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"zip holds court files only; set the source to a folder with ler_dev\.conll"):
        read_file("ler_dev", put(tmp_path, fake_ler.zip()))


@pytest.mark.parametrize("name", ["../x", "a/../../x", "/etc/x", "\\x", "..\\x", "C:\\x", "C:/x", "//host/share/x"])
def test_a_member_that_leads_out_of_its_folder_is_refused(fake_ler, tmp_path: Path, name: str) -> None:
    path = put(tmp_path, fake_ler.zip(**{name: b"x"}))
    with pytest.raises(DataError, match=rf"{ARCHIVE}: member .* points out of its folder; do not use this file"):
        read_file("bag", path)
    assert list(tmp_path.rglob("*")) == [path]


def test_a_member_in_a_subfolder_beside_is_no_harm(fake_ler, tmp_path: Path) -> None:
    assert len(read_file("bag", put(tmp_path, fake_ler.zip(**{"more/read..me": b"x"})))) == 11


def test_no_more_than_a_court_can_hold_is_read(fake_ler, tmp_path: Path, monkeypatch) -> None:
    size = len(fake_ler.contents["bag"])
    path = put(tmp_path, fake_ler.zip())
    monkeypatch.setattr(ler, "MAX_MEMBER_BYTES", size)
    assert len(read_file("bag", path)) == 11
    monkeypatch.setattr(ler, "MAX_MEMBER_BYTES", size - 1)
    with pytest.raises(DataError, match=r"member bag\.conll is larger than any court's file"):
        read_file("bag", path)


def test_a_zip_cut_off_anywhere_is_refused(fake_ler, tmp_path: Path) -> None:
    whole = fake_ler.zip()
    for length in range(len(whole)):
        path = put(tmp_path, whole[:length])
        with pytest.raises(DataError, match=f"{ARCHIVE}: .*(cut off|missing)"):
            read_file("bag", path)


def test_a_zip_with_any_byte_wrong_is_right_or_refused(fake_ler, tmp_path: Path) -> None:
    whole = fake_ler.zip()
    right = read_file("bgh", put(tmp_path, whole))
    refused = 0
    for position in range(len(whole)):
        for mask in (0x01, 0xFF):
            damaged = bytearray(whole)
            damaged[position] ^= mask
            try:
                assert read_file("bgh", put(tmp_path, bytes(damaged))) == right
            except DataError:
                refused += 1
    assert refused > 100


# -- downloads ---------------------------------------------------------------------------------------------------------


@dataclass
class Answer:
    """What the server says: a status, a body, and the length that it claims the body to have (None: it claims none)."""

    body: bytes = b""
    status: int = 200
    claims: int | None = -1

    @property
    def length(self) -> int | None:
        return len(self.body) if self.claims == -1 else self.claims


@dataclass
class Server:
    """A server on this machine that gives its answers in turn, the last one again and again."""

    address: str
    answers: list[Answer] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def next_answer(self, path: str) -> Answer:
        self.asked.append(path)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@pytest.fixture
def server(fake_ler, own_cache: Path, monkeypatch) -> Iterator[Server]:
    class Handler(BaseHTTPRequestHandler):
        timeout = 10

        def do_GET(self) -> None:
            answer = here.next_answer(self.path)
            self.send_response(answer.status)
            if answer.length is not None:
                self.send_header("Content-Length", str(answer.length))
            self.end_headers()
            self.wfile.write(answer.body)
            self.close_connection = True

        def log_message(self, *_: object) -> None:
            pass

    monkeypatch.setattr(pooch.core, "time", SimpleNamespace(sleep=lambda _: None))  # no pause between tries
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        here = Server(f"http://127.0.0.1:{running.server_port}/data")
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield here
        running.shutdown()
        thread.join(timeout=10)


def kept(cache: Path) -> list[Path]:
    """Every file below the cache."""
    return [path for path in cache.rglob("*") if path.is_file()]


@pytest.mark.parametrize("slash", ["", "/"])
def test_a_download_is_kept_and_asked_for_once(fake_ler, server: Server, own_cache: Path, slash: str) -> None:
    server.answers = [Answer(fake_ler.zip())]
    assert len(read_file("bag", server.address + slash)) == 11
    assert server.asked == [f"/data/{ARCHIVE}"]
    assert kept(own_cache) == [own_cache / "ler" / ARCHIVE]
    assert len(read_file("bag", server.address + slash)) == 11
    assert len(read_file("bgh", server.address + slash)) == 4  # from the same archive
    assert len(server.asked) == 1


def test_dev_and_test_are_downloaded_by_themselves(fake_ler, server: Server, own_cache: Path) -> None:
    server.answers = [Answer(fake_ler.contents["ler_dev"])]
    assert len(read_file("ler_dev", server.address)) == 3
    assert server.asked == ["/data/ler_dev.conll"]
    assert kept(own_cache) == [own_cache / "ler" / "ler_dev.conll"]


def test_upstream_is_the_source_where_none_is_named(fake_ler, server: Server, monkeypatch) -> None:
    server.answers = [Answer(fake_ler.zip())]
    monkeypatch.setattr(ler, "UPSTREAM", server.address)
    monkeypatch.setenv(SOURCE_VARIABLE, "")
    assert len(read_file("bag")) == 11
    assert len(server.asked) == 1


def test_the_archive_is_in_its_place_only_when_it_was_found_right(fake_ler, server, own_cache, monkeypatch) -> None:
    server.answers = [Answer(fake_ler.zip())]
    seen = []

    def check(name: str, content: bytes, place: str) -> None:
        seen.append((name, (own_cache / "ler" / ARCHIVE).exists()))

    monkeypatch.setattr(ler, "check", check)
    locate(server.address, "bgh", progress=False)
    assert seen == [("bag", False), ("bgh", False), ("bverwg", False)]
    assert (own_cache / "ler" / ARCHIVE).exists()


BAD = {
    "half the file, and less than was claimed": lambda whole: Answer(whole[: len(whole) // 2], claims=len(whole)),
    "half the file, and no length claimed": lambda whole: Answer(whole[: len(whole) // 2], claims=None),
    "nothing": lambda whole: Answer(b""),
    "404": lambda whole: Answer(b"<html>not found</html>", status=404),
    "a page in the file's place": lambda whole: Answer(b"<html>please log in</html>"),
    "the server's fault": lambda whole: Answer(whole, status=503),
}


@pytest.mark.parametrize("name", ["bag", "ler_dev"])
@pytest.mark.parametrize("bad", BAD)
def test_a_download_that_fails_leaves_nothing(fake_ler, server: Server, own_cache: Path, name: str, bad: str) -> None:
    whole = fake_ler.zip() if name == "bag" else fake_ler.contents[name]
    file = ARCHIVE if name == "bag" else f"{name}.conll"
    server.answers = [BAD[bad](whole)]
    with pytest.raises(DataError) as raised:
        read_file(name, server.address)
    message = str(raised.value)
    assert message.startswith(f"{server.address}/{file}: download into {own_cache / 'ler'} failed")
    assert "nothing of it was kept" in message and "Try again" in message and SOURCE_VARIABLE in message
    assert kept(own_cache) == []
    assert len(server.asked) == 4  # it was tried again three times
    # And when the server has recovered, so has the reader.
    server.answers = [Answer(whole)]
    assert len(read_file(name, server.address)) == ler.FILES[name].sentences


@pytest.mark.parametrize("bad", BAD)
def test_a_second_try_that_works_is_enough(fake_ler, server: Server, own_cache: Path, bad: str) -> None:
    server.answers = [BAD[bad](fake_ler.zip()), Answer(fake_ler.zip())]
    assert len(read_file("bag", server.address)) == 11
    assert len(server.asked) == 2
    assert kept(own_cache) == [own_cache / "ler" / ARCHIVE]


def test_an_archive_with_one_wrong_court_is_not_kept_even_if_another_was_asked_for(fake_ler, server, own_cache) -> None:
    server.answers = [Answer(fake_ler.zip(leave_out="bverwg.conll", **{"bverwg.conll": b"x O\n"}))]
    with pytest.raises(DataError, match=rf"{ARCHIVE}: the content is not that of LER's bverwg\.conll"):
        read_file("bag", server.address)
    assert kept(own_cache) == []


def test_no_network(fake_ler, own_cache: Path, server: Server) -> None:
    with socket.socket() as nobody_listens:
        nobody_listens.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{nobody_listens.getsockname()[1]}"
        with pytest.raises(DataError, match=rf"{address}/{ARCHIVE}: download into .* failed.*or use the sample corpus"):
            read_file("bag", address)
    assert kept(own_cache) == []


@pytest.mark.parametrize("address", ["ftp://127.0.0.1/data", "http://", "http://[", "nonsense://x"])
def test_an_address_that_is_none(fake_ler, own_cache: Path, server: Server, address: str) -> None:
    with pytest.raises(DataError, match=r"download into .* failed"):
        read_file("bag", address)
    assert kept(own_cache) == []


def test_a_disk_that_is_full(fake_ler, server: Server, own_cache: Path, monkeypatch) -> None:
    server.answers = [Answer(fake_ler.zip())]

    class FullDisk:
        """A file that takes a few bytes and no more."""

        def __init__(self, file) -> None:
            self.file = file

        def write(self, data: bytes) -> None:
            self.file.write(data[:100])
            self.file.flush()
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        def __getattr__(self, name: str):
            return getattr(self.file, name)

    opened = []

    def open_on_full_disk(*arguments) -> FullDisk:
        opened.append(arguments)
        return FullDisk(builtins.open(*arguments))

    monkeypatch.setattr(pooch.downloaders, "open", open_on_full_disk, raising=False)
    with pytest.raises(DataError, match=os.strerror(errno.ENOSPC)):
        read_file("bag", server.address)
    assert opened
    assert kept(own_cache) == []


def test_a_cached_file_that_was_damaged_since_is_not_taken_for_the_corpus(fake_ler, server, own_cache: Path) -> None:
    server.answers = [Answer(fake_ler.zip())]
    read_file("bag", server.address)
    path = own_cache / "ler" / ARCHIVE
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(DataError, match=rf"{re.escape(str(path))}: .*cut off.*fresh copy"):
        read_file("bag", server.address)


def test_the_cache_may_lie_below_home(fake_ler, server: Server, tmp_path: Path, monkeypatch) -> None:
    server.answers = [Answer(fake_ler.zip())]
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv("LEGALNER_CACHE", "~/mine")
    assert len(read_file("bag", server.address)) == 11
    assert kept(tmp_path / "mine") == [tmp_path / "mine" / "ler" / ARCHIVE]


def test_tests_keep_out_of_the_user_s_cache(session_cache: Path) -> None:
    assert cache_folder() == session_cache
    code = "from legalner.data import cache_folder; print(cache_folder())"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert printed.stdout.strip() == str(session_cache)


# -- the corpus itself -------------------------------------------------------------------------------------------------


def test_every_class_has_its_coarse_class() -> None:
    assert len(FINE) == 19
    assert set(FINE) == set(COARSE)
    assert sorted(set(COARSE.values())) == ["LIT", "LOC", "NRM", "ORG", "PER", "REG", "RS"]


def test_the_courts_counts_are_the_published_ones_together() -> None:
    courts = [ler.FILES[name] for name in ler.COURTS]
    assert len(courts) == 7
    assert sum(f.sentences for f in courts) == 66_723
    assert sum(f.tokens for f in courts) == 2_157_048
    assert sum(f.entities for f in courts) == 53_632


@pytest.mark.parametrize("name", ler.FILES)
def test_every_file_of_the_corpus_is_whole(ler_files, name: str) -> None:
    sentences, file = ler_files[name], ler.FILES[name]
    entities = sum(tag.startswith("B-") for s in sentences for tag in s.tags)
    assert (len(sentences), sum(map(len, sentences)), entities) == (file.sentences, file.tokens, file.entities)
    assert {s.court for s in sentences} == {"" if name.startswith("ler_") else name}


def test_the_classes_of_the_corpus_are_the_nineteen(ler_files) -> None:
    found = {tag[2:] for name in ler.COURTS for s in ler_files[name] for tag in s.tags if tag != "O"}
    assert found == set(FINE)
