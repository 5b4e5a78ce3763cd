"""The command line as a user meets it."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from multihowto.cli.build import parse_shards
from multihowto.cli.screen import duration, safe
from multihowto.storage import Store
from small_demo import Demo


def run(*words: str, cwd: Path | None = None) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "multihowto", *words], capture_output=True, text=True, check=False, cwd=cwd
    )


def test_help_names_every_command() -> None:
    done = run("--help")
    assert done.returncode == 0
    for command in ("check", "build", "status", "report", "show", "doctor"):
        assert f"  {command} " in done.stdout
        assert run(command, "--help").returncode == 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["build", "dmeo"], "error: no pipeline 'dmeo'; did you mean 'demo'?"),
        (["check", "nothing.yaml"], "error: no pipeline 'nothing.yaml'"),
        (
            ["report", "nowhere"],
            "error: there is no store at nowhere: `multihowto build PIPELINE --root nowhere` makes one",
        ),
        (["build", "demo", "--shards", "3-1"], "is not a shard or a range of shards"),
        (
            ["build", "demo", "--retry", "privat", "--root", "nowhere"],
            "error: no reject code 'privat'; did you mean 'private'?",
        ),
        (["build", "demo", "--root", "foo://x"], "cannot open the store 'foo://x'"),
        (["biuld"], "No such command 'biuld'"),
    ],
)
def test_mistakes_end_in_a_message_and_status_2(tmp_path: Path, words: list[str], message: str) -> None:
    done = run(*words, cwd=tmp_path)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_build_with_nothing_to_do_in_plain_lines_and_json(demo: Demo) -> None:
    plain = run("build", str(demo.pipeline), "--root", demo.store.root)
    assert plain.returncode == 0
    assert plain.stdout.splitlines()[-1] == f"the store is up to date: multihowto report {demo.store.root}"
    assert all("nothing to do" in line for line in plain.stdout.splitlines() if line.startswith("form_clips"))
    machine = run("build", str(demo.pipeline), "--root", demo.store.root, "--json")
    events = [json.loads(line) for line in machine.stdout.splitlines()]
    assert next(event["stage"] for event in events if event["event"] == "StageEnds") == "scatter_sources"


def test_report_and_status_agree(demo: Demo) -> None:
    report = json.loads(run("report", demo.store.root, "--json").stdout)
    by_table = {table["table"]: table for table in report["tables"]}
    assert report["gaps"] == []
    status = run("status", demo.store.root).stdout
    for table in by_table.values():
        [line] = [line for line in status.splitlines() if line.startswith(table["table"])]
        assert f"{table['rows_out']:,}" in line.split()
    shown = run("report", demo.store.root).stdout
    for code in by_table["videos"]["reasons"]:
        assert code in shown


def test_show_a_video_a_clip_and_a_reject(demo: Demo) -> None:
    video = run("show", demo.store.root, "steps-001").stdout
    assert "selection" in video
    clip_id = demo.store.read("clips")["clip_id"][0].as_py()
    clip = run("show", demo.store.root, clip_id).stdout
    assert clip.startswith(clip_id)
    assert "shared_timeline" in clip or "pivot" in clip
    translated = demo.store.read("translations").to_pylist()[0]
    line = run("show", demo.store.root, translated["clip_id"]).stdout
    assert "machine_translated" in line and f"from {translated['source_language']}" in line
    assert "videos: left out: not_found" in run("show", demo.store.root, "bad-404").stdout
    missing = run("show", demo.store.root, "no-such-id")
    assert (missing.returncode, missing.stderr) == (
        2,
        f"error: the store {demo.store.root} has nothing of 'no-such-id'\n",
    )
    assert run("show", demo.store.root, "../etc").returncode == 2


def test_hostile_titles_cannot_write_to_the_terminal(demo: Demo) -> None:
    assert safe("a\x1b[31mb\u202ec\x07") == "a\\u001b[31mb\\u202ec\\u0007"
    shown = run("show", demo.store.root, "steps-002").stdout
    assert "<script>alert(1)</script>" in shown
    assert "\x1b" not in shown


def test_doctor_says_how_to_mend() -> None:
    done = run("doctor", "--root", "/proc")
    assert done.returncode == 1
    for what in ("Python", "ffmpeg", "JavaScript runtime", "disk", "write access", "extra youtube"):
        assert what in done.stdout
    assert "choose a --root that you may write to" in done.stdout


def test_check_reads_the_manifest_when_asked(demo: Demo) -> None:
    done = run("check", str(demo.pipeline), "--manifest")
    assert "videos.csv: 16 rows: in order 16" in done.stdout


def test_shards_and_durations() -> None:
    assert parse_shards("0-3,9") == (0, 1, 2, 3, 9)
    assert parse_shards("7") == (7,)
    assert [duration(seconds) for seconds in (1.25, 61, 3725)] == ["1.2 s", "1 min 01 s", "1 h 02 min"]


def test_a_build_says_which_tables_it_removes_and_refuses_a_strange_manifest(
    demo: Demo, tmp_path: Path
) -> None:
    store = Store(shutil.copytree(demo.store.root, tmp_path / "store").as_posix())
    project = tmp_path / "project"
    shutil.copytree(demo.pipeline.parent, project, ignore=shutil.ignore_patterns("build"))
    words = ("build", str(project / "demo.yaml"), "--root", store.root)
    store.files.write_bytes("tables/old/00000.parquet", b"x")
    done = run(*words)
    assert done.stdout.count("removed, since the pipeline no longer makes them: old\n") == 1
    store.files.write_bytes("tables/old/00000.parquet", b"x")
    events = [json.loads(line) for line in run(*words, "--json").stdout.splitlines()]
    assert [event["tables"] for event in events if event["event"] == "TablesRemoved"] == [["old"]]
    lines = (project / "videos.csv").read_text().splitlines()
    (project / "videos.csv").write_text("\n".join([*lines[:3], ""]))
    refused = run(*words)
    assert (refused.returncode, refused.stderr.count("build --allow-removal")) == (2, 1)
    assert run(*words, "--allow-removal").returncode == 0
    assert store.read("sources").num_rows == 2
