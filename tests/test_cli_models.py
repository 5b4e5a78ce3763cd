"""`multihowto models` as a user meets it."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from multihowto import manifests
from multihowto.errors import ConfigError

BODY = b"weights"
SHA256 = hashlib.sha256(BODY).hexdigest()
CODE = "from multihowto.cli import cli, main; from multihowto.cli.models import models; cli.add_command(models); main()"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a models.toml of its own, and a mirror that has one of its models."""
    entry = (
        '[models.{0}]\ntask = "test"\nlicense = "MIT"\nhomepage = "h"\n[[models.{0}.sources]]\nkind = "url"\n'
    )
    entry += 'url = "http://127.0.0.1:9/{0}"\nfiles = [{{ path = "w.bin", sha256 = "{1}", bytes = 7 }}]\n'
    (tmp_path / "models.toml").write_text(entry.format("known", SHA256) + entry.format("unknown", ""))
    for name in ("known", "unknown"):
        (tmp_path / "mirror" / name).mkdir(parents=True)
        (tmp_path / "mirror" / name / "w.bin").write_bytes(BODY)
    return tmp_path


def run(folder: Path, *words: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MULTIHOWTO_")}
    environment |= {"MULTIHOWTO_CACHE": str(folder / "cache")} | variables
    command = [sys.executable, "-c", CODE, "models", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder, env=environment)


def test_list_fetch_and_path(folder: Path) -> None:
    where = folder / "cache" / "models" / "known" / "unknown"
    missing = run(folder, "path", "known")
    assert (missing.returncode, missing.stdout) == (2, "")
    assert missing.stderr == (
        "error: the model known is not here, or not whole: `multihowto models fetch known`\n"
    )
    fetched = run(folder, "fetch", "known", "--from", "mirror")
    assert (fetched.returncode, fetched.stdout, fetched.stderr) == (0, f"{where}\n", "")
    assert run(folder, "path", "known").stdout == f"{where}\n"
    lines = {
        line.split()[0]: line.split() for line in run(folder, "list").stdout.splitlines() if line.strip()
    }
    assert lines["known"] == ["known", "test", "MIT", "http://127.0.0.1:9/known", "0.0", "MB", "yes"]
    assert lines["unknown"][-1] == "no"


def test_an_unknown_checksum_is_printed_and_used_only_when_accepted(folder: Path) -> None:
    refused = run(folder, "fetch", "unknown", MULTIHOWTO_MODELS="mirror")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert f"w.bin: SHA-256 {SHA256}, 7 bytes" in refused.stderr
    assert run(folder, "path", "unknown").returncode == 2
    accepted = run(folder, "fetch", "unknown", "--accept-unknown")
    assert accepted.returncode == 0
    assert accepted.stderr == f"accepted without a known checksum: w.bin: SHA-256 {SHA256}\n"
    assert run(folder, "path", "unknown").stdout == accepted.stdout


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (["fetch", "knwon"], 2, "error: no model 'knwon'; did you mean 'known'?"),
        (["path", "knwon"], 2, "error: no model 'knwon'; did you mean 'known'?"),
        (["fetch", "known", "--from", "nowhere"], 2, "error: nowhere is not a folder"),
        (
            ["fetch", "known", "--from", "cache"],
            2,
            "error: model known: cache has neither known/w.bin nor the wheel",
        ),
    ],
)
def test_mistakes_end_in_a_message(folder: Path, words: list[str], status: int, message: str) -> None:
    (folder / "cache").mkdir()
    done = run(folder, *words)
    assert (done.returncode, done.stdout) == (status, "")
    assert done.stderr.startswith(message)
    assert "Traceback" not in done.stderr


def test_a_models_manifest_with_a_mistake_says_where(tmp_path: Path) -> None:
    good = '[models.a]\ntask = "t"\nlicense = "MIT"\nhomepage = "h"\n[[models.a.sources]]\nkind = "url"\n'
    good += 'url = "http://h/a"\nfiles = [{ path = "w" }]\n'
    toml = tmp_path / "models.toml"
    toml.write_text(good)
    assert manifests.read_models(toml)["a"].files[0].sha256 == ""
    for old, new, words in (
        ('path = "w"', 'path = "../w"', "path"),
        ('path = "w"', 'path = "/w"', "path"),
        ('path = "w"', 'path = "w", sha526 = ""', "sha526"),
        ('path = "w"', 'path = "w", sha256 = "abc"', "sha256"),
        ('{ path = "w" }', '{ path = "w" }, { path = "w" }', "each file its own path"),
        ('kind = "url"', 'kind = "ftp"', "ftp"),
        ("http://h", "file:///h", "url"),
        ('license = "MIT"\n', "", "license"),
        ("models.a]\n", 'models.a]\nbuild = "x"\n', "come together"),
    ):
        toml.write_text(good.replace(old, new, 1))
        with pytest.raises(ConfigError, match=f"model a: .*{words}"):
            manifests.read_models(toml)
