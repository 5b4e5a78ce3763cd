"""A folder is whole or not there, and what cannot be published is refused in words."""

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from multihowto import tables
from multihowto.errors import ConfigError
from multihowto.manifests import SPLITS, find
from multihowto.publish import Published, write_folder
from multihowto.storage import Store
from small_demo import Demo

from .lab import COMMAND, CONTACT, contents, copied, paths, publish, run

KILLED = """
import os, sys
from pathlib import Path
from multihowto.manifests import find
from multihowto.publish import write_folder
from multihowto.storage import Store
die = lambda done, total: os.kill(os.getpid(), 9)
write_folder(Store(sys.argv[1]), "org/name", Path(sys.argv[2]), "a@b.org", find("exclusions.csv"), progress=die)
"""


def test_a_killed_publication_leaves_the_old_folder_or_none(
    rich: Store, published: Published, tmp_path: Path
) -> None:
    out = tmp_path / "folder"
    assert run(KILLED, rich.root, str(out)).returncode == -9
    assert not out.exists() and (tmp_path / ".folder.part").is_dir()
    (tmp_path / ".folder.part" / "stray").touch()
    publish(rich, out)
    before = contents(out)
    assert before == contents(published.folder) and os.listdir(tmp_path) == ["folder"]
    assert run(KILLED, rich.root, str(out)).returncode == -9
    assert contents(out) == before


def test_what_is_refused_is_refused_before_anything_is_written(
    rich: Store, demo: Demo, tmp_path: Path
) -> None:
    listed, out = find("exclusions.csv"), tmp_path / "out"
    for to, contact, problem in (
        ("name", CONTACT, "org/name"),
        ("org/../name", CONTACT, "org/name"),
        ("org/name", "me", "removal"),
        ("org/name", "https://x.org/> <script>", "removal"),
    ):
        with pytest.raises(ConfigError, match=problem):
            write_folder(rich, to, out, contact, listed)
    out.mkdir()
    (out / "thesis.txt").write_text("mine")
    with pytest.raises(ConfigError, match="publish did not write it"):
        publish(rich, out)
    assert paths(out) == {"thesis.txt"}
    stale = copied(demo, tmp_path / "stale")
    shard = stale.shards_of("clips")[0]
    stamp = stale.stamp("clips", shard)
    assert stamp is not None
    rows, accounts = stale.read_shard(tables.CLIPS, shard), stale.read_accounts("clips", shard)
    stale.write_shard(tables.CLIPS, shard, rows, accounts, replace(stamp, content="other"))
    with pytest.raises(ConfigError, match="made of other rows"):
        publish(stale, tmp_path / "never")
    with pytest.raises(ConfigError, match="there is no store"):
        publish(Store(str(tmp_path / "nothing")), tmp_path / "never")
    assert not (tmp_path / "never").exists()


def test_the_command_prints_what_it_wrote_and_refuses_in_words(rich: Store, tmp_path: Path) -> None:
    out = str(tmp_path / "out")
    words = ("publish", rich.root, "--to", "org/name", "--out", out)
    done = run(COMMAND, *words, "--contact", CONTACT, "--dry-run")
    assert (done.returncode, done.stderr) == (0, "")
    assert "captions" in done.stdout and "nothing was uploaded" in done.stdout
    as_json = run(COMMAND, *words, "--contact", CONTACT, "--dry-run", "--json")
    assert json.loads(as_json.stdout)["rows"]["videos"].keys() <= set(SPLITS)
    refused = run(COMMAND, *words, "--dry-run")
    assert refused.returncode == 2 and "--contact" in refused.stderr
