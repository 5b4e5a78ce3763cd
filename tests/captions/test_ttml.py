from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from multihowto.captions.cues import Cue, Word
from multihowto.captions.formats import parse
from multihowto.captions.markup import attributes_of, tokens
from multihowto.captions.problems import Problems

steady = settings(max_examples=300, deadline=None, database=None)


def cues(body: str, attributes: str = "") -> list[Cue]:
    return parse(f'<tt xmlns:ttp="x" {attributes}><body>{body}</body></tt>', "ttml").cues


@pytest.mark.parametrize(
    ("time", "attributes", "ms"),
    [
        ("00:00:01.5", "", 1500),
        ("01:02:03", "", 3_723_000),
        ("1:02:03.5", "", 3_723_500),
        ("00:00:01:15", "", 1500),
        ("00:00:01:12", 'ttp:frameRate="24"', 1500),
        ("00:00:01:15", 'ttp:frameRate="30" ttp:frameRateMultiplier="1000 1001"', 1500),
        ("1.5s", "", 1500),
        ("500ms", "", 500),
        ("2m", "", 120_000),
        ("1h", "", 3_600_000),
        ("15000000t", 'ttp:tickRate="10000000"', 1500),
        ("36f", 'ttp:frameRate="24"', 1500),
        ("7", "", 7000),
    ],
)
def test_times(time: str, attributes: str, ms: int) -> None:
    [cue] = cues(f'<p begin="{time}" dur="1s">x</p>', attributes)
    assert abs(cue.start_ms - ms) <= 1
    assert cue.end_ms == cue.start_ms + 1000


def test_times_count_from_the_parents_begin_and_end_with_it() -> None:
    body = '<div begin="10s" end="20s"><p begin="1s">a</p>'
    body += '<p begin="2s" dur="3s">b</p><p begin="9s" end="99s">c</p></div>'
    assert cues(body) == [Cue(11_000, 20_000, "a"), Cue(12_000, 15_000, "b"), Cue(19_000, 20_000, "c")]


def test_spans_with_times_are_words_or_cues_of_their_own() -> None:
    spans = '<span begin="1s" end="2s">one</span> <span begin="2s" end="3s">two</span>'
    assert cues(f'<p begin="5s" end="9s">{spans}</p>') == [
        Cue(5000, 9000, "one two", (Word(6000, "one"), Word(7000, "two")))
    ]
    assert cues(f"<p>{spans}</p>") == [Cue(1000, 2000, "one"), Cue(2000, 3000, "two")]


def problems(body: str) -> list[str]:
    return [one.what for one in parse(f"<tt><body>{body}</body></tt>", "ttml").problems]


def test_deep_nesting_keeps_what_came_before() -> None:
    deep = '<p begin="1s" end="2s">kept</p><p begin="2s" end="3s">cut' + "<span>" * 5000 + "lost"
    assert cues(deep) == [Cue(1000, 2000, "kept"), Cue(2000, 3000, "cut")]
    assert problems(deep) == ["elements nested deeper than 100, the rest is left out"]


def test_paragraphs_that_do_not_end_are_no_parents_of_the_next_one() -> None:
    open_ended = '<div begin="10s">' + "".join(f'<p begin="{i}s" dur="1s">{i}<span>' for i in range(300))
    assert cues(open_ended) == [Cue(10_000 + i * 1000, 11_000 + i * 1000, str(i)) for i in range(300)]
    assert problems(open_ended)[:100] == ["a paragraph that does not end"] * 100
    spans = '<p><span begin="1s" end="2s">a<p begin="3s" end="4s">b</p>'
    assert cues(spans) == [Cue(1000, 2000, "a"), Cue(3000, 4000, "b")]


def test_a_title_that_does_not_end_silences_no_paragraph() -> None:
    body = '<tt><head><metadata><title>Cake<body><p begin="1s" end="2s">a<desc>b</p><p begin="2s" end="3s">c'
    assert [cue.text for cue in parse(body, "ttml").cues] == ["a", "c"]


XML = st.recursive(
    st.text("ab &<>\"'é", min_size=1, max_size=5),
    lambda inner: st.tuples(
        st.sampled_from(["a", "b", "tt:c"]), st.text("xy&<>\"' ", max_size=4), st.lists(inner, max_size=4)
    ),
    max_leaves=12,
)


def written(node: object) -> str:
    from xml.sax.saxutils import escape, quoteattr

    if isinstance(node, str):
        return escape(node)
    assert isinstance(node, tuple)
    name, value, children = node
    inner = "".join(map(written, children))
    return f"<{name} k={quoteattr(value)}>{inner}</{name}><!-- <b> --><{name}/><![CDATA[<&]]>"


@steady
@given(XML)
def test_tags_and_texts_are_those_of_elementtree(node: object) -> None:
    body = f'<r xmlns:tt="t">{written(node)}</r>'
    root = ElementTree.fromstring(body)
    problems = Problems(body)
    found = list(tokens(body, problems))
    assert not problems.found()
    assert "".join(one.name for one in found if one.kind == "text") == "".join(root.itertext())
    opened = [(one.name, attributes_of(one).get("k")) for one in found if one.kind == "open"]
    assert opened == [(one.tag.rpartition("}")[2], one.get("k")) for one in root.iter()]
