"""Where no small disk can be mounted: a user's machine skips the proofs of full disks, CI does not."""

from pathlib import Path

import pytest

from .proof_disk import small_disk


@pytest.mark.parametrize(("ci", "outcome"), [("", pytest.skip.Exception), ("true", pytest.fail.Exception)])
def test_without_a_disk_ci_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ci: str, outcome: type[BaseException]
) -> None:
    monkeypatch.setenv("CI", ci)
    monkeypatch.setenv("PATH", str(tmp_path))  # neither mount nor unshare is found
    outcomes = (pytest.skip.Exception, pytest.fail.Exception)
    with (
        pytest.raises(outcomes, match=r"no tmpfs|no small disk") as seen,
        small_disk(tmp_path / "disk", 4096),
    ):
        pass
    assert seen.type is outcome  # a skip that is not expected would skip this test too
