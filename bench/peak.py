"""Runs one command of multihowto, or reads a manifest's ids with csv alone, and prints its time and peak memory.

Usage: python bench/peak.py multihowto WORD... | bare MANIFEST
"""

import csv
import json
import resource
import sys
import time

from timed import cpu_s


def main(kind: str, words: list[str]) -> None:
    """Does the work in this process."""
    started, used = time.perf_counter(), cpu_s()
    if kind == "bare":
        with open(words[0], encoding="utf-8", newline="") as file:
            ids = {row[0] for row in csv.reader(file)}
        print(len(ids))
    else:
        from multihowto.cli import cli

        cli.main(words, standalone_mode=False)
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"wall_s": time.perf_counter() - started, "cpu_s": cpu_s() - used, "mb": peak_mb}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
