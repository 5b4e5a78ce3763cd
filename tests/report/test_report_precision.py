"""What people's verdicts say: intervals, weights, judges, texts that changed; and what the page shows of it."""

import math
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from multihowto.errors import ConfigError
from multihowto.report.page import page
from multihowto.report.precision import Stratum, _estimate, kappa, precision, together, wilson
from multihowto.report.verdicts import COLUMNS, VERDICTS, as_csv, parse, text_sha
from multihowto.storage import Store
from report.conftest import MEDIA_BYTES
from report.judged import CLIPS, VIDEOS, judged_store

SHA = "sha256:" + "0" * 16
HEADER = ",".join(COLUMNS)


@pytest.mark.parametrize(
    ("right", "judged", "low", "high"),
    [
        # Newcombe (1998), Statistics in Medicine 17, 857-872, table I, method 3
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_gives_the_published_intervals(right: int, judged: int, low: float, high: float) -> None:
    assert wilson(right, judged) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(0, 500), st.integers(0, 500))
def test_an_interval_is_around_its_share_and_between_0_and_1(right: int, others: int) -> None:
    low, high = wilson(right, right + others)
    assert 0 <= low <= high <= 1
    if right + others:
        assert low <= right / (right + others) <= high


def strata(*counts: tuple[int, int, int]) -> list[Stratum]:
    """Bands of (captions in the store, right, wrong)."""
    return [
        Stratum("de", band, size, {"right": right, "wrong": wrong}, 0)
        for band, (size, right, wrong) in enumerate(counts)
    ]


def test_a_band_weighs_as_much_as_it_has_captions_in_the_store() -> None:
    found = _estimate("de", strata((100, 5, 5), (900, 10, 0), (1000, 0, 0)))
    assert found.share == pytest.approx(0.1 * 0.5 + 0.9 * 1.0)
    assert found.judged == 20
    assert found.covered == 0.5
    (low_a, high_a), (low_b, _) = wilson(5, 10), wilson(10, 10)
    assert found.low == pytest.approx(found.share - math.hypot(0.1 * (0.5 - low_a), 0.9 * (1 - low_b)))
    assert found.high == pytest.approx(found.share + 0.1 * (high_a - 0.5))


def test_one_band_alone_is_its_wilson_interval() -> None:
    found = _estimate("de", strata((40, 7, 3)))
    assert (found.low, found.high) == pytest.approx(wilson(7, 10))


def test_estimates_cover_the_truth_about_as_often_as_they_say() -> None:
    dice = random.Random(1)
    bands = ((1000, 0.4), (2000, 0.75), (3000, 0.9), (4000, 0.97))
    truth = sum(size * share for size, share in bands) / 10_000
    covered = 0
    for _ in range(400):
        right = [sum(dice.random() < share for _ in range(25)) for _, share in bands]
        drawn = strata(*((size, its, 25 - its) for (size, _), its in zip(bands, right, strict=True)))
        found = _estimate("de", drawn)
        covered += found.low <= truth <= found.high
    assert 0.92 <= covered / 400 <= 0.99


def test_kappa_by_hand() -> None:
    # Two judges of 50: 20 and 15 alike; chance 0.5 x 0.6 + 0.5 x 0.4 = 0.5; (0.7 - 0.5) / (1 - 0.5)
    counts = {
        ("right", "right"): 20,
        ("right", "wrong"): 5,
        ("wrong", "right"): 10,
        ("wrong", "wrong"): 15,
    }
    assert kappa(counts) == pytest.approx(0.4)
    assert kappa({("right", "right"): 9}) is None
    assert kappa({("right", "wrong"): 1, ("wrong", "right"): 1}) == -1


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        (["right"], "right"),
        (["right", "right", "wrong"], "right"),
        (["right", "wrong"], "wrong"),
        (["right", "partly"], "partly"),
        (["right", "cannot_tell"], "right"),
        (["cannot_tell", "cannot_tell", "wrong"], "wrong"),
        (["cannot_tell"], "cannot_tell"),
    ],
)
def test_several_judges_have_one_verdict(verdicts: list[str], expected: str) -> None:
    assert together(verdicts) == expected


# the CSV


@given(
    st.lists(
        st.tuples(
            st.text(
                st.characters(min_codepoint=33, max_codepoint=0x2FFF, categories=("L", "N", "S", "Pd")),
                min_size=1,
            ),
            st.sampled_from(list(VERDICTS)),
            st.sampled_from(["", "Ana", "=cmd()", "-a", "Đỗ, Minh", '"quoted"']),
        )
    )
)
def test_what_is_written_is_read_back(rows: list[tuple[str, str, str]]) -> None:
    data = as_csv((caption, verdict, judge, "", SHA) for caption, verdict, judge in rows)
    found = [(one.caption_id, one.verdict, one.judge) for one in parse(data, "x.csv")]
    assert found == [(caption, verdict, judge or "unnamed") for caption, verdict, judge in rows]


def test_no_cell_is_a_formula() -> None:
    data = as_csv([("-abc:1-2/de", "right", "=HYPERLINK(1)", "+1", SHA)])
    assert data.decode().splitlines()[1] == f"'-abc:1-2/de,right,'=HYPERLINK(1),'+1,{SHA}"


