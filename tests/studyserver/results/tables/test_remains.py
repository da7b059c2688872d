"""From answers to statements: a study whose truth is known says it, and rules catch who does not listen."""

import re
from html import unescape

import pandas as pd
import pytest
from constructed_study import TARGETS, construct, populate
from django.core.cache import cache
from django.urls import reverse
from exported_scripts import reproduced
from filled_once import filled_once

from explainer.models import MusicModel
from studyserver.results.data.rows import StudyRows
from studyserver.results.statistics.answer_model.fit import Effort
from studyserver.results.tables.answer_models.fitting import fit_study
from studyserver.results.tables.computed import ALL, KEPT, Computed
from studyserver.results.tables.model_comparison import changes, misses
from studyserver.results.tables.naming import confusion
from studyserver.study.models import Judgment, Study


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Folder of the study's files, the models of its answers among them."""
    return tmp_path_factory.mktemp("files")


@pytest.fixture(scope="module")
def constructed(django_db_setup, django_db_blocker, folder):
    """Number of the study, and who took part, once for this module."""

    def fill():
        study, truth = construct()
        who = populate(study, truth)
        effort = Effort(n_chains=2, n_warm_up=200, n_draws=300, attempts=1)
        # One question has numbers; all annotators, and those kept.
        assert fit_study(Computed(StudyRows(study)), effort=effort) == 2
        return study.pk, who

    with filled_once(django_db_blocker, folder, fill) as made:
        yield made


@pytest.fixture
def people(constructed):
    return constructed[1]


@pytest.fixture(scope="module")
def computed_once(constructed, django_db_blocker):
    """Statistics of the study; each is computed by the first test that looks at it."""
    with django_db_blocker.unblock():
        return Computed(StudyRows(Study.objects.get(pk=constructed[0])))


@pytest.fixture
def computed(computed_once, folder, settings, db):
    """The same statistics, only to be looked at: after a change to the study a test makes new ones."""
    cache.clear()
    settings.MEDIA_ROOT = folder
    return computed_once


def figures(table, **where):
    """Return rows by statistic, with the interval over tracks and annotators."""
    rows = table[table["ci_scope"] == "new annotators"]
    for column, value in where.items():
        rows = rows[rows[column] == value]
    return {row["statistic"]: row for row in rows.to_dict("records")}


def test_straight_lining_and_contrary_annotators_are_left_out_and_nobody_else(computed, people):
    good, straight, contrary = people
    broken = computed.quality.excluded.groupby("annotator")["rule"].agg(set).to_dict()
    assert broken == {straight: {"longest_run"}, contrary: {"correlation_with_others"}}
    assert computed.quality.left_out == {straight, contrary}
    overall = computed.quality.overall.set_index("annotator")
    assert overall.loc[straight, "longest_run"] == 1
    assert overall.loc[good, "correlation_with_others"].min() > 0.5
    assert overall.loc[contrary, "correlation_with_others"] < -0.2
    assert overall["headphone_score"].tolist() == pytest.approx([5 / 6] * len(overall))


def test_named_answers_have_figures_of_each_annotator_and_pair(computed, people):
    good, straight, _contrary = people
    named = computed.quality.by_question.query("question == 'about'").set_index("annotator")
    assert named.loc[straight, "longest_run"] == 1
    assert named.loc[good, "agreement_with_others"].min() > named.loc[straight, "agreement_with_others"]
    pairs = computed.quality.pairs.groupby("question")
    assert pairs.size().to_dict() == {"dissonance": 28, "about": 28, "audible": 21}  # one ticked nothing
    assert pairs["similarity"].count().to_dict() == {"dissonance": 0, "about": 28, "audible": 21}
    assert pairs["correlation"].count()["about"] == 0


def test_leaving_out_is_reversible_and_both_figures_are_there(computed, people):
    sets = computed.annotator_sets
    assert set(sets) == {ALL, KEPT}
    n = {name: part.counted.main["annotator"].nunique() for name, part in sets.items()}
    assert n == {ALL: 8, KEPT: 6}
    alphas = {
        name: part.summaries.questions[0].alpha()["these annotators"]["estimate"]
        for name, part in sets.items()
    }
    assert alphas[KEPT] > 0.8 > alphas[ALL] + 0.2
    assert Judgment.objects.filter(trial__annotator__pseudonym__in=computed.quality.left_out).count() > 80
    study = computed.study
    study.exclusion_rules.all().delete()
    assert set(Computed(StudyRows(study)).annotator_sets) == {ALL}


