"""Our EfficientNet-Lite0 is the published one: the same weights give the same features."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from efficientnet_lite_pytorch import EfficientNet

from multihowto.adapters import models
from multihowto.errors import ConfigError
from multihowto.manifests import model
from multihowto.networks import efficientnet_lite as ours


@pytest.fixture(scope="module")
def weights() -> Path:
    return models.fetch("efficientnet_lite0") / model("efficientnet_lite0").files[0].path


@pytest.fixture(scope="module")
def published(weights: Path) -> Any:
    network = EfficientNet.from_name("efficientnet-lite0")
    network.load_state_dict(torch.load(weights, weights_only=True))
    return network.eval()


def noise(pictures: int) -> torch.Tensor:
    shape = (pictures, ours.SIDE, ours.SIDE, 3)
    return torch.randint(0, 256, shape, generator=torch.Generator().manual_seed(1), dtype=torch.uint8)


def test_features_are_those_of_the_published_network(weights: Path, published: Any) -> None:
    pictures = noise(4)
    with torch.inference_mode():
        made = ours.load(weights)(pictures)
        expected = published.extract_features((pictures.permute(0, 3, 1, 2) - 127.0) / 128).mean((2, 3))
    assert made.shape == (4, ours.WIDTH)
    assert made.std() > 0.1
    assert (made - expected).abs().max() < 1e-4


def test_features_say_what_is_in_a_picture(weights: Path, published: Any) -> None:
    """The published classifier on our features of a white disc on blue: no noise, so a class stands out."""
    rows, columns = np.mgrid[: ours.SIDE, : ours.SIDE]
    disc = (rows - 112) ** 2 + (columns - 112) ** 2 < 70**2
    picture = np.where(disc[..., None], [250, 250, 250], [20, 40, 200]).astype(np.uint8)
    with torch.inference_mode():
        classes = published._fc(ours.load(weights)(torch.from_numpy(picture[None]))).softmax(1)
    assert classes.max() > 0.05 > 50 * classes.median()


def test_threads_change_nothing_and_batches_next_to_nothing(weights: Path) -> None:
    pictures = noise(6).numpy()
    one, two = ours.Extractor(weights, "cpu", 1), ours.Extractor(weights, "cpu", 2)
    alone = one.features(pictures)
    torch.set_num_threads(2)
    together = two.features(pictures)
    assert np.array_equal(alone, together)
    assert np.array_equal(alone, two.features(pictures))
    single = np.concatenate([one.features(pictures[number : number + 1]) for number in range(6)])
    np.testing.assert_allclose(single.astype(np.float32), alone.astype(np.float32), atol=4e-3)
    two.close()
    one.close()


def test_features_are_half_floats_in_range(weights: Path) -> None:
    before = torch.get_num_threads()
    extractor = ours.Extractor(weights, "cpu", 1)
    flat = np.stack([np.full((ours.SIDE, ours.SIDE, 3), value, np.uint8) for value in (0, 127, 255)])
    made = extractor.features(np.concatenate([flat, noise(1).numpy()]))
    assert (made.dtype, made.shape, torch.get_num_threads()) == (np.float16, (4, ours.WIDTH), 1)
    assert np.isfinite(made).all()
    assert made.min() >= 0
    assert made.max() <= 6
    assert len({row.tobytes() for row in made}) == 4
    extractor.close()
    assert torch.get_num_threads() == before


@pytest.mark.parametrize(
    "content", [b"", b"no weights", b"\x80\x02cos\nsystem\nX\x04\x00\x00\x00trueq\x00\x85R."]
)
def test_another_file_is_refused_and_not_run(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.pth").write_bytes(content)
    with pytest.raises(ConfigError, match=r"a\.pth does not hold EfficientNet-Lite0's weights"):
        ours.load(tmp_path / "a.pth")


def test_other_weights_are_refused(tmp_path: Path) -> None:
    torch.save({"_conv_stem.weight": torch.zeros(3, 3)}, tmp_path / "a.pth")
    with pytest.raises(ConfigError, match=r"_bn0\.running_mean"):
        ours.load(tmp_path / "a.pth")


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_not_there_is_refused(weights: Path) -> None:
    with pytest.raises(ConfigError, match="no GPU"):
        ours.Extractor(weights, "cuda", 1)
