"""A pipeline is checked whole before any work, and every mistake says what would be right."""

from pathlib import Path

import pytest

from multihowto import manifests
from multihowto.adapters.youtube_options import selector
from multihowto.errors import ConfigError
from multihowto.pipeline import load
from multihowto.stages import STAGES
from multihowto.stages.download_videos import DownloadVideos, is_closed

GOOD = """
manifest: v.csv
shards: 4
stages:
  - scatter_sources
  - download_videos: {pacing: off, kinds: [manual]}
  - read_tracks
  - match_timelines
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
            "read_tracks reads videos, which no stage before it writes; put before it: download_videos",
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


WHOLE = """
manifest: v.csv
shards: 1
stages:
  - scatter_sources
  - download_videos
  - read_tracks
  - match_timelines
  - form_clips
  - align_captions
  - identify_language
  - translate_captions
  - extract_features
  - select_clips
"""


@pytest.mark.parametrize(
    ("stage", "settings", "words"),
    [
        (
            "scatter_sources",
            "exclusions: languages.csv",
            "exclusions: .*languages.csv has no column 'video_id'",
        ),
        ("download_videos", "format: 'best['", r"format 'best\[' is no selector of yt-dlp"),
        ("download_videos", "format: ''", "format '' is no selector of yt-dlp: it is empty"),
        (
            "download_videos",
            "extractor_args: [nonsense]",
            "extractor_args 'nonsense': write it as extractor:key=value",
        ),
        ("download_videos", "media: 360", "Expected `str`, got `int`"),
        ("download_videos", "media: tall", "Expected `str` matching regex .* at `media`"),
        ("download_videos", "media: none, format: b", "format 'b' selects a media file, and media is none"),
        ("download_videos", "kinds: []", "kinds is empty, so no video has captions"),
        ("download_videos", "languages: exclusions.csv", "languages: .*exclusions.csv has no column 'code'"),
        ("download_videos", "languages: v.parquet", "languages: .*v.parquet is not a CSV file"),
        ("download_videos", "max_duration_s: -5", "Expected `int` >= 1 - at `max_duration_s`"),
        ("download_videos", "max_bytes: 0", "Expected `int` >= 1 - at `max_bytes`"),
        ("download_videos", "deadline_s: -1", "Expected `int` >= 1 - at `deadline_s`"),
        ("download_videos", "deadline_s: 99999999", "Expected `int` <= 604800 - at `deadline_s`"),
        ("form_clips", "pivot: xx", "pivot: no language 'xx' in languages.csv; there are: en, de"),
        ("form_clips", "min_words: -3", "Expected `int` >= 0 - at `min_words`"),
        ("form_clips", "min_ms: -3", "Expected `int` >= 0 - at `min_ms`"),
        ("align_captions", "pivot: xx", "pivot: no language 'xx' in languages.csv; there are: en, de"),
        (
            "align_captions",
            "pivot: de",
            "pivot is 'de', but 'en' in stage match_timelines; both must be the same",
        ),
        ("identify_language", "languages: exclusions.csv", "exclusions.csv has no column 'code'"),
        ("translate_captions", "pivot: xx", "pivot: no language 'xx' in languages.csv; there are: en, de"),
        ("translate_captions", "targets: [ge]", "targets: no language 'ge' in languages.csv; there are: en"),
        ("translate_captions", "fallback: [de, zhh]", "fallback: no language 'zhh'.*did you mean 'zh'"),
        ("translate_captions", "targets: [de, fr, de]", "targets: 'de' comes twice"),
        ("translate_captions", "min_alignment: 7", "Expected `float` <= 1.0 - at `min_alignment`"),
        ("translate_captions", "min_alignment: .nan", "Expected `float` >= 0.0 - at `min_alignment`"),
        ("translate_captions", "beam_size: 0", "Expected `int` >= 1 - at `beam_size`"),
        ("translate_captions", "batch_tokens: 0", "Expected `int` >= 1 - at `batch_tokens`"),
        ("translate_captions", "max_length: 0", "Expected `int` >= 1 - at `max_length`"),
        ("translate_captions", "inter_threads: -1", "Expected `int` >= 0 - at `inter_threads`"),
        (
            "identify_language",
            "model: demo-translator",
            "model: 'demo-translator' is for translation, not for lang",
        ),
        ("translate_captions", "model: lid.176.ftz", "not for translation; there are: .*demo-translator"),
        ("extract_features", "threads: 0", "Expected `int` >= 1 - at `threads`"),
        ("select_clips", "pivot: xx", "pivot: no language 'xx' in languages.csv; there are: en, de"),
        ("select_clips", "min_languages: 99", "min_languages 99 is more than the 9 languages that are downl"),
        ("select_clips", "min_languages: 0", "Expected `int` >= 1 - at `min_languages`"),
        ("select_clips", "min_ms: 9000, max_ms: 5", "min_ms 9000 is more than max_ms 5"),
        ("select_clips", "max_other_score: 1.5", "Expected `float` <= 1.0 - at `max_other_score`"),
        ("select_clips", "validation: .nan", "Expected `float` >= 0.0 - at `validation`"),
        ("select_clips", "validation: 0.7, test: 0.7", "together at most 1"),
    ],
)
def test_settings_that_cannot_be(tmp_path: Path, stage: str, settings: str, words: str) -> None:
    (tmp_path / "v.parquet").write_bytes(b"PAR1\xff\xfe")
    assert load(write(tmp_path, WHOLE)).stages
    with pytest.raises(ConfigError, match=f"stage {stage}: {'' if words[0] == 'E' else '.*'}{words}"):
        load(write(tmp_path, WHOLE.replace(f"- {stage}\n", f"- {stage}: {{{settings}}}\n")))


def test_languages_are_those_that_the_pipeline_names(tmp_path: Path) -> None:
    """Stages without a list of their own go by the pipeline's first."""
    (tmp_path / "two.csv").write_text("code,name\nda,Danish\nen,English\n")
    text = WHOLE.replace("- download_videos", "- download_videos: {languages: two.csv}")
    danish = text
    for stage in ("match_timelines", "form_clips", "align_captions"):
        danish = danish.replace(f"- {stage}\n", f"- {stage}: {{pivot: da}}\n")
    assert load(write(tmp_path, danish)).stages
    for settings, words in (
        ("pivot: de", "stage select_clips: pivot: no language 'de' in two.csv; .*there are: da, en"),
        ("min_languages: 3", "more than the 2 languages that are downloaded: da, en"),
    ):
        with pytest.raises(ConfigError, match=words):
            load(write(tmp_path, text.replace("- select_clips", f"- select_clips: {{{settings}}}")))


