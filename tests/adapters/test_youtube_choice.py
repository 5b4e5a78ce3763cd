"""Which caption tracks are taken of a page, and what is asked for when one does not come."""

from typing import Any

import pytest

from multihowto.adapters.youtube import Fetched
from multihowto.adapters.youtube_info import digest_info
from multihowto.adapters.youtube_options import Options
from multihowto.rejects import Reject

from .fault_server import Answer, FaultServer, KeptFolder
from .loopback import VTT, fetch
from .youtube_double import ID, caption_of, player, track, youtube_on

GONE = Answer(b"", 404)
ALL = ("manual", "asr", "auto_translated")
TIMEDTEXT = "https://www.youtube.com/api/timedtext?v=x&"


def files(query: str) -> list[dict[str, Any]]:
    """A track in the formats that yt-dlp lists."""
    return [
        {"url": f"{TIMEDTEXT}{query}&fmt={format}", "ext": format}
        for format in ("json3", "srv1", "srv2", "srv3", "ttml", "srt", "vtt")
    ]


def first_choices(
    manual: dict[str, str], automatic: dict[str, str], kinds: tuple[str, ...] = ALL
) -> list[str]:
    """The first choice of each language, of tracks given by tag and query."""
    info = {
        "extractor": "youtube",
        "subtitles": {tag: files(query) for tag, query in manual.items()},
        "automatic_captions": {tag: files(query) for tag, query in automatic.items()},
    }
    options = Options(("en", "de", "fr", "es", "zh"), kinds=kinds, media="none")
    firsts: dict[str, str] = {}
    for offer in digest_info(info, options)["offers"]:
        firsts.setdefault(offer["language"], f"{offer['tag']} {offer['kind']} {offer['format']}")
    return list(firsts.values())


@pytest.mark.parametrize(
    ("manual", "automatic", "chosen"),
    [
        ({}, {}, []),
        ({"live_chat": "lang=en"}, {}, []),
        ({"en": "lang=en"}, {"en": "lang=en&kind=asr"}, ["en manual vtt"]),
        # the original is listed twice, and only its URL tells it from the translations beside it
        (
            {},
            {"en-orig": "lang=en&kind=asr", "en": "lang=en&kind=asr", "de": "lang=en&kind=asr&tlang=de"},
            ["de auto_translated vtt", "en asr json3"],
        ),
        # the translation of asr is called fr; the manual track has a name
        ({"fr-abcDEF": "lang=fr&name=x"}, {"fr": "lang=en&kind=asr&tlang=fr"}, ["fr-abcDEF manual vtt"]),
        # of the translations of a manual track one is the track itself
        (
            {"fr": "lang=fr"},
            {"fr-fr": "lang=fr", "en-fr": "lang=fr&tlang=en"},
            ["en-fr auto_translated vtt", "fr manual vtt"],
        ),
        ({}, {"fr-fr": "lang=fr"}, ["fr-fr manual vtt"]),
        ({"es-419": "lang=es-419"}, {"es": "lang=es&kind=asr"}, ["es-419 manual vtt"]),
        ({"zh-TW": "lang=zh-TW", "zh-Hans": "lang=zh-Hans"}, {}, ["zh-Hans manual vtt"]),
        ({"zh-TW": "lang=zh-TW"}, {}, ["zh-TW manual vtt"]),
        ({"en-GB": "lang=en-GB", "en": "lang=en"}, {}, ["en manual vtt"]),
        ({"en": "lang=en&kind=asr"}, {}, ["en asr json3"]),
        ({"iw": "lang=iw"}, {"und": "lang=und&kind=asr"}, []),
    ],
)  # fmt: skip
def test_constellations(manual: dict[str, str], automatic: dict[str, str], chosen: list[str]) -> None:
    assert first_choices(manual, automatic) == chosen


def test_translations_only_if_they_are_wanted() -> None:
    translated = {"de": "lang=en&kind=asr&tlang=de"}
    assert first_choices({}, translated, ("manual", "asr")) == []
    assert first_choices({"de-en": "lang=en&tlang=de"}, {}, ("manual", "asr")) == []


def got(row: Fetched | Reject) -> list[tuple[str, str, str]]:
    assert isinstance(row, Fetched)
    return [(one.tag, one.kind, one.format) for one in row.tracks]


