"""The dataset card: a YAML header and Markdown; everything from outside is escaped."""

import html
import string
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import jinja2
import pyarrow as pa
import yaml

from multihowto import __version__
from multihowto.manifests import SPLITS
from multihowto.publish.columns import configs, meaning
from multihowto.publish.settings import Published
from multihowto.report.numbers import table_numbers
from multihowto.storage import Store
from multihowto.tables import TABLES

MOST_CHARACTERS = 200
HUB_LICENSES = ("cc0-1.0", "cc-by-3.0", "cc-by-4.0", "cc-by-sa-3.0", "cc-by-sa-4.0", "cc-by-nc-4.0")
"""Names of licences that the Hub knows and that are SPDX's in lower case."""
_SIZES = ("1K", "10K", "100K", "1M", "10M", "100M", "1B", "10B", "100B", "1T")
_PUNCTUATION = {ord(char): f"&#{ord(char)};" for char in string.punctuation}


def outside(text: object) -> str:
    """Text from outside as one line of Markdown that says it and does nothing: no markup, link, table cell or HTML."""
    shown = str(text)
    if len(shown) > MOST_CHARACTERS:
        shown = shown[:MOST_CHARACTERS] + "…"
    shown = "".join(
        char
        if unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
        else f"\\u{ord(char):04x}"
        for char in shown
    )
    return shown.translate(_PUNCTUATION)


def cell(text: object) -> str:
    """Our own words in a table cell."""
    return html.escape(str(text), quote=False).replace("|", "\\|").replace("\n", " ")


def size_category(rows: int) -> str:
    """The Hub's name for a number of rows."""
    for number, name in enumerate(_SIZES):
        if rows < 10 ** (number + 3):
            return f"n<{name}" if number == 0 else f"{_SIZES[number - 1]}<n<{name}"
    return f"n>{_SIZES[-1]}"


def license_of(licenses: Iterable[str | None]) -> str:
    """The one licence of everything, in the Hub's words; `other` if they differ, or the Hub has no word for it."""
    names = {(name or "").strip().lower() for name in licenses}
    [only, *others] = names or {""}
    return only if not others and only in HUB_LICENSES else "other"


def header(to: str, published: Published) -> dict[str, Any]:
    """The card's YAML header."""
    counts = published.counts
    license = license_of([*counts.licenses, *(license for _, license in counts.models)])
    named = (
        {}
        if license != "other"
        else {"license_name": "per-video", "license_link": f"https://huggingface.co/datasets/{to}#licences"}
    )
    return {
        "pretty_name": to.split("/")[1],
        "language": sorted(counts.origins),
        "license": license,
        **named,
        "size_categories": [size_category(sum(published.rows.get("captions", {}).values()))],
        "task_categories": ["text-retrieval", "translation"],
        "source_datasets": ["extended|other-howto100m" if counts.from_howto100m else "original"],
        "tags": ["multihowto", "video", "multilingual"],
        "configs": [
            {
                "config_name": name,
                "data_files": [
                    {"split": split, "path": f"data/{name}/{split}-*.parquet"}
                    for split in published.files[name]
                ],
                **({"default": True} if name == "captions" else {}),
            }
            for name in published.files
        ],
    }


def text(store: Store, to: str, contact: str, published: Published) -> str:
    """The whole README.md; the counts are those of what was written, and of the store's accounts."""
    environment = jinja2.Environment(  # noqa: S701 - Markdown, not HTML: `outside` and `cell` escape
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"outside": outside, "cell": cell}
    networks = [TABLES[name] for name in published.rows if name.startswith("features_")]
    languages = [name for name in published.rows if name in published.counts.origins]
    described = [one for one in configs(languages, networks) if one.name in published.rows]
    head = yaml.safe_dump(header(to, published), sort_keys=False, allow_unicode=True, width=1000)
    return environment.get_template("card.md.j2").render(
        header=head,
        to=to,
        contact=contact,
        counts=published.counts,
        rows=published.rows,
        splits=SPLITS,
        networks=networks,
        languages=languages,
        described=described,
        meaning=meaning,
        kinds=_kinds(described, languages),
        origins=sorted({origin for one in published.counts.origins.values() for origin in one}),
        funnel=table_numbers(store),
        pipeline=store.require()["pipeline"],
        fingerprints=_fingerprints(store),
        versions={"multihowto": __version__, "pyarrow": pa.__version__},
    )


def _kinds(described: Iterable[Any], languages: list[str]) -> list[tuple[str, Any]]:
    """Configurations that differ in their columns: the languages share theirs."""
    of_language = next((("one per language", one) for one in described if one.name in languages), None)
    others = [(f"`{one.name}`", one) for one in described if one.name not in languages]
    return [*([of_language] if of_language else []), *others]


def _fingerprints(store: Store) -> dict[str, list[str]]:
    """By table, the fingerprints of the stage that made its shards: one, unless a build is half done."""
    found = {}
    for table in store.require()["tables"]:
        stamps = [store.stamp(table, shard) for shard in store.shards_of(table)]
        found[table] = sorted({stamp.how for stamp in stamps if stamp is not None})
    return found
