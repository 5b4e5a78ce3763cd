"""An upload, against a Hub on this machine."""

import subprocess
from pathlib import Path

import pytest

from multihowto.storage import Store

from .fake_hub import fake_hub
from .lab import COMMAND, CONTACT, contents, run


def upload(store: Store, out: Path, home: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    """Publishes for real; huggingface_hub's own use of deprecated calls is not ours to mend."""
    asked = ("publish", store.root, "--to", "org/name", "--out", str(out), "--contact", CONTACT, *words)
    return run(COMMAND, *asked, env=home, warnings="default")


def test_an_upload_makes_the_repository_equal_to_the_folder(rich: Store, tmp_path: Path) -> None:
    out, token = tmp_path / "out", "hf_secret"
    with fake_hub(token) as hub:
        home = {
            "HF_HOME": str(tmp_path),
            "HF_HUB_DISABLE_XET": "1",
            "HF_ENDPOINT": hub.url,
            "HF_TOKEN": token,
        }
        done = upload(rich, out, home)
        assert done.returncode == 0, done.stderr
        assert hub.private is True and hub.files == contents(out)
        assert token not in done.stdout + done.stderr
        hub.files |= {"data/xx/train-00000-of-00001.parquet": b"old", ".gitattributes": b"kept"}
        assert upload(rich, out, home).returncode == 0
        assert hub.files == contents(out) | {".gitattributes": b"kept"}


@pytest.mark.proof
def test_an_upload_that_cannot_be_is_refused_in_words(rich: Store, tmp_path: Path) -> None:
    out, token = tmp_path / "out", "hf_secret"
    with fake_hub(token) as hub:
        home = {
            "HF_HOME": str(tmp_path),
            "HF_HUB_DISABLE_XET": "1",
            "HF_ENDPOINT": hub.url,
            "HF_TOKEN": token,
        }
        wrong = upload(rich, out, home | {"HF_TOKEN": "hf_wrong"})
        assert (wrong.returncode, hub.files) == (2, {}) and "HTTP 401" in wrong.stderr
        hub.private, hub.broken = False, True
        public = upload(rich, out, home)
        assert (public.returncode, hub.files) == (2, {}) and "--public" in public.stderr
        broken = upload(rich, out, home, "--public")
        assert (broken.returncode, hub.files) == (1, {}) and "Error while uploading" in broken.stderr
    gone = upload(rich, out, home)
    assert gone.returncode == 1 and "cannot be reached" in gone.stderr
    for one in (wrong, public, broken, gone):
        assert "Traceback" not in one.stderr and "hf_" not in one.stdout + one.stderr
