"""The committed words, pictures, licences and manifest."""

import csv
import unicodedata
from pathlib import Path

from demo_plan import HERE, LANGUAGES, read_concepts
from demo_site import MANIFEST, write_manifest

CONCEPTS = read_concepts(HERE / "captions.csv")


def test_there_are_enough_concepts_split_by_seventy_ten_twenty() -> None:
    total = len(CONCEPTS)
    shares = {
        split: sum(concept.split == split for concept in CONCEPTS) / total
        for split in ("train", "validation", "test")
    }
    assert total >= 340
    assert abs(shares["train"] - 0.7) < 0.01
    assert abs(shares["validation"] - 0.1) < 0.01
    assert abs(shares["test"] - 0.2) < 0.01


def test_concepts_are_named_by_code_points_and_listed_once() -> None:
    names = [concept.name for concept in CONCEPTS]
    assert len(set(names)) == len(names)
    assert all(int(point, 16) > 0x7F for name in names for point in name.split("-"))
    assert names == [name.lower() for name in names]


def test_names_are_unique_in_every_language() -> None:
    for language in LANGUAGES:
        names = {concept.captions[language].split(":")[0].casefold() for concept in CONCEPTS}
        assert len(names) == len(CONCEPTS), language


def test_captions_are_a_name_and_one_to_three_keywords() -> None:
    for concept in CONCEPTS:
        for caption in concept.captions.values():
            name, keywords = caption.split(": ")
            assert caption == unicodedata.normalize("NFC", caption).strip()
            assert name
            assert name not in keywords.split(", ")
            assert 1 <= len([word for word in keywords.split(", ") if word]) <= 3


def test_every_picture_is_used_and_small() -> None:
    files = {path.name: path.read_bytes() for path in (HERE / "pictures").iterdir()}
    assert set(files) == {concept.picture for concept in CONCEPTS}
    assert all(data.startswith(b"\x89PNG") and len(data) < 8_000 for data in files.values())
    assert sum(map(len, files.values())) < 3_000_000


def test_licence_texts_are_there_in_full() -> None:
    licences = HERE / "licenses"
    assert "SIL OPEN FONT LICENSE Version 1.1" in (licences / "OFL-1.1.txt").read_text("utf-8")
    assert "DEALINGS IN THE FONT SOFTWARE." in (licences / "OFL-1.1.txt").read_text("utf-8")
    assert "UNICODE LICENSE V3" in (licences / "Unicode-3.0.txt").read_text("utf-8")


def test_the_committed_manifest_is_the_plan(tmp_path: Path) -> None:
    write_manifest(tmp_path / "demo.csv")
    assert (tmp_path / "demo.csv").read_bytes() == MANIFEST.read_bytes()


def test_the_manifest_names_every_entry_once() -> None:
    with MANIFEST.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    ids = [row["video_id"] for row in rows]
    assert len(set(ids)) == len(ids) == 58
    assert rows[0] == {
        "video_id": "steps-001",
        "url": "http://127.0.0.1:8791/watch/steps-001",
        "split": "train",
    }