@pytest.mark.parametrize(
    "bad", [GONE, Answer(b"", 410), Answer(b"", 403), Answer(b"<html>", 200), Answer(b"", 200)]
)
def test_another_tag_comes_when_the_first_is_gone_for_good(
    server: FaultServer, kept: KeptFolder, bad: Answer
) -> None:
    url = server.page("p", VTT, {"de": bad, "de-AT": VTT, "en": VTT})
    row = fetch(kept, url, media="none")
    assert got(row) == [("de-AT", "manual", "vtt"), ("en", "manual", "vtt")]
    assert isinstance(row, Fetched) and row.missing == ()
    assert fetch(kept, url, media="none") == row
    assert {times for path, times in server.asked.items() if path.startswith("/p")} == {1}


def test_what_may_pass_is_waited_for(server: FaultServer, kept: KeptFolder) -> None:
    url = server.page("p", VTT, {"de": Answer(b"", 503), "de-AT": VTT, "en": VTT})
    row = fetch(kept, url, media="none")
    assert got(row) == [("en", "manual", "vtt")]
    assert isinstance(row, Fetched) and [(one.tag, one.code) for one in row.missing] == [
        ("de", "server_error")
    ]
    assert not server.asked["/p/de-AT.vtt"]


def test_three_files_a_language_at_most(server: FaultServer, kept: KeptFolder) -> None:
    tags = ["de", "de-AT", "de-CH", "de-LI"]
    url = server.page("p", VTT, {**dict.fromkeys(tags, GONE), "en": VTT})
    row = fetch(kept, url, media="none")
    assert isinstance(row, Fetched)
    assert [(one.tag, one.code) for one in row.missing] == [(tag, "not_found") for tag in tags[:3]]
    assert fetch(kept, url, media="none") == row
    assert [server.asked[f"/p/{tag}.vtt"] for tag in tags] == [1, 1, 1, 0]


def test_tags_that_no_file_can_have_stay_apart(server: FaultServer, kept: KeptFolder) -> None:
    url = server.page("p", VTT, {"de-a.b": GONE, "de-a_b": VTT})
    for _ in range(2):
        assert got(fetch(kept, url, media="none")) == [("de-a_b", "manual", "vtt")]


def test_another_format_of_the_same_track(kept: KeptFolder) -> None:
    with youtube_on(kept, b"", media="none") as youtube:
        youtube.double.caption = lambda query: 404 if query["fmt"] == "json3" else caption_of(query)
        assert got(youtube.fetch(player(ID, [track("en", asr=True)]))) == [("en", "asr", "vtt")]
        assert youtube.double.asked["en json3"] == youtube.double.asked["en vtt"] == 1


def test_asr_comes_when_the_manual_track_is_gone(kept: KeptFolder) -> None:
    with youtube_on(kept, b"", media="none") as youtube:
        youtube.double.caption = lambda query: caption_of(query) if query.get("kind") == "asr" else 404
        row = youtube.fetch(player(ID, [track("en"), track("en", asr=True)]))
        assert got(row) == [("en", "asr", "json3")]
        assert [youtube.double.asked[f"en {format}"] for format in ("vtt", "srv3", "json3")] == [1, 1, 1]


WITHHELD: Any = {"experiment": "xpe"}


@pytest.mark.parametrize(
    ("tracks", "kinds", "result"),
    [
        ([track("en", asr=True), track("en", **WITHHELD)], ("manual", "asr"), "en asr, captions_withheld"),
        ([track("en", asr=True), track("en", **WITHHELD)], ("asr",), "en asr"),
        ([track("en", **WITHHELD)], ("manual",), "captions_withheld"),
        ([track("en", **WITHHELD)], ("asr",), "no_captions"),
        ([track("ja", **WITHHELD)], ("manual", "asr"), "no_captions"),
        ([track("en", asr=True, **WITHHELD)], ("manual", "asr"), "captions_withheld"),
        (
            [track("ja", **WITHHELD), track("en", asr=True, **WITHHELD)],
            ("manual", "asr"),
            "captions_withheld",
        ),
        ([track("en", asr=True, **WITHHELD)], ("manual",), "no_captions"),
        ([track("ja")], ("manual", "asr"), "no_captions"),
        ([], ("manual", "asr"), "no_captions"),
    ],
)
def test_withheld_or_not_there(
    kept: KeptFolder, tracks: list[Any], kinds: tuple[str, ...], result: str
) -> None:
    with youtube_on(kept, b"", media="none", kinds=kinds) as youtube:
        row = youtube.fetch(player(ID, tracks))
    if isinstance(row, Reject):
        assert row.code == result
    else:
        there = [f"{one.language} {one.kind}" for one in row.tracks]
        assert ", ".join(there + [one.code for one in row.missing]) == result


