"""Encoding the whole of LER, all seven courts, fits into 1 GB: ids into one matrix instead of the article's array."""

import json
import subprocess
import sys

import pytest

LIMIT = 1_000_000_000
# The process that is measured. Its vectors are a stand-in, with the real ones' 300 numbers for every token.
CODE = """
import json, re, resource, sys
from pathlib import Path
import numpy as np
from legalner.data import COURTS, Corpus, read_file
from legalner.data import TagSet
from legalner.preprocess import build_vocabulary, load_encoded, save_encoded

class StandIn:
    dimension = 300
    def has(self, token):
        return True
    def vector(self, token):
        return np.full(300, len(token), np.float32)

def peak():
    # ru_maxrss can hold the peak of the process that started this one; Linux says it exactly elsewhere.
    status = Path("/proc/self/status")
    found = re.search(r"VmHWM:\\s+(\\d+) kB", status.read_text()) if status.exists() else None
    if found:
        return int(found[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)

source, folder = sys.argv[1], Path(sys.argv[2])
files = {court: read_file(court, source) for court in COURTS}
rest = [s for court in COURTS if court not in ("bfh", "bgh") for s in files[court]]
corpus = Corpus("whole", rest, files["bfh"], files["bgh"])
sentences = [s for part in corpus.parts.values() for s in part]
vocabulary = build_vocabulary(sentences, StandIn())
save_encoded(folder, corpus, vocabulary, TagSet.from_sentences(sentences, "class"), 50)
encoded, loaded, _ = load_encoded(folder)
print(json.dumps({
    "sentences": sum(len(part.ids) for part in encoded.values()),
    "widths": sorted({part.ids.shape[1] for part in encoded.values()}),
    "matrix": loaded.embeddings.shape,
    "unknown": sum(int((part.ids == 1).sum()) for part in encoded.values()),
    "padding": sum(int((part.ids == 0).sum()) for part in encoded.values()),
    "tokens": sum(part.tokens for part in encoded.values()),
    "peak": peak(),
}))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="the resource module, which measures memory, is not on Windows")
def test_the_whole_corpus_is_encoded_within_a_gigabyte(ler_source: str, tmp_path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CODE, ler_source, str(tmp_path / "encoded")], capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    # All of it was really encoded, and looking up gives every token a vector of 300 numbers.
    assert found["sentences"] == 66_723 and found["widths"] == [50]
    assert found["unknown"] == 0 and found["padding"] + found["tokens"] == 66_723 * 50
    assert found["matrix"][0] > 50_000 and found["matrix"][1] == 300
    assert found["peak"] < LIMIT, f"peak {found['peak'] / 1e9:.2f} GB"
    # The article's array alone would be four times the limit.
    assert 4 * LIMIT < 66_723 * 50 * 300 * 4
