"""Storage of recipes; a recipe with explanations is never changed."""

import dataclasses
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from explainer.core.base.counting import plural
from explainer.core.base.recipe import Recipe as CoreRecipe
from explainer.core.base.recipe import RecipeError
from explainer.files import stored_files
from explainer.models import IDENTIFIER, Recipe

STEMS = "stems"  # of the segmentation, of its parameter, and of the folder where their files are stored
STORED_STEM = re.compile(r"stems/[0-9a-f]{64}\.[a-z0-9]{1,5}")


class RecipeInUse(ValueError):
    """Raised for a change to a recipe that has explanations; the message says what to do."""


def save_recipe(name: str, parameters: Mapping[str, Any], folder: Path | None = None) -> Recipe:
    """Create a recipe, or change one without explanations.

    Parameters
    ----------
    parameters : mapping
        Fields of `explainer.core.base.recipe.Recipe`; those left out take their defaults.
    folder : Path, optional
        Folder of the stem files that the recipe names. They are stored under the digest of their content,
        which the recipe then uses as their name. Without a folder only stored files can be named.

    Raises
    ------
    RecipeError
        If the parameters are invalid.
    RecipeInUse
        If the recipe of this name has explanations and other parameters.
    """
    if not IDENTIFIER.regex.match(name):
        raise RecipeError(f"{name!r} cannot be a name. {IDENTIFIER.message}")
    content = CoreRecipe.from_dict(parameters)
    require_known(content)
    content = with_stored_stems(content, folder)
    recipe = Recipe.objects.filter(name=name).first() or Recipe(name=name)
    if recipe.digest != content.digest() and recipe.is_used():
        raise RecipeInUse(
            f"Recipe {name} has explanations, so it cannot be changed; give the changed recipe a new name."
        )
    recipe.parameters = content.to_dict()
    recipe.save()
    return recipe


def stems_of(recipe: CoreRecipe) -> dict[str, str]:
    """Return the files of the stems that a recipe names, by source; empty for other segmentations."""
    if recipe.segmentation != STEMS:
        return {}
    named = recipe.segmentation_parameters.get(STEMS)
    return dict(named) if isinstance(named, Mapping) else {}


def with_stems(recipe: CoreRecipe, files: Mapping[str, str]) -> CoreRecipe:
    """Return the recipe with other files for its stems."""
    parameters = {**recipe.segmentation_parameters, STEMS: dict(files)}
    return dataclasses.replace(recipe, segmentation_parameters=parameters)


def with_stored_stems(recipe: CoreRecipe, folder: Path | None) -> CoreRecipe:
    """Store the stems that a recipe names, and return the recipe with their content-based names.

    So the recipe's digest changes if the sound of a stem changes.

    Raises
    ------
    RecipeError
        If a file is missing.
    """
    named = stems_of(recipe)
    if not named:
        return recipe
    stored = {}
    for source, file in named.items():
        if STORED_STEM.fullmatch(str(file)) and stored_files.exist(str(file)):
            stored[source] = str(file)
            continue
        path = (folder / str(file)) if folder else None
        if path is None or not path.is_file():
            where = f"in {folder.name or 'this folder'}" if folder else "among the stored files"
            raise RecipeError(
                f"recipe field 'segmentation_parameters': there is no stem {file!r} {where}; put the files "
                "into the recipe's folder and register it with manage.py register_recipe, or choose them "
                "under “Stems” in the recipe's form"
            )
        name = f"{STEMS}/{stored_files.sha256_of(path)}{path.suffix.lower()}"
        stored[source] = stored_files.store(name, path)
    return with_stems(recipe, stored)


def require_known(recipe: CoreRecipe) -> None:
    """Raise a `RecipeError` if a recipe has an unknown name or impossible parameters."""
    from explainer.core.methods.registry import parameters_of
    from explainer.core.segmentation.partitions import SegmentationError, most_segments, require_parameters

    for field, known in known_names().items():
        value = getattr(recipe, field)
        if value not in known:
            raise RecipeError(f"recipe field {field!r} must be one of {', '.join(known)}; it is {value!r}")
    parameters_of(recipe.method, recipe)
    try:
        require_parameters(recipe.segmentation, recipe.segmentation_parameters)
    except SegmentationError as error:
        raise RecipeError(f"recipe field 'segmentation_parameters': {error}") from error
    _require_enough(recipe, most_segments(recipe.segmentation, recipe.segmentation_parameters))


def _require_enough(recipe: CoreRecipe, most: int | None) -> None:
    """Raise a `RecipeError` if an evidence size exceeds the number of segments of a track."""
    beyond = [str(size) for size in recipe.evidence_sizes if most is not None and size > most]
    if beyond:
        raise RecipeError(
            f"recipe field 'evidence_sizes' has {' and '.join(beyond)}, but the segmentation "
            f"{recipe.segmentation!r} makes at most {plural(most or 0, 'segment')}; use smaller sizes or "
            "more segments"
        )


def known_names() -> dict[str, list[str]]:
    """Return the registered names that recipe fields may have."""
    from explainer.core.methods import METHODS
    from explainer.core.perturbation.sampling import DESIGNS
    from explainer.core.segmentation.partitions import SEGMENTATIONS

    return {"method": sorted(METHODS), "segmentation": sorted(SEGMENTATIONS), "sampling": sorted(DESIGNS)}
