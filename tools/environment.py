"""Write environment.yml (conda, Binder) with the pins of requirements.lock; `make lock` runs this.

Conda installs Python, and pip the rest, in the versions of the lock. Hashes are left out: with any, pip would demand
one for every line, and the package itself has none.
"""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PYTHON = "3.12"
# From spaCy's own releases; on package indexes this name belongs to strangers.
PIPELINE = "de_core_news_md-3.8.0"
PIPELINE_ADDRESS = f"https://github.com/explosion/spacy-models/releases/download/{PIPELINE}/{PIPELINE}-py3-none-any.whl"


def pins(lock: str) -> list[str]:
    """Return the lines `name==version` of a lock file, with their markers."""
    lines = re.findall(r"^([A-Za-z0-9._-]+(?:\[[^\]]*\])?==[^\\\n]+?)\s*\\?$", lock, flags=re.MULTILINE)
    return [line.strip() for line in lines]


def environment(lock: str) -> str:
    """Return the content of environment.yml for a lock file's content."""
    requirements = "\n".join(f'      - "{pin}"' for pin in pins(lock))
    return f"""# Made from requirements.lock by `make lock`; do not edit.
# conda env create -f environment.yml && conda activate legalner
name: legalner
channels:
  - conda-forge
dependencies:
  - python={PYTHON}
  - pip
  - pip:
{requirements}
      - "de_core_news_md @ {PIPELINE_ADDRESS}"
      - "-e ."
"""


if __name__ == "__main__":
    target = ROOT / "environment.yml"
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    target.write_text(environment(lock), encoding="utf-8", newline="\n")
