"""The lock of a store: whoever is refused is told who holds it, and a lock that cannot be had is said in words."""

import os
from pathlib import Path

import pytest

from multihowto.errors import ConfigError, RetryableError
from multihowto.locks import hold


@pytest.mark.parametrize(("command", "named"), [("train", r"\(train, process"), ("", r"\(process")])
def test_a_holder_is_named(tmp_path: Path, command: str, named: str) -> None:
    words = rf"another multihowto command holds the store there {named} {os.getpid()} on .*\): wait"
    with (
        hold(tmp_path / "lock", "there", command),
        pytest.raises(ConfigError, match=words),
        hold(tmp_path / "lock", "there", "evaluate"),
    ):
        pass
    assert (tmp_path / "lock").read_bytes() == b""


def test_a_lock_that_cannot_be_opened_is_said(tmp_path: Path) -> None:
    (tmp_path / "lock").mkdir()
    with (
        pytest.raises(RetryableError, match="Is a directory while opening"),
        hold(tmp_path / "lock", "there"),
    ):
        pass