@pytest.mark.parametrize(
    "text",
    [
        f"{HEADER}\na/de,Cannot Tell,Ana,,{SHA}\nb/de,,,,{SHA}\n",
        f"\ufeff{HEADER.replace(',', ';')}\r\na/de;4;Ana;;{SHA}\r\n",
        f"note\t{HEADER.replace(',', chr(9))}\nmine\ta/de\tcannot_tell\tAna\t\t{SHA}\n",
    ],
)
def test_what_spreadsheets_make_of_it_is_read(text: str) -> None:
    [one] = parse(text.encode(), "x.csv")
    assert (one.caption_id, one.verdict, one.judge, one.line) == ("a/de", "cannot_tell", "Ana", 2)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "no column 'caption_id'"),
        (b"caption_id,verdict\n", "no column 'judge'"),
        (b"caption_id,verdict,judge,when,text_sha,Verdict \n", "column 'verdict' comes twice"),
        (f"{HEADER}\na,right,x,,{SHA}\nb,rihgt,x,,{SHA}\n".encode(), "line 3: 'rihgt' is no verdict"),
        (f"{HEADER}\na,right,x,,1.2E+15\n".encode(), "line 2: text_sha '1.2E"),
        (f"{HEADER}\na,right,{'x' * 81},,{SHA}\n".encode(), "line 2: the judge's name"),
        (f"{HEADER}\na,right,x\x1b[2J,,{SHA}\n".encode(), "line 2: the judge's name"),
        (f"{HEADER}\na,right,M\xfcller,,{SHA}\n".encode("latin-1"), "not UTF-8"),
        (HEADER.encode() + b"\n" + b"x" * 200_000, "no CSV"),
    ],
)
def test_a_wrong_file_is_refused_by_line(data: bytes, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        parse(data, "x.csv")


def test_only_the_first_mistakes_are_told() -> None:
    with pytest.raises(ConfigError, match=r"line 6.*and 15 more$"):
        parse((HEADER + f"\na,no,x,,{SHA}" * 20).encode(), "x.csv")


# from the store to the page


def keep(store: Store, number: int, *rows: tuple[str, str, str, str]) -> None:
    """Puts verdicts (caption, verdict, judge, hash) into the store."""
    data = as_csv((caption, verdict, judge, "", sha) for caption, verdict, judge, sha in rows)
    store.files.write_bytes(f"verdicts/{number:05d}-{number:016x}.csv", data)


def hash_of(store: Store, caption: str) -> str:
    texts = {row["caption_id"]: row["text"] for row in store.read("captions").to_pylist()}
    return text_sha(texts[caption.rsplit("/", 1)[0] + "/en"], texts[caption])


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A store of which five captions were judged: in the lowest band 1 right and 1 wrong, in the highest 2 right."""
    made = judged_store(tmp_path / "store")
    low = [f"plain_video:{at:08d}-{at + 5000:08d}/de" for at in (0, 20_000)]
    high = [f"third_video:{at:08d}-{at + 5000:08d}/de" for at in (15_000, 35_000, 55_000)]
    sha = {caption: hash_of(made, caption) for caption in (*low, *high)}
    keep(
        made,
        1,
        (low[0], "wrong", "<b>Ana</b>", sha[low[0]]),
        (low[1], "right", "<b>Ana</b>", sha[low[1]]),
        (high[0], "wrong", "<b>Ana</b>", sha[high[0]]),
        (high[1], "right", "<b>Ana</b>", sha[high[1]]),
        (high[2], "right", "<b>Ana</b>", SHA),
        ("gone:1-2/de", "right", "<b>Ana</b>", SHA),
    )
    keep(made, 2, (high[0], "right", "<b>Ana</b>", sha[high[0]]), (low[0], "wrong", "Ben", sha[low[0]]))
    return made


def test_precision_by_band_of_what_counts(store: Store) -> None:
    found = precision(store)
    by_band = {one.band: one for one in found.strata if one.language == "de"}
    assert {one.language for one in found.strata} == {"de", "sw"}
    assert [by_band[band].captions for band in range(4)] == [len(VIDEOS) * CLIPS // 4] * 4
    assert by_band[0].counts == {"wrong": 1, "right": 1}
    assert by_band[3].counts == {"right": 2}  # the later word counts
    assert (by_band[3].outdated, found.outdated, found.counting) == (1, 1, 5)
    assert found.gone == {"gone:1-2/de"}
    [german, everything] = found.estimates
    assert (german.language, german.share, german.covered) == ("de", 0.75, 0.5)
    assert (everything.language, everything.share, everything.covered) == ("", 0.75, 0.25)
    [pair] = found.agreements
    assert (pair.judges, pair.both, pair.same, pair.kappa) == (("<b>Ana</b>", "Ben"), 1, 1, None)


def test_a_damaged_file_of_the_store_is_named(store: Store) -> None:
    store.files.write_bytes("verdicts/00003-0123456789abcdef.csv", b"\xff")
    with pytest.raises(ConfigError, match=r"verdicts/00003.*not UTF-8"):
        precision(store)


def test_the_page_shows_precision_with_its_intervals(store: Store) -> None:
    text = page(store, 0, MEDIA_BYTES)
    assert 'href="#precision"' in text
    assert "1 are outdated" in text
    low, high = wilson(2, 2)
    assert f"{100 * low:.1f} to {100 * high:.1f} %" in text
    assert "&lt;b&gt;Ana&lt;/b&gt;" in text
    assert "<b>" not in text


def test_the_page_of_a_store_without_verdicts_has_no_precision(tmp_path: Path) -> None:
    assert 'id="precision"' not in page(judged_store(tmp_path / "store"), 0, MEDIA_BYTES)
