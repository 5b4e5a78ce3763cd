"""While a site blocks us, a person sees for what a build waits."""

import contextlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa
import pytest

import toys
from multihowto.adapters.pacing import Pause, noted
from multihowto.build import Order, build
from multihowto.cli.screen import follow, pause_event, pausing, tell_pauses
from multihowto.errors import SessionBlocked
from multihowto.pipeline import Pipeline
from multihowto.stage import Output
from multihowto.storage import Store


@dataclass(frozen=True)
class WalledOnce(toys.CountWords):
    """A site blocks for a moment, once."""

    videos_per_batch: ClassVar = 1

    def run(self, inputs: Mapping[str, pa.Table], tools: Any) -> Output:
        wall = Path(self.log) / "wall"
        if not wall.exists():
            wall.touch()
            raise SessionBlocked("HTTP 429", "a.test", 0.8, in_a_row=1)
        return super().run(inputs, tools)


@pytest.mark.parametrize("executor", ["here", "processes"])
@pytest.mark.parametrize("style", ["plain", "json"])
def test_a_build_says_that_a_site_blocks_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], executor: str, style: str
) -> None:
    (tmp_path / "log").mkdir()
    manifest = toys.write_manifest(tmp_path / "videos.csv", {"a": "one", "b": "two"})
    stages = {"scatter_toys": toys.ScatterToys(), "count_words": WalledOnce(log=str(tmp_path / "log"))}
    pipe = Pipeline("toys", tmp_path / "toys.yaml", manifest, 1, stages)
    store = Store(str(tmp_path / "store"))
    with tell_pauses(store, style, every_s=0.02):
        list(follow(build(pipe, store, Order(executor, 1)), style))
    lines = capsys.readouterr().out.splitlines()
    if style == "plain":
        said = "count_words: a.test blocks this session; next try in 1 min"
        assert lines.count(said) == 1
        assert lines.index("count_words: 1 of 1 shards to make") < lines.index(said) < len(lines) - 1
    else:
        [event] = [event for event in map(json.loads, lines) if event["event"] == "Pause"]
        assert (event["stage"], event["site"]) == ("count_words", "a.test")
    assert not (tmp_path / "store" / "tmp").exists()


def test_each_pause_of_a_site_is_told_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store, pause = Store(str(tmp_path)), Pause("download_videos", "a.test", time.time() + 240)
    old = replace(pause, site="old.test", until_s=time.time() - 1)
    other = replace(pause, site="b\x1b[31m.test", until_s=time.time() + 7200)
    files = store.files
    files.write_bytes("tmp/pause-x", b'{"sta')
    with contextlib.ExitStack() as stack:
        for number, one in enumerate((pause, pause, old, other)):
            stack.enter_context(noted(files, str(number), one))
        stack.enter_context(tell_pauses(store, "plain", every_s=0.01))
        lines = printed(capsys, 2)
        time.sleep(0.1)  # a second time would come by now
    assert sorted(lines + capsys.readouterr().out.splitlines()) == [
        "download_videos: a.test blocks this session; next try in 4 min",
        "download_videos: b\\u001b[31m.test blocks this session; next try in 120 min",
    ]


def printed(capsys: pytest.CaptureFixture[str], many: int) -> list[str]:
    """What is printed until there are so many lines, or nobody would wait any longer."""
    lines, end = list[str](), time.monotonic() + 5
    while len(lines) < many and time.monotonic() < end:
        lines += capsys.readouterr().out.splitlines()
        time.sleep(0.01)
    return lines


def test_a_pause_as_a_line_and_as_json() -> None:
    pause = Pause("download_videos", "youtube.com", time.time() + 240)
    assert pausing(pause) == "download_videos: youtube.com blocks this session; next try in 4 min"
    assert pause_event(replace(pause, until_s=0.0)) == {
        "event": "Pause",
        "stage": "download_videos",
        "site": "youtube.com",
        "until": "1970-01-01T00:00:00Z",
    }
