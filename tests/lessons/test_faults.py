"""Faults of the world around: kill -9 at any moment, a full disk, a read-only one, two runs at once.

Real processes are killed and real file systems are full. After each fault nothing half-written passes for complete, a
second start works, and what was finished is not lost. Servers that are slow, wrong or stop halfway: data/test_ler.py.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import psutil
import pytest

from legalner.data import DataError, Sentence, TagSet, ler
from legalner.workspace import MissingStepError, read_json, write_json
from tests.conftest import ROOT, FakeLer, write_notebook

if TYPE_CHECKING:
    from legalner.improve import TrainedTagger

posix = pytest.mark.skipif(os.name != "posix", reason="needs signals of POSIX")


# Every file is written beside its place and then moved there; the process kills itself just before a chosen move.
DIE = """
import os, signal
move, moves = os.replace, []
def replace(*paths):
    moves.append(paths)
    if len(moves) == {at}:
        os.kill(os.getpid(), signal.SIGKILL)
    move(*paths)
os.replace = replace
"""


def start(script: str, *arguments: object, die_at: int = 0, **more: Any) -> subprocess.Popen:
    """Start Python on a script that may import from the tests; it dies where its file of this number is complete."""
    head = f"import sys; sys.path.insert(0, {str(ROOT)!r})\n" + DIE.format(at=die_at)
    return subprocess.Popen([sys.executable, "-c", head + script, *map(str, arguments)], **more)


def kill_when(process: subprocess.Popen, moment: Callable[[], bool]) -> None:
    """Kill the process, with no chance to clean up, as soon as the moment has come."""
    deadline = time.monotonic() + 120
    while not moment():
        assert process.poll() is None, "it ended before it was killed"
        assert time.monotonic() < deadline, "the moment never came"
        time.sleep(0.01)
    process.kill()
    assert process.wait() == -signal.SIGKILL


# -- kill -9 -----------------------------------------------------------------------------------------------------------


def train_toy(folder: Path) -> tuple[np.ndarray, dict[str, list[float]]]:
    """Train a small tagger, or resume its training in this folder; return its weights, and its figures by epoch."""
    from legalner.improve import FeatureTables, TaggerConfig, build_network, encode_features, train_tagger

    tags = ("O", "B-GS", "I-GS", "I-GS", "O", "O")
    sentences = [Sentence(("Nach", "§", str(n), law, "haftet", "."), tags) for n in range(30) for law in ("BGB", "ZPO")]
    config = TaggerConfig(
        features=("word", "shape"), feature_dim=4, units=6, conv_filters=4, max_padded_tokens=60, epochs=5,
        dropout=0.3, word_dropout=0.2, ema_momentum=0.8, learning_rate=0.03,
    )  # fmt: skip
    tag_set = TagSet.from_sentences(sentences, config.scheme)
    tables = FeatureTables.from_sentences(sentences, config.features)
    train, val = (encode_features(part, tables, tag_set) for part in (sentences[:40], sentences[40:]))
    network = build_network(config, tables.sizes, tag_set)
    gold = [s.tags for s in sentences[40:]]
    network, history = train_tagger(network, train, val, gold, tag_set, config, folder, progress="none")
    columns = {name: history.column(name) for name in ("loss", "val_f1")}
    return np.concatenate([w.ravel() for w in network.get_weights()]), columns


def assert_same_training(found: Path, expected: Path) -> None:
    """Both folders end with the same numbers; what is complete there is read, not trained again."""
    (weights, figures), (expected_weights, expected_figures) = train_toy(found), train_toy(expected)
    assert len(figures["loss"]) == 5
    np.testing.assert_allclose(weights, expected_weights, atol=1e-5)
    for name, column in expected_figures.items():
        np.testing.assert_allclose(figures[name], column, atol=1e-5)


TRAIN = "from pathlib import Path\nfrom tests.lessons.test_faults import train_toy\ntrain_toy(Path(sys.argv[1]))"


@posix
@pytest.mark.thorough
def test_training_killed_three_times_ends_as_if_it_had_not_been(tmp_path: Path) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    train_toy(whole)
    # An epoch writes the best weights (if they are), the state, and the history.
    for die_at, epochs in ((2, {0}), (3, {0}), (9, {2, 3})):
        assert start(TRAIN, killed, die_at=die_at).wait() == -signal.SIGKILL
        history = killed / "history.json"
        assert (len(read_json(history)["epochs"]) if history.exists() else 0) in epochs
    ended = start(TRAIN, killed, stdout=subprocess.PIPE, text=True)
    assert "resuming the training" in ended.communicate()[0] and ended.returncode == 0
    assert_same_training(killed, whole)


ENCODE = """
from pathlib import Path
from legalner.data import TagSet, load_corpus
from legalner.preprocess import build_vocabulary, save_encoded
from legalner.vectors import load_vectors
corpus = load_corpus("sample")
vectors = load_vectors("none", corpus.train, dimension=8, seed=int(sys.argv[2]))
tag_set = TagSet.from_sentences(corpus.train, "class")
save_encoded(Path(sys.argv[1]), corpus, build_vocabulary(corpus.train, vectors), tag_set, 50)
"""


@posix
def test_encoding_killed_leaves_what_was_there_before_or_nothing(tmp_path: Path) -> None:
    from legalner.preprocess import load_encoded

    for file in range(1, 7):  # train, val, test, vectors, vocabulary, tags
        assert start(ENCODE, tmp_path, 1, die_at=file).wait() == -signal.SIGKILL
        with pytest.raises(MissingStepError, match="run notebook 02_preprocess first"):
            load_encoded(tmp_path)
    assert start(ENCODE, tmp_path, 1).wait() == 0
    parts, _, _ = load_encoded(tmp_path)
    assert [len(part.ids) for part in parts.values()] == [2000, 500, 500]
    assert start(ENCODE, tmp_path, 2, die_at=5).wait() == -signal.SIGKILL
    with pytest.raises(MissingStepError):  # new arrays and vectors beside the old vocabulary
        load_encoded(tmp_path)


SAVE = """
from pathlib import Path
from legalner.improve import TrainedTagger
TrainedTagger.load(Path(sys.argv[1])).save(Path(sys.argv[2]), {})
"""


@posix
@pytest.mark.thorough
def test_a_model_killed_while_it_is_written_is_refused_until_it_is_written_again(
    statute_tagger: TrainedTagger, tmp_path: Path
) -> None:
    from legalner.improve import TrainedTagger

    good, other = tmp_path / "good", tmp_path / "other"
    statute_tagger.save(good, {})
    sentence = [("Nach", "§", "12", "Abs.", "1", "BGB", "haftet", "er", ".")]
    for file in (1, 2, 3):
        assert start(SAVE, good, other, die_at=file).wait() == -signal.SIGKILL
        with pytest.raises(DataError, match=re.escape(str(other))):
            TrainedTagger.load(other)
    assert start(SAVE, good, other).wait() == 0
    assert TrainedTagger.load(other).tag(sentence) == statute_tagger.tag(sentence)


FETCH = """
import json
from legalner.data import ler, splits
ler.FILES = {name: ler.LerFile(**values) for name, values in json.loads(sys.argv[1]).items()}
ler.COURTS = splits.COURTS = ("bag", "bgh", "bverwg")
print(len(ler.read_file("bag", sys.argv[2])))
"""


@posix
def test_a_download_killed_halfway_is_made_again(fake_ler: FakeLer, tmp_path: Path, own_cache: Path) -> None:
    archive = fake_ler.zip()
    begun, go_on, asked = threading.Event(), threading.Event(), []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Length", str(len(archive)))
            self.end_headers()
            self.wfile.write(archive[:200])
            self.wfile.flush()
            begun.set()
            go_on.wait(60)
            with contextlib.suppress(OSError):  # nobody listens any more
                self.wfile.write(archive[200:])

        def log_message(self, *_: object) -> None:
            pass

    files = json.dumps({name: asdict(file) for name, file in ler.FILES.items()})
    environment = {**os.environ, "NO_PROXY": "127.0.0.1"}
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/data"
        kill_when(start(FETCH, files, address, env=environment), begun.is_set)
        assert not list(own_cache.rglob("*.zip"))
        go_on.set()
        second = start(FETCH, files, address, env=environment, stdout=subprocess.PIPE, text=True)
        assert second.communicate()[0].strip() == "11"
        assert len(asked) == 2
        third = start(FETCH, files, address, env=environment, stdout=subprocess.PIPE, text=True)
        assert third.communicate()[0].strip() == "11" and len(asked) == 2, "a whole download is kept"
        server.shutdown()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose second notebook waits as long as there is a file `slow`, and tells by `begun` that it began."""
    for folder in ("notebooks", "legalner", "profiles"):
        (tmp_path / folder).mkdir()
    write = "write_metrics(run_folder(RUN_NAME), '{}', {{'split': 'toy', 'data': {{'{}': 1}}}})"
    head = "import time\nfrom pathlib import Path\nfrom legalner.workspace import run_folder, write_metrics\n"
    wait = "Path('../begun').touch()\nwhile Path('../slow').exists(): time.sleep(0.05)\n"
    for name, code in (("01_a", head + write.format("01_a", "a")), ("02_b", head + wait + write.format("02_b", "b"))):
        write_notebook(tmp_path, name, code, parameters="RUN_NAME = 'x'")
    (tmp_path / "profiles" / "toy.yaml").write_text("description: toy\nnotebooks: [01_a, 02_b]\ncell_timeout: 60\n")
    return tmp_path


