"""Rendering: deterministic, as long as planned, cached, and visibly different the second time."""

import shutil
import sys
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from demo_looks import FPS, HEIGHT, WIDTH
from demo_plan import Step, VideoPlan, plan
from demo_render import RenderError, find_ffmpeg, media_file, recipe_of, render, render_all

MIN_DIFFERENCE = 20.0  # of 255, mean over pixels and channels
SHORTEST = min(plan(), key=lambda video: video.duration_ms)

Appearance = tuple[VideoPlan, Step]


def shortest_pairs(count: int) -> list[tuple[Appearance, Appearance]]:
    """Both appearances of a concept, for the concepts whose two videos are the shortest to render."""
    first: dict[str, Appearance] = {}
    pairs: list[tuple[Appearance, Appearance]] = []
    for video in plan():
        for step in video.steps:
            if step.appearance == 1:
                first[step.concept.name] = (video, step)
            else:
                pairs.append((first[step.concept.name], (video, step)))
    pairs.sort(key=lambda pair: sum(video.duration_ms for video, _ in pair))
    return pairs[:count]


def frames_of(path: Path) -> list[Any]:
    """All frames as arrays of height x width x 3."""
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def test_two_renders_are_byte_identical(media_dir: Path, tmp_path: Path) -> None:
    files = render_all([SHORTEST], media_dir)
    again = render(SHORTEST, tmp_path, find_ffmpeg())
    assert again.name == files[SHORTEST.video_id].name
    assert again.read_bytes() == files[SHORTEST.video_id].read_bytes()
    assert list(tmp_path.iterdir()) == [again]


def test_the_file_is_as_long_as_planned_and_silent(media_dir: Path) -> None:
    path = render_all([SHORTEST], media_dir)[SHORTEST.video_id]
    with av.open(str(path)) as container:
        assert container.duration == SHORTEST.duration_ms * 1000
        assert [stream.type for stream in container.streams] == ["video"]
        stream = container.streams.video[0]
        assert (stream.width, stream.height, stream.average_rate) == (WIDTH, HEIGHT, Fraction(FPS))
        assert stream.frames * 1000 == SHORTEST.duration_ms * FPS
        assert "creation_time" not in container.metadata | stream.metadata
    assert len(frames_of(path)) * 1000 == SHORTEST.duration_ms * FPS
    assert 60_000 < path.stat().st_size < 250_000


def test_the_index_comes_first(media_dir: Path) -> None:
    data = render_all([SHORTEST], media_dir)[SHORTEST.video_id].read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


def test_the_picture_changes_at_the_planned_time(media_dir: Path) -> None:
    frames = frames_of(render_all([SHORTEST], media_dir)[SHORTEST.video_id])
    jumps = [np.abs(after.astype(int) - before).mean() for before, after in pairwise(frames)]
    borders = [step.start_ms * FPS // 1000 - 1 for step in SHORTEST.steps[1:]]
    assert sorted(np.argsort(jumps)[-len(borders) :]) == borders


@pytest.mark.parametrize("pair", shortest_pairs(2), ids=lambda pair: pair[0][1].concept.english_name)
def test_second_appearances_differ_visibly(pair: tuple[Appearance, Appearance], media_dir: Path) -> None:
    files = render_all([video for video, _ in pair], media_dir)
    middles = []
    for video, step in pair:
        middle = (step.start_ms + step.end_ms) // 2 * FPS // 1000
        middles.append(frames_of(files[video.video_id])[middle].astype(int))
    assert np.abs(middles[0] - middles[1]).mean() > MIN_DIFFERENCE


def test_a_whole_file_is_not_rendered_again(media_dir: Path) -> None:
    path = render_all([SHORTEST], media_dir)[SHORTEST.video_id]
    before = path.stat().st_mtime_ns
    said: list[str] = []
    render_all([SHORTEST], media_dir, said.append)
    assert path.stat().st_mtime_ns == before
    assert said == []


def test_another_recipe_is_another_file(media_dir: Path) -> None:
    later = replace(SHORTEST.steps[-1], end_ms=SHORTEST.steps[-1].end_ms + 250)
    longer = replace(SHORTEST, steps=(*SHORTEST.steps[:-1], later))
    assert media_file(longer, media_dir) != media_file(SHORTEST, media_dir)
    assert media_file(replace(SHORTEST, title="other"), media_dir) == media_file(SHORTEST, media_dir)


def test_recipes_name_no_folder_of_this_machine() -> None:
    assert all(str(Path.cwd()) not in argument for argument in recipe_of(SHORTEST))


def test_a_failing_ffmpeg_leaves_no_file(tmp_path: Path) -> None:
    ffmpeg = tmp_path / "ffmpeg"
    ffmpeg.write_text(
        '#!/bin/sh\nfor last; do :; done\necho half > "$last"\necho "no such codec" >&2\nexit 3\n'
    )
    ffmpeg.chmod(0o755)
    with pytest.raises(RenderError, match=rf"{SHORTEST.video_id}: ffmpeg ended with 3: no such codec"):
        render(SHORTEST, tmp_path, str(ffmpeg))
    assert list(tmp_path.iterdir()) == [ffmpeg]


def test_ffmpeg_is_found_or_its_absence_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Path(find_ffmpeg()).is_file()
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(RenderError, match="pip install imageio-ffmpeg"):
        find_ffmpeg()
