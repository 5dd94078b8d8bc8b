"""LER from a folder, a zip or an address: only the corpus itself is taken for it, and nothing half-written."""

from __future__ import annotations

import errno
import io
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

from legalner.data import COARSE, FINE, DataError, available, cache_folder, ler, locate, read_file
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
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setenv(SOURCE_VARIABLE, "~/ler")
    assert len(read_file("bag")) == 11
    # What is asked for goes before the environment.
    with pytest.raises(DataError, match=rf"nowhere: no such folder or file; set {SOURCE_VARIABLE} \(or --source\)"):
        read_file("bag", tmp_path / "nowhere")


def test_crlf_has_the_same_hash_and_the_same_sentences(fake_ler, tmp_path: Path) -> None:
    plain = read_file("bag", fake_ler.write(tmp_path / "lf"))
    (tmp_path / "bag.conll").write_bytes(fake_ler.contents["bag"].replace(b"\n", b"\r\n"))
    assert read_file("bag", tmp_path) == plain


def test_a_file_that_is_missing_unreadable_or_unknown_says_what_was_expected(fake_ler, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=rf"bag\.conll: no such file; expected {ARCHIVE} or bag\.conll"):
        read_file("bag", tmp_path)
    with pytest.raises(DataError, match=r"ler_dev\.conll: no such file; expected ler_dev\.conll"):
        read_file("ler_dev", tmp_path)
    (tmp_path / "bag.conll").mkdir()
    with pytest.raises(DataError, match=r"bag\.conll: cannot be read \(.+\); expected LER's bag\.conll"):
        read_file("bag", tmp_path)
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


def test_what_a_zip_does_not_hold_is_named(fake_ler, tmp_path: Path) -> None:
    path = put(tmp_path, fake_ler.zip(leave_out="bgh.conll"))
    with pytest.raises(DataError, match=rf"{ARCHIVE}: member bgh\.conll is missing; .*fresh copy"):
        read_file("bgh", path)
    assert len(read_file("bag", path)) == 11
    with pytest.raises(DataError, match=r"zip holds court files only; set the source to a folder with ler_dev\.conll"):
        read_file("ler_dev", path)


def test_nothing_of_a_zip_is_unpacked(fake_ler, tmp_path: Path) -> None:
    (inside := tmp_path / "inside").mkdir()
    led_out = ["../x", "a/../../x", str(tmp_path / "x"), "\\x", "..\\x", "C:\\x", "C:/x", "//host/share/x", "more/x..y"]
    path = put(inside, fake_ler.zip(**dict.fromkeys(led_out, b"x")))
    assert len(read_file("bag", path)) == 11
    assert list(tmp_path.rglob("*")) == [inside, path]


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
        with pytest.raises(DataError, match=f"{ARCHIVE}: .*(cut off|missing)"):
            read_file("bag", put(tmp_path, whole[:length]))


def test_a_zip_with_a_wrong_byte_is_read_correctly_or_refused(fake_ler, tmp_path: Path) -> None:
    whole = fake_ler.zip()
    expected = read_file("bgh", put(tmp_path, whole))
    refused = 0
    for position in range(len(whole)):
        for mask in (0x01, 0xFF):
            damaged = bytearray(whole)
            damaged[position] ^= mask
            try:
                assert read_file("bgh", put(tmp_path, bytes(damaged))) == expected
            except DataError:
                refused += 1
    assert refused > 100


# -- which files a source holds, told by names alone -------------------------------------------------------------------

EVERYTHING = ("bag", "bgh", "bverwg", "ler_dev", "ler_test")


def test_a_folder_as_upstream_has_it_holds_everything(fake_ler, tmp_path: Path, monkeypatch) -> None:
    folder = fake_ler.write(tmp_path / "ler")
    assert available(folder) == available(str(folder)) == EVERYTHING
    monkeypatch.setenv(SOURCE_VARIABLE, str(folder))
    assert available() == EVERYTHING


