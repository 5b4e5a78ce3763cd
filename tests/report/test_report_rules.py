"""What each rule of the selection costs, by language."""

import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa

from multihowto import tables
from multihowto.contract import close
from multihowto.report.funnel import rules
from multihowto.report.page import page
from multihowto.selecting.rules import WHY_NOT_LANGUAGE
from multihowto.storage import Store


def clip(number: int, *failed: tuple[str, str]) -> dict[str, Any]:
    pairs = [{"language": language, "code": code} for language, code in failed]
    mine = {"clip_id": f"v:{number}", "video_id": "v", "keep": True, "why_not": [], "languages": ["en"]}
    return mine | {"failed": pairs, "split": "train"}


def test_costs_are_counted_over_all_shards(tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    for shard, rows in enumerate(
        (
            [clip(1, ("de", "alignment"), ("de", "dense"), ("fr", "alignment")), clip(2)],
            [clip(3, ("de", "alignment"), ("zh", "of_another_version"))],
        )
    ):
        made = pa.Table.from_pylist(rows, schema=tables.SELECTION.schema)
        stamp, accounts = close("by hand", "by hand", made, [])
        store.write_shard(tables.SELECTION, shard, made, accounts, stamp)
    assert [(one.code, dict(one.by_language), one.captions, one.meaning) for one in rules(store)] == [
        ("alignment", {"de": 2, "fr": 1}, 3, WHY_NOT_LANGUAGE["alignment"]),
        ("dense", {"de": 1}, 1, WHY_NOT_LANGUAGE["dense"]),
        ("of_another_version", {"zh": 1}, 1, ""),
    ]


def test_the_page_shows_them(hostile: Store, tmp_path: Path) -> None:
    assert hostile.files.local is not None
    store = Store(str(shutil.copytree(hostile.files.local, tmp_path / "copy")))
    failed = [{"language": "de", "code": "<b>"}, {"language": "fr", "code": "alignment"}]
    for shard in store.shards_of("selection"):
        rows = [row | {"failed": failed} for row in store.read_shard(tables.SELECTION, shard).to_pylist()]
        stamp, accounts = store.stamp("selection", shard), store.read_accounts("selection", shard)
        assert stamp is not None
        made = pa.Table.from_pylist(rows, schema=tables.SELECTION.schema)
        store.write_shard(tables.SELECTION, shard, made, accounts, stamp)
    count = store.read("selection").num_rows
    shown = page(store, 0, 0).partition('id="table-rules"')[2].partition("</table>")[0]
    for code in ("&lt;b&gt;", "alignment"):
        assert f'<code>{code}</code></th><td class="n">{count:,}</td>' in shown
    assert "<b>" not in shown and WHY_NOT_LANGUAGE["alignment"] in shown
