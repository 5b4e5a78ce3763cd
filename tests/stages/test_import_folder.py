"""Own footage through a whole build: what is made again, what goes, and that the originals stay as they are."""

import hashlib
import uuid
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from adapters.conftest import make_video
from multihowto.build import Order, StageEnds, build
from multihowto.errors import ConfigError
from multihowto.pipeline import Pipeline
from multihowto.publish import Settings, write_folder
from multihowto.stage import Stage
from multihowto.stages.align_captions import AlignCaptions
from multihowto.stages.form_clips import FormClips
from multihowto.stages.identify_language import IdentifyLanguage
from multihowto.stages.import_folder import ImportFolder
from multihowto.stages.match_timelines import MatchTimelines
from multihowto.stages.read_tracks import ReadTracks
from multihowto.stages.scatter_sources import ScatterSources
from multihowto.stages.select_clips import SelectClips
from multihowto.storage import Store

SAID = {
    "en": "Now stir the soup slowly and add a little salt.",
    "de": "Rühren Sie jetzt die Suppe langsam um und geben Sie etwas Salz dazu.",
    "fr": "Maintenant, remuez doucement la soupe et ajoutez un peu de sel.",
    "ru": "Теперь медленно помешайте суп и добавьте немного соли.",
    "es": "Ahora remueve la sopa despacio y añade un poco de sal.",
    "cs": "Nyní polévku pomalu promíchejte a přidejte trochu soli.",
    "sw": "Watu wote wamezaliwa huru, hadhi na haki zao ni sawa.",
    "zh": "现在慢慢搅拌汤，加一点盐。",
    "vi": "Bây giờ hãy khuấy súp từ từ và thêm một chút muối.",
}


def vtt(text: str) -> str:
    return f"WEBVTT\n\n00:00.000 --> 00:02.000\n{text}\n"


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, bytes]:
    folder = tmp_path_factory.mktemp("films")
    kinds = {"a.mp4": ("-c:v", "libx264"), "b.webm": ("-c:v", "libvpx")}
    first, second = (make_video(folder / name, *how).read_bytes() for name, how in kinds.items())
    return first, second


@pytest.fixture
def footage(tmp_path: Path, films: tuple[bytes, bytes]) -> Path:
    """Two videos, each with subtitles in nine languages."""
    folder = tmp_path / "footage"
    (tmp_path / "exclusions.csv").write_text("video_id,reason\n")
    for name, film in zip(("cooking/onion.mp4", "soup.webm"), films, strict=True):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(film)
        for language, text in SAID.items():
            path.with_suffix(f".{language}.vtt").write_text(vtt(text), encoding="utf-8")
    return folder


def pipeline(footage: Path, settings: ImportFolder | None = None) -> Pipeline:
    stages: dict[str, Stage] = {
        "scatter_sources": ScatterSources(),
        "import_folder": settings or ImportFolder(license="CC-BY-4.0"),
        "read_tracks": ReadTracks(),
        "match_timelines": MatchTimelines(),
        "form_clips": FormClips(),
    }
    return Pipeline("footage", footage.parent / "footage.yaml", footage, 2, stages)


def run(pipe: Pipeline, root: str) -> dict[str, StageEnds]:
    """A build, allowed to remove what is gone."""
    order = Order(executor="here", allow_removal=True)
    return {event.stage: event for event in build(pipe, Store(root), order) if isinstance(event, StageEnds)}


def ids(store: Store) -> dict[str, str]:
    """Video ids by title."""
    rows = store.read("videos", ["title", "video_id"]).to_pylist()
    return {row["title"]: row["video_id"] for row in rows}


