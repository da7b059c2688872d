"""Figures of a question from the stored model of its answers, as intervals and rows of tables."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from explainer.core.clips.conditions import EVIDENCE, ORIGINAL, RANDOM_CONTROL, UNMASKED
from studyserver.results.data.questions import heard_from
from studyserver.results.statistics.answer_model.answers import Family
from studyserver.results.statistics.answer_model.estimands import (
    Posterior,
    detection,
    difference,
    differs_by_track,
    kept_share,
    mean_of,
    retention,
    slope,
)
from studyserver.results.statistics.answer_model.fit import Fit
from studyserver.results.statistics.answer_model.reliability import component_table
from studyserver.results.statistics.answer_model.tables import MINIMUM_TRACKS, Counts, counts, tracks_in_both
from studyserver.results.statistics.intervals import Interval
from studyserver.results.statistics.reasons import Reason, Why
from studyserver.results.tables.labels import NEW_ANNOTATORS
from studyserver.results.tables.summaries import Group, GroupSummary, QuestionSummary

from .stored import StoredFit

METHOD = "posterior"


class QuestionFigures:
    """The figures of one question.

    Parameters
    ----------
    stored : StoredFit
    """

    def __init__(self, stored: StoredFit) -> None:
        self.stored = stored
        self.item: QuestionSummary = stored.item

    def interval(self, compute: Callable[[Fit], Posterior], labels: Sequence[str]) -> tuple[float, Interval]:
        """Return an estimate with its interval; NaN, and why, where there is none.

        Parameters
        ----------
        compute : callable
        labels : sequence of str
            The groups that it needs.
        """
        reason = self.undefined(labels)
        if reason is not None:
            return float("nan"), Interval(METHOD, reason=reason.worded("track", "annotator"))
        assert self.stored.fit is not None
        found = compute(self.stored.fit)
        low, high = found.interval()
        return found.estimate, Interval(METHOD, found.sd, low, high)

    def undefined(self, labels: Sequence[str]) -> Reason | None:
        """Return why there are no figures of some groups; None if there are."""
        if self.stored.undefined is not None:
            return self.stored.undefined
        assert self.stored.fit is not None and self.stored.answers is not None
        if not set(labels) <= set(self.stored.answers.levels):
            return Reason(Why.NO_JUDGMENT)
        known = set(labels) <= set(self.stored.fit.answers.levels)
        return None if known else Reason(Why.MODEL_IS_COMPUTED)

    # -- means and differences, in units of the scale -----------------------------------------

    def mean(self, labels: Sequence[str]) -> tuple[float, Interval]:
        """Return the average mean of some groups; NaN, and why, where there is none."""
        return self.interval(lambda _fit: self.posterior_mean(labels), labels)

    def posterior_mean(self, labels: Sequence[str]) -> Posterior:
        """Return the average mean of some groups of which there are figures."""
        fit = self.stored.fit
        assert fit is not None
        low, high = self.item.ends
        width, start = (high - low, low) if fit.answers.family is Family.BINARY else (1.0, 0.0)
        return Posterior(start + width * mean_of(fit, labels).draws)

    def difference(self, first: Sequence[str], second: Sequence[str]) -> Posterior | Reason:
        """Return the average mean of some groups less that of others; a reason if there is none."""
        reason = self.undefined([*first, *second])
        if reason is not None:
            return reason
        fit = self.stored.fit
        assert fit is not None
        low, high = self.item.ends
        width = high - low if fit.answers.family is Family.BINARY else 1.0
        return Posterior(width * difference(fit, first, second).draws)

    def refined(self) -> QuestionSummary:
        """Return the question's summary with the model's means and differences."""
        groups = [self._refined(group) for group in self.item.groups]
        pairs = {}
        for one, other in self.item.contrasts:
            found = self.difference([one.label], [other.label])
            if isinstance(found, Reason):
                words = found.worded("track", "annotator")
                pairs[(one, other)] = self.item.contrasts[(one, other)][0], Interval(METHOD, reason=words)
            else:
                pairs[(one, other)] = found.estimate, Interval(METHOD, found.sd, *found.interval())
        return replace(self.item, groups=groups, contrasts=pairs)

    def _refined(self, group: GroupSummary) -> GroupSummary:
        if group.mean is None or group.mean.value is None:
            return group
        estimate, interval = self.mean([group.group.label])
        value = group.mean.value if np.isnan(estimate) else estimate
        return replace(group, mean=replace(group.mean, value=value, interval=interval))

    # -- rows of tables -----------------------------------------------------------------------

    def retention_rows(self) -> pd.DataFrame:
        """Return retention and what goes with it, of each masked group and against its random control.

        Returns
        -------
        pd.DataFrame
            ``condition`` (the group's label), ``about``, ``statistic``, the figures, counts and reasons.
        """
        rows = []
        for masked in self.item.groups:
            group, reference = masked.group, self.reference_of(masked)
            if group.condition in UNMASKED or reference is None:
                continue
            control = self._control_of(group)
            rows += self._retention_of(group, reference)
            if control is not None:
                rows += self._retention_difference(group, control, reference)
        return pd.DataFrame(rows)

    def reference_of(self, masked: GroupSummary) -> Group | None:
        """Return the originals that a group is compared with: of its music model, if they are told apart."""
        originals = [one.group for one in self.item.groups if one.group.condition == ORIGINAL]
        if len(originals) <= 1:
            return originals[0] if originals else None
        models = set(masked.judgments["model"].unique()) - {""}
        own = [one for one in originals if {one.model} == models]
        return own[0] if own else None

    def _retention_of(self, group: Group, reference: Group) -> list[dict[str, Any]]:
        one, other = group.label, reference.label
        figures = {
            "retention": lambda fit: retention(fit, other, one),
            "contrast_kept": lambda fit: kept_share(fit, other, one),
            "mean_shift": lambda fit: difference(fit, [one], [other]),
        }
        return [
            self._row(name, compute, [one, other], group, is_share=name == "contrast_kept")
            for name, compute in figures.items()
        ]

    def _retention_difference(self, group: Group, control: Group, reference: Group) -> list[dict[str, Any]]:
        labels = [group.label, control.label, reference.label]
        one, two, other = labels
        figures = {
            "retention_difference": lambda fit: retention(fit, other, one) - retention(fit, other, two),
            "contrast_kept_difference": lambda fit: kept_share(fit, other, one) - kept_share(fit, other, two),
        }
        return [
            self._row(name, compute, labels, group, two, is_share=name == "contrast_kept_difference")
            for name, compute in figures.items()
        ]

    def detection(self, signal: Sequence[str], noise: Sequence[str]) -> tuple[Posterior, Posterior] | Reason:
        """Return d' and criterion of one annotator between two sets of groups; a reason if there are none."""
        reason = self.undefined([*signal, *noise])
        if reason is not None:
            return reason
        assert self.stored.fit is not None
        return detection(self.stored.fit, signal, noise, heard_from(self.item.question))

    def detection_rows(self, about: str) -> pd.DataFrame:
        """Return d' and criterion of one annotator between evidence and its random control; empty without."""
        groups = [one.group for one in self.item.groups]
        sides = [
            [group.label for group in groups if group.condition == condition]
            for condition in (EVIDENCE, RANDOM_CONTROL)
        ]
        if not all(sides):
            return pd.DataFrame()
        found, labels = self.detection(*sides), [*sides[0], *sides[1]]
        rows = []
        for place, name in enumerate(("d_prime", "criterion")):
            row: dict[str, Any] = {"condition": EVIDENCE, "about": about, "statistic": name}
            row |= {"ci_scope": NEW_ANNOTATORS, "ci_method": METHOD, **self._counts(labels), "reason": ""}
            if isinstance(found, Reason):
                rows.append({**row, "status": "undefined", "reason": found.worded("track", "annotator")})
                continue
            low, high = found[place].interval()
            values = {"estimate": found[place].estimate, "se": found[place].sd}
            rows.append({**row, **values, "ci_low": low, "ci_high": high, "status": "ok"})
        return pd.DataFrame(rows)

    def _row(
        self,
        name: str,
        compute: Callable[[Fit], Posterior],
        labels: Sequence[str],
        group: Group,
        about: str = "",
        *,
        is_share: bool = False,
    ) -> dict[str, Any]:
        row: dict[str, Any] = {"condition": group.label, "about": about or None, "statistic": name}
        row |= {"ci_scope": NEW_ANNOTATORS, **self._counts(labels)}
        reason = self.undefined(labels) or self._few_tracks(labels)
        if reason is None and is_share and not self._differs(labels[-1]):
            reason = Reason(Why.REFERENCE_NEAR_ZERO)
        if reason is not None:
            words = reason.worded("track", "annotator")
            return {**row, "ci_method": METHOD, "status": "undefined", "reason": words}
        estimate, interval = self.interval(compute, labels)
        return {**row, "estimate": estimate, **interval.columns, "status": "ok"}

    def _counts(self, labels: Sequence[str]) -> dict[str, int]:
        """Return how many tracks, annotators and judgments of some groups the model has, or would have."""
        fit = self.stored.fit if self.undefined(labels) is None else None
        answers = fit.answers if fit is not None else self.stored.answers
        n = Counts(0, 0, 0) if answers is None else counts(answers, labels)
        return {"n_tracks": n.n_tracks, "n_annotators": n.n_raters, "n_judgments": n.n_judgments}

    def _few_tracks(self, labels: Sequence[str]) -> Reason | None:
        assert self.stored.fit is not None
        answers = self.stored.fit.answers
        shared = min(tracks_in_both(answers, label, labels[-1]) for label in labels[:-1])
        return Reason(Why.FEW_TRACKS) if shared < MINIMUM_TRACKS else None

    def _differs(self, reference: str) -> bool:
        assert self.stored.fit is not None
        return differs_by_track(self.stored.fit, reference)

    def _control_of(self, group: Group) -> Group | None:
        if group.condition != EVIDENCE:
            return None
        controls = [one.group for one in self.item.groups if one.group.condition == RANDOM_CONTROL]
        same = replace(group, condition=RANDOM_CONTROL)
        return same if same in controls else controls[0] if len(controls) == 1 else None

    def main_figures(self) -> dict[str, Posterior]:
        """Return the mean of each kind of evidence, its difference from the control, and its retention."""
        found: dict[str, Posterior] = {}
        for item in self.item.groups:
            one = item.group.label
            if item.group.condition != EVIDENCE or self.undefined([one]) is not None:
                continue
            found[f"mean, {one}"] = self.posterior_mean([one])
            control, reference = self._control_of(item.group), self.reference_of(item)
            if control is not None and self.undefined([control.label]) is None:
                apart = self.difference([one], [control.label])
                if isinstance(apart, Posterior):
                    found[f"difference, {one} less {control.label}"] = apart
            if reference is not None and self.undefined([reference.label]) is None:
                assert self.stored.fit is not None
                if self._few_tracks([one, reference.label]) is None:
                    found[f"retention, {one}"] = retention(self.stored.fit, reference.label, one)
        return found

    def model_rows(self) -> pd.DataFrame:
        """Return means of all groups, effects of order, and what the answers differ by (a G study)."""
        fit = self.stored.fit
        labels = [group.group.label for group in self.item.groups]
        rows = [self._mean_row(label) for label in labels]
        if fit is not None and self.stored.undefined is None:
            everything = counts(fit.answers, fit.answers.levels)
            components = component_table(fit)
            slopes = self._slope_rows(fit)
            table = pd.concat([slopes, components], ignore_index=True).assign(
                ci_method=METHOD,
                ci_scope=NEW_ANNOTATORS,
                n_tracks=everything.n_tracks,
                n_annotators=everything.n_raters,
                n_judgments=everything.n_judgments,
                status="ok",
                condition="",
            )
            table["statistic"] = table["statistic"].str.replace("raters", "annotators")
            rows += table.to_dict("records")
        return pd.DataFrame(rows)

    def _mean_row(self, label: str) -> dict[str, Any]:
        estimate, interval = self.mean([label])
        row = {"condition": label, "statistic": "mean", "ci_scope": NEW_ANNOTATORS, **interval.columns}
        row |= self._counts([label])
        if np.isnan(estimate):
            return {**row, "status": "undefined"}
        return {**row, "estimate": estimate, "status": "ok"}

    @staticmethod
    def _slope_rows(fit: Fit) -> pd.DataFrame:
        rows = []
        for name in fit.answers.covariates:
            found = slope(fit, name)
            low, high = found.interval()
            values = {"estimate": found.estimate, "se": found.sd, "ci_low": low, "ci_high": high}
            rows.append({"statistic": f"effect_of_{name}", **values})
        return pd.DataFrame(rows)
