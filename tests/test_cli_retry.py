"""`build --retry [CODE...]`: which words of the command line are codes."""

import subprocess
import sys

import pytest

from multihowto.build import may_pass
from multihowto.cli.build import join_codes, retried
from multihowto.errors import ConfigError
from multihowto.rejects import FAMILIES, REASONS, meant_by


@pytest.mark.parametrize(
    ("words", "joined", "strange"),
    [
        ("demo --retry", "demo --retry=", None),
        ("demo --retry geo_blocked", "demo --retry=,geo_blocked", None),
        ("demo --retry geo_blocked transport", "demo --retry=,geo_blocked,transport", None),
        ("--retry private demo", "--retry=,private demo", "demo"),
        ("--retry demo", "--retry= demo", "demo"),
        ("demo --retry private --root x", "demo --retry=,private --root x", None),
        ("demo --retry=private,geo", "demo --retry=private,geo", None),
        ("demo --retry privat", "demo --retry= privat", "privat"),
        ("private", "private", None),
    ],
)
def test_codes_are_joined_to_their_option(words: str, joined: str, strange: str | None) -> None:
    assert join_codes(words.split()) == (joined.split(), strange)


def test_what_is_tried_again() -> None:
    assert retried("") == may_pass() == {code for code, reason in REASONS.items() if not reason.final}
    assert retried("geo_blocked") == {"geo_blocked"}
    assert retried(",transport, geo") == {"server_error", "unreachable", "timed_out", "geo_blocked"}
    with pytest.raises(ConfigError, match="no reject code 'transprot'; did you mean 'transport'"):
        retried("transprot")


def test_every_code_has_a_family_and_every_family_a_code() -> None:
    assert {reason.family for reason in REASONS.values()} == set(FAMILIES)
    assert all(code in meant_by(reason.family) for code, reason in REASONS.items())
    assert not meant_by("session_blocked")


def test_a_word_that_is_no_code_is_said() -> None:
    command = [sys.executable, "-m", "multihowto", "build", "demo", "--retry", "geo", "privat"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "no reject code 'privat'; did you mean 'private'?" in done.stderr
