"""The model card: a YAML header and Markdown; everything from outside is escaped."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
import pyarrow.compute as pc
import yaml

from multihowto import __version__, tables
from multihowto.manifests import find, read_languages, read_models
from multihowto.publish.card import cell, outside
from multihowto.report.retrieval import Evaluation, Numbers, read_evaluation
from multihowto.searching.trained import Trained
from multihowto.storage import Store
from multihowto.training.recipe import languages_of

UNSTATED = "not stated"


@dataclass(frozen=True)
class Results:
    """Retrieval of the recipe, text to video, as `multihowto evaluate` wrote it."""

    split: str
    candidates: int
    level: float
    seeds: list[int]
    chance: dict[str, float]
    mean: dict[str, dict[str, float | None]]
    """By language, over the seeds."""
    mine: dict[str, float]
    """R@1 of this seed by language."""


@dataclass(frozen=True)
class Facts:
    """What the card says of the data and of how well the model does."""

    languages: list[str]
    """That it was trained on."""
    videos: dict[str, int]
    """Training videos by the licence that the site states."""
    translators: list[tuple[str, ...]]
    """Models, with their licences, whose translations it was trained on."""
    networks: list[tuple[str, str]]
    """What made the features, and its licence."""
    encoder: tuple[str, str]
    """Licence and homepage of the text encoder."""
    results: Results | None
    """None if the run is not evaluated, or was trained anew since."""


def facts(store: Store, trained: Trained) -> Facts:
    """Read from the store and models.toml; ConfigError if the evaluation's file is not what evaluation writes."""
    recipe, name = trained.recipe, trained.recipe.text.encoder
    models = read_models(find("models.toml"))
    known = {name: one.license for name, one in models.items()}
    order = read_languages(find("languages.csv"))
    used = {code for phase in recipe.phases for code in languages_of(phase, order)}
    videos: Counter[str] = Counter()
    translators: set[tuple[str, ...]] = set()
    networks: set[str] = set()
    for shard in store.shards_of(tables.SELECTION.name):
        videos.update(_licenses(store, shard))
        if recipe.translations:
            translators |= _distinct(store, tables.TRANSLATIONS.only("model", "model_license"), shard)
        networks |= {
            name for (name,) in _distinct(store, tables.TABLES[recipe.features].only("network"), shard)
        }
    return Facts(
        languages=[code for code in order if code in used],
        videos=dict(videos.most_common()),
        translators=sorted(translators),
        networks=[(one, _license_of(one, known)) for one in sorted(networks)],
        encoder=(known.get(name, UNSTATED), models[name].homepage if name in models else ""),
        results=_results(read_evaluation(store), trained),
    )


def _license_of(network: str, known: Mapping[str, str]) -> str:
    """A network is named by its model of models.toml, and then its revision."""
    names = [name for name in known if network.startswith(name)]
    return known[max(names, key=len)] if names else UNSTATED


def _licenses(store: Store, shard: int) -> list[str]:
    """The licence of each video of a shard that has kept clips to train on."""
    rows = store.read_shard(tables.SELECTION.only("keep", "split"), shard)
    mine = pc.unique(rows.filter(pc.and_(rows["keep"], pc.equal(rows["split"], "train")))["video_id"])
    if store.stamp(tables.VIDEOS.name, shard) is None:
        return [UNSTATED] * len(mine)
    videos = store.read_shard(tables.VIDEOS.only("license"), shard)
    stated = videos.filter(pc.is_in(videos["video_id"], value_set=mine))["license"].to_pylist()
    return [license or UNSTATED for license in stated]


def _distinct(store: Store, view: tables.View, shard: int) -> set[tuple[str, ...]]:
    """The distinct values of the columns that a view names, without the keys."""
    if store.stamp(view.table.name, shard) is None:
        return set()
    names = [name for name in view.columns if name not in (view.table.key, "video_id")]
    rows = store.read_shard(view, shard).select(names).group_by(names).aggregate([])
    return {tuple(row[name] for name in names) for row in rows.to_pylist()}


def _results(found: Evaluation | None, trained: Trained) -> Results | None:
    mine = next((one for one in (found.recipes if found else []) if one.recipe == trained.recipe.name), None)
    seed = next((one for one in (mine.seeds if mine else []) if one.seed == trained.seed), None)
    if found is None or mine is None or seed is None:
        return None
    return Results(
        split=found.split,
        candidates=found.candidates,
        level=found.level,
        seeds=[one.seed for one in mine.seeds],
        chance=_numbers(found.chance),
        mean={code: _numbers(line) for code, line in mine.mean.text_to_video.items()},
        mine={code: line.r1 for code, line in seed.text_to_video.items()},
    )


def _numbers(line: Numbers) -> dict[str, Any]:
    return {name: getattr(line, name) for name in line.__struct_fields__}


def header(facts: Facts, trained: Trained, license: str) -> dict[str, Any]:
    """The card's YAML header."""
    named = {} if license != "other" else {"license_name": "see-licences", "license_link": "#licences"}
    return {
        "language": facts.languages,
        "license": license,
        **named,
        "library_name": "multihowto",
        "pipeline_tag": "feature-extraction",
        "tags": ["multihowto", "video", "text-to-video-retrieval", "multilingual"],
    }


def text(
    trained: Trained, settings: Mapping[str, Any], facts: Facts, to: str, contact: str, license: str
) -> str:
    """The whole README.md."""
    environment = jinja2.Environment(  # noqa: S701 - Markdown, not HTML: `outside` and `cell` escape
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"outside": outside, "cell": cell}
    return environment.get_template("model_card.md.j2").render(
        header=yaml.safe_dump(header(facts, trained, license), sort_keys=False, allow_unicode=True),
        to=to,
        contact=contact,
        license=license,
        facts=facts,
        recipe=trained.recipe,
        seed=trained.seed,
        settings=settings,
        features=tables.TABLES[trained.recipe.features].meaning,
        version=__version__,
    )
