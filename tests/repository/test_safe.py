"""What no file of this repository may do: run what it is handed, or install what belongs to a stranger."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
CODE = [p for folder in ("legalner", "tools", "benchmarks") for p in sorted((ROOT / folder).rglob("*.py"))]
PAGES = [*sorted((ROOT / "notebooks").glob("*.ipynb")), *sorted(ROOT.glob("*.md")), *sorted(ROOT.glob("docs/*.md"))]
INSTALLERS = [
    ROOT / ".ci" / "run",
    *sorted((ROOT / ".github").rglob("*.yml")),
    ROOT / "Makefile",
    ROOT / "pyproject.toml",
    ROOT / "requirements.lock",
    ROOT / "environment.yml",
]

FORBIDDEN = {
    r"^\s*(import|from) (pickle|marshal|shelve|dill|cloudpickle|joblib)\b": "objects that run code when they are read",
    r"allow_pickle\s*=\s*True": "arrays that run code when they are read",
    r"safe_mode\s*=\s*False|enable_unsafe_deserialization": "Keras files that run code when they are read",
    r"shell\s*=\s*True|os\.(system|popen)\(": "a shell, to which a file's name may be a command",
    r"(?<![\w.])(eval|exec)\(": "text that is run",
    r"yaml\.(load|unsafe_load|full_load)\(": "YAML that makes objects",
    r"extractall\(": "an archive that writes where it likes",
}


@pytest.mark.parametrize("path", CODE, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_nothing_runs_what_it_reads(path: Path) -> None:
    text = path.read_text("utf-8")
    found = [why for pattern, why in FORBIDDEN.items() if re.search(pattern, text, re.MULTILINE)]
    assert not found


@pytest.mark.parametrize(
    "line",
    [
        "import pickle",
        "np.load(f, allow_pickle=True)",
        "run(c, shell=True)",
        "eval(x)",
        "yaml.load(f)",
        "z.extractall()",
    ],
)
def test_the_search_finds_what_it_looks_for(line: str) -> None:
    assert any(re.search(pattern, line, re.MULTILINE) for pattern in FORBIDDEN)


@pytest.mark.parametrize("path", [*CODE, *PAGES, *INSTALLERS], ids=lambda p: p.relative_to(ROOT).as_posix())
def test_no_spacy_pipeline_is_installed_by_its_name(path: Path) -> None:
    """On a package index that name belongs to a stranger; spaCy's releases and its own command are the way."""
    for line in path.read_text("utf-8").splitlines():
        if re.search(r"\b[a-z]{2}[-_](core|dep)[-_](news|web)[-_]\w+", line):
            assert "pip install" not in line or "github.com/explosion/spacy-models/releases" in line, line
            assert not re.match(r"\s*[\"'-]*\s*[a-z]{2}[-_](core|dep)[-_](news|web)[-_]\w+\s*(==|>=|\\)", line), line
