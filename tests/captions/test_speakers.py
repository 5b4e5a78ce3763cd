from multihowto.captions.cleaning import ALL, clean
from multihowto.captions.formats import read
from multihowto.captions.speakers import names

TRACK = (
    "JOHN: Mix it.",
    "ANNA: Now?",
    "<i>JOHN:</i> Yes.",
    "- ANNA: Good.",
    "SALT: a pinch",
    "Add the salt.",
    "SALT: and more",
    "PH: 7",
    "PH: 8",
    "HEAT: MEDIUM",
    "HEAT: LOW",
    "Host: hello",
    "&gt;&gt; Host: bye",
    "女：你好",
    "女：再见",
    "ONCE: Hi.",
)


def test_names_come_twice_and_are_no_headings() -> None:
    assert names(TRACK) == {"john", "anna", "host", "女"}
    assert names(TRACK[:2]) == frozenset()


def test_a_word_that_is_also_written_small_is_no_name() -> None:
    assert names(["GLAZE: Brush it.", "GLAZE: Let it dry."]) == {"glaze"}
    assert names(["GLAZE: Brush it.", "GLAZE: Let it dry.", "the glaze is dry"]) == frozenset()


def test_known_names_go_but_never_before_an_amount() -> None:
    known = frozenset({"john", "女"})
    assert clean("JOHN: Mix it.", ALL, None, known) == "Mix it."
    assert clean("JOHN: OK!", ALL, None, known) == "OK!"
    assert clean("JOHN:", ALL, None, known) == ""
    assert clean("女：你好", ALL, None, known) == "你好"
    for line in ("JOHN: 5 eggs", "女: 160cm", "JOHN: about 3 cups", "JOHN: $5", "JOHN: kg", "ANNA: Mix it."):
        assert clean(line, ALL, None, known) == line


def test_a_track_is_read_without_its_names_and_with_its_headings() -> None:
    cues = [f"00:{number:02}.000 --> 00:{number:02}.900\n{text}\n" for number, text in enumerate(TRACK)]
    texts = [cue.text for cue in read("\n".join(["WEBVTT\n", *cues]), "vtt")]
    assert texts[:4] == ["Mix it.", "Now?", "Yes.", "Good."]
    assert texts[4:10] == list(TRACK[4:10])
    assert texts[10:] == ["HEAT: LOW", "hello", "bye", "你好", "再见", "ONCE: Hi."]