def test_a_zip_holds_courts_only(fake_ler, tmp_path: Path) -> None:
    archive = fake_ler.write(tmp_path / "ler") / ARCHIVE
    assert available(archive) == ("bag", "bgh", "bverwg")
    archive.write_bytes(fake_ler.zip(leave_out="bgh.conll", **{"ler_dev.conll": b"x", "other.conll": b"x"}))
    assert available(archive) == ("bag", "bverwg")
    assert available(archive.parent) == ("bag", "bverwg", "ler_dev", "ler_test")


def test_a_folder_of_a_few_files(fake_ler, tmp_path: Path) -> None:
    assert available(tmp_path) == ()
    for name in ("bgh", "ler_test", "other"):
        (tmp_path / f"{name}.conll").write_bytes(b"x")
    assert available(tmp_path) == ("bgh", "ler_test")
    assert available(tmp_path / "bgh.conll") == ("bgh",)
    assert available(tmp_path / "other.conll") == ()


def test_an_address_is_taken_to_hold_everything_and_nothing_is_downloaded(fake_ler, own_cache: Path) -> None:
    assert available("http://127.0.0.1:9/data") == available(None) == EVERYTHING
    assert not own_cache.exists()


def test_a_source_that_is_not_there_or_is_broken_is_an_error(fake_ler, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such folder or file"):
        available(tmp_path / "nowhere")
    archive = fake_ler.write(tmp_path / "ler") / ARCHIVE
    whole = archive.read_bytes()
    start = whole.index(b"PK\x01\x02")  # the list of members
    archive.write_bytes(whole[:start] + b"XXXX" + whole[start + 4 :])
    with pytest.raises(DataError, match=r"dataset_courts\.zip: the zip cannot be read"):
        available(archive)


# -- downloads ---------------------------------------------------------------------------------------------------------


@dataclass
class Answer:
    """What the server sends: a body, the length that it claims for it (None: it claims none), and a status."""

    body: bytes
    claims: int | None
    status: int = 200


def complete(body: bytes, status: int = 200) -> Answer:
    return Answer(body, len(body), status)


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
            if answer.claims is not None:
                self.send_header("Content-Length", str(answer.claims))
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
    server.answers = [complete(fake_ler.zip())]
    assert len(read_file("bag", server.address + slash)) == 11
    assert server.asked == [f"/data/{ARCHIVE}"]
    assert kept(own_cache) == [own_cache / "ler" / ARCHIVE]
    assert len(read_file("bag", server.address + slash)) == 11
    assert len(read_file("bgh", server.address + slash)) == 4  # from the same archive
    assert len(server.asked) == 1


def test_upstream_is_the_source_where_none_is_named(fake_ler, server: Server, monkeypatch) -> None:
    server.answers = [complete(fake_ler.zip())]
    monkeypatch.setattr(ler, "UPSTREAM", server.address)
    monkeypatch.setenv(SOURCE_VARIABLE, "")
    assert len(read_file("bag")) == 11
    assert len(server.asked) == 1


def test_the_archive_is_in_its_place_only_once_it_was_checked(fake_ler, server, own_cache, monkeypatch) -> None:
    server.answers, seen = [complete(fake_ler.zip())], []

    def check(name: str, content: bytes, place: str) -> None:
        seen.append((name, (own_cache / "ler" / ARCHIVE).exists()))

    monkeypatch.setattr(ler, "check", check)
    locate(server.address, "bgh", progress=False)
    assert seen == [("bag", False), ("bgh", False), ("bverwg", False)]
    assert (own_cache / "ler" / ARCHIVE).exists()


BAD = {
    "half the file, and less than was claimed": lambda content: Answer(content[: len(content) // 2], len(content)),
    "half the file, and no length claimed": lambda content: Answer(content[: len(content) // 2], None),
    "nothing": lambda _: complete(b""),
    "404": lambda _: complete(b"<html>not found</html>", 404),
    "a page in the file's place": lambda _: complete(b"<html>please log in</html>"),
    "the server's fault": lambda content: complete(content, 503),
}


@pytest.mark.parametrize("name", ["bag", "ler_dev"])
@pytest.mark.parametrize("bad", BAD)
def test_a_download_that_fails_leaves_nothing(fake_ler, server: Server, own_cache: Path, name: str, bad: str) -> None:
    content = fake_ler.zip() if name == "bag" else fake_ler.contents[name]
    file = ARCHIVE if name == "bag" else f"{name}.conll"
    server.answers = [BAD[bad](content)]
    with pytest.raises(DataError) as raised:
        read_file(name, server.address)
    message = str(raised.value)
    assert message.startswith(f"{server.address}/{file}: download into {own_cache / 'ler'} failed")
    assert "nothing of it was kept" in message and "Try again" in message and SOURCE_VARIABLE in message
    assert kept(own_cache) == []
    assert len(server.asked) == 4  # it was tried again three times
    # And when the server has recovered, so has the reader.
    server.answers = [complete(content)]
    assert len(read_file(name, server.address)) == ler.FILES[name].sentences
    assert set(server.asked) == {f"/data/{file}"}
    assert kept(own_cache) == [own_cache / "ler" / file]


def test_a_second_try_that_works_is_enough(fake_ler, server: Server, own_cache: Path) -> None:
    server.answers = [BAD["404"](fake_ler.zip()), complete(fake_ler.zip())]
    assert len(read_file("bag", server.address)) == 11
    assert len(server.asked) == 2
    assert kept(own_cache) == [own_cache / "ler" / ARCHIVE]


def test_an_archive_with_one_wrong_court_is_not_kept_even_if_another_was_asked_for(fake_ler, server, own_cache) -> None:
    server.answers = [complete(fake_ler.zip(leave_out="bverwg.conll", **{"bverwg.conll": b"x O\n"}))]
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
    server.answers = [complete(fake_ler.zip())]

    class FullDisk(io.FileIO):
        """A file that takes a few bytes and no more."""

        def write(self, data) -> int:
            super().write(data[:100])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(pooch.downloaders, "open", lambda path, _: FullDisk(path, "w"), raising=False)
    with pytest.raises(DataError, match=os.strerror(errno.ENOSPC)):
        read_file("bag", server.address)
    assert kept(own_cache) == []


def test_a_cached_file_that_was_damaged_since_is_not_taken_for_the_corpus(fake_ler, server, own_cache: Path) -> None:
    server.answers = [complete(fake_ler.zip())]
    read_file("bag", server.address)
    path = own_cache / "ler" / ARCHIVE
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(DataError, match=rf"{re.escape(str(path))}: .*cut off.*fresh copy"):
        read_file("bag", server.address)


def test_the_cache_may_lie_below_home(tmp_path: Path, monkeypatch) -> None:
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setenv("LEGALNER_CACHE", "~/mine")
    assert cache_folder() == tmp_path / "mine"


def test_tests_keep_out_of_the_user_s_cache(session_cache: Path) -> None:
    assert cache_folder() == session_cache
    code = "from legalner.data import cache_folder; print(cache_folder())"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert printed.stdout.strip() == str(session_cache)


# -- the corpus itself -------------------------------------------------------------------------------------------------


def test_classes_and_counts_are_the_published_ones() -> None:
    assert len(FINE) == 19
    assert set(FINE) == set(COARSE)
    assert sorted(set(COARSE.values())) == ["LIT", "LOC", "NRM", "ORG", "PER", "REG", "RS"]
    courts = [ler.FILES[name] for name in ler.COURTS]
    totals = [sum(counts) for counts in zip(*((f.sentences, f.tokens, f.entities) for f in courts), strict=True)]
    assert (len(courts), totals) == (7, [66_723, 2_157_048, 53_632])


@pytest.mark.parametrize("name", ler.FILES)
def test_every_file_of_the_corpus_is_whole(ler_files, name: str) -> None:
    sentences, file = ler_files[name], ler.FILES[name]
    entities = sum(tag.startswith("B-") for s in sentences for tag in s.tags)
    assert (len(sentences), sum(map(len, sentences)), entities) == (file.sentences, file.tokens, file.entities)
    assert {s.court for s in sentences} == {"" if name.startswith("ler_") else name}


def test_the_classes_of_the_corpus_are_the_nineteen(ler_files) -> None:
    found = {tag[2:] for name in ler.COURTS for s in ler_files[name] for tag in s.tags if tag != "O"}
    assert found == set(FINE)