@pytest.mark.parametrize(
    "selector",
    [
        *(selector(media) for media in ("none", "best", "360p", "720p")),
        "bestvideo[height<=480][vcodec~='^((he|a)vc|h26[45])']+bestaudio/best",
        '(mp4,webm)[height<480]/b[format_note!*="a]("]',
        "[height<=?360]",
        "b",
    ],
)
def test_selectors_of_ytdlp_pass(selector: str) -> None:
    pytest.importorskip("yt_dlp").YoutubeDL({"quiet": True}).build_format_selector(selector)
    assert is_closed(selector)


@pytest.mark.parametrize("selector", ["best[", "best]", "(b", "b)", ")b(", "b[]", "b[[height<=3]]", " "])
def test_selectors_with_a_bracket_too_many_do_not(selector: str) -> None:
    assert not is_closed(selector)


def test_a_pipeline_has_a_stage(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError, match=r"p\.yaml: stages is empty; .* reads the manifest: scatter_sources$"
    ):
        load(write(tmp_path, "manifest: v.csv\nshards: 1\nstages: []\n"))


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
    files = {path.stem for path in Path(manifests.__file__).parent.parent.glob("stages/*.py")} - {"__init__"}
    assert files == set(STAGES)


@pytest.mark.parametrize(
    ("manifest", "stage", "words"),
    [
        (".", "download_videos", "has to be a list of videos; a folder is for import_folder"),
        ("v.csv", "import_folder", "has to be a folder of videos"),
    ],
)
def test_a_folder_is_for_import_folder_alone(tmp_path: Path, manifest: str, stage: str, words: str) -> None:
    (tmp_path / "v.csv").write_text("video_id\ndQw4w9WgXcQ\n")
    (tmp_path / "p.yaml").write_text(f"manifest: {manifest}\nshards: 2\nstages: [scatter_sources, {stage}]\n")
    with pytest.raises(ConfigError, match=words):
        load(str(tmp_path / "p.yaml"))
