"""What no file of this repository may do: run what it is handed, or install what belongs to a stranger.

Most of it is forbidden by ruff's rules S (flake8-bandit) and by its list of banned modules in pyproject.toml, so
`make check` finds it. Here is what ruff has no rule for, and a check that it is asked.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.conftest import ROOT

PROGRAMS = [p for folder in ("legalner", "tools", "benchmarks") for p in sorted((ROOT / folder).rglob("*.py"))]
PROGRAMS += sorted((ROOT / "notebooks").glob("*.ipynb"))
OTHERS = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *(ROOT / ".github").rglob("*.yml"), ROOT / ".ci" / "run"]
OTHERS += [ROOT / name for name in ("Makefile", "pyproject.toml", "requirements.lock", "environment.yml")]

UNSAFE = {
    r"allow_pickle\s*=\s*True": "arrays that run code when they are read",
    r"safe_mode\s*=\s*False|enable_unsafe_deserialization": "Keras files that run code when they are read",
    r"extractall\(": "an archive that writes where it likes",  # ruff knows this of tarfile alone
}
PIPELINE = r"[a-z]{2}[-_](core|dep)[-_](news|web)[-_]\w+"


def unsafe(text: str) -> Iterator[str]:
    yield from (why for pattern, why in UNSAFE.items() if re.search(pattern, text))


def by_name(text: str) -> Iterator[str]:
    """Lines that install a spaCy pipeline from a package index, where its name belongs to a stranger."""
    for line in text.splitlines():
        from_index = "pip install" in line and "github.com/explosion/spacy-models/releases" not in line
        required = re.match(rf"[\s\"'-]*{PIPELINE}\s*(==|>=|\\)", line)
        if required or (from_index and re.search(rf"\b{PIPELINE}", line)):
            yield f"{line.strip()!r} installs a spaCy pipeline by its name"


def test_no_file_runs_what_it_reads_or_installs_a_pipeline_by_its_name() -> None:
    texts = {path: path.read_text("utf-8") for path in [*PROGRAMS, *OTHERS]}
    found = [f"{path.relative_to(ROOT)}: {why}" for path in PROGRAMS for why in unsafe(texts[path])]
    found += [f"{path.relative_to(ROOT)}: {line}" for path, text in texts.items() for line in by_name(text)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "planted",
    [
        *("np.load(f, allow_pickle=True)", "load_model(f, safe_mode = False)", "z.extractall()"),
        *("keras.config.enable_unsafe_deserialization()", "    pip install de_core_news_md", '"de-core-news-md==3.8"'),
        *("en_core_web_sm>=3", "- en_dep_web_trf \\"),
    ],
)
def test_the_search_finds_what_it_looks_for(planted: str) -> None:
    assert [*unsafe(planted), *by_name(planted)]


# A line, and the rule that must see it.
PLANTED = """
import pickle  # TID251
from marshal import loads  # TID251
import shelve, dill, cloudpickle, joblib  # TID251
pickle.loads(data)  # S301
pandas.read_pickle(path)  # S301
eval(text)  # S307
exec(text)  # S102
yaml.load(text)  # S506
yaml.full_load(text)  # TID251
yaml.unsafe_load(text)  # TID251
subprocess.run(text, shell=True)  # S602
anything(text, shell=True)  # S604
os.system(text)  # S605
os.popen(text)  # S605
tarfile.open(path).extractall()  # S202
"""


@pytest.mark.parametrize("folder", ["legalner", "tools", "benchmarks"])
def test_ruff_is_asked_for_the_rest(folder: str) -> None:
    source = "import os, subprocess, tarfile, pandas, yaml\n" + PLANTED
    command = [sys.executable, "-m", "ruff", "check", "--output-format=json", f"--stdin-filename={folder}/x.py", "-"]
    ran = subprocess.run(command, cwd=ROOT, input=source, capture_output=True, text=True, check=False)
    found = {(finding["location"]["row"], finding["code"]) for finding in json.loads(ran.stdout)}
    rules = {(n, line.split("# ")[1]) for n, line in enumerate(source.splitlines(), start=1) if "# " in line}
    assert len(rules) == 15 and rules <= found, rules - found
