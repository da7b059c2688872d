"""Models of a study's answers: stored by content, computed in the background, told in words."""

import shutil
from dataclasses import replace

import numpy as np
import pytest
from django.core.cache import cache
from django.urls import reverse
from django_tasks_db.models import DBTaskResult

from explainer.files import stored_files
from studyserver.results.data.rows import StudyRows
from studyserver.results.models import AnswerFit
from studyserver.results.statistics.answer_model.answers import Family
from studyserver.results.statistics.answer_model.files import content_key, from_bytes, to_bytes
from studyserver.results.statistics.answer_model.fit import Effort
from studyserver.results.tables.answer_models import fitting
from studyserver.results.tables.answer_models.figures import QuestionFigures
from studyserver.results.tables.answer_models.fitting import fit_study
from studyserver.results.tables.computed import Computed
from studyserver.results.tasks import fit_in_background, fit_models
from studyserver.study.models import Judgment
from studyserver.study.rehearsal.rehearsal import discard

QUICK = Effort(n_chains=2, n_warm_up=100, n_draws=100, attempts=1)
NUMERIC = ["dissonance", "harsh.slider", "present"]


def computed(study):
    return Computed(StudyRows(study))


def stored(study):
    return {one.item.question.key: one for one in computed(study).main.models.each()}


def test_each_question_with_numbers_has_its_model_and_nothing_is_computed_twice(fitted):
    found = stored(fitted)
    assert sorted(found) == NUMERIC
    assert [found[key].fit.answers.family for key in NUMERIC] == [
        Family.ORDINAL, Family.GAUSSIAN, Family.ORDINAL,
    ]  # fmt: skip
    assert all(one.is_current and one.n_newer == 0 for one in found.values())
    assert fit_study(computed(fitted), effort=QUICK) == 0


def test_a_model_comes_back_from_its_file_as_it_was(fitted):
    fit = stored(fitted)["harsh.slider"].fit
    again = from_bytes(to_bytes(fit))
    np.testing.assert_allclose(again.draws.means, fit.draws.means, rtol=1e-6)
    np.testing.assert_array_equal(again.answers.values, fit.answers.values)
    assert again.answers.levels == fit.answers.levels and again.answers.ends == fit.answers.ends
    assert content_key(again.answers) == content_key(fit.answers)


def test_no_file_names_an_annotator(fitted):
    names = [one.pseudonym.encode() for one in fitted.annotators.all()]
    for row in AnswerFit.objects.all():
        with np.load(stored_files.default_storage.open(row.file), allow_pickle=False) as file:
            described = file["described"].tobytes()
        assert b"original" in described and not [name for name in names if name in described]


def test_a_newer_answer_is_counted_and_the_model_replaced(fitted, models_of_answers, settings, tmp_path):
    settings.MEDIA_ROOT = shutil.copytree(models_of_answers, tmp_path / "copy")  # a file will be removed
    counted = computed(fitted).counted.main
    trial = counted[counted["question"] == "harsh.slider"]["trial"].iloc[0]
    events = Judgment.objects.filter(question__key="harsh.slider", trial_id=trial)
    assert events.update(value=7.5, number=7.5)
    one = stored(fitted)["harsh.slider"]
    assert not one.is_current and one.fit is not None and one.n_newer == 0
    before = one.row.file
    assert fit_study(computed(fitted), effort=QUICK) == 1
    after = stored(fitted)["harsh.slider"]
    assert after.is_current and after.row.file != before
    assert AnswerFit.objects.count() == len(NUMERIC) and not stored_files.exist(before)


def test_pages_say_what_is_being_computed_and_queue_it_once(study, admin_client):
    address = reverse("results:study", args=[study.slug])
    words = "are being computed. Reload the page in a minute."
    for _ in range(2):
        assert admin_client.get(address).content.decode().count(words) == len(NUMERIC)
    waiting = DBTaskResult.objects.filter(task_path=fit_models.module_path)
    assert [task.args_kwargs["args"] for task in waiting.all()] == [[study.pk, False]]
    fit_in_background(study, rehearsal=True)
    assert waiting.count() == 2


def test_all_pages_show_the_same_mean_and_difference(fitted, admin_client):
    page = computed(fitted).main
    summary = page.summaries.questions[0]
    rows = page.remains.answer_models
    means = rows[(rows["question"] == "dissonance") & (rows["statistic"] == "mean")].set_index("condition")
    for group in summary.groups:
        assert group.mean.value == means.loc[group.group.condition, "estimate"]
        assert group.mean.interval.low == means.loc[group.group.condition, "ci_low"]
    [(_pair, (difference, interval))] = summary.contrasts.items()
    contrast = page.remains.contrasts.query("question == 'dissonance'").iloc[0]
    assert (contrast["estimate"], contrast["ci_low"]) == (difference, interval.low)
    exported = [row for row in page.table_rows("summary") if row["question"] == "dissonance"]
    assert [row["mean"] for row in exported] == [group.mean.value for group in summary.groups]
    for name in ("study", "remains", "report"):
        text = admin_client.get(reverse(f"results:{name}", args=[fitted.slug])).content.decode()
        assert "being computed" not in text, name


