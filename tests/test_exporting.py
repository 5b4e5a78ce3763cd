"""Subtitle files of a real store: read again by webvtt-py, and never more or less than the store has."""

import html
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import webvtt

from multihowto.captions import formats
from multihowto.errors import ConfigError
from multihowto.exporting import LIST, export_vtt
from small_demo import Demo


def test_a_folder_a_video_and_a_file_a_language(demo: Demo, tmp_path: Path) -> None:
    exported = {one.video_id: one for one in export_vtt(demo.store, tmp_path / "out")}
    tracks = demo.store.read("tracks").to_pylist()
    assert set(exported) == {row["video_id"] for row in tracks}
    for row in tracks:
        path = tmp_path / "out" / row["video_id"] / f"{row['video_id']}.{row['language']}.vtt"
        assert [html.unescape(caption.text) for caption in webvtt.read(str(path)).captions] == [
            cue["text"] for cue in row["cues"]
        ]
        again = formats.read(path.read_text(encoding="utf-8"), "vtt")
        assert [(cue.start_ms, cue.end_ms) for cue in again] == [
            (cue["start_ms"], cue["end_ms"]) for cue in row["cues"]
        ]
    assert any(len(one.languages) == 9 for one in exported.values())


def test_translations_fill_the_gaps_and_say_so(demo: Demo, tmp_path: Path) -> None:
    list(export_vtt(demo.store, tmp_path / "out"))
    own = {(row["video_id"], row["language"]) for row in demo.store.read("tracks").to_pylist()}
    translated = {(row["video_id"], row["language"]) for row in demo.store.read("translations").to_pylist()}
    assert translated - own
    for video, language in translated | own:
        text = (tmp_path / "out" / video / f"{video}.{language}.vtt").read_text(encoding="utf-8")
        noted = "NOTE translated by machine from en: demo-translator" in text
        assert noted == ((video, language) not in own)
        assert webvtt.from_string(text).captions


def test_the_media_stand_beside_under_the_same_name(demo: Demo, tmp_path: Path) -> None:
    exported = list(export_vtt(demo.store, tmp_path / "out"))
    assert all(one.with_media for one in exported)
    for one in exported:
        assert (tmp_path / "out" / one.video_id / f"{one.video_id}.mp4").stat().st_size > 1000


def test_again_is_the_same_and_what_left_the_store_leaves_the_folder(demo: Demo, tmp_path: Path) -> None:
    out = tmp_path / "out"
    exported = [one.video_id for one in export_vtt(demo.store, out)]
    shutil.copytree(out / exported[0], out / "gone")
    (out / "gone" / f"{exported[0]}.de.vtt").rename(out / "gone" / "gone.de.vtt")
    for path in (out / "gone").glob(f"{exported[0]}*"):
        path.unlink()
    (out / exported[1] / "notes.txt").write_text("mine")
    (out / f".{LIST}.part").write_text("of a killed export")
    (out / LIST).write_text(json.dumps([*exported, "gone"]))
    assert [one.video_id for one in export_vtt(demo.store, out)] == exported
    assert {path.name for path in out.iterdir()} == {*exported, LIST}
    assert (out / exported[1] / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize("listed", [["../victim"], [""], ["."], None, [[1]], {"a": 1}])
def test_a_list_that_names_other_folders_is_refused(demo: Demo, tmp_path: Path, listed: object) -> None:
    (tmp_path / "victim").mkdir()
    (tmp_path / "victim" / "file").write_text("mine")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / LIST).write_text(json.dumps(listed))
    with pytest.raises(ConfigError, match="is no list of video ids"):
        list(export_vtt(demo.store, tmp_path / "out"))
    assert (tmp_path / "victim" / "file").exists()


def test_a_folder_with_other_files_is_refused(demo: Demo, tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("mine")
    with pytest.raises(ConfigError, match=r"holds other files \(thesis.tex is one\)"):
        list(export_vtt(demo.store, tmp_path))
    (tmp_path / "thesis.tex").unlink()
    (tmp_path / LIST).write_text("{")
    with pytest.raises(ConfigError, match="cannot be read"):
        list(export_vtt(demo.store, tmp_path))


def test_the_command(demo: Demo, tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "multihowto",
        "export",
        demo.store.root,
        "--vtt",
        "--to",
        str(tmp_path / "out"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "files of" in done.stdout and "with the media beside them" in done.stdout
    assert "Traceback" not in done.stderr
