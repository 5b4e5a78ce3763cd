"""Benchmarks from files that have the documented shapes (invented contents), and mistakes found by their place."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from multihowto.errors import ConfigError
from multihowto.evaluation.benchmarks import FORMATS, Query, read_benchmark

JSFUSION = (
    'key,vid_key,video_id,sentence\nret0,msr1,video1,"a cook, who stirs"\nret1,msr2,video2, two  dogs \n'
)
MSRVTT = {
    "info": {"year": "x"},
    "videos": [
        {
            "id": 0,
            "video_id": "video0",
            "category": 9,
            "url": "u",
            "start time": 1.5,
            "end time": 9,
            "split": "train",
        },
        {
            "id": 1,
            "video_id": "video1",
            "category": 9,
            "url": "u",
            "start time": 1.5,
            "end time": 9,
            "split": "test",
        },
    ],
    "sentences": [
        {"sen_id": 3, "video_id": "video1", "caption": "a pan"},
        {"sen_id": 4, "video_id": "video0", "caption": "not this"},
        {"sen_id": 5, "video_id": "video1", "caption": "a pot"},
    ],
}
VATEX = [
    {"videoID": "abc_000001_000011", "enCap": ["one", "two"], "chCap": ["一"]},
    {"videoID": "d_0_1", "enCap": ["x"]},
]
LINES = "vid_1#enc#0 a man runs\nvid_1#zh#0 一个人\nvid_2#enc#0 a dog\r\n"


def read(tmp_path: Path, form: str, content: Any) -> list[Query]:
    path = tmp_path / "some.file"
    path.write_bytes((content if isinstance(content, str) else json.dumps(content)).encode())
    return list(read_benchmark(form, path).queries)


def test_jsfusions_split(tmp_path: Path) -> None:
    assert read(tmp_path, "msrvtt-1k-a", JSFUSION) == [
        ("a cook, who stirs", "en", "video1"),
        ("two dogs", "en", "video2"),
    ]
    assert read_benchmark("msrvtt-1k-a", tmp_path / "some.file").name == "msrvtt-1k-a"


def test_msrvtts_json_gives_all_captions_of_its_test_videos(tmp_path: Path) -> None:
    assert read(tmp_path, "msrvtt-json", MSRVTT) == [("a pan", "en", "video1"), ("a pot", "en", "video1")]


def test_the_multilingual_json_in_both_nestings(tmp_path: Path) -> None:
    expected = {("a pan", "en", "video1"), ("eine Pfanne", "de", "video1"), ("ein Topf", "de", "video1")}
    by_language = {"en": {"video1": "a pan"}, "de": {"video1": ["eine Pfanne", "ein Topf"]}}
    by_video = {"video1": {"en": "a pan", "de": ["eine Pfanne", "ein Topf"]}}
    assert set(read(tmp_path, "msrvtt-multilingual", by_language)) == expected
    assert set(read(tmp_path, "msrvtt-multilingual", by_video)) == expected


def test_vatex_as_json_and_as_lines(tmp_path: Path) -> None:
    clip = "abc_000001_000011"
    assert read(tmp_path, "vatex", VATEX) == [
        ("one", "en", clip),
        ("two", "en", clip),
        ("一", "zh", clip),
        ("x", "en", "d_0_1"),
    ]
    found = read(tmp_path, "caption-lines", LINES)
    assert found == [("a man runs", "en", "vid_1"), ("一个人", "zh", "vid_1"), ("a dog", "en", "vid_2")]
    assert read_benchmark("caption-lines", tmp_path / "some.file").name == "caption-lines-some"
    (tmp_path / "so me.txt").write_text(LINES)
    with pytest.raises(ConfigError, match="rename the file"):
        read_benchmark("caption-lines", tmp_path / "so me.txt")


def test_any_table(tmp_path: Path) -> None:
    found = read(tmp_path, "table", "language,more,item,query\nde,,v1,ein Hund\n")
    assert found == [("ein Hund", "de", "v1")]
    quoted = read(tmp_path, "table", 'query\tlanguage\titem\r\n"ein ""Hund"", 2,5 kg"\tde\tv1\r\n')
    assert quoted == [('ein "Hund", 2,5 kg', "de", "v1")]
    packed = tmp_path / "asked.csv.gz"
    packed.write_bytes(gzip.compress(b"query,language,item\na dog,en,v1\n"))
    assert read_benchmark("table", packed) == ("table-asked", (("a dog", "en", "v1"),))


def multi30k(folder: Path, pictures: str, files: dict[str, str]) -> Path:
    (folder / "image_splits").mkdir(parents=True)
    (folder / "raw").mkdir()
    name = "test_images" if any(".1." in file for file in files) else "test_2016_flickr"
    (folder / "image_splits" / f"{name}.txt").write_text(pictures)
    for file, text in files.items():
        data = text.encode()
        (folder / "raw" / file).write_bytes(gzip.compress(data) if file.endswith(".gz") else data)
    return folder


def test_multi30k_line_by_line(tmp_path: Path) -> None:
    # a line separator within a caption ends no line
    files = {
        "test_2016_flickr.en.gz": "a dog\na\u2028cat\n",
        "test_2016_flickr.de": "ein Hund\neine Katze\n",
        "train.en": "x",
    }
    folder = multi30k(tmp_path / "1", "10.jpg\n20.jpg#0\n", files)
    assert list(read_benchmark("multi30k-task1", folder).queries) == [
        ("ein Hund", "de", "10"), ("eine Katze", "de", "20"), ("a dog", "en", "10"), ("a cat", "en", "20"),
    ]  # fmt: skip
    files = {f"test_2016.{number}.en.gz": f"{number} a\n{number} b\n" for number in range(1, 6)}
    found = read_benchmark("multi30k-task2", multi30k(tmp_path / "2", "10.jpg\n20.jpg\n", files)).queries
    assert len(found) == 10
    assert [query.item for query in found] == ["10", "20"] * 5


def test_multi30k_whose_lines_do_not_agree(tmp_path: Path) -> None:
    folder = multi30k(tmp_path / "1", "10.jpg\n20.jpg\n", {"test_2016_flickr.en": "a dog\n"})
    with pytest.raises(ConfigError, match=r"test_2016_flickr.en has 1 lines, .*test_2016_flickr.txt has 2"):
        read_benchmark("multi30k-task1", folder)
    with pytest.raises(ConfigError, match="raw has no file that is named like"):
        read_benchmark("multi30k-task1", multi30k(tmp_path / "3", "10.jpg\n", {}))
    packed = folder / "raw" / "test_2016_flickr.en.gz"
    packed.write_bytes(gzip.compress(b"x" * 100)[:20])
    with pytest.raises(ConfigError, match="is there packed too"):
        read_benchmark("multi30k-task1", folder)
    (folder / "raw" / "test_2016_flickr.en").unlink()
    with pytest.raises(ConfigError, match="cannot read"):
        read_benchmark("multi30k-task1", folder)


@pytest.mark.parametrize(
    ("form", "content"),
    [("msrvtt-1k-a", JSFUSION), ("msrvtt-json", MSRVTT), ("vatex", VATEX), ("caption-lines", LINES)],
)
def test_windows_marks_and_line_ends_change_nothing(tmp_path: Path, form: str, content: Any) -> None:
    text = content if isinstance(content, str) else json.dumps(content, indent=1)
    windows = "\ufeff" + text.replace("\r\n", "\n").replace("\n", "\r\n")
    assert read(tmp_path, form, windows) == read(tmp_path, form, text)


TWICE = {**MSRVTT, "videos": [*MSRVTT["videos"], {"video_id": "video1", "split": "train"}]}
NO_CAPTION = {**MSRVTT, "sentences": [{"sen_id": 3, "video_id": "video1"}]}


@pytest.mark.parametrize(
    ("form", "content", "message"),
    [
        ("msrvtt-1k-a", "key,video_id\nret0,video1\n", "has no column 'sentence'"),
        ("msrvtt-1k-a", JSFUSION + "ret2,msr3,video3,\n", "line 4: a query has 1 to 10,000 characters; this one has 0"),
        ("msrvtt-1k-a", JSFUSION + f"ret2,msr3,video3,{'x' * 10_001}\n", "line 4: .* has 10,001"),
        ("msrvtt-1k-a", JSFUSION + "ret2,msr3,,a\n", "line 4: the item is empty"),
        ("msrvtt-1k-a", JSFUSION + "ret2,msr3,v,a\x07\n", r"line 4: the character '\\x07' is no text"),
        ("msrvtt-1k-a", "key,vid_key,video_id,sentence\n", "holds no query"),
        ("msrvtt-1k-a", JSFUSION + "ret2,msr3,v,a man, who runs\n", 'line 4: more columns than .*into "'),
        ("msrvtt-json", TWICE, r"videos\[2\]: 'video1' was in split 'test' before"),
        ("msrvtt-json", NO_CAPTION, r"missing required field `caption` - at `\$.sentences\[0\]`"),
        ("msrvtt-json", {**MSRVTT, "videos": []}, r"sentences\[0\]: video 'video1' is none of `videos`"),
        ("msrvtt-json", "[" * 100_000, "is not in this benchmark's format"),
        ("msrvtt-multilingual", '{"en": {"v": "\\ud800"}}', "is not in this benchmark's format|is no text"),
        ("msrvtt-multilingual", {"video1": {"english": "a"}}, "code of two or three letters a-z; got 'english'"),
        ("msrvtt-multilingual", {"en": {"video1": 3}}, "is not in this benchmark's format"),
        ("msrvtt-multilingual", '{"en":{"w":"c"},"en":{"v":"a"}}', "the key 'en' comes twice in one object"),
        ("msrvtt-multilingual", '{"en":{"v":"c","v":"a"}}', "the key 'v' comes twice in one object"),
        ("vatex", '[{"videoID": "a", "enCap": ["b"], "enCap": ["c"]}]', "the key 'enCap' comes twice"),
        ("vatex", [VATEX[0], VATEX[0]], r"\[1\]: clip 'abc_000001_000011' comes twice"),
        ("vatex", [{"videoID": "a", "enCap": ["b", " "]}], r"\[0\].enCap\[1\]: a query has"),
        ("caption-lines", LINES + "vid_2#enc#0 again\n", "line 4: vid_2#enc#0 comes twice"),
        ("caption-lines", LINES + "vid_2#enc#00 again\n", "line 4: vid_2#enc#00 comes twice"),
        ("caption-lines", LINES + "vid_2#en#0 again\n", "line 4: vid_2#en#0 comes twice"),
        ("caption-lines", LINES + f"vid_2#en#{'1' * 5000} x\n", "line 4: a line is ITEM#enc#N TEXT"),
        ("caption-lines", LINES + "vid_2 no mark\n", "line 4: a line is ITEM#enc#N TEXT"),
        ("caption-lines", LINES + "vid_2#enc2zh#0 machine\n", "line 4: a line is ITEM#enc#N TEXT"),
        ("table", "query,language,item\nx,EN,v\n", "line 2: a language is a code"),
        ("table", "query\tlanguage\titem\nx\ten\n", "line 2: fewer columns than the header: it has 3"),
        ("table", 'query\tlanguage\titem\n"a\ten\tv\n"b\ten\tw\n', "a text with a quote is put into quotes"),
        ("table", 'query,language,item\n"a,en,v\nb,en,w\n', "a text with a quote is put into quotes"),
        ("table", "query;language;item\nx;en;v\n", "no column 'query'; .* it has: 'query;language;item'"),
        ("tabel", "", "no format 'tabel' of benchmarks; did you mean 'table'"),
    ],
)  # fmt: skip
def test_mistakes_are_found_by_their_place(tmp_path: Path, form: str, content: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        read(tmp_path, form, content)


@pytest.mark.parametrize("form", FORMATS)
def test_what_is_not_there_is_said(tmp_path: Path, form: str) -> None:
    with pytest.raises(ConfigError, match="cannot read"):
        read_benchmark(form, tmp_path / "no")


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    form=st.sampled_from(
        ["msrvtt-1k-a", "msrvtt-multilingual", "msrvtt-json", "vatex", "caption-lines", "table"]
    ),
    data=st.one_of(st.binary(max_size=80), st.text(max_size=80).map(str.encode)),
)
def test_no_bytes_end_in_another_error(tmp_path: Path, form: str, data: bytes) -> None:
    path = tmp_path / "a"
    path.write_bytes(data)
    try:
        found = read_benchmark(form, path).queries
    except ConfigError:
        return
    assert all(query.text and query.item for query in found)
