"""`legalner annotate`: files in, four formats out, and what cannot be read is said while the rest is done."""

import json
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from legalner.annotate import Annotator, annotate_files
from legalner.annotate.writers import FORMATS
from legalner.cli import app
from legalner.data import DataError, read_conll
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


def run(sources: list[str], annotator: Annotator, kind: str, tmp_path: Path) -> str:
    assert annotate_files(sources, annotator, kind, tmp_path / "out") == 0
    return (tmp_path / "out").read_bytes().decode()


def test_a_link_stays_a_link(files, annotator, tmp_path):
    (tmp_path / "real").write_text("before")
    (tmp_path / "link").symlink_to("real")
    assert annotate_files([files["a"]], annotator, "jsonl", tmp_path / "link") == 0
    assert (tmp_path / "link").is_symlink() and "GRT" in (tmp_path / "real").read_text("utf-8")


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


def test_conll_gives_back_text_with_markup(annotator, tmp_path):
    (tmp_path / "page").write_text('<p class="rd">Nach § 9 Abs. 2 BGB haftet er.</p>\n\n-DOCSTART- so', "utf-8")
    run([str(tmp_path / "page")], annotator, "conll", tmp_path)
    read = read_conll(tmp_path / "out")
    assert read[0].tokens[0] == '<p_class="rd">' and read[-1].tokens[-2:] == ("_DOCSTART_", "so")


def test_the_table_moves_no_cursor(annotator, tmp_path):
    (tmp_path / "coloured").write_text("Nach § 9 Abs. 2 \x1b[31mBGB haftet er.", "utf-8")
    assert "\x1b" not in run([str(tmp_path / "coloured")], annotator, "table", tmp_path)


def test_the_page_explains_the_classes_of_its_model(files, annotator, tmp_path):
    legend = run([files["a"]], annotator, "html", tmp_path).split("<h2>")[0]
    assert "<b>GS</b>" in legend and "<b>GRT</b>" in legend and "<b>LIT</b>" not in legend


@pytest.mark.skipif(not Path("/dev/stdout").exists(), reason="this system has no /dev/stdout")
def test_what_standard_output_held_is_kept(files, model, tmp_path):
    words = ["annotate", "--model", str(model), "--format", "jsonl"]
    for target in ("/dev/stdout", "-"):
        log = tmp_path / "log"
        log.write_text("earlier\n")
        with log.open("a") as stream:
            command = [sys.executable, "-m", "legalner", *words, "-o", target, files["a"]]
            subprocess.run(command, stdout=stream, stderr=subprocess.PIPE, cwd=tmp_path, check=True)
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


def test_jsonl_is_a_document_a_line(files, annotator, tmp_path):
    lines = run([files["a"], files["empty"], files["mark"]], annotator, "jsonl", tmp_path).splitlines()
    first, empty, mark = map(json.loads, lines)
    assert first["source"] == files["a"] and [e["label"] for e in first["entities"]] == ["GS", "GRT"]
    assert empty == {"source": files["empty"], "entities": []}
    assert mark["entities"] == first["entities"]  # a byte-order mark does not move a place
    for e in first["entities"]:
        assert set(e) == {"start", "end", "label", "text", "confidence"} and 0 < e["confidence"] <= 1
        assert TEXT[e["start"] : e["end"]] == e["text"]


def test_conll_is_what_the_reader_reads(files, annotator, tmp_path):
    run([files["a"]], annotator, "conll", tmp_path)
    sentences = read_conll(tmp_path / "out")
    assert [len(s) for s in sentences] == [9, 6]
    assert sentences[0].tags == ("O", "B-GS", "I-GS", "I-GS", "I-GS", "I-GS", "O", "O", "O")


def test_a_table_for_people(files, annotator, tmp_path):
    table = run([files["a"], files["empty"]], annotator, "table", tmp_path)
    assert "a: 2 entities" in table and "empty: 0 entities" in table and "§ 9 Abs. 2 BGB" in table


