"""Speech with known times through every format: no word is wrong, no known time off by more than 50 ms."""

import pytest

from captions import speech
from multihowto.captions.cues import Cue
from multihowto.captions.formats import read
from multihowto.captions.words import TimedWord, word_times

SEEDS = range(40)


def timed(cues: list[Cue]) -> list[TimedWord]:
    return [word for cue in cues for word in word_times(cue, "en")]


@pytest.mark.parametrize("format", speech.WITH_WORDS)
@pytest.mark.parametrize("seed", SEEDS)
def test_every_word_and_its_time(format: str, seed: int) -> None:
    said = speech.speech(seed)
    words = [word for line in said for word in line]
    found = timed(read(speech.WITH_WORDS[format](said), format))
    assert [word.text for word in found] == [word.text for word in words]
    assert max(abs(a.start_ms - b.start_ms) for a, b in zip(found, words, strict=True)) <= 50
    assert all(word.known for word in found)


@pytest.mark.parametrize("format", speech.WITHOUT)
@pytest.mark.parametrize("seed", SEEDS)
def test_every_word_and_the_time_of_its_line(format: str, seed: int) -> None:
    said = speech.speech(seed)
    cues = read(speech.WITHOUT[format](said), format)
    assert [(cue.start_ms // 10, cue.text) for cue in cues] == [
        (line[0].start_ms // 10, speech.text_of(line)) for line in said
    ]
    assert not any(word.known for word in timed(cues))


@pytest.mark.parametrize("seed", SEEDS)
def test_sentence_rows_with_a_placeholder_end_with_the_next_one(seed: int) -> None:
    said = speech.speech(seed)
    cues = read(speech.sentence_json3(said), "json3")
    assert [cue.text for cue in cues] == [speech.text_of(line) for line in said]
    assert all(cue.end_ms <= later[0].start_ms for cue, later in zip(cues, said[1:], strict=False))
    assert all(cue.end_ms > line[-1].start_ms for cue, line in zip(cues, said, strict=True))


def test_speakers_and_notes_leave_the_times_of_the_other_words() -> None:
    line = [
        speech.Said(1000, ">>"),
        speech.Said(1100, "hello"),
        speech.Said(1500, "[Music]"),
        speech.Said(2900, "there"),
    ]
    said = [line, [speech.Said(4000, "[Music]")], [speech.Said(6000, "yes"), speech.Said(6300, "sir")]]
    for format, write in speech.WITH_WORDS.items():
        found = timed(read(write(said), format))
        assert [(word.start_ms, word.text) for word in found] == [
            (1100, "hello"),
            (2900, "there"),
            (6000, "yes"),
            (6300, "sir"),
        ], format


def test_a_growing_line_of_chinese_is_said_once() -> None:
    line = [speech.Said(1000 + 200 * i, word) for i, word in enumerate("我们把面粉")]
    body = speech.json3([line]).replace('"utf8": " ', '"utf8": "')
    [cue] = read(body, "json3")
    assert cue.text == "我们把面粉"
    assert [(word.start_ms, word.text) for word in word_times(cue, "zh")] == [tuple(word) for word in line]