def test_evidence_retains_what_random_controls_do_not(computed):
    retention = computed.main.remains.retention
    evidence = figures(retention, condition="evidence")
    control = figures(retention, condition="random_control")
    assert evidence["retention"]["ci_low"] > 0.5 and evidence["retention"]["ci_high"] <= 1
    assert evidence["contrast_kept"]["ci_low"] < 0.8 < evidence["contrast_kept"]["ci_high"]
    assert evidence["contrast_kept"]["estimate"] == pytest.approx(0.8, abs=0.12)
    assert abs(control["contrast_kept"]["estimate"]) < 0.4
    assert evidence["retention_difference"]["ci_low"] > 0
    assert evidence["contrast_kept_difference"]["ci_low"] > 0
    assert control["retention"]["ci_low"] < 0 < control["retention"]["ci_high"]


def test_contrast_information_claim_and_model_say_what_was_built_in(computed):
    remains = computed.main.remains
    contrast = remains.contrasts.iloc[0]
    assert (contrast["first"], contrast["second"], contrast["primary"]) == (
        "evidence",
        "random_control",
        False,  # nothing was declared
    )
    for question in ("about", "audible"):
        evidence, control = (
            figures(remains.information, condition=name, question=question)
            for name in ("evidence", "random_control")
        )
        assert evidence["mutual_information_uncorrected"]["estimate"] == pytest.approx(1)
        assert evidence["accuracy"]["estimate"] == 1
        assert abs(control["mutual_information"]["estimate"]) < 0.1
        assert control["mutual_information"]["n_judgments"] == evidence["accuracy"]["n_judgments"]
    ticked = confusion(remains.naming_questions[1], "random control")
    assert list(ticked.columns) == [*TARGETS, "none ticked"] and list(ticked.index) == list(TARGETS)
    assert (ticked["dissonance"] == ticked["melodiousness"]).all() and (ticked["none ticked"] > 0).all()
    assert set(remains.claims["about"]) == {"random control", "evidence for other targets"} | {
        f"{target} / evidence for other targets" for target in ("dissonance", "melodiousness")
    }
    model = figures(remains.model_comparison, about="level")
    assert model["noise_ceiling"]["estimate"] > 0.97
    assert 0.6 < model["model_correlation"]["estimate"] < 0.97
    widest = misses(remains.summaries.questions[0], remains.counted.rows.stimulus_rows)
    worst = remains.counted.rows.stimulus_rows[int(widest["item"].iloc[0])].clip
    assert worst.track.name == "constructed-0" and worst.condition == "evidence"


def test_pages_give_the_answer_first_and_both_figures(computed, admin_client):
    slug = computed.study.slug
    text = {}
    for part in ("remains", "agreement", "annotators", "report"):
        page = admin_client.get(reverse(f"results:{part}", args=[slug])).content.decode()
        assert not re.search(r"<style|<script(?![^>]*\ssrc=)|\sstyle=|\son\w+=", page)
        text[part] = unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)))
        assert "nan" not in text[part].lower().split()
    answer = (
        "Listeners still hear the tracks' differences in dissonance in the evidence, more than in the random"
    )
    assert answer in text["remains"] and answer in text["report"]
    assert text["remains"].index(answer) < text["remains"].index("shift of the mean")
    assert "With and without" in text["annotators"] and "without 2 annotators" in text["annotators"]
    for statistic in ("Gwet's AC1", "ICC(A,1)", "observed", "Test and retest", "disagree on most"):
        assert statistic in text["agreement"]
    for asked in ({"annotators": "all"}, {"raters": "all"}):  # the latter in old links
        everybody = admin_client.get(reverse("results:remains", args=[slug]), asked).content.decode()
        assert "Apply the rules" in everybody


def test_plots_and_what_more_is_needed_are_of_the_same_annotators_as_the_page(computed, admin_client):
    slug, n_all = computed.study.slug, len(computed.quality.overall)
    figure = reverse("results:figure", args=[slug, "dissonance.svg"])
    assert admin_client.get(figure).content != admin_client.get(figure, {"annotators": "all"}).content
    progress = reverse("results:progress", args=[slug])
    for asked, n in (({}, n_all - 2), ({"annotators": "all"}, n_all)):
        page = admin_client.get(progress, {**asked, "width": "1"}).context["page"]
        tables = [one.table for one in page.needed if one.table is not None]
        assert {table.rows[0][1] for table in tables} == {str(n)}


