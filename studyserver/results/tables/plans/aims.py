"""Research questions as quantities that a study can be planned for."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from explainer.core.clips.conditions import EVIDENCE, ORIGINAL, RANDOM_CONTROL, UNMASKED
from explainer.models import Clip
from studyserver.results.data.questions import heard_from, option_values, scale_ends
from studyserver.results.statistics.answer_model.answers import Family
from studyserver.results.statistics.planning.quantities import (
    Detection,
    Difference,
    Matching,
    Named,
    OddOneOut,
    Quantity,
    Retention,
    Share,
)
from studyserver.results.tables.answer_models.questions import family_of
from studyserver.study.design.intruders import CLIPS as INTRUDER_SET
from studyserver.study.design.sets import ClipSet
from studyserver.study.models import Question, ResearchQuestion, Study, measures_of
from studyserver.study.questions.kind import Answers
from studyserver.study.questions.research.estimands import Estimand

FIRST, SECOND, REFERENCE = "first", "second", "reference"  # levels with a part in the quantity


@dataclass(frozen=True)
class Aim:
    """A research question, answered by one of the study's questions.

    Attributes
    ----------
    row : ResearchQuestion
        Not stored if the study declares nothing that can be planned.
    question : Question
    n_aims : int
        Number of pairs of both in the study, for which the verdicts are corrected.
    """

    row: ResearchQuestion
    question: Question
    n_aims: int = 1

    @property
    def key(self) -> str:
        """Name in forms and addresses."""
        return f"{self.row.pk or 'usual'}-{self.question.key}"

    @property
    def label(self) -> str:
        """The research question, and the question that answers it unless it says so."""
        asked, named = self.row.sentence, self.row.question
        says_it = self.row.pk and named is not None and named.text == self.question.text
        return asked if says_it else f"{asked} ({self.question.text})"

    @property
    def confidence(self) -> float:
        """Of the interval, corrected for the number of declared questions as in the results."""
        return 1 - (1 - self.row.confidence) / self.n_aims

    @property
    def estimand(self) -> Estimand:
        """What is estimated."""
        return Estimand(self.row.estimand)

    @property
    def uses_model(self) -> bool:
        """Whether the quantity comes from the model of the answers."""
        return self.question.answer_kind.has_numbers

    @property
    def unit(self) -> str:
        """What effects are measured in."""
        if self.estimand in (Estimand.DIFFERENCE, Estimand.DOSE):
            low, high = scale_ends(self.question)
            return f"points of the scale from {low:g} to {high:g}"
        return {
            Estimand.RETENTION: "of a correlation",
            Estimand.DETECTION: "of d\N{PRIME}",
            Estimand.PREFERENCE: "as a share of the pairs, above one half",
            Estimand.IDENTIFICATION: f"as a share of the {'trials' if self._finds_intruder else 'clips'}",
        }[self.estimand]

    @property
    def usual_effect(self) -> float:
        """The effect to plan for if none is declared to matter."""
        if self.estimand in (Estimand.DIFFERENCE, Estimand.DOSE):
            low, high = scale_ends(self.question)
            return (high - low) / 8
        return {
            Estimand.RETENTION: 0.3,
            Estimand.DETECTION: 0.5,
            Estimand.PREFERENCE: 0.1,
            Estimand.IDENTIFICATION: 0.1,
        }[self.estimand]

    # -- answers ----------------------------------------------------------------------------------

    @property
    def family(self) -> Family:
        """How the answers follow from what is heard."""
        return family_of(self.question) if self.question.answer_kind.has_numbers else Family.BINARY

    @property
    def points(self) -> list[float]:
        """Possible answers of a scale with steps."""
        kind = self.question.answer_kind
        if not kind.has_numbers or kind.is_continuous:
            return []
        return sorted(float(point) for point in kind.points(self.question.options))

    @property
    def ends(self) -> tuple[float, float]:
        """Lowest and highest answer."""
        return scale_ends(self.question)

    # -- levels -----------------------------------------------------------------------------------

    @cached_property
    def levels(self) -> list[str]:
        """The levels that the quantity needs, in its order."""
        found = [FIRST]
        if self.row.second or self.estimand == Estimand.DOSE:
            found.append(SECOND)
        if self.estimand == Estimand.RETENTION:
            found.append(REFERENCE)
        return found if self._tells_levels_apart else [FIRST]

    @property
    def _tells_levels_apart(self) -> bool:
        """Whether an answer is about one clip, not about several."""
        return self.estimand != Estimand.PREFERENCE and not self._matches and not self._finds_intruder

    @property
    def _matches(self) -> bool:
        return self.estimand == Estimand.DETECTION and not self.question.answer_kind.has_numbers

    @property
    def _finds_intruder(self) -> bool:
        return self.question.answer_kind.answers == Answers.ODD_ONE_OUT

    @property
    def quantity(self) -> Quantity:
        """What is estimated from simulated answers; levels are numbered as in `levels`."""
        has_second = SECOND in self.levels
        if self.estimand in (Estimand.DIFFERENCE, Estimand.DOSE):
            return Difference(0, 1)
        if self.estimand == Estimand.RETENTION:
            return Retention(len(self.levels) - 1, 0, 1 if has_second else None)
        if self.estimand == Estimand.PREFERENCE:
            return Share()
        if self._finds_intruder:
            return OddOneOut(1 / INTRUDER_SET)
        if self.estimand == Estimand.IDENTIFICATION:
            return Named(1 / max(2, len(option_values(self.question))), has_second)
        return Matching() if self._matches else Detection(0, 1, heard_from(self.question))

    def level_of(self, clip: Clip, sizes: tuple[int, int] | None = None) -> str:
        """Return the level of a clip: one of `levels`, or its condition; empty if it is not asked about.

        Parameters
        ----------
        clip : Clip
        sizes : (int, int), optional
            The fewest and the most segments, where sizes are compared.
        """
        if self.question.target and clip.target not in ("", self.question.target):
            return ""
        if self.estimand == Estimand.DOSE:
            if sizes is None or not self.is_first(clip):
                return str(clip.condition)
            places = {sizes[1]: FIRST, sizes[0]: SECOND}
            return places.get(clip.kept_segments or 0, f"{clip.kept_segments} segments")
        if self.is_first(clip):
            return FIRST
        if self.row.second and self._is_side(clip, self.row.second, self.row.second_method):
            return SECOND
        if self.estimand == Estimand.RETENTION and clip.condition == ORIGINAL:
            return REFERENCE
        return str(clip.condition)

    def levels_of(self, what: ClipSet, sizes: tuple[int, int] | None = None) -> list[str]:
        """Return the levels of the judgments of a trial."""
        blind = what.blind
        if self._finds_intruder:
            asked = self.question.target in ("", what.target)
            return [FIRST] if asked and all(self.is_first(clip) for clip in blind) else []
        if not self._tells_levels_apart:
            found = {self.level_of(clip) for clip in blind}
            return [FIRST] if {FIRST, SECOND} <= found else []
        names = [self.level_of(clip, sizes) for clip in blind if self.question.is_asked_of([clip])]
        if self.estimand == Estimand.IDENTIFICATION:
            return [name for name in names if name in self.levels]
        return [name for name in names if name]

    def is_first(self, clip: Clip) -> bool:
        """Return whether a clip is of the first condition."""
        return self._is_side(clip, self.row.first, self.row.first_method)

    def _is_side(self, clip: Clip, condition: str, method: str) -> bool:
        if clip.condition != condition:
            return False
        if condition in UNMASKED:  # an original or a resynthesis serves every method and model
            return True
        model = self.row.music_model_id
        of_model = clip.explanation is not None and clip.explanation.model_id == model
        return (not method or clip.method == method) and (model is None or of_model)


def aims_of(study: Study) -> list[Aim]:
    """Return what a study can be planned for: its research questions, or evidence against its control."""
    return declared_aims(study) or _usual(study, _asked(study))


def declared_aims(study: Study) -> list[Aim]:
    """Return each research question with each of the study's questions that answer it, in order."""
    asked, pairs = list(_asked(study)), []
    for row in study.research_questions.select_related("question", "music_model"):
        suited = {question.pk for question in row.questions}
        pairs += [(row, question) for question in asked if question.pk in suited]
    return [Aim(row, question, len(pairs)) for row, question in pairs]


def _asked(study: Study) -> Iterable[Question]:
    return measures_of(study.questions.order_by("position", "id")).values()


def _usual(study: Study, asked: Iterable[Question]) -> list[Aim]:
    present = study.stimuli.main().values_list("clip__condition", flat=True).distinct().order_by()
    conditions = sorted(present, key=[EVIDENCE, RANDOM_CONTROL, *Clip.Condition.values].index)
    first, second = conditions[:2] if len(conditions) > 1 else (EVIDENCE, RANDOM_CONTROL)
    return [
        Aim(ResearchQuestion(study=study, question=question, first=first, second=second), question)
        for question in asked
        if question.answer_kind.has_numbers and question.scope == Question.Scope.CLIP
    ]
