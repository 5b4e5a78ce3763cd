"""With `tags` off a text stays as it is shown, its tags with it; with it on, every text that lost one is counted."""

from collections import Counter

import pytest

from multihowto.captions.cleaning import ALL, Cleaning
from multihowto.captions.formats import parse, spoken

LEFT = Cleaning(tags=False)
RUBY = "<ruby>麦<rt>むぎ</rt></ruby>"
ROLLING = """WEBVTT

00:01.000 --> 00:02.000
we<00:01.500><c> mix</c>

00:02.000 --> 00:02.010
we mix

00:02.010 --> 00:03.000
we mix
<i>salt</i> &amp; flour

00:03.000 --> 00:03.010
salt &amp; flour

00:03.010 --> 00:04.000
salt &amp; flour
done
"""


def said(body: str, cleaning: Cleaning) -> tuple[list[str], int]:
    removed = Counter[str]()
    texts = [cue.text for cue in spoken(parse(body), cleaning, removed)]
    return texts, removed["tags"]


def vtt(*texts: str) -> str:
    return "WEBVTT\n\n" + "\n\n".join(
        f"00:0{i}.000 --> 00:0{i + 1}.000\n{text}" for i, text in enumerate(texts)
    )


@pytest.mark.parametrize(
    ("text", "left", "cleaned", "count"),
    [
        ("<i>a</i> &amp; b", "<i>a</i> & b", "a & b", 1),
        (RUBY, RUBY, "麦", 1),
        ("麦<rt>むぎ</rt>", "麦<rt>むぎ</rt>", "麦", 1),
        ("&lt;i&gt;a&lt;/i&gt;", "<i>a</i>", "a", 1),
        ("press &lt;Enter&gt;", "press <Enter>", "press <Enter>", 0),
        ("{\\an8}up", "{\\an8}up", "up", 1),
    ],
)
def test_one_text_with_and_without_tags(text: str, left: str, cleaned: str, count: int) -> None:
    assert said(vtt(text), LEFT) == ([left], 0)
    assert said(vtt(text), ALL) == ([cleaned], count)


def test_a_rolling_track_keeps_its_tags_or_they_are_counted() -> None:
    assert said(ROLLING, LEFT) == (["we<00:01.500><c> mix</c>", "<i>salt</i> & flour", "done"], 0)
    assert said(ROLLING, ALL) == (["we mix", "salt & flour", "done"], 2)
