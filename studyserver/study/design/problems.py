"""Problems of a design with sets of clips, attention trials and blocks, and advice, as sentences."""

from collections import Counter

from explainer.core.base.counting import plural
from explainer.models import Clip
from studyserver.study.models import Presentation, Question, Stimulus, Study
from studyserver.study.questions.kind import Answers

from .allocation import compared_levels
from .attention import question_to_check
from .intruders import CLIPS as INTRUDER_SET
from .left_out import left_out, left_out_words
from .sets import ClipSet, stimulus_sets

MOST_CLIPS = 12  # of one set, following ITU-R BS.1534
MOST_SECONDS = 12.0  # of a clip that is compared with others from memory


def design_problems(study: Study) -> list[str]:
    """Return the problems of the presentation of trials that prevent opening."""
    sets = stimulus_sets(study)
    if not study.stimuli.active().main().exists():
        return []
    return [
        *_set_problems(study, sets),
        *_number_problems(study, sets),
        *_question_problems(study),
        *_order_problems(study),
    ]


def _set_problems(study: Study, sets: list[ClipSet]) -> list[str]:
    noun, has_reference = study.presents.noun, study.presents.has_reference
    problems = []
    if has_reference and not study.reference_condition:
        problems.append(
            "This presentation needs a reference: choose its condition under “reference condition”."
        )
    elif has_reference and study.reference_condition == study.anchor_condition:
        problems.append("Reference and anchor must be different conditions.")
    elif not sets and (equal := left_out(study)):
        problems.append(
            f"No {noun} can be made. {left_out_words(equal)} Add clips of other methods, sizes or conditions."
        )
    elif not sets and study.presents.has_intruder:
        problems.append(_no_intruders(study))
    elif not sets:
        problems.append(
            f"No {noun} can be made: there must be clips of one track and target in at least two of "
            "the compared conditions"
            + (", with the reference. " if has_reference else ". ")
            + "Choose other conditions, or add stimuli."
        )
    return problems


def _no_intruders(study: Study) -> str:
    clips = study.stimuli.active().main().exclude(clip__target="")
    if study.compared_conditions:
        clips = clips.filter(clip__condition__in=study.compared_conditions)
    names = ("clip__target", "clip__track")
    targets, tracks = (clips.values(name).distinct().order_by().count() for name in names)
    return (
        f"No {study.presents.noun} can be made: each needs {INTRUDER_SET - 1} clips of one target from "
        "different tracks and a clip of another target from a further track, all of one condition, method, "
        f"music model and recipe. There are {plural(targets, 'target')} and {plural(tracks, 'track')}: "
        f"add stimuli of at least 2 targets and {INTRUDER_SET} tracks."
    )


def _number_problems(study: Study, sets: list[ClipSet]) -> list[str]:
    wanted, what = study.trials_per_annotator, study.presents.noun
    problems = []
    if sets and wanted and wanted > len(sets):
        problems.append(
            f"Each annotator should hear {wanted} {what}, but there are only {len(sets)}: add stimuli, or "
            "lower “trials per annotator”."
        )
    if sets and study.repeats_per_annotator > (wanted or len(sets)):
        problems.append("More trials should be repeated than there are: lower “repeats per annotator”.")
    if (study.attention_limit or 0) > study.attention_trials:
        problems.append(
            f"Annotators are refused after {study.attention_limit} failed attention trials, but each gets "
            f"only {study.attention_trials}: raise “attention trials”, or empty the limit."
        )
    practice = len(stimulus_sets(study, Stimulus.Role.PRACTICE))
    if study.practice_trials > practice:
        equal = left_out_words(left_out(study, Stimulus.Role.PRACTICE))
        problems.append(
            f"The study has {study.practice_trials} practice trials, but {practice} practice {what}: "
            f"add stimuli with the role “practice”, or lower “practice trials”. {equal}".strip()
        )
    return problems


