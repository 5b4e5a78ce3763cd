"""Recipes: the shipped ones load, and every mistake says what would be right."""

from dataclasses import replace
from pathlib import Path

import pytest

from multihowto.errors import ConfigError
from multihowto.manifests import shipped
from multihowto.training import recipe
from multihowto.training.recipe import languages_of

GOOD = """
text: {encoder: e5}
phases:
  - {name: all, languages: all, epochs: 2}
  - {name: english, languages: [en], epochs: 1}
"""
SHIPPED = sorted(path.stem for path in (shipped("pipelines") / "recipes").glob("*.yaml"))


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_recipes_load(name: str) -> None:
    loaded = recipe.load(name)
    assert loaded.name == name
    assert {phase.languages for phase in loaded.phases} <= {"all", ("en",)}


def test_mp_and_mmp_differ_in_the_languages_of_the_first_phase_only() -> None:
    mp, mmp = (recipe.load(f"demo-{name}") for name in ("mp", "mmp"))
    assert mp.phases[0].languages == ("en",)
    assert mmp.phases[0].languages == "all"
    texts = [
        (shipped("pipelines") / "recipes" / f"demo-{name}.yaml").read_text().split("features:")[1]
        for name in ("mp", "mmp")
    ]
    changed = [
        pair for pair in zip(*(text.splitlines() for text in texts), strict=True) if pair[0] != pair[1]
    ]
    assert [pair[0].split(":")[0].strip() for pair in changed] == ["languages"]


def test_every_value_of_a_shipped_recipe_says_how_sure_it_is() -> None:
    known_elsewhere = (
        "features",
        "name",
        "seeds",
        "encoder",
        "prefix",
        "languages",
        "text",
        "model",
        "losses",
        "phases",
        "scale",
    )
    for name in SHIPPED:
        for line in (shipped("pipelines") / "recipes" / f"{name}.yaml").read_text().splitlines():
            key = line.strip().removeprefix("- ").split(":")[0]
            if line.strip() and not line.startswith("#") and key not in known_elsewhere:
                assert any(tag in line for tag in ("[H]", "[M]", "[ours]", "[V]")), f"{name}: {line}"


def load(tmp_path: Path, text: str) -> recipe.Recipe:
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    return recipe.load(str(path))


def test_defaults_are_the_methods(tmp_path: Path) -> None:
    loaded = load(tmp_path, GOOD)
    assert (loaded.model.layers, loaded.model.heads, loaded.model.width, loaded.losses.temperature) == (
        2,
        4,
        1024,
        0.1,
    )
    assert loaded.phases[0].learning_rate == 2e-4
    assert languages_of(loaded.phases[0], ("en", "de")) == ("en", "de")
    assert languages_of(loaded.phases[1], ("en", "de")) == ("en",)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("{encoder: e5}", "{encoder: e5, layr: 3}", "recipe, text has no setting 'layr'; did you mean 'layer'"),
        ("epochs: 2", "epoch: 2", "recipe, phases 1 has no setting 'epoch'; did you mean 'epochs'"),
        ("epochs: 2", "epochs: 0", ">= 1"),
        ("epochs: 2", "epochs: many", "Expected `int`, got `str`"),
        ("languages: [en]", "languages: [eng]", "no language 'eng'; did you mean 'en'"),
        ("languages: [en]", "languages: [en], captions: 2", "phase english: 2 captions a clip need as many languages"),
        ("name: english", "name: all", "a phase comes twice"),
        ("text:", "model: {width: 10}\ntext:", "width 10 is not a multiple of heads 4"),
        ("text:", "model: {layers: 0}\ntext:", "use readout: mean"),
        ("text:", "model: {readout: max}\ntext:", "Invalid enum value 'max'"),
        ("text:", "seeds: []\ntext:", "length >= 1"),
        ("text:", "name: x\ntext:", "a recipe's name is its file's name"),
        ("text:", "text: {encoder: a}\ntext:", "'text' is set twice"),
        ("text:", "modle: {}\ntext:", "did you mean 'model'"),
        ("epochs: 2", "epochs: 2, weights: {xx: 2}", "no language 'xx'"),
        ("epochs: 1", "epochs: 1, weights: {de: 2}", "phase english: a weight of 'de', which is not among"),
        ("epochs: 2", "epochs: 2, weights: {en: 0}", "> 0"),
        ("epochs: 2", "epochs: 2, validation: [xx]", "no language 'xx'"),
        ("epochs: 2", "epochs: 2, captions: 2, candidates: 3", "phase all: candidates are for captions: 1"),
        ("epochs: 2", "epochs: 2, losses: {temprature: 1}", "recipe, phases 1, losses has no setting 'temprature'"),
        ("text:", "start: {recpe: mmp}\ntext:", "recipe, start has no setting 'recpe'"),
        ("text:", "start: {recipe: mine}\ntext:", "a recipe cannot start from itself"),
        ("text:", "scale: {video: 1}\ntext:", "recipe, scale has no setting 'video'"),
        ("text: {encoder: e5}", "text: e5", "settings are `name: value` lines"),
        ("text:", "text: [", "not YAML"),
    ],
)  # fmt: skip
def test_mistakes_say_what_would_be_right(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in GOOD
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, GOOD.replace(old, new))
    assert message in str(caught.value)
    assert "mine.yaml" in str(caught.value)


def test_an_unknown_recipe_names_those_that_there_are() -> None:
    with pytest.raises(ConfigError, match=r"did you mean 'demo-m?mp'"):
        recipe.load("demo-nmp")


def test_identity_leaves_out_what_weights_do_not_depend_on(tmp_path: Path) -> None:
    first = load(tmp_path, GOOD)
    others = "seeds: [7]\ncheckpoint_every_s: 1\nworkers: 3\ntensorboard: true\n"
    assert load(tmp_path, GOOD + others).identity() == first.identity()
    assert load(tmp_path, GOOD.replace("epochs: 2", "epochs: 3")).identity() != first.identity()


def test_the_shipped_chain_differs_where_its_names_say() -> None:
    mp, mmp = recipe.load("mp"), recipe.load("mmp")
    [english], [every] = mp.phases, mmp.phases
    assert (english.languages, every.languages) == (("en",), "all")
    assert replace(mp, phases=mmp.phases, name="mmp") == mmp
    chained = [
        recipe.load(name) for name in ("fine_tune_english", "fine_tune_multilingual", "translate_train")
    ]
    assert all(one.start == recipe.Start("mmp") and one.model == mmp.model for one in chained)
    assert [(one.phases[0].captions, one.phases[0].translations) for one in chained] == [
        (1, False),
        (2, False),
        (2, True),
    ]


@pytest.mark.parametrize("name", ["...yaml", ".hidden.yaml", "a b.yaml", "ä.yaml"])
def test_a_name_that_would_be_no_folder_of_runs_is_refused(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.write_text(recipe.find("demo-mp").read_text())
    with pytest.raises(ConfigError, match="a run's folder has the recipe's name"):
        recipe.load(str(file))
