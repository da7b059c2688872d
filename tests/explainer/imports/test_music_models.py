import json
import re

import pytest
import torch
from django.core.management import CommandError, call_command
from paths import ROOT
from safetensors.torch import save_file

from explainer.core.base.recipe import Recipe as CoreRecipe
from explainer.demo_models.two_level_networks import A2Mid2E
from explainer.imports.recipes import RecipeInUse, save_recipe
from explainer.models import MusicModel, Recipe

pytestmark = pytest.mark.django_db
DOCS = ROOT / "docs"


def blocks(page, language):
    return re.findall(rf"```{language}\n(.*?)```", (DOCS / page).read_text(), re.DOTALL)


def test_the_worked_example_of_the_documentation_works(tmp_path, monkeypatch, settings, track, capsys):
    [code], [description] = blocks("models.md", "python"), blocks("models.md", "toml")
    assert len((code + description).splitlines()) < 30
    (tmp_path / "loudness_model.py").write_text(code)
    (tmp_path / "loudness_model.toml").write_text(description)
    monkeypatch.syspath_prepend(tmp_path)
    settings.MODEL_CODE = ["loudness_model.loud_and_bright"]
    call_command("register_model", tmp_path / "loudness_model.toml")
    call_command("check_model", "loudness-and-brightness")
    assert "can be explained" in capsys.readouterr().out


def write_torch_model(folder, code="explainer.demo_models.two_level_networks.A2Mid2E"):
    """Write weights and the definition ``vgg.json`` that names the code."""
    torch.manual_seed(0)
    save_file(A2Mid2E().state_dict(), folder / "weights.safetensors")
    targets = [{"name": f"m{i}", "level": "mid-level"} for i in range(7)]
    targets += [{"name": f"e{i}", "level": "emotion"} for i in range(8)]
    definition = {
        "name": "vgg", "code": code, "checkpoint": "weights.safetensors",
        "representation": {"kind": "log_filterbank"}, "targets": targets,
    }  # fmt: skip
    (folder / "vgg.json").write_text(json.dumps(definition))


def test_a_torch_model_with_weights_is_registered_once(tmp_path, track, capsys):
    write_torch_model(tmp_path)
    call_command("register_model", tmp_path / "vgg.json")
    call_command("register_model", tmp_path / "vgg.json")
    assert "already registered" in capsys.readouterr().out
    model = MusicModel.objects.get()
    assert model.checkpoint.name == f"models/{model.checkpoint_sha256}.safetensors"
    call_command("check_model", "vgg", track=track.name)
    assert "can be explained" in capsys.readouterr().out


def test_a_model_stored_before_its_code_moved_is_still_the_same_one(tmp_path, track, capsys):
    write_torch_model(tmp_path, code="explainer.core.networks.A2Mid2E")
    call_command("register_model", tmp_path / "vgg.json")
    call_command("check_model", "vgg", track=track.name)
    assert "can be explained" in capsys.readouterr().out
    stored = MusicModel.objects.get()
    assert stored.code == "explainer.core.networks.A2Mid2E"
    write_torch_model(tmp_path)
    call_command("register_model", tmp_path / "vgg.json")
    assert "already registered" in capsys.readouterr().out
    assert MusicModel.objects.get().digest() == stored.digest()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name = ", "cannot be read as TOML"),
        ('nam = "x"', "Unknown: nam"),
        ('name = "x"\ncheckpoint = "gone.pt"', "gone.pt does not exist"),
        ('name = "x"\nadapter = "magic"', "Adapter 'magic' is unknown"),
        ('name = "x y"\nadapter = "callable"\ncode = "explainer.demo_models.two_level_networks.x"\n'
         'representation = {kind = "mel"}\ntargets = [{name = "a"}]', "name: Use letters"),
    ],
)  # fmt: skip
def test_a_definition_that_cannot_be_used_says_why(tmp_path, text, message):
    path = tmp_path / "m.toml"
    path.write_text(text)
    with pytest.raises(CommandError, match=re.escape(message)):
        call_command("register_model", path)
    assert not MusicModel.objects.exists()


def test_a_model_that_fails_the_check_says_so(track, music_model):
    MusicModel.objects.update(code="small_world.broken")
    with pytest.raises(CommandError, match="cannot be explained"):
        call_command("check_model", "brightness")
    with pytest.raises(CommandError, match="There is no model darkness; the names are: brightness"):
        call_command("check_model", "darkness")


def test_an_explained_model_is_not_replaced(tmp_path, built):
    definition = {**built.model.definition(), "name": "brightness", "output": "logit"}
    definition = {key: value for key, value in definition.items() if value}
    (tmp_path / "m.json").write_text(json.dumps(definition))
    with pytest.raises(CommandError, match="under a new name"):
        call_command("register_model", tmp_path / "m.json")


def test_recipes_are_read_from_files(tmp_path):
    [example] = blocks("recipes.md", "toml")
    (tmp_path / "dose.toml").write_text(example)
    call_command("register_recipe", "dose", tmp_path / "dose.toml", verbosity=0)
    recipe = Recipe.objects.get()
    assert recipe.parameters["evidence_sizes"] == [2, 4, 8]
    assert recipe.digest == recipe.content().digest()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("cals = 3", "cals"),
        ('method = "tea leaves"', "method"),
        ("calls = 2.5", "'calls' must be a whole number"),
        ('boost = "loud"', "'boost' must lie between"),
        ("evidence_sizes = 3", "'evidence_sizes' must list"),
        ("evidence_sizes = [2.5]", "'evidence_sizes' must list"),
        ("evidence_sizes = [20000]", "each from 1 to 10000"),
        (
            "evidence_sizes = [30, 4, 25]",
            "has 30 and 25, but the segmentation 'grid' makes at most 24 segments",
        ),
        (
            'segmentation = "bands"\nsegmentation_parameters = {}\nevidence_sizes = [9]',
            "makes at most 8 segments",
        ),
        ("keep_probability = true", "'keep_probability' must lie strictly between"),
        ("seed = 1.5", "'seed' must be a whole number"),
        ('method_parameters = ["ridge"]', "'method_parameters' must map names to values"),
        (
            'method = "lime_batched"\nmethod_parameters = { ridge = "a" }',
            "ridge of 'lime_batched' must be a number",
        ),
        ('method = "lime_batched"\nmethod_parameters = { rigde = 1 }', "has no rigde"),
        ("segmentation_parameters = { cells = 3 }", "its parameters are time_cells, band_cells"),
        ('segmentation_parameters = { time_cells = "x" }', "'time_cells' must be a whole number from 1 up"),
    ],
)
def test_a_recipe_that_cannot_be_used_says_why(tmp_path, text, message):
    (tmp_path / "r.toml").write_text(text)
    with pytest.raises(CommandError, match=message):
        call_command("register_recipe", "r", tmp_path / "r.toml")


def test_a_used_recipe_stays_as_it_is(built):
    with pytest.raises(RecipeInUse, match="new name"):
        save_recipe("quick", {"calls": 1})
    assert save_recipe("quick", built.recipe.parameters) == built.recipe


def test_the_documented_defaults_are_the_real_ones():
    rows = dict(re.findall(r"^\| `(\w+)` \| `(.*?)` \|", (DOCS / "recipes.md").read_text(), re.MULTILINE))
    defaults = CoreRecipe().to_dict()
    assert rows == {
        name: value if isinstance(value, str) else json.dumps(value) for name, value in defaults.items()
    }
