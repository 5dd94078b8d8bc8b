"""The CoNLL reader and writer: what is met in the wild is read; what cannot be understood is named by file and line."""

import warnings
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from legalner.data import (
    ConllError,
    DataError,
    Sentence,
    TagRepairWarning,
    parse_conll,
    read_conll,
    write_conll,
)
from tests.data.test_tags import iob2_tags, is_iob2


def parse(text: str, **options) -> list[tuple[str, str]]:
    """Tokens and tags of each sentence, as two strings that are easy to compare by eye."""
    return [(" ".join(s.tokens), " ".join(s.tags)) for s in parse_conll(text.encode(), "file.conll", **options)]


TWO = [("Das BAG entschied .", "O B-GRT O O"), ("Herr M. klagte", "O B-PER O")]
PLAIN = "Das O\nBAG B-GRT\nentschied O\n. O\n\nHerr O\nM. B-PER\nklagte O\n\n"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(PLAIN, id="plain"),
        pytest.param(PLAIN.rstrip("\n") + "\n", id="no blank line at the end"),
        pytest.param(PLAIN.rstrip("\n"), id="no line end at the end"),
        pytest.param(PLAIN.replace("\n", "\r\n"), id="CRLF"),
        pytest.param(PLAIN.replace("\n", "\r\n").rstrip("\n"), id="CRLF, cut before the last LF"),
        pytest.param(PLAIN.replace("O\n", "O\r\n"), id="LF and CRLF mixed"),
        pytest.param(PLAIN.replace("\n", "\r"), id="CR alone"),
        pytest.param("\ufeff" + PLAIN, id="byte-order mark"),
        pytest.param(PLAIN.replace(" ", "\t"), id="tabs"),
        pytest.param(PLAIN.replace(" ", "  \t "), id="runs of spaces and tabs"),
        pytest.param("".join(f" {line} \n" for line in PLAIN.split("\n")), id="spaces around, blank lines of spaces"),
        pytest.param(PLAIN.replace(" ", " NN I-NP "), id="four columns"),
        pytest.param("\n\n" + PLAIN.replace("\n\n", "\n\n\n \t\n\n"), id="several blank lines"),
        pytest.param("# a remark\n#\n" + PLAIN.replace("BAG", "# between\nBAG"), id="comments"),
        pytest.param("-DOCSTART- -X- O O\n\n" + PLAIN, id="-DOCSTART-"),
        pytest.param(PLAIN.replace("\n\n", "\n-DOCSTART- O\n"), id="-DOCSTART- in a blank line's place"),
    ],
)
def test_what_is_met_in_the_wild_is_read(text: str) -> None:
    assert parse(text) == TWO


def test_a_hash_with_a_valid_tag_is_a_token() -> None:
    assert parse("vgl. B-LIT\n# I-LIT\n5 I-LIT\n\n#3 O\n") == [("vgl. # 5", "B-LIT I-LIT I-LIT"), ("#3", "O")]


@pytest.mark.parametrize("end", ["\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1c", "\xa0", "\r"])
def test_other_line_ends_and_spaces_of_unicode_stay_in_the_token(end: str) -> None:
    [sentence] = parse_conll(f"a{end}b O\nc O\n".encode(), "file.conll")
    assert sentence.tokens == (f"a{end}b", "c")


def test_a_separator_keeps_the_spaces_in_a_token() -> None:
    assert parse("§ 5\tB-GS\nAbs. 1\tI-GS\n", separator="\t") == [("§ 5 Abs. 1", "B-GS I-GS")]


def test_a_file_is_read_with_its_court_and_repaired_unless_said_otherwise(tmp_path: Path) -> None:
    path = tmp_path / "file.conll"
    path.write_text(PLAIN, "utf-8")
    assert {s.court for s in read_conll(path, court="bag")} == {"bag"}
    assert {s.court for s in read_conll(path)} == {""}
    path.write_bytes(b"BGH I-GRT\n")
    with pytest.warns(TagRepairWarning):
        [sentence] = read_conll(path)
    assert sentence.tags == ("B-GRT",)


