"""rensa alone: which captions agree with another one in a band of their signatures."""

import resource
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
from rensa import RMinHash, RMinHashLSH


def prepare(folder: Path) -> Callable[[], None]:
    """The work is to read and sign all texts, and to flag them."""

    def work() -> None:
        index, done, flags = RMinHashLSH(0.8, 64, 16), 0, 0
        for path in sorted((folder / "store" / "tables" / "captions").iterdir()):
            texts = pq.read_table(path, columns=["text"])["text"].to_pylist()
            tokens = [[text[k : k + 3] for k in range(len(text) - 2)] for text in texts]
            matrix = RMinHash.digest_matrix_from_token_sets(tokens, 64, 1)
            flags += sum(index.insert_matrix_and_query_duplicate_flags(matrix, done))
            done += len(texts)
        assert flags
        peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        (folder / "bare_mb").write_text(str(peak_mb))

    return work
