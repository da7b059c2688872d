import pytest
from django.urls import reverse

from explainer.builds import building
from explainer.imports.recipes import save_recipe
from explainer.models import Clip, Explanation
from explainer.pages import comparison_page

pytestmark = pytest.mark.django_db


@pytest.fixture
def second(built):
    recipe = save_recipe(
        "by-occlusion", {**built.recipe.parameters, "method": "occlusion", "random_controls": 2}
    )
    [row] = building.request_explanations([built.track], [built.model], [recipe], ["bright"])
    [outcome] = building.build_explanations([row.pk])
    assert outcome.how == outcome.BUILT, outcome.reason
    return Explanation.objects.get(pk=row.pk)


def test_two_methods_stand_side_by_side(built, second, admin_client):
    found = comparison_page.compare(built, second)
    [target] = found.targets
    assert target.name == "bright"
    # The model is linear in the segments, so LIME and occlusion find the same.
    assert target.agreement.rank_correlation > 0.9
    assert target.agreement.overlaps[0].jaccard == 1
    rows = {row.name: row.sounds for row in target.rows}
    for sounds in rows.values():
        assert all(sound is None or sound.clip.target == "bright" for sound in sounds)
    controls = [name for name in rows if name.startswith("random control")]
    assert len(controls) == 2
    assert sum(rows[name][0] is None for name in controls) == 1  # the first recipe has one control only
    page = admin_client.get(reverse("explainer:comparison", args=[built.pk, second.pk])).content.decode()
    for clip in Clip.objects.filter(explanation__in=[built, second]):
        assert page.count(f'src="{reverse("explainer:clip-sound", args=[clip.pk])}"') == 1
    for words in ("agree with r =", "expected overlap by chance is", "by-occlusion", "quick"):
        assert words in page
    assert "style=" not in page


def test_the_explanations_page_leads_there(built, second, admin_client):
    page = admin_client.get(reverse("explainer:explanation", args=[built.pk])).content.decode()
    assert reverse("explainer:comparison", args=[built.pk, second.pk]) in page


def test_only_different_explanations_of_one_track_and_model_are_compared(built, client, admin_client):
    assert admin_client.get(reverse("explainer:comparison", args=[built.pk, built.pk])).status_code == 404
    assert admin_client.get(reverse("explainer:comparison", args=[built.pk, 0])).status_code == 404
    client.logout()
    assert client.get(reverse("explainer:comparison", args=[built.pk, built.pk])).status_code == 302
    with pytest.raises(ValueError, match="same excerpt and model"):
        comparison_page.compare(built, Explanation(excerpt_id=0, model_id=0))