def test_long_strings_of_a_site_are_cut() -> None:
    long = "\ud800\x00" + "x" * 10_000
    info: dict[str, Any] = {
        "title": long,
        "channel": long,
        "license": long,
        "language": long,
        "extractor": long,
    }
    info |= {"subtitles": {"en-" + long: [{"url": "http://a.test/en.vtt", "ext": "vtt"}]}}
    record = digest_info(info, Options(("en",)))
    lengths = {name: len(record[name]) for name in ("title", "channel", "license", "spoken_language", "site")}
    assert lengths == {"title": 500, "channel": 200, "license": 200, "spoken_language": 40, "site": 100}
    assert len(record["offers"][0]["tag"]) == 40
    assert "\x00" not in record["title"] and record["title"].encode()


def test_a_size_that_the_page_says_is_believed_before_anything_is_asked(kept: KeptFolder) -> None:
    sizes = [{"filesize": 300, "protocol": "https"}, {"filesize": 300, "protocol": "https"}]
    info = {"requested_formats": sizes}
    assert digest_info(info, Options((), max_bytes=600))["formats"]
    with pytest.raises(Exception, match="too_large: larger than max_bytes, 500"):
        digest_info(info, Options((), max_bytes=500))
    assert digest_info(info, Options((), max_bytes=500, media="none"))["formats"] == []


def test_selectors_of_media() -> None:
    said = {media: Options((), media=media).selector for media in ("none", "best", "360p", "720p")}
    assert said == {
        "none": "b*",
        "best": "bv*+ba/b/18",
        "360p": "18/b[height<=360]/bv*[height<=360]+ba/b",
        "720p": "bv*[height<=720]+ba/b[height<=720]/18/b",
    }
    assert Options((), format="worst").selector == "worst"


@pytest.mark.parametrize(
    ("media", "offered", "taken"),
    [
        ("360p", ["18", "134", "140"], "18"),
        ("720p", ["18", "136", "134", "140"], "136+140"),
        ("720p", ["18"], "18"),
        ("240p", ["18"], "18"),
        ("best", ["18", "137", "136", "140"], "137+140"),
        ("best", ["18"], "18"),
        ("none", ["18"], "18"),
        ("none", ["140"], "140"),
    ],
)
def test_what_a_selector_takes(media: str, offered: list[str], taken: str) -> None:
    import yt_dlp

    heights = {"18": 360, "134": 360, "136": 720, "137": 1080}
    formats = []
    for name in offered:
        sound = name in ("18", "140")
        codecs = {"vcodec": "avc1" if name in heights else "none", "acodec": "mp4a" if sound else "none"}
        place = {"url": f"http://a.test/{name}", "ext": "mp4" if name in heights else "m4a"}
        formats.append({"format_id": name, "height": heights.get(name), **codecs, **place})
    formats.sort(key=lambda one: one["height"] or 0)
    info = {"id": "x", "title": "x", "extractor": "x", "formats": formats}
    with yt_dlp.YoutubeDL({"quiet": True, "format": Options((), media=media).selector}) as downloader:
        found = downloader.process_ie_result(info, download=False)
    assert found["format_id"] == taken


def test_the_time_of_asking_is_kept(server: FaultServer, kept: KeptFolder) -> None:
    url = server.page("p", VTT, {"en": VTT})
    row = fetch(kept, url, media="none")
    assert isinstance(row, Fetched) and row.fetched_at is not None
    assert len(row.fetched_at) == len("2026-01-01T00:00:00Z") and row.fetched_at.endswith("Z")
    (kept.root / "v1/fetched_at").write_bytes(b"2026-01-02T03:04:05Z")
    again = fetch(kept, url, media="none")
    assert isinstance(again, Fetched) and again.fetched_at == "2026-01-02T03:04:05Z"
    assert again == row