RUN = "import os\nos.chdir(sys.argv[1])\nfrom legalner.cli import main\nsys.argv[1:] = ['run', *sys.argv[2:]]\nmain()"


@posix
def test_a_headless_run_killed_in_the_second_notebook_takes_its_kernel_along_and_resumes_there(project: Path) -> None:
    """A kernel that outlived its run would write into a folder where a second start works."""
    (project / "slow").touch()
    process = start(RUN, project, "--profile", "toy")
    kernels: list[psutil.Process] = []

    def begun() -> bool:
        kernels[:] = psutil.Process(process.pid).children(recursive=True)
        return (project / "begun").exists()

    kill_when(process, begun)
    assert kernels and not psutil.wait_procs(kernels, timeout=20)[1]
    first = project / "runs" / "toy" / "notebooks" / "01_a.ipynb"
    before = first.stat().st_mtime_ns
    assert not (project / "runs" / "toy" / "metrics.json").exists()
    (project / "slow").unlink()
    assert start(RUN, project, "--profile", "toy", "--resume").wait() == 0
    assert first.stat().st_mtime_ns == before
    assert read_json(project / "runs" / "toy" / "metrics.json")["data"] == {"a": 1, "b": 1}


def test_a_second_run_in_the_same_folder_is_refused_and_harms_nothing(project: Path) -> None:
    (project / "slow").touch()
    first = start(RUN, project, "--profile", "toy")
    deadline = time.monotonic() + 60
    while not (project / "begun").exists():
        assert first.poll() is None and time.monotonic() < deadline
        time.sleep(0.05)
    for words in ([], ["--resume"]):
        second = start(RUN, project, "--profile", "toy", *words, stderr=subprocess.PIPE, text=True)
        said = second.communicate()[1]
        assert second.returncode == 1 and "another run works in" in said and "--name" in said
    (project / "slow").unlink()
    assert first.wait() == 0
    assert read_json(project / "runs" / "toy" / "metrics.json")["data"] == {"a": 1, "b": 1}