def test_a_page_for_each_annotator(computed, people, admin_client):
    (good, *_), straight, _contrary = people
    for name in (good, straight):
        response = admin_client.get(reverse("results:annotator", args=[computed.study.slug, name]))
        assert response.status_code == 200 and "Trials in order" in response.content.decode()
        # Answers as they were seen, in the order of the questions: slider, choice, checklist.
        ticks = "Dissonance|Melodiousness|Dissonance \\+ Melodiousness|none ticked"
        expected = rf"\d[.\d]*; (Dissonance|Melodiousness); ({ticks})<" if name == good else "50; Dissonance<"
        assert re.search(expected, response.content.decode())
    assert (
        admin_client.get(reverse("results:annotator", args=[computed.study.slug, "nobody"])).status_code
        == 404
    )


def test_computed_tables_of_the_export_have_both_and_the_log(computed, people):
    _good, straight, contrary = people
    for name in ("summary", "agreement", "retest", "retention", "information", "claims", "contrasts"):
        rows = list(computed.table_rows(name))
        assert {row["annotator_set"] for row in rows} == {ALL, KEPT}, name
    log = {row["annotator"]: row for row in computed.table_rows("exclusions")}
    assert set(log) == {straight, contrary}
    assert log[straight]["measure"] == "longest_run" and log[straight]["figure"] > log[straight]["limit"]
    quality = [row for row in computed.table_rows("annotator_quality") if row.get("question") is None]
    assert {row["annotator"] for row in quality if row["left_out"]} == {straight, contrary}


def test_the_script_of_the_export_computes_the_same(computed, tmp_path):
    tables = reproduced(computed.study, tmp_path / "export")
    assert tables >= {"summary", "agreement", "retest", "information", "claims", "exclusions"}


def test_named_contrasts_are_those_of_the_study(computed):
    study = computed.study
    study.research_questions.create(first="evidence", second="original")
    study.research_questions.create(first="random_control", second="original")
    study.research_questions.create(estimand="retention", first="evidence", second="")
    contrasts = Computed(StudyRows(study)).main.remains.contrasts
    named = contrasts[contrasts["primary"].astype(bool)]
    assert list(zip(named["first"], named["second"], strict=True)) == [
        ("evidence", "original"), ("random_control", "original"),
    ]  # fmt: skip
    assert (named["p_holm"] >= named["p"]).all()
    assert len(contrasts) == len(named)  # what is usual is not compared in addition


def test_a_declared_contrast_takes_clips_of_its_music_model_only(computed):
    study = computed.study
    model = MusicModel.objects.get()
    study.research_questions.create(position=1, first="evidence", second="original", music_model=model)
    study.research_questions.create(position=2, first="evidence", second="original")
    other = MusicModel.objects.create(name="another-model")
    study.research_questions.create(position=3, first="evidence", second="original", music_model=other)
    contrasts = Computed(StudyRows(study)).main.remains.contrasts
    own, everything, none = contrasts.to_dict("records")
    assert (own["model"], none["model"]) == (model.name, other.name) and pd.isna(everything["model"])
    assert own["estimate"] == everything["estimate"] and own["n_judgments"] == everything["n_judgments"]
    assert (none["status"], none["reason"]) == ("undefined", "no judgment of evidence")


def test_changes_are_from_the_original_of_the_same_excerpt():
    rows = [
        # item, condition, excerpt, value, predicted
        (1, "original", "t@0-7", 4, 0.9),
        (2, "original", "t@9-16", 2, 0.5),
        (3, "evidence", "t@0-7", 3, 0.6),
        (4, "evidence", "t@9-16", 2, 0.4),
    ]
    names = ["item", "base_condition", "excerpt", "value", "predicted"]
    found = changes(pd.DataFrame(rows, columns=names).assign(track="t", annotator="x", model="a"))
    moved = found.set_index("item")[["value", "predicted"]].round(9).apply(tuple, axis=1)
    assert moved.to_dict() == {3: (-1, -0.3), 4: (0, -0.1)}


def test_changes_of_prediction_are_those_of_one_model_whoever_heard_which_original():
    rows = [
        # item, condition, model, annotator, value, predicted
        (1, "original", "a", "x", 4, 0.9),
        (2, "original", "b", "x", 4, 0.1),
        (1, "original", "a", "y", 5, 0.9),
        (3, "evidence", "a", "x", 3, 0.5),
        (3, "evidence", "a", "y", 2, 0.5),
        (4, "evidence", "b", "y", 1, 0.2),
    ]
    names = ["item", "base_condition", "model", "annotator", "value", "predicted"]
    found = changes(pd.DataFrame(rows, columns=names).assign(track="t", excerpt="t"))
    moved = found.set_index(["item", "annotator"])[["value", "predicted"]].round(9).apply(tuple, axis=1)
    assert moved.to_dict() == {(3, "x"): (-1, -0.4), (3, "y"): (-3, -0.4), (4, "y"): (-4, 0.1)}
