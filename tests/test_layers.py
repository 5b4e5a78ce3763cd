"""Imports go only to a lower line, never sideways; heavy libraries are imported in few places, and late."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import multihowto
from multihowto import manifests

PACKAGE = Path(multihowto.__file__).parent
LAYERS = (
    "errors rejects captions executors checksums",
    "tables manifests digests extras selecting",
    "locks strict_yaml",
    "files",
    "storage",
    "kept",
    "stage adapters networks",
    "contract",
    "stages runner",
    "spread gathering pipeline training report reading retention",
    "build evaluation planning exporting explaining sampling",
    "searching",
    "publish",
    "cli",
)
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names.split()}
HEAVY = {
    "torch",
    "yt_dlp",
    "transformers",
    "ray",
    "ctranslate2",
    "huggingface_hub",
    "datasets",
    "av",
    "fasttext",
    "lingua",
    "rensa",
}
HEAVY_ALLOWED = ("adapters", "networks", "training", "evaluation")


def modules() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).with_suffix("").as_posix()
        yield name.removesuffix("/__init__"), ast.parse(path.read_text())


def imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def unit(module: str) -> str:
    """The file or package of multihowto that a dotted name is in."""
    return module.split(".")[1] if module.count(".") else ""


@pytest.mark.parametrize(
    ("name", "tree"), list(modules()), ids=lambda value: value if isinstance(value, str) else ""
)
def test_imports_point_down(name: str, tree: ast.Module) -> None:
    mine = name.split("/")[0]
    if mine in ("", ".", "__init__", "__main__"):
        return
    for module in imports(tree):
        other = unit(module) if module.startswith("multihowto.") else ""
        if other in LEVEL and other != mine:
            assert LEVEL[other] < LEVEL[mine], f"{name} imports {other}"


@pytest.mark.parametrize(
    ("name", "tree"), list(modules()), ids=lambda value: value if isinstance(value, str) else ""
)
def test_heavy_libraries_are_imported_in_few_places(name: str, tree: ast.Module) -> None:
    if not name.startswith(HEAVY_ALLOWED):
        assert not {module.split(".")[0] for module in imports(tree)} & HEAVY


def test_every_file_has_its_layer() -> None:
    found = {name.split("/")[0] for name, _ in modules()} - {".", "", "__init__", "__main__"}
    assert found <= set(LEVEL)


def test_help_and_check_import_nothing_heavy() -> None:
    pipelines = [str(path) for path in sorted(manifests.shipped("pipelines").glob("*.yaml"))]
    for words in (["--help"], ["check", *pipelines]):
        code = (
            "import sys; sys.argv = ['multihowto', *sys.argv[1:]]\n"
            "from multihowto.cli import main\n"
            "try: main()\n"
            "except SystemExit as end: assert not end.code, end.code\n"
            "print('IMPORTED', *sorted({name.split('.')[0] for name in sys.modules}))"
        )
        run = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=True)
        imported = set(run.stdout.splitlines()[-1].split())
        assert "IMPORTED" in imported
        assert sorted(imported & (HEAVY | {"webvtt", "imageio_ffmpeg", "pandas"})) == []
