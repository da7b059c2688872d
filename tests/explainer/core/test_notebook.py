"""The example in the documentation is run as it stands there."""

import re

from paths import ROOT

from explainer.core.methods import METHODS
from explainer.core.perturbation.sampling import DESIGNS


def test_the_notebook_example_works(tmp_path, monkeypatch, capsys):
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "notebook.md").read_text(), re.DOTALL)
    (tmp_path / "fixtures").symlink_to(ROOT / "fixtures")
    monkeypatch.chdir(tmp_path)
    names = {}
    exec(compile(code, "docs/notebook.md", "exec"), names)
    result = names["result"]
    printed = capsys.readouterr().out
    assert printed.count("segment ") == len(result.explanation.evidence("brightness", 4)) > 0
    assert "evidence" in printed
    assert all(clip.path.exists() for clip in result.clips)
    assert result.explanation.fidelity["held_out"]["brightness"]["rank_correlation"] > 0.8


def test_every_method_its_parameters_and_every_design_are_described():
    page = (ROOT / "docs" / "methods.md").read_text()
    for name, method in METHODS.items():
        section = page.split(f"## `{name}`", 1)[1].split("\n## ", 1)[0]
        for parameter in method.parameters:
            assert f"`{parameter}`" in (section if name != "lime" else page), f"{name}: {parameter}"
    for design in DESIGNS:
        assert f"`{design}`" in page
