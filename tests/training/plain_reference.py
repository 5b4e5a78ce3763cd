"""The losses, the head and the measures once more, written from their definitions alone: numpy, float64, loops.

Nothing here is taken from the program, so that an equal result means something. Slow, and meant to be read.
"""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Weights = Mapping[str, Array]

TEMPERATURE = 0.1


def mean(values: Sequence[float]) -> float:
    """Their sum over their number."""
    return sum(values) / len(values)


def s(a: Array, b: Array) -> float:
    """How alike two unit vectors are: their product over the temperature."""
    return float(a @ b) / TEMPERATURE


# --- losses ---------------------------------------------------------------------------------------------------


def mil_nce(clips: Array, bags: Sequence[Array], excluded: Sequence[Flags], form: str) -> float:
    """MIL-NCE (arXiv 1912.06430): the right texts of clip i are all of `bags[i]`, summed above and below the line.

    `excluded[j][i, k]` says that text k of bag j is no negative of clip i: clip i's own bag says the same.
    """
    rows, columns, both = [], [], []
    for i in range(len(clips)):
        right = sum(math.exp(s(clips[i], text)) for text in bags[i])
        row = column = 0.0
        for j in range(len(clips)):
            if j != i:
                row += sum(
                    math.exp(s(clips[i], text))
                    for text, out in zip(bags[j], excluded[j][i], strict=True)
                    if not out
                )
                column += sum(
                    math.exp(s(clips[j], text))
                    for text, out in zip(bags[i], excluded[i][j], strict=True)
                    if not out
                )
        rows.append(-math.log(right / (right + row)))
        columns.append(-math.log(right / (right + column)))
        both.append(-math.log(right / (right + row + column)))
    return mean(both) if form == "joint" else (mean(rows) + mean(columns)) / 2


def nce(a: Array, b: Array, form: str, same: Flags) -> float:
    """L(A, B): row i of `a` belongs to row i of `b`; where `same[i, j]`, j is no negative of i."""
    return mil_nce(a, [row[None] for row in b], by_clip(same, [1] * len(b)), form)


def equal_texts(texts: Sequence[object]) -> Flags:
    """Which clips say the same."""
    return np.array([[one == other for other in texts] for one in texts], dtype=bool)


def equal_candidates(texts: Sequence[Sequence[object]]) -> list[Flags]:
    """For `mil_nce`: of the texts in bags, those that stand in clip i's bag too."""
    return [np.array([[text in mine for text in bag] for mine in texts], dtype=bool) for bag in texts]


def by_clip(same: Flags, sizes: Sequence[int]) -> list[Flags]:
    """For `mil_nce`: all texts of the clips that say the same."""
    return [np.repeat(same[:, j : j + 1], size, axis=1) for j, size in enumerate(sizes)]


def total(
    plain: Mapping[str, Array],
    masked: Mapping[str, Array],
    given_video: Mapping[str, Array],
    form: str,
    same: Flags,
) -> float:
    """inter + intra (+ cross) of a clip v and its caption x, or captions x and y."""
    texts = [name for name in plain if name != "v"]
    inter = sum(nce(plain[name], plain["v"], form, same) for name in texts)
    intra = sum(nce(plain[name], masked[name], form, same) for name in plain)
    cross = nce(given_video["x"], given_video["y"], form, same) if len(texts) == 2 else 0.0
    return inter + intra + cross


# --- the head -------------------------------------------------------------------------------------------------


def linear(rows: Array, weights: Weights, name: str) -> Array:
    """A linear layer, its weight as [out, in]."""
    out: Array = rows @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]
    return out


def layer_norm(rows: Array, weights: Weights, name: str, epsilon: float = 1e-5) -> Array:
    """Each row with mean 0 and variance 1, then scaled and moved."""
    centred = rows - rows.mean(axis=-1, keepdims=True)
    scaled: Array = centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + epsilon)
    return scaled * weights[f"{name}.weight"] + weights[f"{name}.bias"]


def gelu(values: Array) -> Array:
    """The exact GELU: x times the normal distribution up to x."""
    shares = [(1 + math.erf(x / math.sqrt(2))) / 2 for x in values.flat]
    out: Array = values * np.array(shares).reshape(values.shape)
    return out


def softmax(values: Array) -> Array:
    """Shares that sum to one."""
    powers = np.exp(values - values.max())
    shares: Array = powers / powers.sum()
    return shares


def attention(queries: Array, keys: Array, real: Flags, weights: Weights, name: str, heads: int) -> Array:
    """Every query's mean of the real keys' values, a head at a time."""
    q = linear(queries, weights, f"{name}.q")
    k = linear(keys, weights, f"{name}.k")
    v = linear(keys, weights, f"{name}.v")
    width = q.shape[1] // heads
    out = np.zeros_like(q)
    for head in range(heads):
        part = slice(head * width, (head + 1) * width)
        for i in range(len(q)):
            scores = k[real][:, part] @ q[i, part] / math.sqrt(width)
            out[i, part] = softmax(scores) @ v[real][:, part]
    return linear(out, weights, f"{name}.out")