# -- disks -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """Mount a file system in memory with these options; asked again, with other ones."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = False

    def mount(options: str) -> Path:
        nonlocal mounted
        options = f"remount,{options}" if mounted else options
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)]
        try:
            done = subprocess.run(command, capture_output=True, text=True)
        except OSError:
            pytest.skip("needs the command mount")
        if done.returncode:
            pytest.skip(f"needs root, to mount a small disk: {done.stderr.strip()}")
        mounted = True
        return place

    yield mount
    if mounted:
        subprocess.run(["umount", str(place)], check=True)


def test_on_a_full_disk_the_former_file_stays(disk: Callable[[str], Path]) -> None:
    place = disk("size=64k")
    write_json(place / "a.json", [1])
    with pytest.raises(OSError) as error:
        write_json(place / "a.json", ["x" * 100_000])
    assert error.value.errno == errno.ENOSPC
    assert read_json(place / "a.json") == [1]
    assert [p.name for p in place.iterdir()] == ["a.json"]


@pytest.mark.thorough
def test_a_training_on_a_full_disk_goes_on_when_there_is_space(disk: Callable[[str], Path], tmp_path: Path) -> None:
    place = disk("size=8k")
    with pytest.raises(OSError, match="No space left"):
        train_toy(place)
    assert not list(place.glob("*.keras"))
    disk("size=8m")
    train_toy(place)
    assert_same_training(place, tmp_path / "elsewhere")


ANNOTATE = "from legalner.cli import main\nsys.argv[1:] = ['annotate', *sys.argv[1:]]\nmain()"


@pytest.mark.thorough
def test_annotating_to_a_full_disk_is_one_sentence_and_keeps_the_former_result(
    disk: Callable[[str], Path], statute_tagger: TrainedTagger, tmp_path: Path
) -> None:
    statute_tagger.save(tmp_path / "model", {})
    (tmp_path / "long.txt").write_text("Nach § 12 Abs. 1 BGB haftet er.\n\n" * 800, "utf-8")
    place = disk("size=16k")
    (place / "out.html").write_text("former")
    words = [tmp_path / "long.txt", "--model", tmp_path / "model", "--format", "html", "-o", place / "out.html"]
    ended = start(ANNOTATE, *words, stderr=subprocess.PIPE, text=True)
    said = ended.communicate()[1]
    assert ended.returncode == 1 and "No space left" in said and "Traceback" not in said
    assert (place / "out.html").read_text() == "former"
    assert [p.name for p in place.iterdir()] == ["out.html"]


def test_a_corpus_on_a_read_only_disk_is_read(disk: Callable[[str], Path], fake_ler: FakeLer, own_cache: Path) -> None:
    place = disk("size=1m")
    fake_ler.write(place / "ler")
    disk("ro")
    assert len(ler.read_file("bag", str(place / "ler"))) == 11
    assert len(ler.read_file("ler_dev", str(place / "ler"))) == 3


def test_a_run_in_a_read_only_project_is_one_sentence(disk: Callable[[str], Path], project: Path) -> None:
    place = disk("size=1m")
    for folder in ("notebooks", "profiles", "legalner"):
        (place / folder).mkdir()
        for file in (project / folder).iterdir():
            (place / folder / file.name).write_bytes(file.read_bytes())
    disk("ro")
    ended = start(RUN, place, "--profile", "toy", stderr=subprocess.PIPE, text=True)
    said = ended.communicate()[1]
    assert ended.returncode == 1 and said.startswith("error: ") and "Read-only file system" in said
    assert "Traceback" not in said
