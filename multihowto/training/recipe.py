"""A recipe: a YAML file that says how a model is trained, and every number of it.

Where a default is not known from a public source its field says so: [H] and [M] are recalled with high and medium
confidence from the paper (arXiv 2103.08849), [ours] is our choice.
"""

import dataclasses
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

from msgspec import Meta

from multihowto import checksums, strict_yaml
from multihowto.errors import ConfigError
from multihowto.manifests import find as find_manifest
from multihowto.manifests import meant, read_languages, shipped

_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*")
Count = Annotated[int, Meta(ge=1)]
Share = Annotated[float, Meta(ge=0, lt=1)]
Positive = Annotated[float, Meta(gt=0)]
Weight = Annotated[float, Meta(ge=0)]


@dataclass(frozen=True)
class TextSettings:
    """The text encoder: a folder in Hugging Face's form, or a model of models.toml."""

    encoder: str
    prefix: str = ""
    """Put before every text; E5 models want `query: `."""
    layer: Count = 12
    """Its output is read, layers above it are dropped [H]; the first layer is 1."""
    freeze_below: Count = 9
    """Layers below it are frozen, and the embeddings always [H]; above `layer`: all is frozen."""
    states: Literal["kept", "computed"] = "kept"
    """kept: the frozen part runs once over all texts, its outputs stay beside the runs as half floats; computed: it
    runs in every step, for texts that are too many to keep [ours]."""


@dataclass(frozen=True)
class ModelSettings:
    """The two transformer pooling heads."""

    layers: Annotated[int, Meta(ge=0)] = 2
    """Blocks of each head [H]; 0 leaves the linear maps around the read-out."""
    heads: Count = 4
    """Attention heads [H]."""
    width: Count = 1024
    """Of the heads and of the shared space [H]."""
    feed_forward: Count = 2048
    """Width inside a block [ours]."""
    dropout: Share = 0.1
    """In the blocks and on the tokens that enter them [ours]."""
    readout: Literal["cls", "mean"] = "cls"
    """A learned token's output, or the mean of the tokens' outputs [ours]."""
    max_video_s: Count = 32
    """So many seconds of a clip are seen, from its start [ours]."""


@dataclass(frozen=True)
class LossSettings:
    """What is minimised: inter + intra (+ cross, with two captions a clip)."""

    temperature: Positive = 0.1
    """Cosines are divided by it [H]."""
    denominator: Literal["two_way", "joint"] = "two_way"
    """two_way: mean of both directions' cross-entropies; joint: one sum over both, as in MIL-NCE [ours]."""
    masked_share: Share = 0.05
    """Of tokens and features that the masked copy does not see [H]: drawn one by one, and hidden from the head's
    attention; the text encoder has seen them [ours]."""
    intra: Weight = 1.0
    """Weight of the intra-modal losses [H]."""
    cross: Weight = 1.0
    """Weight of the visually pivoted loss [H]."""
    same_text: Literal["exclude", "keep"] = "exclude"
    """Whether clips of a batch that say the same, in the pivot's language, as sampled or by a candidate, are negatives
    [ours]."""


