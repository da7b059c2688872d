"""Verdicts of research questions on a study whose truth is known."""

import pytest
from django.urls import reverse

from studyserver.common.number_text import coefficient
from studyserver.results.data.rows import StudyRows
from studyserver.results.pages.verdicts.declared import declared_verdicts
from studyserver.results.tables.computed import Computed
from studyserver.results.tables.failures import Parts


@pytest.fixture
def study(constructed):
    return constructed


def verdicts(study):
    parts = Parts(Computed(StudyRows(study)))
    found = declared_verdicts(parts)
    assert not parts.failed
    return found


def ask(study, estimand, **fields):
    key = fields.pop("question")
    question = study.questions.get(key=key)
    return study.research_questions.create(estimand=estimand, question=question, **fields)


def test_without_a_declared_question_there_is_no_verdict(study, admin_client):
    assert verdicts(study) == []
    page = admin_client.get(reverse("results:study", args=[study.slug])).content.decode()
    assert "Answers to the research questions" not in page


def test_retention_of_the_evidence_is_found_beside_its_control(study):
    ask(study, "retention", question="dissonance", first="evidence", second="random_control")
    [one] = verdicts(study)
    assert one.sentence == (
        "The tracks' differences in dissonance are still heard in evidence, more than in its random control."
    )
    assert one.is_settled and one.figures.startswith("retention .9") and "difference" in one.figures


def test_a_difference_has_its_figures_and_levels(study):
    ask(study, "difference", question="dissonance", first="original", second="random_control")
    [one] = verdicts(study)
    assert one.sentence.startswith(("Listeners hear", "Whether listeners hear"))
    assert one.figures.startswith("difference ") and "mean of the original" in one.figures


def test_identification_is_beside_guessing(study):
    ask(study, "identification", question="about", first="random_control", second="")
    ask(study, "identification", question="about", first="evidence", second="", position=1)
    control, evidence = verdicts(study)
    assert control.sentence.startswith("This is not settled.") and control.figures.startswith("share .5")
    assert "every leave-one-out estimate is 1" in evidence.sentence  # everybody was right about every clip


def test_d_prime_of_ratings_is_the_same_in_the_verdict_the_table_and_on_the_page(study, admin_client):
    ask(study, "detection", question="dissonance", first="evidence", second="random_control")
    [one] = verdicts(study)
    table = Computed(StudyRows(study)).main.remains.claims
    rows = table[(table["question"] == "dissonance") & (table["about"] == "random control")]
    [row] = rows[rows["statistic"] == "d_prime"].to_dict("records")
    assert row["ci_method"] == "posterior" and "pooled_d_prime" in set(rows["statistic"])
    said = f"d\N{PRIME} {coefficient(row['estimate'])} [{coefficient(row['ci_low'])},"
    assert one.figures.startswith(said)
    cell = f'<td data-name="d\N{PRIME} of a listener"><span>{row["estimate"]:.2f} ['
    page = admin_client.get(reverse("results:remains", args=[study.slug])).content.decode()
    assert cell in page  # above 0


def test_what_nobody_judged_is_said_so(study):
    ask(study, "difference", question="dissonance", first="boosted", second="original")
    [one] = verdicts(study)
    assert one.sentence == "This cannot be said yet: there is no judgment of boosted."
    assert not one.is_settled


def test_intervals_are_wider_the_more_is_declared(study):
    ask(study, "retention", question="dissonance", first="evidence", second="")
    [alone] = verdicts(study)
    for position in range(1, 4):
        ask(
            study, "difference", question="dissonance", first="evidence", second="original", position=position
        )
    first, *others = verdicts(study)
    assert len(others) == 3

    def width(one):
        low, high = one.figures.split("[")[1].split("]")[0].replace("\N{MINUS SIGN}", "-").split(",")
        return float(high) - float(low)

    assert width(first) > width(alone)


def test_verdicts_come_first_on_the_overview_and_in_the_report(study, admin_client):
    row = ask(study, "retention", question="dissonance", first="evidence", second="")
    for name in ("study", "report"):
        page = admin_client.get(reverse(f"results:{name}", args=[study.slug])).content.decode()
        assert page.index("Answers to the research questions") < page.index('class="question"')
        assert row.sentence in page
        assert "The tracks&#x27; differences in dissonance are still heard in evidence." in page


def test_a_question_that_cannot_be_computed_leaves_the_others(study, admin_client):
    ask(study, "retention", question="dissonance", first="evidence", second="")
    ask(study, "preference", question="about", first="evidence", second="random_control", position=1)
    one, other = verdicts(study)
    assert one.is_settled
    assert other.sentence == "This cannot be said yet: there is no answer about these clips."