def test_retention_stays_within_its_limits_and_names_what_it_needs(fitted):
    table = computed(fitted).main.remains.retention
    defined = table[(table["statistic"] == "retention") & (table["status"] == "ok")]
    assert defined["ci_low"].min() >= -1 and defined["ci_high"].max() <= 1
    assert (table["ci_method"] == "posterior").all()
    assert set(table["statistic"]) >= {"retention", "contrast_kept", "mean_shift", "retention_difference"}


def test_a_lost_file_is_computed_again(fitted, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "empty"
    found = stored(fitted)
    assert all(one.fit is None and not one.is_current for one in found.values())
    assert fit_study(computed(fitted), effort=QUICK) == len(NUMERIC)


def test_a_model_that_fails_is_told_and_the_others_are_computed(study, admin_client, monkeypatch):
    fits = fitting.fit_answers

    def fails_on_sliders(answers, **how):
        if answers.family is Family.GAUSSIAN:
            raise np.linalg.LinAlgError("Matrix is not positive definite")
        return fits(answers, **how)

    monkeypatch.setattr(fitting, "fit_answers", fails_on_sliders)
    assert fit_study(computed(study), effort=QUICK) == len(NUMERIC)
    found = stored(study)
    assert found["harsh.slider"].is_current and found["harsh.slider"].fit is None
    assert "Matrix is not positive definite" in found["harsh.slider"].row.problem
    assert found["dissonance"].fit is not None
    cache.clear()
    page = admin_client.get(reverse("results:remains", args=[study.slug])).content.decode()
    assert "the model of the answers could not be computed (LinAlgError" in page


def test_without_people_there_is_nothing_to_compute(fitted):
    fitted.annotators.all().update(answers_discarded=True)
    assert fit_study(computed(fitted), effort=QUICK) == 0
    for one in stored(fitted).values():
        assert one.fit is None and str(one.undefined) == "no judgments yet"


@pytest.mark.parametrize("way", ["deleted", "discarded"])
def test_models_go_with_the_answers_of_an_annotator(
    fitted, models_of_answers, settings, tmp_path, way, django_capture_on_commit_callbacks
):
    settings.MEDIA_ROOT = shutil.copytree(models_of_answers, tmp_path / "copy")
    files = list(AnswerFit.objects.values_list("file", flat=True))
    annotator = fitted.annotators.filter(rehearsal=False, answers_discarded=False).first()
    with django_capture_on_commit_callbacks(execute=True):
        if way == "deleted":
            annotator.delete()
        else:
            annotator.answers_discarded = True
            annotator.save(update_fields=["answers_discarded"])
    assert files and not AnswerFit.objects.exists()
    assert not [file for file in files if stored_files.exist(file)]


@pytest.mark.parametrize("way", ["deleted", "discarded"])
def test_a_model_of_somebody_who_leaves_while_it_is_computed_is_not_stored(study, monkeypatch, way):
    fits = fitting.fit_answers
    annotator = study.annotators.filter(rehearsal=False, answers_discarded=False, state="finished").first()

    def leaves_meanwhile(answers, **how):
        found = fits(answers, **how)
        if way == "deleted":
            study.annotators.filter(pk=annotator.pk).delete()
        elif not annotator.answers_discarded:
            annotator.answers_discarded = True
            annotator.save(update_fields=["answers_discarded"])
        return found

    monkeypatch.setattr(fitting, "fit_answers", leaves_meanwhile)
    files = set(stored_files.default_storage.listdir("fits")[1]) if stored_files.exist("fits") else set()
    assert fit_study(computed(study), effort=QUICK) == 0
    assert not AnswerFit.objects.exists()
    assert set(stored_files.default_storage.listdir("fits")[1]) == files
    monkeypatch.undo()
    assert fit_study(computed(study), effort=QUICK) == len(NUMERIC)


def test_models_of_people_stay_when_a_rehearsal_is_discarded(fitted):
    assert discard(fitted) > 0
    assert AnswerFit.objects.count() == len(NUMERIC)


def test_music_models_are_told_apart(fitted):
    from explainer.models import Clip, Explanation, MusicModel

    model = MusicModel.objects.create(name="another-model")
    first = Clip.objects.filter(explanation__isnull=False).order_by("pk").first()
    Explanation.objects.filter(pk=first.explanation_id).update(model=model)
    labels = [group.group.label for group in computed(fitted).main.summaries.plain_questions[0].groups]
    assert sum("another-model" in label for label in labels) >= 2
    assert len({label.rpartition(", ")[2] for label in labels}) == 2


def test_every_masked_group_is_compared_with_the_original_of_its_own_music_model(fitted):
    from explainer.models import Clip, Explanation, MusicModel

    evidence = Clip.objects.filter(condition="evidence", stimuli__study=fitted).order_by("pk").first()
    model = MusicModel.objects.create(name="another-model")
    Explanation.objects.filter(pk=evidence.explanation_id).update(model=model)
    main = computed(fitted).main
    item = main.summaries.plain_questions[0]
    figures = QuestionFigures(main.models.of(item))
    masked = [one for one in item.groups if one.group.condition == "evidence"]
    assert [figures.reference_of(one).model for one in masked] == [one.group.model for one in masked]
    # Evidence of one model only is not told apart by model, but its originals are.
    alone = replace(masked[0], group=replace(masked[0].group, model=""))
    assert figures.reference_of(alone).model == masked[0].group.model
