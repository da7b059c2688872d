"""Database models of studies, annotators and answers."""

from .analysis_plan import ExclusionRule, ResearchQuestion
from .annotator import PREVIEW, Annotator, Departure
from .headphone_check import HeadphoneCheck
from .judgment import Judgment
from .question import Question, measures_of
from .question_example import QuestionExample
from .questionnaire import QuestionnaireAnswer, QuestionnaireItem, QuestionnairePage, Quota
from .recruiting import Arrival, RecentJoin, Recruit, Return
from .stimulus import Stimulus
from .study import Study
from .translation import StudyTranslation
from .trial import Presentation, Trial, presented_clips
from .version import StudyVersion

__all__ = [
    "PREVIEW",
    "Annotator",
    "Arrival",
    "Departure",
    "ExclusionRule",
    "HeadphoneCheck",
    "Judgment",
    "Presentation",
    "Question",
    "QuestionExample",
    "QuestionnaireAnswer",
    "QuestionnaireItem",
    "QuestionnairePage",
    "Quota",
    "RecentJoin",
    "Recruit",
    "ResearchQuestion",
    "Return",
    "Stimulus",
    "Study",
    "StudyTranslation",
    "StudyVersion",
    "Trial",
    "measures_of",
    "presented_clips",
]
