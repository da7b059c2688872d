"""The command that compares conditions for a plain CSV file of answers."""

import io

import numpy as np
import pandas as pd
import pytest
from django.core.management import CommandError, call_command

from studyserver.results.management.commands.compare import Command
from studyserver.results.statistics.answer_model.answers import Family
from studyserver.results.statistics.answer_model.simulation import Truth, simulate

LEVELS = np.array(["original", "evidence", "control"])
TRACKS = np.array([[0.9, 0.7, 0.0], [0.7, 0.8, 0.0], [0.0, 0.0, 0.6]])


@pytest.fixture
def write(tmp_path):
    def write(text, name="answers.csv"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def simulated(truth=None, *, n_annotators=12, n_tracks=16, seed=1) -> pd.DataFrame:
    truth = truth or Truth(np.array([3.8, 3.6, 1.9]), TRACKS, 0.2, 0.05, 0.1, 0.4)
    rng = np.random.default_rng(seed)
    shown = np.concatenate([np.repeat(rng.permutation(n_tracks)[:8], 3) for _ in range(n_annotators)])
    annotator, level = np.repeat(np.arange(n_annotators), 24), np.tile(np.arange(3), 8 * n_annotators)
    values = simulate(truth, annotator, shown, level, rng)
    return pd.DataFrame(
        {
            "annotator": [f"p{one:02d}" for one in annotator],
            "track": [f"t{one:02d}" for one in shown],
            "condition": LEVELS[level],
            "value": values,
        }
    )


def run(path, **options):
    out, notes = io.StringIO(), io.StringIO()
    call_command("compare", path, stdout=out, stderr=notes, **{"draws": 100, **options})
    return out.getvalue(), notes.getvalue()


def as_table(path, **options):
    return pd.read_csv(io.StringIO(run(path, format="csv", **options)[0]))


def refusal(path, **options):
    with pytest.raises(CommandError) as error:
        run(path, **options)
    return str(error.value)


@pytest.fixture(scope="module")
def table(tmp_path_factory) -> pd.DataFrame:
    path = tmp_path_factory.mktemp("compare") / "answers.csv"
    simulated().to_csv(path, index=False)
    return as_table(path).set_index(["statistic", "condition", "other"], drop=False)


class TestFigures:
    def test_the_difference_of_two_conditions_is_found(self, table):
        row = table.loc[("difference", "control", "evidence")]
        assert -2.2 < row["ci_low"] < row["ci_high"] < -0.4
        assert row["p"] < 0.01
        assert (row["n_tracks"], row["n_annotators"], row["n_judgments"]) == (15, 12, 192)

    def test_retention_is_found_and_stays_in_its_limits(self, table):
        rows = table[table["statistic"] == "retention"].set_index("condition")
        assert sorted(rows.index) == ["control", "evidence"]
        assert rows.loc["evidence", "estimate"] > 0.5
        assert rows["ci_low"].min() >= -1 and rows["ci_high"].max() <= 1
        assert (rows["other"] == "original").all()

    def test_variances_and_reliability_are_there(self, table):
        names = set(table["statistic"])
        assert {"variance_tracks", "variance_raters", "variance_error", "reliability_of_10"} <= names
        shares = table[table["statistic"].str.startswith("share_")]["estimate"]
        assert shares.sum() == pytest.approx(1, abs=0.15)

    def test_the_same_file_and_seed_give_the_same_bytes(self, write):
        path = write(simulated(n_annotators=6).to_csv(index=False))
        assert run(path, format="csv", seed=3) == run(path, format="csv", seed=3)
        assert run(path, format="csv", seed=3) != run(path, format="csv", seed=4)


def test_the_text_names_every_part(write):
    out, notes = run(write(simulated(n_annotators=6).to_csv(index=False)))
    assert "144 answers of 6 annotators to 15 tracks" in out
    for heading in ("Means of the answers", "Differences of means", "Retention: correlation over tracks"):
        assert heading in out
    assert "evidence \N{MINUS SIGN} original" in out
    assert "a scale with the points 1, 2, 3, 4, 5" in notes


def test_questions_are_analysed_apart(write):
    table = simulated(n_annotators=6)
    both = pd.concat(
        [table.assign(question="happy"), table.assign(question="tense", value=6 - table["value"])]
    )
    found = as_table(write(both.to_csv(index=False)))
    means = found[found["statistic"] == "mean"].set_index(["question", "condition"])["estimate"]
    for level in LEVELS:
        assert means["happy", level] + means["tense", level] == pytest.approx(6, abs=0.15)


def test_conditions_of_several_models_are_told_apart(write):
    table = simulated(n_annotators=6)
    table["model"] = np.where(table["track"] < "t08", "cue", "tagger")
    found = as_table(write(table.to_csv(index=False)))
    names = set(found[found["statistic"] == "mean"]["condition"])
    assert names == {f"{level} · {model}" for level in LEVELS for model in ("cue", "tagger")}


def test_the_position_in_the_session_is_an_effect(write):
    table = simulated(
        Truth(np.array([50.0, 50, 50]), TRACKS * 50, 20, 5, 5, 40, Family.GAUSSIAN, (0, 100)), n_annotators=8
    )
    table["position"] = table.groupby("annotator").cumcount()
    table["value"] = (table["value"] * 0.7 + table["position"]).round(2)
    found = as_table(write(table.to_csv(index=False)), slider="0,100").set_index("statistic")
    row = found.loc["slope_of_position"]
    assert row["ci_low"] < 23 < row["ci_high"] and row["ci_low"] > 0


def test_choices_are_shares(write):
    table = simulated(n_annotators=8)
    table["value"] = (table["value"] > 2.5).astype(int)
    notes = run(write(table.to_csv(index=False)))[1]
    assert "choices between two (0 and 1)" in notes
    means = as_table(write(table.to_csv(index=False), "again.csv")).query("statistic == 'mean'")
    raw = table.groupby("condition")["value"].mean()
    for row in means.itertuples():
        assert row.estimate == pytest.approx(raw[row.condition], abs=0.1)


class TestRefusals:
    def test_a_missing_column(self, write):
        text = refusal(write("annotator,track,value\np1,t1,3\n"))
        assert text == (
            "answers.csv has no column condition; it needs the columns annotator, track, condition, value "
            "and may have question, model, position"
        )

    def test_a_value_that_is_not_a_number_is_named_with_its_line(self, write):
        text = refusal(write('annotator,track,condition,value\np1,t1,a,3\np1,t2,a,"3,5"\n'))
        assert "line 3: the value '3,5' is not a number" in text

    def test_a_name_that_looks_missing(self, write):
        text = refusal(write("annotator,track,condition,value\np1,t1,a,3\nNA,t2,a,3\n"))
        assert "line 3: the annotator 'NA' looks like a missing one" in text

    def test_two_spellings_of_one_name(self, write):
        assert "may be one" in refusal(write("annotator,track,condition,value\np1,t1,a,3\nP1,t2,a,3\n"))

    def test_too_few_annotators_or_tracks(self, write):
        few = simulated(n_annotators=2)
        assert "needs at least 3 annotators; there are 2" in refusal(write(few.to_csv(index=False)))
        one = simulated(n_annotators=6)
        one["track"] = (
            one["track"].where(one["track"] < "t08", "t01").replace(["t02", "t03", "t04", "t05"], "t07")
        )
        one = one[one["track"].isin(["t01", "t07"])]
        assert "needs at least 3 tracks; there are" in refusal(write(one.to_csv(index=False)))

    def test_equal_answers(self, write):
        same = simulated(n_annotators=6).assign(value=4)
        assert "all judgments are equal" in refusal(write(same.to_csv(index=False)), points="1,2,3,4,5")

    def test_a_value_outside_of_the_declared_scale(self, write):
        path = write(simulated(n_annotators=6).to_csv(index=False))
        assert "does not fit a scale with the points 1, 2, 3" in refusal(path, points="1,2,3")
        assert "does not fit positions on a slider from 2 to 4" in refusal(path, slider="2,4")

    @pytest.mark.parametrize(
        ("options", "words"),
        [
            ({"points": "1"}, "needs at least two different numbers"),
            ({"points": "1,x"}, "must be numbers separated by commas"),
            ({"slider": "5,1"}, "the lower one first"),
            ({"confidence": 1.0}, "--confidence must be from 0.5"),
            ({"draws": 10}, "--draws must be at least 50"),
        ],
    )
    def test_options_that_make_no_sense(self, write, options, words):
        assert words in refusal(write(simulated(n_annotators=3).to_csv(index=False)), **options)

    def test_an_empty_file_and_one_that_is_not_there(self, write, tmp_path):
        assert "there are no answers" in refusal(write("annotator,track,condition,value\n"))
        assert "cannot be read" in refusal(tmp_path / "nowhere.csv")


def test_empty_values_and_repeated_judgments_are_noted(write):
    table = simulated(n_annotators=6)
    lines = (
        table.to_csv(index=False) + "p00,t00,original,\n" + table.to_csv(index=False).split("\n", 2)[1] + "\n"
    )
    notes = run(write(lines))[1]
    assert "1 line without a value: missing answers." in notes
    assert (
        "1 answer of an annotator to a track in a condition that the same annotator has already judged"
        in notes
    )


def test_without_the_reference_there_is_no_retention_and_a_note_says_so(write):
    table = simulated(n_annotators=6).replace("original", "whole")
    path = write(table.to_csv(index=False))
    out, notes = run(path)
    assert "Retention" not in out and "no condition is called 'original'; name one with --reference" in notes
    assert "Retention: correlation over tracks with whole" in run(path, reference="whole")[0]


def test_negative_points_are_not_taken_for_an_option(write, monkeypatch, capsys):
    table = simulated(n_annotators=4).assign(value=lambda t: (t["value"] - 3).clip(-1, 1).astype(int))
    path = write(table.to_csv(index=False))
    Command().run_from_argv(["manage.py", "compare", str(path), "--points", "-1,0,1"])
    assert "a scale with the points -1, 0, 1" in capsys.readouterr().out
