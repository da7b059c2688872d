"""Opinion scores, Friedman's test and soft labels of a study beside its answers."""

import pandas as pd
import pytest
from django.urls import reverse
from scipy import stats

from studyserver.results.data.rows import StudyRows
from studyserver.results.export.data_package import data_file
from studyserver.results.tables.computed import Computed


@pytest.fixture
def statistics(study):
    return Computed(StudyRows(study)).main


def test_opinion_scores_are_those_of_the_answers(statistics):
    item = next(one for one in statistics.summaries.questions if one.is_numeric)
    table = statistics.scores.opinion_scores
    for group in item.groups:
        votes = group.judgments["number"].dropna()
        of_annotators = votes.groupby(group.judgments["annotator"].astype(str)).mean()
        rows = table[(table["question"] == item.question.key) & (table["condition"] == group.group.condition)]
        rows = rows.set_index("ci_scope")
        for scope, sample in (("judgments", votes), ("annotators", of_annotators)):
            low, high = stats.t.interval(0.95, len(sample) - 1, sample.mean(), stats.sem(sample))
            row = rows.loc[scope]
            assert row["judgment_mean"] == pytest.approx(sample.mean())
            assert (row["ci_low"], row["ci_high"]) == pytest.approx(
                (max(low, item.ends[0]), min(high, item.ends[1]))
            )
        assert row["median"] == votes.median() and row["n_judgments"] == len(votes)
        assert row["n_tracks"] == group.judgments["track"].nunique()


def test_friedmans_test_ranks_the_means_of_annotators_who_judged_every_condition(statistics):
    table = statistics.scores.friedman
    for item in statistics.summaries.questions:
        if not item.is_numeric or len(item.groups) < 3:
            continue
        means = pd.concat(
            [
                group.judgments.groupby(group.judgments["annotator"].astype(str))["number"].mean()
                for group in item.groups
            ],
            axis=1,
        ).dropna()
        row = table[table["question"] == item.question.key].iloc[0]
        expected = stats.friedmanchisquare(*means.to_numpy().T)
        assert row["chi_square"] == pytest.approx(expected.statistic) and row["p"] == pytest.approx(
            expected.pvalue
        )
        assert row["n_annotators"] == len(means) and row["degrees"] == len(item.groups) - 1
    assert len(table)


def test_soft_labels_are_the_shares_of_first_answers_to_each_clip(statistics):
    table = statistics.scores.answer_shares
    assert {"question", "stimulus", "clip", "track", "condition", "option", "share"} <= set(table.columns)
    asked = statistics.counted.rows.measures
    for key, part in table.groupby("question"):
        kind = asked[key].answer_kind
        assert not kind.is_continuous
        answers = statistics.counted.of(asked[key])
        n = answers.drop_duplicates(["stimulus", "annotator"]).groupby("stimulus").size()
        each = part.drop_duplicates("stimulus").set_index("stimulus")["n_judgments"]
        assert each.to_dict() == n.to_dict()
        if kind.has_numbers and not kind.has_names:
            assert part.groupby("stimulus")["share"].sum().tolist() == pytest.approx([1.0] * len(n))
            mean = (part["option"].astype(float) * part["share"]).groupby(part["stimulus"]).sum()
            firsts = answers.drop_duplicates(["stimulus", "annotator"])
            assert mean.to_dict() == pytest.approx(firsts.groupby("stimulus")["number"].mean().to_dict())


def test_the_export_holds_the_new_tables(written, study):
    for name in ("opinion_scores", "friedman", "answer_shares"):
        rows = pd.read_csv(written / data_file(study, name))
        assert len(rows) and set(rows["annotator_set"]) >= {"all"}
    assert {"drift", "drift_low", "drift_high", "anchor_overrated_share"} <= set(
        pd.read_csv(written / data_file(study, "annotator_quality")).columns
    )


def test_the_overview_shows_scores_with_medians_and_friedmans_test(admin_client, study):
    text = admin_client.get(reverse("results:study", args=[study.slug])).content.decode()
    assert "Opinion scores, medians and quartiles" in text and "median [quartiles]" in text
    assert "Friedman&#x27;s test over" in text


def test_the_quality_of_annotators_shows_their_drift(admin_client, study):
    text = admin_client.get(reverse("results:annotators", args=[study.slug])).content.decode()
    assert "drift per 10 trials" in text
