"""`pip install .` with the core alone: commands start, shipped files are found, missing extras are named."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from small_demo import REPOSITORY

pytestmark = pytest.mark.proof
HEAVY = (
    "torch",
    "ray",
    "yt_dlp",
    "transformers",
    "datasets",
    "ctranslate2",
    "webvtt",
    "fasttext",
    "av",
)


@pytest.fixture(scope="module")
def core(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bin folder of an environment into which the package was installed as a user would, extras left out."""
    folder = tmp_path_factory.mktemp("core")
    subprocess.run([sys.executable, "-m", "venv", str(folder / "venv")], check=True)
    pip = [str(folder / "venv" / "bin" / "python"), "-m", "pip", "install", "--quiet"]
    subprocess.run([*pip, "--constraint", str(REPOSITORY / "constraints.txt"), str(REPOSITORY)], check=True)
    return folder / "venv" / "bin"


def run(core: Path, cwd: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    command = [str(core / "multihowto"), *words]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


def test_nothing_heavy_came_along(core: Path) -> None:
    code = f"import importlib.util as u, json; print(json.dumps([m for m in {HEAVY!r} if u.find_spec(m)]))"
    done = subprocess.run([str(core / "python"), "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []


def test_commands_run_and_shipped_files_are_found_by_name(core: Path, tmp_path: Path) -> None:
    assert "Commands:" in run(core, tmp_path, "--help").stdout
    checked = run(core, tmp_path, "check", "demo", "--manifest")
    assert (checked.returncode, checked.stderr) == (0, "")
    assert checked.stdout.startswith("demo: 8 shards, 13 stages")
    assert "demo.csv: 58 rows: in order 58" in checked.stdout


def test_a_missing_extra_is_named_before_any_work(core: Path, tmp_path: Path) -> None:
    done = run(core, tmp_path, "build", "demo")
    assert done.returncode == 2
    assert (
        "stage download_videos needs yt_dlp, webvtt, av, imageio_ffmpeg, ffmpeg: pip install 'multihowto[youtube]'"
        in done.stderr
    )
    assert list(tmp_path.iterdir()) == []


def test_doctor_runs_and_names_the_extras_that_are_missing(core: Path, tmp_path: Path) -> None:
    done = run(core, tmp_path, "doctor")
    assert done.returncode == 1
    assert "pip install 'multihowto[youtube]'" in done.stdout
