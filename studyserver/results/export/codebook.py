"""The codebook, which names every table and column of the export.

A column name has the same meaning in every table. The CSV files, ``datapackage.json``,
``dataset_description.json`` and the test of ``docs/export.md`` read this module.
"""

from dataclasses import dataclass

from .columns import VARIABLES
from .variables import Variable

FORMAT_VERSION = 3  # raised when a table or column changes its name or meaning; docs/export.md says what


@dataclass(frozen=True)
class Table:
    """One CSV file: the meaning of a row, its columns in order, and those that identify a row."""

    name: str
    description: str
    columns: tuple[str, ...]
    key: tuple[str, ...]

    @property
    def variables(self) -> list[Variable]:
        """The columns with their descriptions."""
        return [VARIABLES[name] for name in self.columns]


_EXCERPT = ("excerpt", "excerpt_start", "excerpt_seconds")
_STIMULUS = (
    "stimulus", "clip", "track", *_EXCERPT, "model", "method", "recipe", "target", "target_level",
    "condition", "segments_asked", "kept_segments", "variant",
)  # fmt: skip
_STUDY = ("study", "rehearsal")
_PLACE = ("study", "study_version", "rehearsal", "annotator", "trial", "trial_position", "trial_kind",
          "trial_finished", "repeat_of", "adaptive")  # fmt: skip
_QUESTION = ("question", "question_kind", "level", "question_target")
_GROUP = ("condition", "method", "kept_segments", "model")
_BOUNDS = ("se", "ci_low", "ci_high", "ci_method", "ci_scope")
_INTERVAL = (*_BOUNDS, "n_clips", "n_clips_pairable", "n_tracks", "n_annotators", "n_judgments",
             "status", "reason")  # fmt: skip


def _remaining(name: str, description: str, *counted: str) -> Table:
    return Table(
        name,
        description,
        (*_STUDY, "annotator_set", *_QUESTION, *_GROUP, "about", "statistic", "estimate", *_BOUNDS,
         *(counted or ("n_clips", "n_tracks")),
         "n_annotators", "n_judgments", "status", "reason"),
        ("annotator_set", "question", *_GROUP, "about", "statistic", "ci_scope"),
    )  # fmt: skip


