import pytest

from multihowto.captions.tracks import Offer, choose, kind_of, language_of, script_of_chinese

NINE = ("en", "de", "fr", "ru", "es", "cs", "sw", "zh", "vi")


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        *(
            (tag, "zh")
            for tag in ("zh", "zh-Hans", "zh-CN", "zh-SG", "zh-Hant", "zh-TW", "zh-HK", "ZH_tw", "cmn")
        ),
        ("en", "en"),
        ("en-GB", "en"),
        ("en-orig", "en"),
        ("en-US-abcDEF", "en"),
        ("es-419", "es"),
        ("fr-abcDEF", "fr"),
        ("ger", "de"),
        ("cze", "cs"),
        (" sw ", "sw"),
        ("live_chat", None),
        ("iw", None),
        ("yue", None),
        ("und", None),
        ("english", None),
        ("", None),
    ],
)
def test_tags_to_our_nine(tag: str, language: str | None) -> None:
    assert language_of(tag, NINE) == language


def test_the_longest_known_beginning_counts() -> None:
    assert language_of("iw", ["he"]) == "he"
    assert language_of("iw", ["iw", "he"]) == "iw"
    assert language_of("pt-br-x", ["pt", "pt-BR"]) == "pt-BR"
    assert language_of("pt-PT", ["pt", "pt-BR"]) == "pt"


@pytest.mark.parametrize(
    ("query", "automatic", "kind"),
    [
        ("?v=x&lang=en&fmt=vtt", False, "manual"),
        ("?v=x&kind=asr&lang=en", True, "asr"),
        ("?v=x&kind=asr&lang=en&tlang=fr", True, "auto_translated"),
        ("?v=x&lang=de&tlang=fr", True, "auto_translated"),
        ("?v=x&lang=de&tlang=", False, "manual"),
        ("?v=x&kind=asr&lang=en", False, "asr"),
        ("?v=x&lang=fr", True, "manual"),
        ("#tlang=fr", False, "manual"),
    ],
)
def test_kinds_by_url(query: str, automatic: bool, kind: str) -> None:
    assert kind_of("https://video.example/api/timedtext" + query, automatic) == kind


@pytest.mark.parametrize(("automatic", "kind"), [(True, "asr"), (False, "manual")])
def test_kinds_where_the_url_says_nothing(automatic: bool, kind: str) -> None:
    assert kind_of("https://video.example/captions/en.vtt", automatic) == kind


def offer(language: str, tag: str, kind: str = "manual", format: str = "vtt") -> Offer:
    return Offer(language, tag, kind, format, f"https://video.example/{tag}.{format}?{kind}")


def best(offers: list[Offer], kinds: list[str]) -> list[Offer]:
    """The first choice of each language."""
    tries = choose(offers, kinds)
    return [
        one for place, one in enumerate(tries) if one.language not in {had.language for had in tries[:place]}
    ]


def test_languages_in_order_and_kinds_first() -> None:
    offers = [offer("fr", "fr", "auto_translated"), offer("fr", "fr-CA"), offer("en", "en", "asr")]
    kinds = ["manual", "asr", "auto_translated"]
    assert choose(offers, kinds) == [offers[2], offers[1], offers[0]]
    assert choose(offers, ["auto_translated", "manual"]) == [offers[0], offers[1]]
    assert choose(offers, ["manual"]) == [offers[1]]
    assert choose(offers, []) == []


def test_the_plain_tag_then_simplified_then_the_alphabet() -> None:
    tags = ["zh-TW", "zh-Hant", "zh-abc", "zh-SG", "zh-CN", "zh"]
    offers = [offer("zh", tag) for tag in tags]
    order = []
    while offers:
        (first,) = best(offers, ["manual"])
        order.append(first.tag)
        offers.remove(first)
    assert order == ["zh", "zh-CN", "zh-SG", "zh-abc", "zh-Hant", "zh-TW"]


@pytest.mark.parametrize(
    ("kind", "order"),
    [("asr", ["json3", "vtt", "srv3", "srt"]), ("manual", ["vtt", "srv3", "srt", "json3"])],
)
def test_the_best_format_of_a_track(kind: str, order: list[str]) -> None:
    offers = [offer("en", "en", kind, format) for format in ("ttml", "srt", "srv3", "json3", "vtt", "srv1")]
    for format in order:
        assert [first.format for first in best(offers, [kind])] == [format]
        offers = [left for left in offers if left.format != format]
    assert choose(offers, [kind]) == []


def test_the_tag_comes_before_the_format() -> None:
    offers = [offer("en", "en-GB", "asr", "json3"), offer("en", "en", "asr", "srt")]
    assert choose(offers, ["asr"]) == [offers[1], offers[0]]


def test_what_is_tried_next() -> None:
    """A second format of the best track alone, then one of each other; three files a language, no URL twice."""
    every = [
        offer("en", tag, kind, format)
        for tag, kind in (("en", "asr"), ("en-GB", "manual"), ("en", "manual"), ("en-US", "manual"))
        for format in ("json3", "vtt", "srv3")
    ]
    double = [one._replace(tag="en-orig") for one in every if one.kind == "asr"]

    def tried(kinds: list[str], tags: set[str]) -> list[str]:
        offers = [one for one in every + double if one.tag in tags]
        return [f"{one.tag} {one.kind} {one.format}" for one in choose(offers, kinds)]

    both = ["manual", "asr"]
    assert tried(both, {"en", "en-GB", "en-US", "en-orig"}) == [
        "en manual vtt",
        "en manual srv3",
        "en-GB manual vtt",
    ]
    assert tried(both, {"en", "en-orig"}) == ["en manual vtt", "en manual srv3", "en asr json3"]
    assert tried(["asr"], {"en", "en-orig"}) == ["en asr json3", "en asr vtt"]
    singles = [one for one in every if one.format == "json3"]
    assert [one.kind for one in choose(singles, both)] == ["manual", "manual", "manual"]
    assert len({one.url for one in choose(singles + singles, both)}) == 3


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("这个面团还要发酵两个小时", "Hans"),
        ("這個麵團還要發酵兩個小時", "Hant"),
        ("加水三次", None),
        ("后里面", None),
        ("water", None),
        ("这這", None),
        ("", None),
    ],
)
def test_scripts_of_chinese(text: str, script: str | None) -> None:
    assert script_of_chinese(text) == script
