"""Documents, pipelines and manifests are held to the code; the README's code runs."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pyarrow.csv
import pytest

from make_reference import TARGET
from multihowto import manifests, tables
from multihowto.cli import cli
from multihowto.extras import EXTRAS
from multihowto.pipeline import load
from multihowto.rejects import REASONS
from multihowto.runner import run_shard
from multihowto.stages import STAGES
from multihowto.storage import Store
from small_demo import REPOSITORY, Demo
from toys import task

README = (REPOSITORY / "README.md").read_text()
CONTRIBUTING = (REPOSITORY / "CONTRIBUTING.md").read_text()


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text, flags=re.DOTALL)


def test_the_reference_is_what_the_code_says() -> None:
    """In a process of its own: commands that were called without `multihowto` before them remember other options."""
    code = "import sys, make_reference; sys.stdout.buffer.write(make_reference.reference().encode())"
    done = subprocess.run([sys.executable, "-c", code], cwd=TARGET.parent, capture_output=True, check=True)
    assert TARGET.read_text(encoding="utf-8") == done.stdout.decode(), "run `make docs`"


def test_every_stage_command_reject_table_and_pipeline_is_documented() -> None:
    page = TARGET.read_text(encoding="utf-8")
    for name in [*STAGES, *tables.TABLES, *(f"multihowto {command}" for command in cli.commands)]:
        assert f"### {name}\n" in page
    for code in REASONS:
        assert f"| `{code}` |" in page
    for stage in STAGES:
        assert f"`{stage}`" in README


@pytest.mark.parametrize(
    "path", sorted(manifests.shipped("pipelines").glob("*.yaml")), ids=lambda path: path.stem
)
def test_every_pipeline_loads_and_is_documented(path: Path) -> None:
    assert load(str(path)).name == path.stem
    assert f"- `{path.stem}`:" in TARGET.read_text(encoding="utf-8")


def test_every_videos_manifest_is_in_order() -> None:
    for path in (manifests.shipped("manifests") / "videos").glob("*.csv"):
        rows = list(manifests.read_videos(path))
        assert all(isinstance(row, manifests.Source) for row in rows), path
        assert pyarrow.csv.read_csv(path).num_rows == len(rows)


def test_the_readmes_python_runs(demo: Demo) -> None:
    for code in blocks(README, "python"):
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", code],
            cwd=demo.pipeline.parent,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")


def test_the_readmes_commands_run(demo: Demo) -> None:
    folder = demo.pipeline.parent
    (folder / "my-pipeline.yaml").write_text(blocks(README, "yaml")[0])
    (folder / "my-videos.csv").write_text("video_id\ndQw4w9WgXcQ\n")
    commands = [
        line[2:]
        for block in blocks(README, "console")
        for line in block.splitlines()
        if line.startswith("$ ")
    ]
    assert len(commands) >= 5
    for command in commands:
        words = shlex.split(command)
        assert words[0] == "multihowto"
        done = subprocess.run(
            [sys.executable, "-m", *words],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
            env=dict(os.environ),
        )
        assert done.returncode == 0, (command, done.stderr)


def test_the_readmes_make_targets_exist() -> None:
    makefile = (REPOSITORY / "Makefile").read_text()
    for target in re.findall(r"`make (\w+)", README + CONTRIBUTING):
        assert f"\n{target}:" in makefile


def test_the_tutorials_stage_is_40_lines_and_works(demo: Demo, tmp_path: Path) -> None:
    [code] = blocks(CONTRIBUTING, "python")
    assert len([line for line in code.splitlines() if line.strip()]) <= 40
    names: dict[str, object] = {"__name__": "tutorial"}
    module = type(sys)("tutorial")
    sys.modules["tutorial"] = module
    exec(compile(code, "CONTRIBUTING.md", "exec"), module.__dict__)
    names = module.__dict__
    stage = names["MeasureCaptions"](most=30)  # type: ignore[operator]
    measure = task("measure_captions", stage, Store(demo.store.root), tmp_path)
    for shard in range(3):
        assert run_shard(measure, shard).status in ("made", "unchanged")
    rows = [row for shard in range(3) for row in demo.store.read_shard(stage.writes, shard).to_pylist()]
    texts = {row["caption_id"]: row["text"] for row in demo.store.read("captions").to_pylist()}
    assert {row["caption_id"]: row["characters"] for row in rows} == {
        key: min(30, len(text)) for key, text in texts.items()
    }


def test_the_layers_drawn_are_the_layers_held() -> None:
    from test_layers import LAYERS

    drawn = [line.split()[1:] for line in blocks(CONTRIBUTING, "text")[1].splitlines()]
    assert drawn == [layer.split() for layer in reversed(LAYERS)]


def test_extras_are_those_of_pyproject() -> None:
    import tomllib

    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    optional = project["optional-dependencies"]
    assert set(EXTRAS) == set(optional) - {"test", "dev", "all"}
    assert set(re.split("[\\[\\],]", optional["all"][0])) - {"multihowto", ""} == set(EXTRAS)
    core = {re.split("[>=]", requirement)[0] for requirement in project["dependencies"]}
    assert core == {"pyarrow", "pyyaml", "msgspec", "click", "rich", "fsspec", "jinja2", "numpy"}
