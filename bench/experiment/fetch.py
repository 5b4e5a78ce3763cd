"""Fetches the words and the three sets of pictures with the ordinary clients; nothing of them is committed."""

import hashlib
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple


class Package(NamedTuple):
    """A package of a registry, and the checksum that we computed of it."""

    fetch: tuple[str, ...]
    """The client's command, run in the folder that takes the file."""
    file: str
    sha256: str
    license: str


PACKAGES: Final = {
    "cldr": Package(
        ("npm", "pack", "--silent", "cldr-annotations-full@48.2.0"),
        "cldr-annotations-full-48.2.0.tgz",
        "28576e51225deb51e3ddd734b0f824a0079682cb5d8c27faa9f68149317a14d1",
        "Unicode-3.0",
    ),
    "noto": Package(
        ("apt-get", "download", "fonts-noto-color-emoji=2.042-0+deb12u1"),
        "fonts-noto-color-emoji_2.042-0+deb12u1_all.deb",
        "a5ab0f69c7938423862320d9aca5dd187b3fd879d6a9a57dd52e17c3fa8d2751",
        "OFL-1.1",
    ),
    "twemoji": Package(
        ("npm", "pack", "--silent", "@twemoji/svg@15.0.0"),
        "twemoji-svg-15.0.0.tgz",
        "1d2907557a422c7c4e3feca50ef915c39da1db3d76b4a4d7e73fb59bce4403c3",
        "CC-BY-4.0",
    ),
    "openmoji": Package(
        ("npm", "pack", "--silent", "openmoji@17.0.0"),
        "openmoji-17.0.0.tgz",
        "55ee7d13485dec86e9f38c1f3a645a13382d33ff97c0cd845ee824b0aef45e68",
        "CC-BY-SA-4.0",
    ),
}
"""By the name of the folder that each is unpacked into."""


def fetch_all(folder: Path, run: Callable[..., object] = subprocess.run) -> None:
    """Fetches, checks and unpacks each package that is not there yet, into `folder`/NAME.

    Raises SystemExit for a file of another checksum, CalledProcessError if a client fails.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, package in PACKAGES.items():
        if (folder / name).is_dir():
            continue
        archive = folder / package.file
        if not archive.is_file():
            run(package.fetch, cwd=folder, check=True)
        check(archive, package.sha256)
        partial = folder / f"{name}.part"
        partial.mkdir(exist_ok=True)
        unpack = ("dpkg-deb", "-x") if archive.suffix == ".deb" else ("tar", "-C", str(partial), "-xzf")
        run([*unpack, str(archive), *([str(partial)] if archive.suffix == ".deb" else [])], check=True)
        partial.replace(folder / name)


def check(archive: Path, sha256: str) -> None:
    """SystemExit unless the file is what it was when this was written."""
    found = hashlib.sha256(archive.read_bytes()).hexdigest()
    if found != sha256:
        raise SystemExit(f"{archive}: its SHA-256 is {found}, not {sha256}: remove it, and fetch it again")
