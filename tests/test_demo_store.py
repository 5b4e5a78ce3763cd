"""What the demo's site became: each bad entry a reject with its true reason, each good one captions that fit."""

import pytest

from demo_faults import FAULTS
from demo_plan import plan
from multihowto import clips, open_store
from multihowto.report.numbers import gaps, language_numbers, selection_numbers, table_numbers
from multihowto.stages import STAGES
from small_demo import GOOD, Demo

TRUE_REASONS = {
    "bad-404": ("videos", "not_found"),
    "bad-403": ("videos", "forbidden"),
    "bad-410": ("videos", "not_found"),
    "bad-503": ("videos", "server_error"),
    "bad-no-tracks": ("videos", "no_captions"),
    "bad-no-english": ("clips", "no_pivot_captions"),
    "bad-html-captions": ("clips", "bad_captions"),
    "bad-html-media": ("videos", "bad_media"),
    "bad-empty": ("videos", "bad_media"),
    "bad-truncated": ("videos", "truncated"),
    "bad-corrupt": ("videos", "undecodable"),
    "bad-cut": ("videos", "unreachable"),
}


@pytest.mark.parametrize("video_id", list(FAULTS))
def test_each_bad_entry_is_rejected_for_its_true_reason(demo: Demo, video_id: str) -> None:
    table, code = TRUE_REASONS[video_id]
    assert [reject["code"] for reject in demo.store.read_rejects(table, video_id)] in ([code], [code, code])
    assert demo.store.read_video(table, video_id).num_rows == 0


def test_the_numbers_add_up_at_every_stage(demo: Demo) -> None:
    numbers = {one.table: one for one in table_numbers(demo.store)}
    assert numbers["sources"].rows_out == GOOD + len(FAULTS)
    first_inputs = {stage.writes.name: stage.reads[0].table.name for stage in STAGES.values() if stage.reads}
    for table, source in first_inputs.items():
        assert numbers[table].rows_in == numbers[source].rows_out
        assert numbers[table].used + numbers[table].rejected == numbers[table].rows_in
    assert gaps(demo.store, list(numbers.values()), first_inputs) == []
    kept, _ = selection_numbers(demo.store)
    assert sum(kept.values()) <= numbers["selection"].rows_out
    languages = language_numbers(demo.store)
    assert sum(one.captions for one in languages) == numbers["captions"].rows_out
    assert all(
        sum(one.by_origin.values()) == sum(one.by_method.values()) == one.captions for one in languages
    )


def test_every_step_of_a_good_video_is_a_clip_with_the_words_that_were_said(demo: Demo) -> None:
    store = open_store(demo.store.root)
    by_video: dict[str, list[str]] = {}
    for clip in clips(store, kept=False):
        by_video.setdefault(clip.video_id, []).append(clip.texts["en"])
    for video in plan()[:GOOD]:
        said = [step.concept.captions["en"] for step in video.steps]
        assert len(by_video[video.video_id]) == len(said)
        if video.video_id not in ("steps-002", "steps-004"):
            assert by_video[video.video_id] == said


def test_media_are_where_the_table_says_and_whole(demo: Demo) -> None:
    import hashlib

    for row in demo.store.read("videos").to_pylist():
        data = demo.store.files.read_bytes(row["media_path"])
        assert data is not None
        assert (len(data), hashlib.sha256(data).hexdigest()) == (row["media_bytes"], row["media_sha256"])
        assert row["frames"] == round(row["duration_ms"] * 12 / 1000)


def test_private_addresses_are_refused_unless_allowed(demo: Demo, tmp_path: pytest.TempPathFactory) -> None:
    from pathlib import Path

    from multihowto.build import Order, build
    from multihowto.pipeline import load
    from multihowto.storage import Store

    folder = Path(str(tmp_path))
    (folder / "videos.csv").write_bytes((demo.pipeline.parent / "videos.csv").read_bytes())
    text = demo.pipeline.read_text()
    assert "allow_private: true" in text
    (folder / "demo.yaml").write_text(text.replace("allow_private: true", "allow_private: false"))
    before = sum(demo.site.requests.values())
    store = Store(str(folder / "store"))
    list(build(load(str(folder / "demo.yaml")), store, Order(executor="here")))
    numbers = {one.table: one for one in table_numbers(store)}
    assert numbers["videos"].reasons == {"private_address": GOOD + len(FAULTS)}
    assert sum(demo.site.requests.values()) == before


def test_joins_and_pandas(demo: Demo) -> None:
    rows = demo.store.join("captions", "clips", "languages", "selection")
    assert rows.num_rows == demo.store.read("captions").num_rows
    assert rows["start_ms"].null_count == rows["split"].null_count == 0
    frame = rows.to_pandas()
    assert set(frame["language"]) <= set(["en", "de", "fr", "ru", "es", "cs", "sw", "zh", "vi"])
    assert frame["languages.score"].between(0, 1).all()


def test_clips_can_be_asked_for_by_language_and_split(demo: Demo) -> None:
    everything = list(clips(demo.store, kept=False))
    assert len({clip.clip_id for clip in everything}) == len(everything)
    assert all("sw" in clip.texts for clip in clips(demo.store, language="sw"))
    by_split = [
        clip
        for split in ("train", "validation", "test")
        for clip in clips(demo.store, split=split, kept=False)
    ]
    assert len(by_split) == len(everything)
    captions, added = (demo.store.read(name).num_rows for name in ("captions", "translations"))
    assert added
    assert sum(len(clip.texts) for clip in everything) == captions
    filled = clips(demo.store, kept=False, translations=True)
    assert sum(len(clip.texts) for clip in filled) == captions + added
