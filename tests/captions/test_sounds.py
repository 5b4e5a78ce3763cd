import pytest

from multihowto.captions.sounds import is_note


@pytest.mark.parametrize(
    "inside",
    [
        *(
            "Music",
            " MUSIC PLAYING ",
            "soft piano music",
            "Applause and cheering",
            "engine revs",
            "laughs nervously",
        ),
        *("♪", "♪ music ♪", "__", "&  music", "Gelächter im Hintergrund", "musique d'ambiance", "il rit"),
        *(
            "аплодисменты в зале",
            "se ríe",
            "směje se",
            "anapiga kelele",
            "tiếng chuông",
            "观众热烈鼓掌",
            "ÂM NHẠC",
            "музика",
            "音楽",
            "음악",
            "موسيقى",
        ),
    ],
)
def test_words_of_sounds_alone_are_a_note(inside: str) -> None:
    assert is_note(inside)


@pytest.mark.parametrize(
    "inside",
    [
        *(
            "Enter",
            "Music 2",
            "music = on",
            "the music folder",
            "door",
            "phone",
            "playing",
            "opens",
            "upbeat",
        ),
        *(
            "",
            " ",
            "...",
            "?",
            "x",
            "_",
            "___",
            "10",
            "Türe",
            "加盐",
            "音乐文件",
            "cười lên nào",
            "music" * 9,
        ),
    ],
)
def test_other_words_are_no_note(inside: str) -> None:
    assert not is_note(inside)
