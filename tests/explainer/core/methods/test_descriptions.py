"""Methods, their parameters and the designs are described."""

from paths import ROOT

from explainer.core.methods import METHODS
from explainer.core.perturbation.sampling import DESIGNS


def test_every_method_its_parameters_and_every_design_are_described():
    page = (ROOT / "docs" / "methods.md").read_text()
    for name, method in METHODS.items():
        section = page.split(f"## `{name}`", 1)[1].split("\n## ", 1)[0]
        for parameter in method.parameters:
            assert f"`{parameter}`" in (section if name != "lime" else page), f"{name}: {parameter}"
    for design in DESIGNS:
        assert f"`{design}`" in page
