"""Damage to any shard or account is healed: a lost end by the next build, other bytes by the next --verify."""

import random
import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import pytest

from multihowto.errors import MultihowtoError
from multihowto.storage import Store
from multihowto.tables import TABLES

from .proof_lab import Ended, Lab
from .proof_stores import SHARDS, files, fingerprint, stamps, tables_of

pytestmark = pytest.mark.proof

DAMAGES: Final = 30

Kind = Callable[[bytes, random.Random], bytes]


def overwrite(data: bytes, chance: random.Random) -> bytes:
    """Random bytes over a random part."""
    size = chance.choice([1, 16, 256, 4096])
    begin = chance.randrange(len(data))
    noise = chance.randbytes(len(data[begin : begin + size]))
    return data[:begin] + noise + data[begin + size :]


def truncate(data: bytes, chance: random.Random) -> bytes:
    """The first part of it, maybe nothing."""
    return data[: chance.choice([0, chance.randrange(len(data)), len(data) - 1])]


def blank(data: bytes, chance: random.Random) -> bytes:
    """Zeros from a random place on, as some file systems leave after a loss of power."""
    begin = chance.randrange(len(data))
    return data[:begin] + bytes(len(data) - begin)


def extend(data: bytes, chance: random.Random) -> bytes:
    """Random bytes at the end."""
    return data + chance.randbytes(chance.randrange(1, 5000))


CUTS: Final = (truncate, blank, extend)
"""What a crash of the machine does to a file: its end, and with it the footer, is not what it was."""


def damage(root: Path, chance: random.Random, kinds: Sequence[Kind]) -> str:
    """Damages one shard or account; returns which and how."""
    shards = sorted(path for path in files(root) if path.parts[0] in ("tables", "accounts"))
    path, kind = root / chance.choice(shards), chance.choice(kinds)
    path.write_bytes(kind(path.read_bytes(), chance))
    return f"{kind.__name__} {path.relative_to(root)}"


def rows_of(root: Path) -> list[object]:
    """All rows of all tables and accounts, read anew."""
    store = Store(str(root))
    places = [(table, shard) for table in tables_of(root) for shard in range(SHARDS)]
    rows = [store.read_shard(TABLES[table], shard) for table, shard in places]
    return [*rows, *(store.read_accounts(table, shard) for table, shard in places)]


def verdict(root: Path, reference: Path, end: Ended) -> str:
    """What came of a damage: healed, unused (equal rows and stamps all the same), or what is wrong."""
    if end.status != 0 or "Traceback" in end.err:
        return f"status {end.status}: {end.err.strip()[-200:]}"
    if fingerprint(root) == fingerprint(reference):
        return "healed"
    if stamps(root) != stamps(reference):
        return "not noticed: its footer is not what it was"
    try:
        equal = rows_of(root) == rows_of(reference)
    except (OSError, ValueError, MultihowtoError) as error:
        return f"believed, and cannot be read: {error}"
    return "unused" if equal else "believed, and the rows differ"


def fuzz(lab: Lab, root: Path, chance: random.Random, kinds: Sequence[Kind]) -> dict[str, str]:
    """The verdict on each of many damages, each followed by a build; a store that stays damaged is replaced."""
    verdicts: dict[str, str] = {}
    shutil.copytree(lab.reference.root, root)
    for number in range(DAMAGES):
        what = f"{number} {damage(root, chance, kinds)}"
        verify = [] if kinds == CUTS else ["--verify"]
        verdicts[what] = verdict(root, lab.reference.root, lab.build(root, "--executor", "here", *verify))
        if verdicts[what] != "healed":
            shutil.rmtree(root)
            shutil.copytree(lab.reference.root, root)
    return verdicts


def expect_healed(verdicts: dict[str, str]) -> None:
    """Fails unless every damage was healed, or hit bytes that nobody reads."""
    wrong = [f"{what}: {word}" for what, word in verdicts.items() if word not in ("healed", "unused")]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("kinds", [CUTS, (overwrite,)], ids=["cut", "overwritten"])
def test_thirty_damages_are_healed(
    lab: Lab, tmp_path: Path, chance: random.Random, say: Callable[[str], None], kinds: Sequence[Kind]
) -> None:
    assert lab.reference.root.exists()
    before = lab.site.requests
    verdicts = fuzz(lab, tmp_path / "store", chance, kinds)
    say(str(dict(Counter(word.splitlines()[0].split(":")[0] for word in verdicts.values()))))
    assert lab.site.requests == before
    expect_healed(verdicts)
