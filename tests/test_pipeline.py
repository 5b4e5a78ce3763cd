"""A pipeline is checked whole before any work, and every mistake says what would be right."""

from pathlib import Path

import pytest

from multihowto import manifests
from multihowto.errors import ConfigError
from multihowto.pipeline import load
from multihowto.stages import STAGES
from multihowto.stages.download_videos import DownloadVideos
from multihowto.stages.select_clips import SelectClips

GOOD = """
manifest: v.csv
shards: 4
stages:
  - scatter_sources
  - download_videos: {pacing: off, kinds: [manual]}
  - form_clips: {min_ms: 4000}
"""


def write(tmp_path: Path, text: str) -> str:
    (tmp_path / "v.csv").write_text("video_id\ndQw4w9WgXcQ\n")
    path = tmp_path / "p.yaml"
    path.write_text(text)
    return str(path)


def test_a_pipeline_and_its_settings(tmp_path: Path) -> None:
    pipe = load(write(tmp_path, GOOD))
    assert (pipe.name, pipe.shards, pipe.manifest) == ("p", 4, tmp_path / "v.csv")
    download = pipe.stages["download_videos"]
    assert isinstance(download, DownloadVideos)
    assert (download.pacing, download.kinds, download.allow_private) == ("off", ("manual",), False)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("form_clips", "form_clisp", r"no stage 'form_clisp'; did you mean 'form_clips'\?"),
        ("min_ms", "min_sm", r"stage form_clips has no setting 'min_sm'; did you mean 'min_ms'\?"),
        ("4000", "long", "stage form_clips: Expected `int`, got `str` - at `min_ms`"),
        ("pacing: off", "pacing: slow", "stage download_videos: Invalid enum value 'slow' - at `pacing`"),
        ("v.csv", "w.csv", "no manifest 'w.csv'"),
        ("shards: 4", "shards: 0", "shards must be a whole number from 1"),
        ("shards: 4", "shards: many", "shards must be a whole number from 1"),
        (
            "shards: 4",
            "shard: 4",
            "a pipeline has exactly these: manifest, shards, stages; this one has: manifest, shard, stages",
        ),
        (
            "  - scatter_sources\n",
            "",
            "the first stage, and only that, reads the manifest; download_videos is at place 1",
        ),
        (
            "  - download_videos: {pacing: off, kinds: [manual]}\n",
            "",
            "form_clips reads videos, which no stage before it writes; put before it: download_videos",
        ),
        ("  - form_clips: {min_ms: 4000}", "  - download_videos", "a stage comes twice"),
        ("{min_ms: 4000}", "4000", "settings are `name: value` lines"),
        ("{min_ms: 4000}", "{min_ms: 1, min_ms: 2}", "'min_ms' is set twice"),
        ("kinds: [manual]", "languages: lang.csv", "no manifest 'lang.csv'"),
        ("shards: 4", "shards: [", "is not YAML"),
        ("shards: 4", "shards: !!python/object/apply:os.system [ls]", "is not YAML"),
    ],
)
def test_mistakes_say_what_would_be_right(tmp_path: Path, old: str, new: str, words: str) -> None:
    assert old in GOOD
    with pytest.raises(ConfigError, match=words):
        load(write(tmp_path, GOOD.replace(old, new)))


def test_a_misspelt_model_stops_before_any_work(tmp_path: Path) -> None:
    text = GOOD + "  - align_captions\n  - identify_language: {model: lid.176.fzt}\n"
    with pytest.raises(ConfigError, match=r"no model 'lid.176.fzt'; did you mean 'lid.176.ftz'\?"):
        load(write(tmp_path, text))


def test_settings_are_checked_against_each_other() -> None:
    with pytest.raises(ConfigError, match="together at most 1"):
        SelectClips(validation=0.7, test=0.7)


def test_a_pipeline_is_found_by_name() -> None:
    assert load("demo").path == manifests.shipped("pipelines") / "demo.yaml"
    with pytest.raises(ConfigError, match=r"no pipeline 'dmeo'; did you mean 'demo'\?"):
        load("dmeo")


def test_the_content_of_a_named_file_is_part_of_the_fingerprint(tmp_path: Path) -> None:
    (tmp_path / "exclusions.csv").write_text("video_id,reason\n")
    before = load(write(tmp_path, GOOD)).fingerprints()
    (tmp_path / "exclusions.csv").write_text("video_id,reason\ndQw4w9WgXcQ,asked by its owner\n")
    after = load(write(tmp_path, GOOD)).fingerprints()
    assert {name for name in before if before[name] != after[name]} == {"scatter_sources"}


def test_every_stage_is_in_the_dict_by_its_name() -> None:
    for name, stage in STAGES.items():
        assert stage.__module__ == f"multihowto.stages.{name}"
        assert stage.__name__ == "".join(part.title() for part in name.split("_"))
    files = {path.stem for path in Path(manifests.__file__).parent.glob("stages/*.py")} - {"__init__"}
    assert files == set(STAGES)
