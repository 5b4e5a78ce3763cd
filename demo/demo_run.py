"""The whole demo: builds the store from the site, trains MP and MMP, evaluates, reports, and rehearses publishing.

Usage: python demo/demo_run.py [--root STORE]
"""

import argparse
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from demo_render import RenderError
from demo_site import MEDIA_DIR, PORT, Site

HERE = Path(__file__).resolve().parent
RECIPES = ("demo-mp", "demo-mmp")
STORE = HERE.parent / "build" / "demo"


def multihowto(*words: str) -> int:
    """Runs a command as a user would type it, after showing it."""
    print(f"\n$ multihowto {' '.join(words)}", flush=True)
    return subprocess.run([sys.executable, "-m", "multihowto", *words], check=False).returncode


def shown_path(path: Path) -> str:
    """A path as short as it can be from here."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def most_spoken_clip(root: str) -> str:
    """The kept clip that has captions in the most languages; the first of them by id."""
    from multihowto import clips, open_store

    return min(clips(open_store(root)), key=lambda clip: (-len(clip.texts), clip.clip_id)).clip_id


def build(root: str) -> int:
    """Builds the store while the site is up; the exit status of the first command that failed."""
    return first_failure(
        [("check", "demo", "--manifest"), ("build", "demo", "--root", root), ("report", root)]
    )


def learn(root: str) -> int:
    """Trains both recipes, compares them in nine languages, writes the page, and rehearses publishing."""
    return first_failure(
        [
            ("show", root, most_spoken_clip(root)),
            *(("train", recipe, "--root", root) for recipe in RECIPES),
            (
                "publish",
                root,
                "--to",
                "example/demo",
                "--contact",
                "https://example.org/removal",
                "--dry-run",
            ),
            ("evaluate", *RECIPES, "--root", root),
            ("report", root, "--html"),
        ]
    )


def first_failure(commands: Sequence[Sequence[str]]) -> int:
    """Runs commands until one fails; its exit status, or 0."""
    return next((status for words in commands if (status := multihowto(*words))), 0)


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0, or that of what failed; 1 when the site could not start."""
    parser = argparse.ArgumentParser(description="Builds the demo store from a site on this machine.")
    parser.add_argument("--root", default=shown_path(STORE), help="where the store is made")
    options = parser.parse_args(arguments)
    started = time.monotonic()
    try:
        site = Site(MEDIA_DIR, PORT, say=lambda line: print(line, flush=True))
        with site:
            print(f"serving the demo site at {site.url}/", flush=True)
            status = build(options.root)
        status = status or learn(options.root)
    except (RenderError, OSError) as error:
        print(f"the demo's site could not start: {error}", flush=True)
        return 1
    except KeyboardInterrupt:
        print("stopped; the same command goes on from here", flush=True)
        return 130
    if not status:
        print(f"demo done in {time.monotonic() - started:.0f} s; look around with:")
        print(f"  multihowto status {options.root}\n  multihowto show {options.root} steps-001")
        print(f"  {options.root}/report.html in a browser")
    return status


if __name__ == "__main__":
    raise SystemExit(main())