def state(folder: Path) -> dict[str, str]:
    """What is in a folder, byte for byte."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_own_footage_goes_the_whole_way_to_clips_in_nine_languages(footage: Path, tmp_path: Path) -> None:
    before = state(footage)
    base = pipeline(footage)
    later: dict[str, Stage] = {
        "align_captions": AlignCaptions(),
        "identify_language": IdentifyLanguage(),
        "select_clips": SelectClips(),
    }
    pipe = replace(base, stages={**base.stages, **later})
    root = str(tmp_path / "store")
    order = Order(workers=2)
    ends = [event for event in build(pipe, Store(root), order) if isinstance(event, StageEnds)]
    assert not any(end.failed() for end in ends)
    store = Store(root)
    videos = store.read("videos").to_pylist()
    assert sorted((row["title"], row["license"], row["site"], row["url"]) for row in videos) == [
        ("onion", "CC-BY-4.0", "folder", ""),
        ("soup", "CC-BY-4.0", "folder", ""),
    ]
    selection = store.read("selection").to_pylist()
    assert len(selection) == 2
    assert all(row["keep"] and row["languages"] == sorted(SAID) for row in selection)
    assert str(tmp_path) not in str(videos) + str(store.read("sources").to_pylist())
    for row in videos:
        kept = tmp_path / "store" / row["media_path"]
        assert hashlib.sha256(kept.read_bytes()).hexdigest() == row["media_sha256"]
    assert_publishes_no_place(store, tmp_path)
    assert state(footage) == before
    again = [event for event in build(pipe, Store(root), order) if isinstance(event, StageEnds)]
    assert {report.status for end in again for report in end.reports.values()} == {"unchanged"}


def assert_publishes_no_place(store: Store, tmp_path: Path) -> None:
    """The folder for the Hub has own footage without an address, and its media only as files of its own."""
    made = write_folder(
        store, "org/name", tmp_path / "hub", "https://example.org/c", None, Settings(with_media=True)
    )
    rows = pq.read_table(made.folder / made.files["videos"]["train"][0]).to_pylist()
    assert [row["url"] for row in rows] == ["", ""]
    assert made.counts.media == 2
    for path in (path for path in made.folder.rglob("*") if path.is_file()):
        data = (
            path.read_bytes() if path.suffix != ".parquet" else str(pq.read_table(path).to_pylist()).encode()
        )
        assert str(tmp_path).encode() not in data and b"file:" not in data
        assert not path.is_symlink() and path.stat().st_nlink == 1


def test_a_new_subtitle_makes_one_video_again_and_a_new_video_is_the_only_new_one(
    footage: Path, films: tuple[bytes, bytes], tmp_path: Path
) -> None:
    root = str(tmp_path / "store")
    (footage / "soup.vi.vtt").unlink()
    assert run(pipeline(footage), root)["import_folder"].total("ran") == 2
    (footage / "soup.vi.vtt").write_text(vtt(SAID["vi"]), encoding="utf-8")
    assert run(pipeline(footage), root)["import_folder"].total("ran") == 1
    tracks = {row["title"]: len(row["tracks"]) for row in Store(root).read("videos").to_pylist()}
    assert tracks == {"onion": 9, "soup": 9}
    (footage / "a.mp4").write_bytes(films[0])
    (footage / "a.en.vtt").write_text(vtt(SAID["en"]))
    assert run(pipeline(footage), root)["import_folder"].total("ran") == 1
    assert set(ids(Store(root))) == {"a", "onion", "soup"}


@pytest.mark.parametrize("how", ["removed", "taken down"])
def test_a_video_that_goes_takes_its_rows_and_the_stores_media_and_never_the_original(
    footage: Path, tmp_path: Path, how: str
) -> None:
    root = str(tmp_path / "store")
    run(pipeline(footage), root)
    gone, stays = (ids(Store(root))[title] for title in ("onion", "soup"))
    if how == "removed":
        (footage / "cooking" / "onion.mp4").rename(tmp_path / "onion.mp4")
    else:
        (tmp_path / "exclusions.csv").write_text(f"video_id,reason\n{gone},asked by a person in it\n")
    before = state(footage)
    run(pipeline(footage), root)
    assert ids(Store(root)) == {"soup": stays}
    assert Store(root).read("clips")["video_id"].unique().to_pylist() == [stays]
    assert not [path for path in (tmp_path / "store").rglob("*") if gone in path.as_posix()]
    assert [path.name for path in (tmp_path / "store" / "media").rglob("*.*")] == [f"{stays}.webm"]
    assert state(footage) == before


def test_a_bad_video_and_a_bad_subtitle_are_told_and_the_rest_is_built(footage: Path, tmp_path: Path) -> None:
    (footage / "cooking" / "onion.mp4").write_text("#EXTM3U\n#EXTINF:1,\n/etc/passwd\n#EXT-X-ENDLIST\n")
    (footage / "soup.de.vtt").write_text("<html>")
    ends = run(pipeline(footage), str(tmp_path / "store"))["import_folder"]
    assert (ends.codes("rejects"), ends.codes("flaws")) == ({"bad_media": 1}, {"bad_captions": 1})
    [row] = Store(str(tmp_path / "store")).read("videos").to_pylist()
    assert row["missing"] == [{"language": "de", "tag": "de", "code": "bad_captions"}]


def test_a_remote_store_gets_copies(footage: Path) -> None:
    before = state(footage)
    store = f"memory://{uuid.uuid4().hex}"
    run(pipeline(footage), store)
    rows = Store(store).read("videos").to_pylist()
    for row in rows:
        data = Store(store).files.read_bytes(row["media_path"])
        assert data is not None and hashlib.sha256(data).hexdigest() == row["media_sha256"]
    assert len(rows) == 2 and state(footage) == before


def test_a_list_of_urls_is_no_folder(footage: Path, tmp_path: Path) -> None:
    (tmp_path / "videos.csv").write_text("video_id\nabcdefghijk\n")
    pipe = replace(pipeline(footage), manifest=tmp_path / "videos.csv")
    with pytest.raises(ConfigError, match="import_folder's manifest is a folder of videos"):
        run(pipe, str(tmp_path / "store"))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (ImportFolder(language="xx"), "language: no language 'xx'"),
        (ImportFolder(license=" "), "license is empty"),
        (ImportFolder(language="de", license="CC0-1.0"), None),
    ],
)
def test_settings_that_mean_nothing(settings: ImportFolder, said: str | None) -> None:
    found = settings.mistake(("en", "de"))
    assert found is None if said is None else found is not None and said in found
