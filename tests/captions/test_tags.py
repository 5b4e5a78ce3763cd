from collections import Counter
from dataclasses import replace

import pytest

from multihowto.captions.cleaning import ALL, clean
from multihowto.captions.tags import resolve, strip_tags, unescape


@pytest.mark.parametrize(
    "tag",
    [
        *(
            "<b>",
            "</b>",
            "<i/>",
            "<u.loud>",
            "<c.colorE5E5E5.bg_black>",
            "<c\n.yellow>",
            "<v Mary Ann>",
            "<v.loud Esme>",
        ),
        *(
            "<lang en-GB>",
            "</lang>",
            "<ruby>",
            "<rt>",
            "<RT>",
            '<font color="#fff">',
            "<FONT color=red size=2>",
        ),
        *(
            "<span tts:color='red'>",
            '<p style="x">',
            "<s>",
            "<em>",
            "<00:00:01.000>",
            "<1:02:03,5>",
            "{\\an8\\pos(1,2)}",
        ),
    ],
)
def test_a_tag_of_a_caption_format_goes(tag: str) -> None:
    assert strip_tags(f" {tag}x") == " x"


@pytest.mark.parametrize(
    "text",
    [
        *(
            "<Enter>",
            "vector<int>",
            "a<b and c>d",
            "a<b, c>d",
            "x<v and y>z",
            "<>",
            "<5>",
            "<script>",
            "{x}",
            "<b",
            "<B>",
        ),
        *("i<s and t>u", "<?php", "<!-- x -->", "<key=value>", "<3"),
    ],
)
def test_other_brackets_stay(text: str) -> None:
    assert strip_tags(text) == text


def test_old_tags_in_capitals_go_where_one_is_closed() -> None:
    assert strip_tags("<B>x</B>") == "x"
    assert strip_tags("press <B>") == "press <B>"


def test_entities_are_resolved_whether_tags_go_or_not_and_escaped_tags_are_counted() -> None:
    removed: Counter[str] = Counter()
    assert clean("&lt;i&gt;salt &amp; oil", ALL, removed) == "salt & oil"
    assert removed == {"tags": 1}
    assert clean("&lt;i&gt;salt &amp; oil", replace(ALL, tags=False), removed) == "<i>salt & oil"
    assert clean("salt &amp; oil", ALL, removed) == "salt & oil"
    assert removed == {"tags": 1}
    assert resolve("&lt;b&gt;&amp;lt;") == "<b>&lt;"
    assert unescape("&lt;b&gt;&lt;int&gt;") == "<int>"
