"""The study app in the admin: composing, opening, rehearsing and watching studies."""

from .questionnaire import QuestionnairePageAdmin
from .questions import QuestionAdmin
from .records import AnnotatorAdmin, JudgmentAdmin, TrialAdmin
from .stimuli import StimulusAdmin
from .study import StudyAdmin

__all__ = [
    "AnnotatorAdmin",
    "JudgmentAdmin",
    "QuestionAdmin",
    "QuestionnairePageAdmin",
    "StimulusAdmin",
    "StudyAdmin",
    "TrialAdmin",
]
