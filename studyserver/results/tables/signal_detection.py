"""Signal detection: whether annotators hear the target in its evidence."""

import pandas as pd

from explainer.core.clips.conditions import EVIDENCE, RANDOM_CONTROL
from studyserver.results.data.questions import heard_from, option_values
from studyserver.results.statistics.signal_detection import detection_table
from studyserver.study.models import Question

from .naming import intended, options_in
from .summaries import QuestionSummary

CONTROL = "random control"
_OTHER_EVIDENCE = "evidence for other targets"


def signal_detection(item: QuestionSummary, main: pd.DataFrame) -> pd.DataFrame:
    """Return hits, false alarms, d' and criterion of all answers together; ``about`` names the noise.

    Parameters
    ----------
    item : QuestionSummary
    main : pd.DataFrame
        The answers of main trials to all questions, on clips made for any target.
    """
    question = item.question
    if question.answer_kind.has_numbers:
        return _of_numbers(question, main)
    parts, answers = [], intended(item)
    evidence = answers[answers["base_condition"] == EVIDENCE]
    for option in option_values(question):
        heard = evidence["value"].map(lambda given, name=option: name in options_in(item, given))
        explained = evidence["intended"] == option
        if explained.any() and not explained.all():
            found = _detections(evidence, explained, heard)
            parts.append(found.assign(condition=EVIDENCE, about=f"{option} / {_OTHER_EVIDENCE}"))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _of_numbers(question: Question, main: pd.DataFrame) -> pd.DataFrame:
    if not question.target:
        return pd.DataFrame()
    judgments = main[(main["question"] == question.key) & main["number"].notna()]
    own = judgments["target"] == question.target
    evidence = judgments["condition"] == EVIDENCE
    noises = {
        CONTROL: own & (judgments["condition"] == RANDOM_CONTROL),
        _OTHER_EVIDENCE: evidence & ~own & (judgments["target"] != ""),
    }
    parts = []
    for about, noise in noises.items():
        signal = evidence & own
        if not (signal.any() and noise.any()):
            continue
        table = judgments[signal | noise]
        explained = (table["condition"] == EVIDENCE) & (table["target"] == question.target)
        found = _detections(table, explained, table["number"] > heard_from(question))
        parts.append(found.assign(condition=EVIDENCE, about=about))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _detections(table: pd.DataFrame, explained: pd.Series, heard: pd.Series) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "feature": "",
            "item": table["stimulus"].to_numpy(),
            "rater": table["annotator"].astype(str).to_numpy(),
            "unit": table["track"].astype(str).to_numpy(),
            "explained": explained.to_numpy(dtype=float),
            "heard": heard.to_numpy(dtype=float),
        }
    )
    return detection_table(frame).drop(columns="feature")
