"""`multihowto doctor`: what this machine has and lacks, and how to mend each."""

import sys
from typing import NamedTuple

import click


class Finding(NamedTuple):
    """One thing that was looked at: fine, or how to mend it."""

    what: str
    fine: bool
    found: str
    mend: str = ""


@click.command()
@click.option("--root", metavar="STORE", default=".", show_default=True, help="Where a store would be.")
def doctor(root: str) -> None:
    """Look at Python, ffmpeg, the JavaScript runtime, disk, write access and extras; say how to mend each."""
    from multihowto.cli.screen import table

    findings = examine(root)
    rows = [
        [one.what, "ok" if one.fine else "MISSING", one.found, "" if one.fine else one.mend]
        for one in findings
    ]
    table("doctor", ("what", "state", "found", "how to mend"), rows)
    needed = [one for one in findings if not one.fine and not one.what.startswith("extra ")]
    if needed:
        sys.exit(1)


def examine(root: str) -> list[Finding]:
    """Looks at everything, changes nothing but one small file that it removes again."""
    from multihowto.extras import EXTRAS, missing

    findings = [_python(), *_disk(root), _ffmpeg(), _js_runtime(), _yt_dlp()]
    for extra in EXTRAS:
        lacking = missing(extra)
        mend = f"pip install 'multihowto[{extra}]', if you need its stages"
        findings.append(
            Finding(
                f"extra {extra}",
                not lacking,
                f"without {', '.join(lacking)}" if lacking else "installed",
                mend,
            )
        )
    return findings


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding("Python", sys.version_info >= (3, 11), version, "install Python 3.11 or newer")


def _disk(root: str) -> list[Finding]:
    import shutil
    import tempfile
    from pathlib import Path

    if "://" in root:
        return [Finding("disk", True, f"{root} is remote: not looked at")]
    folder = Path(root).absolute()
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free / 1e9
    try:
        with tempfile.TemporaryFile(dir=folder):
            writable = True
    except OSError:
        writable = False
    return [
        Finding(
            "disk",
            free > 2,
            f"{free:.1f} GB free at {folder}",
            "free some space: the demo needs about 0.2 GB, media 15 MB a video",
        ),
        Finding("write access", writable, f"{folder}", "choose a --root that you may write to"),
    ]


def _ffmpeg() -> Finding:
    import shutil
    from importlib.util import find_spec

    path = shutil.which("ffmpeg")
    if find_spec("imageio_ffmpeg") is not None:
        import imageio_ffmpeg

        path = imageio_ffmpeg.get_ffmpeg_exe()
    return Finding(
        "ffmpeg", path is not None, path or "none", "pip install 'multihowto[youtube]', or install ffmpeg"
    )


def _js_runtime() -> Finding:
    import shutil
    from pathlib import Path

    places = [shutil.which("deno"), str(Path(sys.executable).parent / "deno"), shutil.which("node")]
    found = next((place for place in places if place and Path(place).exists()), None)
    return Finding(
        "JavaScript runtime",
        found is not None,
        found or "none",
        "pip install deno: yt-dlp needs it for YouTube",
    )


def _yt_dlp() -> Finding:
    from importlib.metadata import PackageNotFoundError, version

    try:
        found = version("yt-dlp")
    except PackageNotFoundError:
        return Finding("yt-dlp", False, "none", "pip install 'multihowto[youtube]'")
    return Finding("yt-dlp", True, f"{found}; sites change monthly: upgrade it when downloads fail")
