"""A folder whose name anybody can guess: what another user may have put there is not trusted."""

import os
from pathlib import Path

import pytest

from multihowto.adapters.own_folder import own_folder
from multihowto.adapters.pacing import Polite
from multihowto.adapters.web_opt_out import OptOut
from multihowto.errors import ConfigError


def ask_both(folder: Path) -> None:
    """Both users of such folders, each of which must refuse it."""
    with pytest.raises(ConfigError, match="remove it"):
        Polite(folder, lambda _: 0.0).wait("video", "a.test")
    with pytest.raises(ConfigError, match="remove it"):
        OptOut(folder).against_url("http://a.test/x", lambda _: b"")


def test_a_folder_that_others_may_write_to_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "notes"
    folder.mkdir()
    folder.chmod(0o777)
    ask_both(folder)
    assert not list(folder.iterdir())


def test_a_link_to_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    (tmp_path / "notes").symlink_to(tmp_path / "elsewhere")
    ask_both(tmp_path / "notes")


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a folder away")
def test_a_folder_of_another_user_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "notes"
    folder.mkdir(mode=0o700)
    os.chown(folder, 12345, 12345)
    ask_both(folder)


@pytest.mark.parametrize("kind", ["link", "pipe"])
def test_a_note_that_is_no_file_is_refused(tmp_path: Path, kind: str) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine")
    folder = own_folder(tmp_path / "notes")
    Polite(folder, lambda _: 0.0).wait("video", "a.test")
    OptOut(folder).against_url("http://a.test/x", lambda _: b"")
    for note in list(folder.iterdir()):
        note.unlink()
        if kind == "link":
            note.symlink_to(victim)
        else:
            os.mkfifo(note)
    ask_both(folder)
    assert victim.read_text() == "mine"
