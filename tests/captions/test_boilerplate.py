import pytest

from multihowto.captions.boilerplate import is_boilerplate, without_boilerplate


@pytest.mark.parametrize(
    "line",
    [
        *(
            "Subtitles by",
            "Subtitles by J. Smith & A. Jones",
            "Captions by @handle",
            "Synced and corrected by Ann",
            "Translated by 李明",
            "Untertitel von TV2",
        ),
        *(
            "Untertitel: @handle",
            "Traducido por Ana y Luis, 2019",
            "字幕：蓝天字幕组",
            "This video is sponsored by acme",
        ),
        *("like this video and subscribe and hit the bell icon!", "请点赞、订阅我们的频道，转发"),
    ],
)
def test_credits_and_requests(line: str) -> None:
    assert is_boilerplate(line)


@pytest.mark.parametrize(
    "line",
    [
        *(
            "Subtitles by default",
            "Subtitles by 3 people",
            "Synced by Bluetooth",
            "Transcription by RNA",
            "Untertitel: Stephanie",
            "Untertitel des Videos",
            "Translated by hand",
        ),
        *(
            "Sponsored by acme add eggs",
            "subscribe and hit the dough",
            "subscribe " * 20,
            "Traducido por partes",
            "字幕",
        ),
        *("Subtitles by A B C D E F G H I", "İ subscribe", "Subtitles by (İ) x"),
    ],
)
def test_what_says_more_is_none(line: str) -> None:
    assert not is_boilerplate(line)


def test_only_whole_sentences_go() -> None:
    assert without_boilerplate(["Stir. Subscribe! Bake."]) == ["Stir. Bake."]
    assert without_boilerplate(["加盐。请订阅。再加糖"]) == ["加盐。再加糖"]
    assert without_boilerplate(["Subscribe", "and add two eggs"]) == ["Subscribe", "and add two eggs"]
    assert without_boilerplate(["Subscribe!", "and add two eggs"]) == ["and add two eggs"]
    assert without_boilerplate(["Please subscribe", "to my channel"]) == []
    assert without_boilerplate(["Subtitles by", "Add Eggs"]) == ["Add Eggs"]
    assert without_boilerplate(["1. Subscribe"]) == ["1. Subscribe"]
    assert without_boilerplate([]) == []
