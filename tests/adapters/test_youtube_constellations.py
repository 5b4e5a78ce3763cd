"""Which caption tracks of a YouTube video are taken, as its player lists them and yt-dlp's own extractor names them."""

from typing import Any

import pytest

from multihowto.adapters.youtube import Fetched
from multihowto.rejects import Reject

from .fault_server import KeptFolder
from .youtube_double import ID, format_of, player, track, youtube_on

ALL = ("manual", "asr", "auto_translated")
NINE = ("en", "de", "fr", "ru", "es", "cs", "sw", "zh", "vi")
WITHHELD = "xpe"
"""An experiment whose tracks want a PO token: the extractor drops them, and says so in a debug line only."""

Row = tuple[str, str, str, str]


def taken(kept: KeptFolder, tracks: list[dict[str, Any]], **settings: Any) -> list[Row] | str:
    """Language, tag, kind and format of the tracks of a video; or why it is left out."""
    settings = {"languages": NINE, "media": "none"} | settings
    with youtube_on(kept, b"", **settings) as youtube:
        result = youtube.fetch(player(ID, tracks, translations=("en", "de", "fr", "zh-Hans")))
    if isinstance(result, Reject):
        return result.code
    return [(one.language, one.tag, one.kind, one.format) for one in result.tracks]


@pytest.mark.parametrize(
    ("tracks", "expected"),
    [
        ([track("en")], [("en", "en", "manual", "vtt")]),
        ([track("en-GB")], [("en", "en-GB", "manual", "vtt")]),
        ([track("en-GB"), track("en")], [("en", "en", "manual", "vtt")]),
        ([track("es-419")], [("es", "es-419", "manual", "vtt")]),
        ([track("zh-CN")], [("zh", "zh-CN", "manual", "vtt")]),
        ([track("zh-Hant"), track("zh-Hans")], [("zh", "zh-Hans", "manual", "vtt")]),
        ([track("zh-TW")], [("zh", "zh-TW", "manual", "vtt")]),
        ([track("fr", variant="abcDEF")], [("fr", "fr-abcDEF", "manual", "vtt")]),
        ([track("fr", variant="abcDEF"), track("fr")], [("fr", "fr", "manual", "vtt")]),
        ([track("en", asr=True)], [("en", "en", "asr", "json3")]),
        ([track("en", asr=True), track("en-GB")], [("en", "en-GB", "manual", "vtt")]),
        ([track("ru", asr=True)], [("ru", "ru", "asr", "json3")]),
        ([track("en", asr=True), track("fr", variant="abcDEF")],
         [("en", "en", "asr", "json3"), ("fr", "fr-abcDEF", "manual", "vtt")]),
        ([track("live_chat"), track("sw")], [("sw", "sw", "manual", "vtt")]),
        ([track("live_chat")], "no_captions"),
        ([track("ja")], "no_captions"),
        ([track("iw")], "no_captions"),
        ([], "no_captions"),
        ([track("en", experiment=WITHHELD)], "captions_withheld"),
        ([track("en", asr=True, experiment=WITHHELD)], "captions_withheld"),
        ([track("en", asr=True), track("de", experiment=WITHHELD)], [("en", "en", "asr", "json3")]),
    ],
)  # fmt: skip
def test_originals(kept: KeptFolder, tracks: list[dict[str, Any]], expected: list[Row] | str) -> None:
    assert taken(kept, tracks) == expected


def test_hebrew_by_its_old_code(kept: KeptFolder) -> None:
    assert taken(kept, [track("iw")], languages=("he",)) == [("he", "iw", "manual", "vtt")]


@pytest.mark.parametrize(
    ("tracks", "kinds", "expected"),
    [
        # Asked for fr: the uploader's named variant, never the machine's translation of the speech.
        ([track("en", asr=True), track("fr", variant="abcDEF")], ALL, "fr-abcDEF manual"),
        ([track("en", asr=True)], ALL, "fr auto_translated"),
        ([track("en", asr=True)], ("manual", "asr"), None),
        # Translations of an uploader's track are `fr-en`, whatever they look like.
        ([track("en")], ALL, "fr-en auto_translated"),
        ([track("en")], ("asr", "auto_translated"), "fr-en auto_translated"),
        ([track("en"), track("fr", variant="abcDEF")], ALL, "fr-abcDEF manual"),
        ([track("fr", asr=True), track("en")], ("asr", "auto_translated"), "fr asr"),
    ],
)  # fmt: skip
def test_french(
    kept: KeptFolder, tracks: list[dict[str, Any]], kinds: tuple[str, ...], expected: str | None
) -> None:
    found = taken(kept, tracks, languages=("en", "fr"), kinds=kinds)
    assert not isinstance(found, str)
    french = [f"{tag.removesuffix('-orig')} {kind}" for language, tag, kind, _ in found if language == "fr"]
    assert french == ([expected] if expected else [])


def test_an_uploaders_track_is_never_speech(kept: KeptFolder) -> None:
    """Asked for translations too, the extractor lists it once more as `en-en` among the automatic ones."""
    assert taken(kept, [track("en")], languages=("en",), kinds=("asr", "auto_translated")) == "no_captions"


def test_a_withheld_track_is_told_from_one_that_is_not_there(kept: KeptFolder) -> None:
    settings = {"languages": ("en", "de", "fr"), "media": "none"}
    with youtube_on(kept, b"", **settings) as youtube:
        row = youtube.fetch(player(ID, [track("en", asr=True), track("de", experiment=WITHHELD)]))
    assert isinstance(row, Fetched)
    assert [(one.tag, one.code) for one in row.missing] == [("de", "captions_withheld")]


def test_a_session_that_gets_only_sabr_still_gets_format_18(
    kept: KeptFolder, videos: dict[str, bytes]
) -> None:
    formats = [format_of(ID, 137, sabr=True), format_of(ID, 140, sabr=True), format_of(ID, 18)]
    with youtube_on(kept, videos["fast.mp4"]) as youtube:
        row = youtube.fetch(player(ID, [track("en")], formats=formats))
        assert isinstance(row, Fetched) and row.frames == 50
        assert youtube.double.asked["media"] == 1