@dataclass(frozen=True)
class Phase:
    """A part of the training: on which captions, how long, how fast. The next phase starts from its best epoch."""

    name: str
    languages: Literal["all"] | tuple[str, ...]
    """Captions are drawn from these."""
    epochs: Count
    weights: dict[str, Positive] = field(default_factory=dict)
    """How likely a language is drawn, relative to the others of a clip; 1 where it is not named [ours]."""
    translations: bool = True
    """Whether machine-translated captions are among them, if the recipe reads any."""
    captions: Annotated[int, Meta(ge=1, le=2)] = 1
    """Captions of a clip in a step, each in another language; 2 adds the cross loss."""
    candidates: Count = 1
    """So many captions are together the positive of a clip, as in MIL-NCE: its own and those of the clips of its video
    that are nearest in time, in the same language [ours]."""
    clips: Literal["all", "one_per_video"] = "all"
    """What an epoch goes through; the paper's pre-training samples one clip a video [M]."""
    batch_size: Annotated[int, Meta(ge=2)] = 128
    """Clips a step [ours]."""
    optimiser: Literal["adam", "adamw"] = "adam"
    """adamw: weight decay apart from the gradient [H for adam]."""
    learning_rate: Positive = 2e-4
    """Of Adam [H]."""
    weight_decay: Weight = 0.0
    """Of the optimiser [ours]."""
    schedule: Literal["constant", "linear", "cosine"] = "constant"
    """How the learning rate falls over the phase, to 0 or not at all [ours]."""
    warm_up: Share = 0.0
    """Share of the phase in which the learning rate rises from 0 [ours]."""
    clip_norm: Weight = 0.0
    """Longer gradients are shortened to it; 0: none is [ours]."""
    losses: LossSettings | None = None
    """What this phase minimises, where that is not what the recipe says."""
    max_tokens: Annotated[int, Meta(ge=3)] = 64
    """Of a caption, special tokens included [ours]."""
    patience: Annotated[int, Meta(ge=0)] = 0
    """The phase ends when so many epochs bring nothing better; 0 never ends it early [ours]."""
    validation: tuple[str, ...] = ()
    """The epoch is chosen by validation clips in these languages; none named: in those that are trained on [ours]."""


@dataclass(frozen=True)
class Start:
    """A run whose weights a training starts from: that of the same seed."""

    recipe: str
    root: str = ""
    """The store that it was trained in; empty: the one that is trained on."""


@dataclass(frozen=True)
class Scale:
    """What a rehearsal assumes where no store is given; training does not look at it."""

    videos: Count
    clips: Count
    """In all videos."""
    video_s: Count
    """Seconds of a video, on average."""
    feature_width: Count
    features_per_s: Count
    shards: Count = 1
    """Of the store, all alike; only `group_shards` looks at it."""


@dataclass(frozen=True)
class Recipe:
    """How one model is trained, from which text encoder and which features."""

    text: TextSettings
    phases: Annotated[tuple[Phase, ...], Meta(min_length=1)]
    features: str = "features_efficientnet_lite0"
    """The table of the videos' features."""
    model: ModelSettings = field(default_factory=ModelSettings)
    losses: LossSettings = field(default_factory=LossSettings)
    start: Start | None = None
    """Without it the heads start at random: so recipes are chained, each with the data of its own store."""
    pivot: str = "en"
    """Clips whose captions in this language are equal say the same."""
    translations: bool = True
    """Whether machine-translated captions are trained on, where no other is there."""
    seeds: Annotated[tuple[int, ...], Meta(min_length=1)] = (1,)
    """Every one is trained and reported."""
    threads: Count = 2
    """Of torch; another number may change the last bits."""
    precision: Literal["float32", "bfloat16"] = "float32"
    """Of the forward pass; weights, gradients and the optimiser stay float32 [ours]."""
    device: Literal["cpu", "cuda"] = "cpu"
    """Where the model is trained [ours]."""
    workers: Count = 1
    """Threads that make batches ahead; the batches do not depend on their number."""
    group_shards: Annotated[int, Meta(ge=0)] = 0
    """So many shards of the store are trained on together, in an order that is drawn for every epoch, while the next
    as many are read: the features and captions of two such groups are in memory, beside those of all validation and
    test clips, and six times a shard while it is read. 0: all shards at once [ours]."""
    scale: Scale | None = None
    """How much data `train --dry-run` reckons with, without a store."""
    tensorboard: bool = False
    """Whether TensorBoard's files are written too; it must be installed."""
    checkpoint_every_s: Weight = 30.0
    """Seconds of work that a kill may cost at most; 0: after every step."""
    name: str = ""
    """The file's name without its ending."""

    def identity(self) -> str:
        """Hash of everything that the weights depend on, but the seed."""
        values = dataclasses.asdict(self)
        for name in ("name", "seeds", "checkpoint_every_s", "workers", "tensorboard", "scale"):
            del values[name]
        if not self.group_shards:  # as before there were groups, so that older runs still fit
            del values["group_shards"]
        return checksums.of_values(values)


