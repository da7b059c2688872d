"""The analysis of a study in the words of its preregistration."""

from collections.abc import Collection

from studyserver.study.models import ResearchQuestion
from studyserver.study.questions.kind import Answers
from studyserver.study.questions.research.estimands import Estimand

_CROSSED = (
    "All judgments enter one model for each question, whether or not a person heard a track in both "
    "conditions. An answer is the sum of the mean of its condition, of what its annotator adds, and adds in "
    "this "
    "condition, of what its track adds in this condition (correlated between the conditions of one track), "
    "of what this annotator adds on this track, and of an error. Annotators and tracks are random samples, "
    "so that intervals are about new annotators and new tracks; excerpts and clips are nested in tracks. "
    "Music models are told apart."
)
_SCALES = {
    Answers.NUMBERS: "Answers on sliders are modelled as they are, answers on rating scales and presence by "
    "a "
    "cumulative probit model with thresholds.",
    Answers.NAMES: "Choices are modelled as named or not named, by a probit model.",
    Answers.PREFERENCES: "Preferences are modelled as chosen or not chosen, by a probit model; a tie counts "
    "half.",
    Answers.MATCHES: "ABX answers are modelled as right or wrong, by a probit model.",
    Answers.ODD_ONE_OUT: "Which clip does not belong is answered right or wrong; the share of right answers "
    "has a jackknife interval over annotators and tracks; the track of a set is that of the clip that does "
    "not belong.",
}
_ESTIMATES = {
    Estimand.DIFFERENCE: "A difference is that of the two conditions' means.",
    Estimand.RETENTION: "Retention is the correlation across tracks of what the tracks add in the condition "
    "and "
    "in the original; errors of single judgments do not lower it.",
    Estimand.PREFERENCE: "The share of preference is the mean over tracks and annotators.",
    Estimand.IDENTIFICATION: "Identification is the mean share over tracks and annotators, less the share "
    "that "
    "guessing gives or that of the second condition.",
    Estimand.DETECTION: "d\N{PRIME} is that of a listener: the distance of signal and noise in units of the "
    "error of "
    "one judgment.",
    Estimand.DOSE: "The dose is the number of segments that a clip holds; the slope of the answers over it "
    "is "
    "the same for all tracks but for what each adds.",
}


def models_in_words(asked: Collection[ResearchQuestion], kinds: Collection[Answers]) -> str:
    """Return which model the answers are analysed by, and how it answers the research questions."""
    scales = [text for answers, text in _SCALES.items() if answers in kinds]
    estimands = {row.estimand for row in asked}
    estimates = [text for estimand, text in _ESTIMATES.items() if estimand in estimands]
    agreement = "Agreement of annotators is Krippendorff's alpha at the declared level of measurement."
    return " ".join([_CROSSED, *scales, *estimates, agreement])


def inference(asked: Collection[ResearchQuestion]) -> str:
    """Return when a research question counts as answered."""
    if not asked:
        return "None: nothing is confirmed."
    sentences = [
        "An effect is found if its interval lies above zero (preference: above one half; identification: "
        "above "
        "guessing or the second condition)."
    ]
    if any(row.smallest_effect is not None for row in asked):
        sentences.append(
            "An effect that matters is found if the interval lies above the smallest effect declared; that "
            "nothing relevant remains, if it lies below it (equivalence). Otherwise the question is not "
            "settled."
        )
    else:
        sentences.append("Otherwise the question is not settled.")
    if len(asked) > 1:
        sentences.append(f"Holm's correction runs over the {len(asked)} research questions.")
    return " ".join(sentences)


def exploratory(asked: Collection[ResearchQuestion]) -> str:
    """Return what is confirmatory and what exploratory."""
    if not asked:
        return "Everything: no research question is declared."
    return (
        "Confirmatory are the answers to the research questions above, and nothing else. All other "
        "comparisons "
        "of conditions, methods, targets and music models, agreement, listening times, the questionnaire "
        "and the "
        "model's predictions beside the answers are exploratory and marked as such."
    )