def _question_problems(study: Study) -> list[str]:
    questions = list(study.questions.all())
    answers = Counter(question.answer_kind.answers for question in questions)
    is_abx = study.presents.has_x
    problems = []
    if is_abx and not answers[Answers.MATCHES]:
        problems.append("An ABX study needs its question: add the ready-made “Is X A or B?”.")
    if answers[Answers.MATCHES] and not is_abx:
        problems.append("“Is X A or B?” can be asked in the presentation “ABX” only.")
    if study.presents.has_intruder and not answers[Answers.ODD_ONE_OUT]:
        problems.append(
            "A study with intruders needs its question: add the ready-made “Which one does not belong?”."
        )
    if answers[Answers.ODD_ONE_OUT] and not study.presents.has_intruder:
        problems.append(
            "“Which one does not belong?” can be asked only where one clip of a trial is of another target: "
            "choose this presentation, or delete the question."
        )
    if answers[Answers.PREFERENCES] and not study.presents.compares:
        problems.append(
            "A preference needs several clips: choose another presentation, or delete the question."
        )
    problems += [
        f"Question “{question.key}” compares clips: its scope must be the trial as a whole."
        for question in questions
        if question.answer_kind.compares_clips and question.scope != Question.Scope.TRIAL
    ]
    measured = Counter(measure.key for question in questions for measure in question.measures.values())
    problems += [
        f"“{key}” would name two columns of the results: rename one of the questions."
        for key, number in measured.items()
        if number > 1
    ]
    if study.attention_trials and question_to_check(questions) is None:
        problems.append(
            "Attention trials ask for a given answer: add a required rating scale, slider or choice that is "
            "asked of every clip, or set “attention trials” to 0."
        )
    return problems


def _order_problems(study: Study) -> list[str]:
    compares = study.presents.compares
    problems = []
    if study.condition_design == Study.ConditionDesign.BETWEEN and compares:
        problems.append(
            "Conditions cannot differ between annotators if each trial compares them: choose single "
            "clips, or let every annotator hear all conditions."
        )
    elif not compares and study.condition_design == Study.ConditionDesign.BETWEEN:
        levels = compared_levels(study, stimulus_sets(study))
        if len(levels) < 2:
            problems.append(
                "Annotators should differ in the condition they hear, but there is only one: add stimuli of "
                "another condition."
            )
    if study.blocks == Study.Blocks.CONDITION and compares:
        problems.append("Trials that compare conditions cannot come in blocks of one condition.")
    return problems


def design_advice(study: Study) -> list[str]:
    """Return advice on weaknesses of the design that do not prevent opening, as sentences."""
    sets = stimulus_sets(study)
    if not study.presents.compares or not sets:
        return _attention_advice(study)
    found = []
    most = max(len(what.blind) for what in sets)
    if most > MOST_CLIPS:
        found.append(
            f"The largest set has {most} clips; annotators cannot distinguish more than {MOST_CLIPS}. "
            "Compare fewer conditions, or make sets by method and size."
        )
    if max(clip.seconds for what in sets for clip in what.clips) > MOST_SECONDS:
        found.append(
            f"Some clips last longer than {MOST_SECONDS:g} s, which is hard to compare from memory: use "
            "shorter clips."
        )
    lengths = sum(1 for what in sets if len({round(clip.seconds, 1) for clip in what.clips}) > 1)
    if lengths:
        found.append(f"In {plural(lengths, 'set')} the clips differ in length, which reveals which is which.")
    unused = study.stimuli.active().main().count() - len(
        {number for what in sets for number, _role in what.members}
    )
    if unused:
        found.append(f"{plural(unused, 'stimulus', 'stimuli')} will not be heard, as no set contains them.")
    if study.presents.hides_reference:
        found += _anchor_advice(study, sets)
    return [*found, *_attention_advice(study)]


def _anchor_advice(study: Study, sets: list[ClipSet]) -> list[str]:
    roles = [{role for _number, role in what.members} for what in sets]
    without = sum(1 for present in roles if Presentation.Role.ANCHOR not in present)
    if not study.anchor_condition:
        return ["There is no anchor: without a clip known to be bad, annotators use the scale differently."]
    if without:
        label = Clip.Condition(study.anchor_condition).label
        number = plural(len(sets), "set")
        return [f"There is no anchor in {without} of {number}: add clips of the condition “{label}”."]
    return []


def _attention_advice(study: Study) -> list[str]:
    if study.attention_trials == 1:
        return ["A single attention trial can be failed by accident: use at least two."]
    return []
