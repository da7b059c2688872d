"""Problems of a study's research questions, and advice, before it opens."""

from explainer.core.clips.conditions import ORIGINAL, UNMASKED
from explainer.models import Clip
from studyserver.study.models import ResearchQuestion, Study
from studyserver.study.models.analysis_plan import research_problems
from studyserver.study.questions.research.estimands import Estimand

_FEWEST_SIZES = 2  # numbers of segments from which a dose can be estimated


def declared_problems(study: Study) -> list[str]:
    """Return why research questions of a study cannot be answered with its questions and stimuli."""
    rows = list(study.research_questions.select_related("question", "music_model"))
    if not rows:
        return []
    stimuli = study.stimuli.active().main().select_related("clip__explanation__model")
    clips = [stimulus.clip for stimulus in stimuli]
    return [
        f"Research question “{asked.sentence}”: {problem}"
        for asked in rows
        for problem in [
            *research_problems(asked).values(),
            *_question_problems(asked),
            *(_clip_problems(asked, clips) if clips else ()),
        ]
    ]


def declared_advice(study: Study) -> list[str]:
    """Return advice for a study that declares no research question."""
    if study.research_questions.exists():
        return []
    return [
        "No research question is declared, so the results will mark every comparison as exploratory. Say "
        "under “Research questions” what the study wants to know."
    ]


def _question_problems(asked: ResearchQuestion) -> list[str]:
    if asked.questions:
        return []
    return [f"No question of the study suits it: add one of these: {asked.meaning.suitable_in_words}."]


def _clip_problems(asked: ResearchQuestion, clips: list[Clip]) -> list[str]:
    sides = [(asked.first, asked.first_method), (asked.second, asked.second_method)]
    if asked.estimand == Estimand.RETENTION:
        sides.append((ORIGINAL, ""))
    problems = [
        f"No active stimulus is a clip of {_side_in_words(condition, method, asked)}: add such stimuli, or "
        "change the research question."
        for condition, method in sides
        if condition and not any(_is_of(clip, condition, method, asked) for clip in clips)
    ]
    sizes = {clip.kept_segments for clip in clips if _is_of(clip, asked.first, asked.first_method, asked)}
    if asked.estimand == Estimand.DOSE and len(sizes - {0, None}) < _FEWEST_SIZES:
        problems.append(
            "A dose needs clips that hold different numbers of segments: add stimuli of other sizes (k)."
        )
    return problems


def _side_in_words(condition: str, method: str, asked: ResearchQuestion) -> str:
    words = f"“{Clip.Condition(condition).label}”" + (f" of the method “{method}”" if method else "")
    of_model = asked.music_model and condition not in UNMASKED
    return f"{words} of the model “{asked.music_model}”" if of_model else words


def _is_of(clip: Clip, condition: str, method: str, asked: ResearchQuestion) -> bool:
    """Whether a clip belongs to one side of a research question."""
    if clip.condition != condition or (method and clip.method != method):
        return False
    if not asked.music_model_id or condition in UNMASKED:
        return True
    return bool(clip.explanation and clip.explanation.model_id == asked.music_model_id)