@pytest.mark.parametrize(
    ("scheme", "tags", "expected"),
    [
        ("iob1", "I-A I-A B-A I-B", "B-A I-A B-A B-B"),
        ("bioes", "S-A B-A I-A E-A O S-B", "B-A B-A I-A I-A O B-B"),
        ("iob2", "B-A I-A B-A B-B I-B O", "B-A I-A B-A B-B I-B O"),
    ],
)
def test_every_scheme_becomes_iob2_without_a_warning(scheme: str, tags: str, expected: str) -> None:
    [(_, found)] = parse("".join(f"x {tag}\n" for tag in tags.split()), scheme=scheme, repair=False)
    assert found == expected


@pytest.mark.parametrize(
    ("scheme", "tags", "expected", "count", "line"),
    [
        ("iob2", "I-A I-A O I-B B-A I-B", "B-A I-A O B-B B-A B-B", 3, 1),
        ("iob2", "B-A O I-A", "B-A O B-A", 1, 3),
        ("bioes", "S-A E-A O I-B I-B", "B-A B-A O B-B I-B", 2, 2),
        ("bioes", "B-A E-A I-A", "B-A I-A B-A", 1, 3),
    ],
)
def test_a_tag_without_beginning_is_repaired_and_counted_or_refused(scheme, tags, expected, count, line) -> None:
    text = "".join(f"x {tag}\n" for tag in tags.split())
    with pytest.warns(TagRepairWarning, match=rf"file\.conll: {count} tag.* line {line}\b") as caught:
        assert parse(text, scheme=scheme) == [(" ".join("x" for _ in tags.split()), expected)]
    assert len(caught) == 1
    with pytest.raises(ConllError, match=rf"file\.conll: {count} tag.* line {line}\b.*fix the file.*repair=True"):
        parse(text, scheme=scheme, repair=False)


def test_an_entity_ends_with_its_sentence() -> None:
    with pytest.warns(TagRepairWarning, match="1 tag"):
        assert parse("x B-A\n\ny I-A\n") == [("x", "B-A"), ("y", "B-A")]


