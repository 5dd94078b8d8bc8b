"""`legalner annotate`: whatever is read and written to, and what cannot be read is named while the rest is done."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from legalner import cli
from legalner.annotate import Annotator, annotate_files
from legalner.annotate.writers import FORMATS
from legalner.data import DataError
from legalner.improve import TrainedTagger

TEXT = "Nach § 9 Abs. 2 BGB haftet er.\r\nDas entschied der BGH so.\n"


@pytest.fixture(scope="module")
def annotator(statute_tagger: TrainedTagger) -> Annotator:
    return Annotator(statute_tagger)


@pytest.fixture(scope="module")
def model(statute_tagger: TrainedTagger, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model") / "statutes"
    statute_tagger.save(folder, {})
    return folder


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    contents = {
        "a": TEXT.encode(),
        "empty": b"",
        "mark": b"\xef\xbb\xbf" + TEXT.encode(),
        "binary": b"%PDF\xff\xfe\x00",
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    return {name: str(tmp_path / name) for name in [*contents, "missing"]}


def test_files_are_annotated_in_their_order(files, annotator, tmp_path):
    sources = [files["a"], files["empty"], files["mark"]]
    assert annotate_files(sources, annotator, "jsonl", tmp_path / "out") == 0
    first, empty, mark = map(json.loads, (tmp_path / "out").read_text("utf-8").splitlines())
    assert [document["source"] for document in (first, empty, mark)] == sources
    assert [TEXT[e["start"] : e["end"]] for e in first["entities"]] == ["§ 9 Abs. 2 BGB", "BGH"]
    assert empty["entities"] == [] and mark["entities"] == first["entities"]  # a byte-order mark does not move a place


def test_a_link_stays_a_link(files, annotator, tmp_path):
    (tmp_path / "target").write_text("before")
    (tmp_path / "link").symlink_to("target")
    assert annotate_files([files["a"]], annotator, "jsonl", tmp_path / "link") == 0
    assert (tmp_path / "link").is_symlink() and "GRT" in (tmp_path / "target").read_text("utf-8")


def test_an_output_is_as_private_as_the_file_before_or_as_new_files_are(files, annotator, tmp_path):
    (tmp_path / "before").write_text("x")
    (tmp_path / "before").chmod(0o600)
    mask = os.umask(0o027)
    try:
        for name in ("before", "new"):
            annotate_files([files["a"]], annotator, "jsonl", tmp_path / name)
    finally:
        os.umask(mask)
    assert [(tmp_path / name).stat().st_mode & 0o777 for name in ("before", "new")] == [0o600, 0o640]


def test_standard_input_is_read_once(files, annotator, tmp_path):
    with pytest.raises(DataError, match="only once"):
        annotate_files(["-", files["a"], "-"], annotator, "jsonl", tmp_path / "out")
    assert not (tmp_path / "out").exists()


@contextmanager
def standard_output_to(path: Path, patch: pytest.MonkeyPatch) -> Iterator[None]:
    """Within the block, standard output is appended to a file."""
    kept = os.dup(1)
    try:
        with path.open("a") as stream, patch.context() as patched:
            os.dup2(stream.fileno(), 1)
            patched.setattr(sys, "stdout", os.fdopen(1, "w", closefd=False))
            yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


@pytest.mark.parametrize("output", [None, Path("/dev/stdout")])
@pytest.mark.skipif(not Path("/dev/stdout").exists(), reason="this system has no /dev/stdout")
def test_what_standard_output_held_is_kept(files, annotator, tmp_path, monkeypatch, output):
    (log := tmp_path / "log").write_text("earlier\n")
    with standard_output_to(log, monkeypatch):
        assert annotate_files([files["a"]], annotator, "jsonl", output) == 0
    earlier, line = log.read_text("utf-8").splitlines()
    assert earlier == "earlier" and json.loads(line)["source"] == files["a"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_or_a_device_is_written_to_and_not_replaced(files, annotator, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen(
        [sys.executable, "-c", f"print(open({str(pipe)!r}).read())"], stdout=subprocess.PIPE
    ) as reader:
        assert annotate_files([files["a"]], annotator, "jsonl", pipe) == 0
        assert b"GRT" in reader.communicate(timeout=60)[0]
    assert pipe.is_fifo()


@pytest.mark.parametrize("bad", ["missing", "binary"])
def test_a_file_that_cannot_be_read_is_named_and_the_others_are_done(files, annotator, tmp_path, capsys, bad):
    sources = [files["a"], files[bad], files["mark"]]
    assert annotate_files(sources, annotator, "jsonl", tmp_path / "out") == 1
    done = [json.loads(line)["source"] for line in (tmp_path / "out").read_text("utf-8").splitlines()]
    assert done == [files["a"], files["mark"]]
    assert files[bad] in capsys.readouterr().err


def test_where_nothing_could_be_read_an_earlier_result_stays(files, annotator, tmp_path):
    (tmp_path / "out").write_text("earlier")
    with pytest.raises(DataError, match="nothing was written"):
        annotate_files([files["missing"]], annotator, "jsonl", tmp_path / "out")
    assert (tmp_path / "out").read_text() == "earlier"


def test_a_text_is_never_written_over(files, annotator):
    with pytest.raises(DataError, match=r"a: is an input, so it is not overwritten; give another file with --output"):
        annotate_files([files["a"]], annotator, "jsonl", Path(files["a"]))
    assert Path(files["a"]).read_bytes() == TEXT.encode()


def call(*arguments: str, **options: object) -> subprocess.Popen:
    command = [sys.executable, "-m", "legalner", "annotate", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)


def test_the_command_reads_standard_input_and_says_by_its_status_what_failed(files, model, tmp_path):
    words = ["--model", str(model), "--format", "jsonl", "--output", "-", "-", files["missing"]]
    process = call(*words, stdin=subprocess.PIPE, cwd=tmp_path)
    out, err = process.communicate(TEXT.encode(), timeout=120)
    (message,) = err.decode().splitlines()  # no word of the libraries that it uses
    assert process.returncode == 1 and files["missing"] in message
    assert json.loads(out)["source"] == "-" and len(json.loads(out)["entities"]) == 2


def test_a_closed_pipe_ends_it_quietly(model, tmp_path):
    (tmp_path / "many").write_text(TEXT * 1000, "utf-8")  # more than a pipe holds
    process = call("--model", str(model), "--format", "conll", str(tmp_path / "many"))
    assert process.stdout is not None and process.stderr is not None
    process.stdout.read(10)
    process.stdout.close()
    err = process.stderr.read().decode()
    assert process.wait(timeout=120) == 1 and "Traceback" not in err and "Exception" not in err


def test_a_folder_without_a_model_is_one_sentence(files, tmp_path, monkeypatch, capfd):
    monkeypatch.setattr(sys, "argv", ["legalner", "annotate", "--model", str(tmp_path), files["a"]])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    out, err = capfd.readouterr()
    assert ended.value.code == 1 and out == "" and err.startswith("error: ") and err.count("\n") == 1


MEMORY = """
import sys, psutil
from pathlib import Path
from legalner.annotate import Annotator, annotate_files
folder, annotator, held = Path(sys.argv[1]), Annotator(Path(sys.argv[2])), []
for number in (100, 100, 800):
    assert annotate_files([str(folder / "text")] * number, annotator, "html", folder / "out") == 0
    held.append(psutil.Process().memory_info().rss)
print((held[2] - held[1]) / 1e6)
"""


@pytest.mark.thorough
def test_a_process_does_not_grow_with_the_number_of_documents(model, tmp_path):
    """Eight times the documents; the page itself is 5 MB."""
    (tmp_path / "text").write_text(TEXT * 20, "utf-8")
    words = [sys.executable, "-c", MEMORY, str(tmp_path), str(model)]
    ended = subprocess.run(words, capture_output=True, text=True, check=True)
    assert float(ended.stdout) < 20
    assert (tmp_path / "out").stat().st_size > 2.5e6


@pytest.mark.parametrize("kind", FORMATS)
def test_a_name_that_is_no_utf8_is_written_all_the_same(annotator, tmp_path, kind):
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.txt"))
    try:
        path.write_text(TEXT, encoding="utf-8")
    except OSError:
        pytest.skip("this file system takes no such name")
    assert annotate_files([str(path)], annotator, kind, tmp_path / "out") == 0
    written = (tmp_path / "out").read_bytes().decode()
    assert written if kind != "jsonl" else json.loads(written)["source"] == str(path)