_TABLES = [
    Table(
        "judgments",
        "One row per judgment: the last answer of an annotator to a question in a trial; where an answer "
        "holds several numbers, one row for each.",
        ("judgment", *_PLACE, *_QUESTION, "clip_position", "clip_role", *_STIMULUS, "value", "number",
         "confidence", "response_ms", "changes", "answered_at", "stored_at"),
        ("judgment", "question"),
    ),
    Table(
        "checklist",
        "One row per judgment of a checklist and option offered.",
        (*_STUDY, "judgment", "annotator", "trial", "question", "stimulus", "option", "ticked"),
        ("judgment", "option"),
    ),
    Table(
        "comparisons",
        "One row per preference, ABX answer or choice of an intruder, and clip that was compared.",
        (*_STUDY, "judgment", "annotator", "trial", "trial_kind", "question", "question_kind",
         "clip_position", "clip_role", "stimulus", "track", "excerpt", "condition", "target", "method",
         "model", "segments_asked", "kept_segments", "picked", "strength", "is_x"),
        ("judgment", "clip_position"),
    ),
    Table(
        "stretches",
        "One row per marked stretch of time.",
        (*_STUDY, "judgment", "annotator", "trial", "trial_kind", "question", "stimulus", "stretch",
         "stretch_begin", "stretch_end"),
        ("judgment", "stretch"),
    ),
    Table(
        "comments",
        "One row per free-text answer. Only this table and `questionnaire` hold text that annotators typed.",
        (*_STUDY, "judgment", "annotator", "trial", "question", "stimulus", "comment"),
        ("judgment",),
    ),
    Table(
        "trials",
        "One row per clip in a trial: when it was presented and how annotators listened to it.",
        (*_PLACE, "block", "attention_passed", "clip_position", "clip_role", "stimulus", "clip", "condition",
         "target", "allocated_at", "presented_at",
         "finished_at", "trial_seconds", "heard_share", "plays", "seeks", "loops", "switches", "focus_losses",
         "reloads", "first_play_ms", "first_answer_ms", "output_sample_rate", "machine_translated",
         "listening_record"),
        ("trial", "clip_position"),
    ),
    Table(
        "stimuli",
        "One row per stimulus, with the full provenance of its clip and explanation.",
        (*_STUDY, "stimulus", "stimulus_role", "active", "clip", "clip_sha256", "clip_sound", "condition",
         "target", "target_level", "segments_asked", "kept_segments", "variant", "clip_seconds",
         "sample_rate", "loudness",
         "gain", "true_peak", "area_share", "energy_share", "track", *_EXCERPT,
         "excerpt_chosen_by", "track_title", "composer", "licence",
         "track_sha256", "model", "model_sha256", "model_output", "method", "explanation", "recipe",
         "recipe_digest", "segmentation", "segmentation_parameters", "sampling", "model_calls",
         "keep_probability", "hidden_value", "route", "seed", "prediction_track", "prediction_heard",
         "prediction_masked", "clip_provenance"),
        ("stimulus",),
    ),
    Table(
        "excerpts",
        "One row per excerpt of a track that a stimulus is made of; of those chosen by rule, the rule.",
        (*_STUDY, "track", *_EXCERPT, "excerpt_chosen_by", "rule_model", "rule_model_sha256", "rule_target",
         "rule_where", "rule_number", "rule_starts_on", "rule_apart", "rule_output", "rule_sought"),
        ("excerpt",),
    ),
    Table(
        "excerpt_curves",
        "One row per place where a rule could have put an excerpt of a track: what the model said of it.",
        (*_STUDY, "track", "rule_model", "rule_target", "excerpt_start", "excerpt_seconds", "rule_output",
         "sounding"),
        ("track", "rule_model", "rule_target", "excerpt_start", "excerpt_seconds"),
    ),
    Table(
        "predictions",
        "One row per stimulus and target: the model's outputs for the clip.",
        (*_STUDY, "stimulus", "target", "target_level", "model", "model_output", "prediction_track",
         "prediction_heard", "prediction_masked"),
        ("stimulus", "target"),
    ),
    Table(
        "questions",
        "One row per question of the study, or per number where an answer holds several.",
        (*_STUDY, *_QUESTION, "question_asked", "question_position", "question_text", "question_help",
         "question_options", "question_scope", "only_own_target", "required"),
        ("question",),
    ),
    Table(
        "research_questions",
        "One row per question that the study declared to answer; everything else is exploratory.",
        (*_STUDY, "research_question", "research_question_text", "estimand", "question_asked", "model",
         "first", "first_method", "second", "second_method", "smallest_effect", "confidence_wanted"),
        ("research_question",),
    ),
    Table(
        "annotators",
        "One row per annotator.",
        (*_STUDY, "annotator", "behaviour", "state", "language", "machine_translated", "device_family",
         "joined_at", "consented_at", "finished_at", "trials_allocated", "trials_finished", "n_judgments",
         "median_trial_seconds", "sound_check"),
        ("annotator",),
    ),
    Table(
        "questionnaire",
        "One row per last answer to a question about the annotator.",
        (*_STUDY, "annotator", "item", "item_place", "item_kind", "item_text", "item_value",
         "item_number", "item_comment", "stored_at"),
        ("annotator", "item"),
    ),
    Table(
        "summary",
        "One row per question and condition (and method, size, option where these differ): mean, interval.",
        (*_STUDY, "annotator_set", *_QUESTION, *_GROUP, "option", "mean", "judgment_mean", "sd", *_INTERVAL),
        ("annotator_set", "question", *_GROUP, "option"),
    ),
    Table(
        "opinion_scores",
        "One row per question with numbers, condition and interval: mean opinion score, median, quartiles.",
        (*_STUDY, "annotator_set", *_QUESTION, *_GROUP, "judgment_mean", "sd", "median", "lower_quartile",
         "upper_quartile", *_BOUNDS, "n_clips", "n_tracks", "n_annotators", "n_judgments", "status",
         "reason"),
        ("annotator_set", "question", *_GROUP, "ci_scope"),
    ),
    Table(
        "friedman",
        "One row per question with numbers about three conditions or more: Friedman's test of no difference.",
        (*_STUDY, "annotator_set", *_QUESTION, "chi_square", "degrees", "p", "kendall_w", "n_conditions",
         "n_annotators", "n_judgments", "status", "reason"),
        ("annotator_set", "question"),
    ),
    Table(
        "answer_shares",
        "One row per question with options or points, clip, and option: soft labels for training models.",
        (*_STUDY, "annotator_set", *_QUESTION, "stimulus", "clip", "track", "condition", "target", "option",
         "n_answers", "n_judgments", "share"),
        ("annotator_set", "question", "stimulus", "option"),
    ),
    Table(
        "agreement",
        "One row per question, condition (empty: all together), statistic and interval.",
        (*_STUDY, "annotator_set", *_QUESTION, *_GROUP, "statistic", "estimate", *_INTERVAL, "observed",
         "expected", "annotators_per_clip"),
        ("annotator_set", "question", *_GROUP, "statistic", "ci_scope"),
    ),
    Table(
        "retest",
        "One row per question, test-retest statistic and interval: agreement of annotators with themselves.",
        (*_STUDY, "annotator_set", *_QUESTION, "statistic", "estimate", *_BOUNDS, "n_clips", "n_tracks",
         "n_annotators", "n_pairs", "status", "reason"),
        ("annotator_set", "question", "statistic", "ci_scope"),
    ),
    _remaining(
        "answer_models",
        "One row per question and figure of the model of its answers: means of the conditions, effects of "
        "order, and what the answers differ by (a G study).",
        "n_tracks",
    ),
    _remaining("retention", "One row per question, condition and statistic of retention.", "n_tracks"),
    _remaining("information", "One row per question which target is heard, condition, statistic, interval."),
    _remaining("claims", "One row per question, kind of noise, statistic of signal detection, and interval."),
    _remaining("model_comparison", "One row per question, statistic of listeners and model, and interval."),
    _remaining("dose_response", "One row per question, statistic of dose and response, and interval."),
    _remaining(
        "preferences",
        "One row per preference question, pair of conditions (the second in `about`), statistic, interval.",
        "n_tracks",
    ),
    _remaining(
        "discrimination",
        "One row per ABX question, pair of conditions (the second in `about`), statistic and interval.",
        "n_tracks",
    ),
    _remaining(
        "intruders",
        "One row per question which clip does not belong, condition, target that the other clips share (in "
        "`about`; empty: all), statistic and interval.",
        "n_tracks",
    ),
    _remaining(
        "stretch_agreement",
        "One row per question for stretches, condition, evidence compared with, statistic and interval.",
    ),
    Table(
        "contrasts",
        "One row per question and contrast: the difference, its interval, test and effect sizes.",
        (*_STUDY, "annotator_set", *_QUESTION, "primary", "model", "first", "first_method", "second",
         "second_method", "estimate", *_BOUNDS, "p", "p_holm", "d_z", "cliffs_delta", "n_tracks",
         "n_annotators", "n_judgments", "status", "reason"),
        ("annotator_set", "question", "model", "first", "first_method", "second", "second_method"),
    ),
    Table(
        "annotator_quality",
        "One row per annotator (`question` empty: over all questions), and per annotator and question.",
        (*_STUDY, "annotator", "question", "left_out", "n_judgments", "correlation_with_others",
         "agreement_with_others", "bias", "spread", "most_frequent_share", "longest_run",
         "median_response_ms", "drift", "drift_low", "drift_high", "attention_failed_share",
         "headphone_score", "reference_missed_share", "anchor_overrated_share", "unheard_share",
         "rushed_share",
         "median_trial_seconds", "repeat_distance", "abx_trials",
         "abx_correct_share", "abx_guessing_p"),
        ("annotator", "question"),
    ),
    Table(
        "pairs",
        "One row per question and pair of annotators.",
        (*_STUDY, "question", "annotator", "other_annotator", "n_clips", "correlation", "exact_share",
         "similarity", "mean_difference"),
        ("question", "annotator", "other_annotator"),
    ),
    Table(
        "exclusions",
        "One row per annotator and declared rule that leaves them out; `judgments` still has their answers.",
        (*_STUDY, "annotator", "measure", "figure", "left_out_if", "limit", "reason"),
        ("annotator", "measure", "left_out_if"),
    ),
    Table(
        "codebook",
        "One row per column of every table.",
        ("table", "column", "type", "unit", "description", "levels"),
        ("table", "column"),
    ),
]  # fmt: skip
TABLES = {table.name: table for table in _TABLES}
COMPUTED_TABLES = (  # computed by studyserver.results.tables.computed; the others come from database rows
    "summary", "opinion_scores", "friedman", "answer_shares", "agreement", "retest", "answer_models",
    "retention", "information", "claims", "model_comparison", "dose_response", "preferences",
    "discrimination", "intruders", "stretch_agreement", "contrasts", "annotator_quality", "pairs",
    "exclusions",
)  # fmt: skip


def codebook_rows() -> list[dict[str, str]]:
    """Return the codebook itself as rows of the table `codebook`."""
    return [
        {
            "table": table.name,
            "column": variable.name,
            "type": variable.type,
            "unit": variable.unit,
            "description": variable.description,
            "levels": "; ".join(
                f"{value}: {meaning}" if meaning else value for value, meaning in variable.levels
            ),
        }
        for table in TABLES.values()
        for variable in table.variables
    ]