def block(
    rows: Array, real: Flags, video: Array, video_real: Flags, weights: Weights, name: str, heads: int
) -> Array:
    """One pre-LN block; `video` [m, d] only widens the keys and values, and may be empty."""
    queries = layer_norm(rows, weights, f"{name}.norm1")
    keys = np.concatenate([queries, layer_norm(video, weights, f"{name}.norm1")])
    seen = np.concatenate([real, video_real])
    rows = rows + attention(queries, keys, seen, weights, f"{name}.attention", heads)
    inner = gelu(linear(layer_norm(rows, weights, f"{name}.norm2"), weights, f"{name}.ffn1"))
    return rows + linear(inner, weights, f"{name}.ffn2")


def projected(tokens: Array, weights: Weights) -> Array:
    """Tokens [n, in] in the head's width [n, d], in their places where places are learned.

    A norm before it, and one before the read-out, are not in the definition: they are used where the weights hold them.
    """
    tokens = layer_norm(tokens, weights, "norm_in") if "norm_in.weight" in weights else tokens
    rows = linear(tokens, weights, "project")
    return rows + weights["positions"][: len(rows)] if "positions" in weights else rows


def head(
    tokens: Array,
    real: Flags,
    weights: Weights,
    *,
    heads: int,
    blocks: int,
    readout: str,
    video: Array | None = None,
    video_real: Flags | None = None,
) -> Array:
    """One item's unit vector: `tokens` [n, in], `real` [n]; `video` [m, d] is projected already."""
    width = len(weights["cls"])
    rows = np.concatenate([weights["cls"][None], projected(tokens, weights)])
    seen = np.concatenate([[True], real])
    more = np.zeros((0, width)) if video is None else video
    more_seen = np.ones(len(more), dtype=bool) if video_real is None else video_real
    for i in range(blocks):
        rows = block(rows, seen, more, more_seen, weights, f"blocks.{i}", heads)
    rows = layer_norm(rows, weights, "norm_out") if "norm_out.weight" in weights else rows
    read = rows[0] if readout == "cls" else rows[1:][real].mean(axis=0)
    out = linear(read, weights, "final")
    return out / np.linalg.norm(out)


# --- measures -------------------------------------------------------------------------------------------------


def ranks(scores: Array, right: Flags) -> Array:
    """Of each query (row), the rank of its best right item, averaged over the orders of items with equal scores."""
    found = []
    for row, is_right in zip(scores, right, strict=True):
        best = row[is_right].max()
        above = int((row > best).sum())
        level_right = int(((row == best) & is_right).sum())
        level_wrong = int(((row == best) & ~is_right).sum())
        found.append(1 + above + level_wrong / (level_right + 1))
    return np.array(found)


def chance_within(scores: Array, right: Flags, k: int) -> Array:
    """Of each query, the chance that a right item is among the first k when equal scores stand in random order."""
    found = []
    for row, is_right in zip(scores, right, strict=True):
        best = row[is_right].max()
        level = int((row == best).sum())
        wrong = int(((row == best) & ~is_right).sum())
        places = min(max(k - int((row > best).sum()), 0), level)
        missed = math.comb(wrong, places) / math.comb(level, places)
        found.append(1 - missed)
    return np.array(found)


def text_to_video(texts: Array, videos: Array, owner: Sequence[int]) -> tuple[Array, Flags]:
    """Scores and right items when each text looks for its one video."""
    right = np.array([[owner[i] == j for j in range(len(videos))] for i in range(len(texts))])
    return texts @ videos.T, right


def video_to_text(texts: Array, videos: Array, owner: Sequence[int]) -> tuple[Array, Flags]:
    """Scores and right items when each video looks for any of its texts."""
    scores, right = text_to_video(texts, videos, owner)
    return scores.T, right.T


def measures(scores: Array, right: Flags) -> dict[str, float]:
    """R@k, median and mean rank over all queries."""
    found = ranks(scores, right)
    shares = {f"r{k}": mean(list(chance_within(scores, right, k))) for k in (1, 5, 10)}
    return {**shares, "median_rank": quantile(list(found), 0.5), "mean_rank": mean(list(found))}


def quantile(values: Sequence[float], share: float) -> float:
    """Between the two values that are nearest to a share of the way through them all, in order."""
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])


def percentile_interval(
    values: Sequence[float], draws: Sequence[Sequence[int]], level: float
) -> tuple[float, float]:
    """Bootstrap: the middle `level` of the means over drawn queries; each draw names as many as there are."""
    means = [mean([values[i] for i in draw]) for draw in draws]
    return quantile(means, (1 - level) / 2), quantile(means, (1 + level) / 2)


def alignment(a: Array, b: Array) -> float:
    """Wang & Isola 2020: the mean squared distance of the pairs."""
    return mean([float(((x - y) ** 2).sum()) for x, y in zip(a, b, strict=True)])


def uniformity(a: Array) -> float:
    """Wang & Isola 2020: log of the mean of e^(-2 d^2) over all pairs of different rows."""
    pairs = [math.exp(-2 * ((a[i] - a[j]) ** 2).sum()) for i in range(len(a)) for j in range(i)]
    return math.log(mean(pairs))