@pytest.mark.parametrize("tag", ["E-PER", "S-PER"])
def test_a_bioes_tag_elsewhere_names_the_remedy(tag: str) -> None:
    for scheme in ("iob2", "iob1"):
        with pytest.raises(ConllError, match=rf"file\.conll, line 2: `{tag}`.*scheme='bioes'"):
            parse(f"x O\ny {tag}\n", scheme=scheme)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"Das O\nBAG\n", r"line 2: one column \('BAG'\); expected `token tag`"),
        (b"\r\n\r\n\r\nDas\r\n", r"line 4: one column"),
        (b"a O\n O\n", r"line 2: one column \('O'\)"),
        (b"a O\nb PER\n", r"line 2: 'PER' is not a tag; expected `O`, `B-CLASS` or `I-CLASS`"),
        (b"a B-\n", r"line 1: 'B-' is not a tag"),
        (b"a o\n", r"line 1: 'o' is not a tag"),
        (b"a O-PER\n", r"line 1: 'O-PER' is not a tag"),
        ("a B-\xa0\n".encode(), r"line 1: .* is not a tag"),
        (b"", r"file\.conll: contains no sentence; expected lines of `token tag`"),
        (b"\xef\xbb\xbf\n# only a remark\n-DOCSTART- O\n\n", r"file\.conll: contains no sentence"),
        (b"a O\nb O\n\nM\xfcller B-PER\n", r"line 4: is not UTF-8; save the file as UTF-8"),
        (b"\xef\xbb\xbfa O\n\n\xff O\n", r"line 3: is not UTF-8"),
        ("a O\n".encode("utf-16"), r"line 1: is not UTF-8"),
    ],
)
def test_what_cannot_be_understood_is_refused_by_file_and_line(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "file.conll"
    path.write_bytes(content)
    with pytest.raises(ConllError, match=message) as raised:
        read_conll(path)
    assert str(raised.value).startswith(str(path))


def test_an_empty_token_is_refused() -> None:
    with pytest.raises(ConllError, match="line 2: the token is empty"):
        parse("a\tO\n\tB-PER\n", separator="\t")


def test_an_unknown_scheme_lists_those_that_exist() -> None:
    with pytest.raises(DataError, match="unknown tag scheme 'bilou'; expected one of iob2, iob1, bioes"):
        parse("a O\n", scheme="bilou")


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nowhere\.conll: no such file; check the path"):
        read_conll(tmp_path / "nowhere.conll")
    with pytest.raises(DataError, match=f"{tmp_path.name}: cannot be read .*expected a CoNLL file"):
        read_conll(tmp_path)


def test_a_sentence_checks_itself() -> None:
    with pytest.raises(DataError, match="at least one token"):
        Sentence((), ())
    with pytest.raises(DataError, match="2 tokens but 1 tags: 'a b'"):
        Sentence(("a", "b"), ("O",))
    assert len(Sentence(("a", "b"), ("O", "O"))) == 2


def test_a_sentence_that_is_still_to_be_tagged_has_no_entity() -> None:
    assert Sentence.untagged(iter(["Das", "BGB", "I-GS"])) == Sentence(("Das", "BGB", "I-GS"), ("O", "O", "O"), "")
    with pytest.raises(DataError, match="at least one token"):
        Sentence.untagged([])


def test_what_is_written_by_hand(tmp_path: Path) -> None:
    path = tmp_path / "new" / "file.conll"
    write_conll(path, [Sentence(("§", "5"), ("B-GS", "I-GS")), Sentence(("ß",), ("O",))])
    assert path.read_bytes() == "§ B-GS\n5 I-GS\n\nß O\n\n".encode()


@pytest.mark.parametrize(
    ("token", "tag"),
    [
        ("§ 5", "B-GS"),
        ("a\tb", "O"),
        ("a\n", "O"),
        ("", "O"),
        ("-DOCSTART-", "O"),
        ("\ufeffDas", "O"),
        ("\ud800", "O"),
        ("a", "GS"),
        ("a", "E-GS"),
        ("a", "B-G S"),
        ("a", ""),
    ],
)
def test_what_would_not_be_read_back_is_not_written(tmp_path: Path, token: str, tag: str) -> None:
    path = tmp_path / "file.conll"
    path.write_text("before O\n", "utf-8")
    with pytest.raises(DataError, match=r"file\.conll: token .* would not be read back"):
        write_conll(path, [Sentence(("fine",), ("O",)), Sentence((token,), (tag,))])
    assert path.read_text("utf-8") == "before O\n"
    assert list(tmp_path.iterdir()) == [path]


# -- properties --------------------------------------------------------------------------------------------------------


tokens = st.text(
    st.characters(exclude_characters=" \t\n", exclude_categories=["Cs"]) | st.sampled_from("\r\x85\u2028#-"), min_size=1
).filter(lambda token: token != "-DOCSTART-" and not token.startswith("\ufeff"))
sentences = st.lists(tokens, min_size=1, max_size=6).flatmap(
    lambda chosen: iob2_tags(len(chosen)).map(lambda tags: Sentence(tuple(chosen), tags, "bag"))
)


@given(st.lists(sentences, min_size=1, max_size=4))
@example([Sentence(("#",), ("O",), "bag"), Sentence(("\r", "O", "-DOCSTART"), ("O", "B-O", "I-O"), "bag")])
def test_what_is_written_is_read_back(tmp_path_factory, written: list[Sentence]) -> None:
    path = tmp_path_factory.getbasetemp() / "round_trip.conll"
    write_conll(path, written)
    assert read_conll(path, court="bag", repair=False) == written


words = st.sampled_from(["a", "§", "O", "B-A", "I-A", "I-B", "E-A", "S-B", "B-", "#", "-DOCSTART-", "\ufeff"])
spaces = st.sampled_from([" ", " ", "\t", "\n", "\n", "\n\n", "\r\n", "\r", "\u2028", "\xa0"])
contents = (
    st.binary(max_size=40)
    | st.text(max_size=40).map(lambda text: text.encode("utf-8", "surrogatepass"))
    | st.lists(words | spaces, max_size=40).map(lambda parts: "".join(parts).encode())
    | st.lists(st.tuples(tokens, st.sampled_from(["O", "B-A", "I-A", "I-B", "E-A", "S-B"])), min_size=1).map(
        lambda rows: "\n".join(f"{token} {tag}" for token, tag in rows).encode()
    )
)


@given(contents, st.sampled_from(["iob2", "iob1", "bioes"]), st.booleans(), st.sampled_from([None, "\t", " "]))
def test_anything_at_all_is_valid_iob2_or_a_named_error(content, scheme, repair, separator) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TagRepairWarning)
        try:
            found = parse_conll(content, "file.conll", scheme=scheme, repair=repair, separator=separator)
        except ConllError as error:
            assert str(error).startswith("file.conll")
            return
    assert found
    assert all(is_iob2(s.tags) for s in found)
    assert all(token.strip(" \t") for s in found for token in s.tokens)
