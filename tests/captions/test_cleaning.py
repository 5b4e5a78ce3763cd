import unicodedata
from collections import Counter
from dataclasses import fields, replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from multihowto.captions.boilerplate import is_boilerplate
from multihowto.captions.cleaning import ALL, Cleaning, clean
from multihowto.captions.plain import count_words, join
from multihowto.captions.tags import strip_tags, unescape

steady = settings(max_examples=60, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize(
    ("raw", "cleaned"),
    [
        ("plain words", "plain words"),
        ("  two\n lines\t here ", "two lines here"),
        ("Case STAYS", "Case STAYS"),
        ("cafe\u0301", "café"),
        ("nbsp\u00a0and\u3000wide", "nbsp and wide"),
        ("line\u2028separator\x85next", "line separator next"),
    ],
)
def test_white_space_and_form(raw: str, cleaned: str) -> None:
    assert clean(raw) == cleaned


@pytest.mark.parametrize(
    ("raw", "cleaned"),
    [
        ("<v Fred>Hi <00:00:01.000><c.colorE5E5E5> you</c></v>", "Hi you"),
        ('<font color="#fff">red</font><br/>blue', "red blue"),
        ("{\\an8}top", "top"),
        ("{curly} braces", "{curly} braces"),
        ("I <3 you", "I <3 you"),
        ("2 < 3 and 4 > 3", "2 < 3 and 4 > 3"),
        ("<c\n.yellow>split tag</c>", "split tag"),
        ("salt &amp; pepper", "salt & pepper"),
        ("&amp;lt;", "&lt;"),
        ("AT&T &copy no semicolon", "AT&T &copy no semicolon"),
        ("&lt;i&gt;dough&lt;/i&gt;", "dough"),
        ("vector&lt;int&gt;", "vector<int>"),
        ("&#39;s &#x2014; &nbsp;end", "'s — end"),
        ("&unknown; stays", "&unknown; stays"),
    ],
)
def test_tags_and_entities(raw: str, cleaned: str) -> None:
    assert clean(raw) == cleaned


@pytest.mark.parametrize(
    ("raw", "cleaned"),
    [
        ("a\u200bb\u200ec\u202ed\ufeffe\u00adf", "abcdef"),
        ("bell\x07 and \x9bC1", "bell and C1"),
        ("half \ud83d a pair", "half a pair"),
        ("👩\u200d🍳 cooks", "👩\u200d🍳 cooks"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("a\u200db \u200c你\u200d好", "ab 你好"),
    ],
)
def test_invisible_characters(raw: str, cleaned: str) -> None:
    assert clean(raw) == cleaned


@pytest.mark.parametrize(
    ("raw", "cleaned"),
    [
        ("[Music]", ""),
        ("[ __ ] you", "you"),
        ("- [Applause]\n- Thanks", "Thanks"),
        ("[upbeat\nmusic] now", "now"),
        ("[T]he array a[10]", "[T]he array a[10]"),
        ("(applause)", ""),
        ("(upbeat music\nplaying)", ""),
        ("(laughs)\nOkay.", "Okay."),
        ("add (two) cups", "add (two) cups"),
        ("(Preheat the oven to 180 degrees.)", "(Preheat the oven to 180 degrees.)"),
        ("♪ la la ♪", "la la"),
        ("♪♪", ""),
        ("你好[音乐]世界", "你好 世界"),
        ("（掌声）", ""),
        ("【笑】好", "好"),
        ("【笑声】好", "好"),
    ],
)
def test_sound_notes(raw: str, cleaned: str) -> None:
    assert clean(raw) == cleaned


@pytest.mark.parametrize(
    ("raw", "cleaned"),
    [
        ("- Hi.\n-Hello.", "Hi. Hello."),
        ("– Привет", "Привет"),
        ("—¿Qué?", "¿Qué?"),
        ("-5 degrees", "-5 degrees"),
        ("- .5 degrees", "- .5 degrees"),
        ("- ...yes", "...yes"),
        ("well-known - yes", "well-known - yes"),
        (">> Hi. >> Yes", "Hi. Yes"),
        ("&gt;&gt;&gt; News", "News"),
        ("2 > 1", "2 > 1"),
        ("-", ""),
    ],
)
def test_marks_of_speakers(raw: str, cleaned: str) -> None:
    assert clean(raw) == cleaned


@pytest.mark.parametrize(
    ("raw", "cleaned"),
    [
        (">> JOHN: mix it", "mix it"),
        ("JOHN: mix it", "JOHN: mix it"),
        ("- DR. SMITH: mix it", "mix it"),
        ("— АННА: смешайте", "смешайте"),
        ("Man: mix it", "mix it"),
        ("Sprecherin: mischen", "mischen"),
        ("Speaker 2: yes", "yes"),
        ("主持人：大家好", "大家好"),
        ("- ANNA: yes\n- PAVEL: no", "yes no"),
        ("STEP 1: mix it", "STEP 1: mix it"),
        ("NOTE: no sugar", "NOTE: no sugar"),
        ("Ingredients: flour", "Ingredients: flour"),
        ("at 10:30 we eat", "at 10:30 we eat"),
        ("HTTP://a.test", ""),
        ("mischen: so", "mischen: so"),
        ("manual: mix", "manual: mix"),
        ("步骤：混合", "步骤：混合"),
    ],
)
def test_names_of_speakers_in_one_cue(raw: str, cleaned: str) -> None:
    assert clean(raw) == cleaned


@pytest.mark.parametrize(
    ("raw", "cleaned"),
    [
        ("see https://a.test/x?y=1 now", "see now"),
        ("go to www.example.com/a-b.", "go to"),
        ("at example.com", "at"),
        ("at example.co.uk/x", "at"),
        ("mail me@example.com", "mail me@example.com"),
        ("version 2.net is", "version 2.net is"),
        ("Add salt.Then mix", "Add salt.Then mix"),
        ("3.5 cups", "3.5 cups"),
    ],
)
def test_addresses(raw: str, cleaned: str) -> None:
    assert clean(raw) == cleaned


@pytest.mark.parametrize(
    "line",
    [
        "Please subscribe to my channel!",
        "Don't forget to like and subscribe",
        "like, comment, and subscribe for more videos",
        "This video is sponsored by Acme.",
        "Thanks for watching!",
        "Subtitles by the Amara.org community",
        "Transcribed by Somebody",
        "Untertitel von Stephanie",
        "Untertitel der Amara.org-Community",
        "Abonniert meinen Kanal",
        "Sous-titrage : Société",
        "Abonnez-vous à ma chaîne",
        "Субтитры сделал DimaTorzok",
        "Подписывайтесь на мой канал!",
        "Подписывайтесь на канал",
        "Subtítulos realizados por la comunidad",
        "¡Suscríbete a mi canal!"[1:],
        "Titulky vytvořil JohnyX",
        "Odebírejte náš kanál",
        "Jisajili kwenye chaneli yangu",
        "Asante kwa kutazama",
        "字幕由志愿者提供",
        "请订阅我的频道",
        "謝謝觀看",
        "Phụ đề bởi Nam",
        "Hãy đăng ký kênh để ủng hộ",
        "Cảm ơn các bạn đã theo dõi",
    ],
)
def test_boilerplate_in_nine_languages(line: str) -> None:
    removed: Counter[str] = Counter()
    assert clean(line, removed=removed) == ""
    assert removed["boilerplate"] == 1
    assert clean(line, replace(ALL, boilerplate=False, urls=False)) != ""


@pytest.mark.parametrize(
    "line",
    [
        "subscribe to the newspaper and read it while the dough rests for an hour",
        "translate the shape by two inches",
        "the caption says stir",
        "watch the butter melt",
        "fold the titles by hand",
        "thanks to the oven it is warm",
        "订阅号里有菜谱，请看说明再做",
        "kutazama tu haitoshi",
        "a" * 10_000,
    ],
)
def test_sentences_with_such_words_stay(line: str) -> None:
    assert not is_boilerplate(line)
    assert clean(line) == line


def test_a_line_twice_in_a_row_is_said_once() -> None:
    removed: Counter[str] = Counter()
    assert clean("stir it\nstir it\nstir it", removed=removed) == "stir it"
    assert removed == {"repeats": 2}
    assert clean("stir it\nslowly\nstir it") == "stir it slowly stir it"


@pytest.mark.parametrize(
    ("kind", "raw", "kept"),
    [
        ("tags", "<b>mix</b>", "<b>mix</b>"),
        ("invisible", "m\u200bix", "m\u200bix"),
        ("notes", "[Music] mix", "[Music] mix"),
        ("speakers", ">> ANNA: mix", ">> ANNA: mix"),
        ("urls", "mix www.a.test", "mix www.a.test"),
        ("boilerplate", "Thanks for watching", "Thanks for watching"),
        ("repeats", "mix\nmix", "mix mix"),
    ],
)
def test_every_removal_is_switchable_and_counted(kind: str, raw: str, kept: str) -> None:
    removed: Counter[str] = Counter()
    assert clean(raw, replace(ALL, **{kind: False}), removed) == kept
    assert removed == {}
    assert clean(raw, ALL, removed) != kept
    assert removed == {kind: 1}


def test_the_kinds_are_the_switches() -> None:
    assert [field.name for field in fields(Cleaning)] == [
        *("tags", "invisible", "notes", "speakers", "urls", "boilerplate", "repeats")
    ]


@pytest.mark.parametrize(
    ("texts", "joined"),
    [
        (["one", "", " two "], "one two"),
        (["你好", "世界"], "你好世界"),
        (["你好，", "世界"], "你好，世界"),
        (["他说：", "“好”"], "他说：“好”"),
        (["“yes”", "“no”"], "“yes” “no”"),
        (["用", "Python"], "用 Python"),
        (["カタ", "カナ"], "カタカナ"),
        (["안녕", "세계"], "안녕 세계"),
        ([], ""),
    ],
)
def test_joining(texts: list[str], joined: str) -> None:
    assert join(texts) == joined


@pytest.mark.parametrize(
    ("text", "language", "count"),
    [
        ("mix the dough", "en", 3),
        ("", "en", 0),
        ("trộn bột", "vi", 2),
        ("把面粉倒进去。", "zh", 6),
        ("用 Python 3 写", "zh", 4),
        ("把面粉倒进去。", "en", 1),
    ],
)
def test_counting_words(text: str, language: str, count: int) -> None:
    assert count_words(text, language) == count


def test_tags_go_before_entities_so_that_escaped_text_stays() -> None:
    assert strip_tags("&lt;int&gt;<b>x</b>") == "&lt;int&gt;x"
    assert unescape("&lt;int&gt;x") == "<int>x"


@steady
@given(st.text())
def test_clean_text_is_one_line_of_visible_text_in_nfc(raw: str) -> None:
    text = clean(raw)
    assert text == " ".join(text.split())
    assert unicodedata.is_normalized("NFC", text)
    assert not any(unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} for character in text)


@steady
@given(st.lists(st.text(alphabet="abcž йЖáß", max_size=8), max_size=6))
def test_joining_keeps_every_word(texts: list[str]) -> None:
    assert join(texts).split() == [word for text in texts for word in text.split()]
    assert count_words(join(texts), "en") == sum(count_words(text, "en") for text in texts)