def languages_of(phase: Phase, languages: tuple[str, ...]) -> tuple[str, ...]:
    """The languages of a phase, in the order of languages.csv."""
    return tuple(code for code in languages if phase.languages == "all" or code in phase.languages)


def find(name: str) -> Path:
    """A recipe by its path, or by its name among the shipped ones. ConfigError if there is none."""
    folder = shipped("pipelines") / "recipes"
    for path in (Path(name), folder / f"{name}.yaml"):
        if path.is_file():
            return path.resolve()
    raise ConfigError(
        f"no recipe {name!r}; {meant(name, [path.stem for path in sorted(folder.glob('*.yaml'))])}"
    )


def load(name: str) -> Recipe:
    """Reads and checks a recipe; every mistake is a ConfigError that says where, and what would be right."""
    path = find(name)
    try:
        if _NAME.fullmatch(path.stem) is None:
            raise ConfigError(
                "a run's folder has the recipe's name: letters, digits, _, - and . after the first"
            )
        values = strict_yaml.read(path)
        if isinstance(values, dict) and "name" in values:
            raise ConfigError("a recipe's name is its file's name; take `name` out")
        _check_optional(values)
        recipe = dataclasses.replace(strict_yaml.convert(values, Recipe, "recipe"), name=path.stem)
        _check(recipe)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None
    return recipe


def _check_optional(values: Any) -> None:
    """Names inside settings that may be left out as a whole, into which `convert` does not look."""
    if not isinstance(values, dict):
        return
    if values.get("start") is not None:
        strict_yaml.convert(values["start"], Start, "recipe, start")
    if values.get("scale") is not None:
        strict_yaml.convert(values["scale"], Scale, "recipe, scale")
    phases = values.get("phases")
    for number, phase in enumerate(phases if isinstance(phases, list) else [], 1):
        if isinstance(phase, dict) and phase.get("losses") is not None:
            strict_yaml.convert(phase["losses"], LossSettings, f"recipe, phases {number}, losses")


def _check(recipe: Recipe) -> None:
    """What no single field can say."""
    known = read_languages(find_manifest("languages.csv"))
    for code in (recipe.pivot, *(code for phase in recipe.phases for code in _named(phase))):
        if code not in known:
            raise ConfigError(f"no language {code!r}; {meant(code, known)}")
    for phase in recipe.phases:
        _check_phase(phase, known)
    names = [phase.name for phase in recipe.phases]
    if len(set(names)) < len(names):
        raise ConfigError(f"a phase comes twice: {', '.join(names)}")
    if recipe.start is not None and not recipe.start.root and recipe.start.recipe == recipe.name:
        raise ConfigError("start: a recipe cannot start from itself")
    if recipe.group_shards and recipe.text.states == "kept":
        raise ConfigError(
            "group_shards: captions too many for memory are too many to keep their states: text: states: computed"
        )
    model = recipe.model
    if model.width % model.heads:
        raise ConfigError(f"model: width {model.width} is not a multiple of heads {model.heads}")
    if model.layers == 0 and model.readout == "cls":
        raise ConfigError("model: with 0 layers the [CLS] token sees nothing; use readout: mean")


def _named(phase: Phase) -> list[str]:
    """Every language that a phase names."""
    drawn = () if phase.languages == "all" else phase.languages
    return [*drawn, *phase.weights, *phase.validation]


def _check_phase(phase: Phase, known: tuple[str, ...]) -> None:
    languages = languages_of(phase, known)
    if len(languages) < phase.captions:
        raise ConfigError(f"phase {phase.name}: {phase.captions} captions a clip need as many languages")
    if phase.captions > 1 and phase.candidates > 1:
        raise ConfigError(f"phase {phase.name}: candidates are for captions: 1")
    for code in phase.weights:
        if code not in languages:
            raise ConfigError(f"phase {phase.name}: a weight of {code!r}, which is not among its languages")
