"""Files kept under a video's id: which of them are forgotten."""

import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

import pytest

from multihowto.kept import KeptFiles
from multihowto.storage import Store

TRACK: dict[str, Any] = {"track.en": {}}
FAILED = {"track.de.failed": {"code": "server_error"}, "track.fr.failed": {"code": "not_found"}}
REFUSED = {"reject.json": {"code": "too_large"}, **FAILED}
HELD = {"info.json": {"held_back": ["sw"]}}


@pytest.mark.parametrize(
    ("files", "codes", "left"),
    [
        ({**TRACK, **FAILED, "info.json": {}}, ["not_found"], {*TRACK}),
        ({**TRACK, **FAILED, "info.json": {}}, ["timed_out"], {*TRACK, *FAILED, "info.json"}),
        ({**TRACK, **REFUSED}, ["timed_out", "too_large"], {*TRACK}),
        ({**TRACK, **REFUSED}, ["server_error"], {*TRACK, *REFUSED}),  # it was left out for another reason
        (HELD, ["captions_withheld"], set()),
        (HELD, ["server_error"], {*HELD}),
        (HELD, None, set()),
        ({"reject.json": []}, ["server_error"], {"reject.json"}),  # damaged, so it counts for nothing
    ],
)
def test_refusals_are_forgotten_by_their_codes(
    tmp_path: Path, files: dict[str, Any], codes: Collection[str] | None, left: set[str]
) -> None:
    store = Store(str(tmp_path))
    kept = KeptFiles(store, 1)
    for name, record in files.items():
        kept.write("v", name, json.dumps(record).encode())
    kept.forget_failures("v", codes)
    assert set(store.files.names(kept.folder("v"))) == left