class Page(HTMLParser):
    """What a browser makes of a page: its elements and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.elements.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def test_markup_in_a_text_is_shown_and_never_run(statute_tagger):
    text = '<script>alert(1)</script> § 9 Abs. 2 <b>&amp;BGB "x" Nach § 9 Abs. 2 BGB haftet er.'
    (document,) = Annotator(statute_tagger).annotate_many([text])
    page = Page("".join(FORMATS["html"]([("<img src=x onerror=alert(2)>", document)], ["GS"])))
    assert not {"script", "img"} & set(page.elements)
    shown = re.sub("GS|GRT", "", page.text)  # the classes stand beside the entities
    assert re.sub("GS|GRT", "", text) in shown and "<img src=x onerror=alert(2)>" in shown
    assert page.elements.count("mark") == len(document.entities) >= 1


def test_a_class_from_a_strangers_model_is_shown_too(statute_tagger):
    (document,) = Annotator(statute_tagger).annotate_many([TEXT])
    entity = document.entities[0]
    document.entities = [type(entity)(entity.start, entity.end, '"><script>', entity.text, 0.2)]
    page = Page("".join(FORMATS["html"]([("x", document)], ["GS"])))
    assert "script" not in page.elements and '"><script>' in page.text


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
    with pytest.raises(DataError, match="is to be read"):
        annotate_files([files["a"]], annotator, "jsonl", Path(files["a"]))
    assert Path(files["a"]).read_bytes() == TEXT.encode()


def call(*arguments: str, **options: object) -> subprocess.Popen:
    command = [sys.executable, "-m", "legalner", "annotate", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)


def test_the_command_reads_standard_input_and_says_by_its_status_what_failed(files, model):
    process = call("--model", str(model), "--format", "jsonl", "-", files["missing"], stdin=subprocess.PIPE)
    out, err = process.communicate(TEXT.encode(), timeout=120)
    (said,) = err.decode().splitlines()  # no word of the libraries behind it
    assert process.returncode == 1 and files["missing"] in said
    assert json.loads(out)["source"] == "-" and len(json.loads(out)["entities"]) == 2


def test_a_folder_without_a_model_is_one_sentence(files, tmp_path):
    process = call("--model", str(tmp_path), files["a"])
    out, err = process.communicate(timeout=120)
    assert process.returncode == 1 and out == b"" and err.decode().startswith("error: ") and err.count(b"\n") == 1


def test_a_closed_pipe_ends_it_quietly(files, model, tmp_path):
    many = tmp_path / "many"
    many.write_text(TEXT * 3000, "utf-8")
    process = call("--model", str(model), "--format", "conll", str(many))
    assert process.stdout is not None and process.stderr is not None
    process.stdout.read(10)
    process.stdout.close()
    err = process.stderr.read().decode()
    assert process.wait(timeout=120) == 1 and "Traceback" not in err and "Exception" not in err


MEMORY = """
import sys, psutil
from pathlib import Path
from legalner.annotate import Annotator
from legalner.annotate import annotate_files
folder, annotator, held = Path(sys.argv[1]), Annotator(Path(sys.argv[2])), []
for number in (200, 200, 1600):
    assert annotate_files([str(folder / "text")] * number, annotator, "html", folder / "out") == 0
    held.append(psutil.Process().memory_info().rss)
print((held[2] - held[1]) / 1e6)
"""


@pytest.mark.slow
def test_a_process_does_not_grow_with_the_number_of_documents(model, tmp_path):
    """Eight times the documents; the page itself is 10 MB."""
    (tmp_path / "text").write_text(TEXT * 20, "utf-8")
    words = [sys.executable, "-c", MEMORY, str(tmp_path), str(model)]
    ended = subprocess.run(words, capture_output=True, text=True, check=True)
    assert float(ended.stdout) < 20
    assert (tmp_path / "out").stat().st_size > 5e6


def test_help_has_examples(capsys):
    with pytest.raises(SystemExit):
        app(["annotate", "--help"])
    assert "pdftotext urteil.pdf -" in capsys.readouterr().out


@pytest.mark.parametrize("kind", FORMATS)
def test_a_name_that_is_no_utf8_is_written_all_the_same(annotator, tmp_path, kind):
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.txt"))
    try:
        path.write_text(TEXT, encoding="utf-8")
    except OSError:
        pytest.skip("this file system takes no such name")
    out = run([str(path)], annotator, kind, tmp_path)
    if kind == "jsonl":
        assert json.loads(out)["source"] == str(path)
