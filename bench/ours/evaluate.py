"""Ranks and metrics in both directions. Run as a file, it prints what it took, its most memory included."""

import json
import resource
import sys
from collections.abc import Callable
from pathlib import Path

import torch

from multihowto.evaluation.retrieval import metrics
from multihowto.training.ranks import both_ways


def prepare(folder: Path) -> Callable[[], None]:
    """Makes vectors; each caption's own clip is likelier than others, as after training."""
    items = json.loads((folder / "evaluate.json").read_text(encoding="utf-8"))["items"]
    torch.manual_seed(0)
    texts = torch.randn(items, 1024)
    videos = torch.randn(items, 1024).add_(texts, alpha=0.1)
    for vectors in (texts, videos):
        vectors.div_(vectors.norm(dim=1, keepdim=True))

    def work() -> None:
        for ranks in both_ways(texts, videos):
            metrics(ranks)

    return work


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    from timed import measure

    wall_s, cpu_s = measure(prepare(Path(sys.argv[1])))
    gb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9
    print(json.dumps({"wall_s": wall_s, "cpu_s": cpu_s, "gb": gb}))
