"""Every column of the export: its type, unit and meaning, and its values where their list is closed.

A line reads ``type [unit]: meaning``.
"""

from studyserver.results.tables.labels import CONDITIONS
from studyserver.study.questions.item_kinds import ITEM_KINDS
from studyserver.study.questions.kinds import KINDS
from studyserver.study.questions.research.estimands import ESTIMANDS

from .variables import TYPES, variables

_RECORDED = {  # questions, clips, trials, judgments and annotators
    # Who, where, when
    "study": "identifier: The study's short name, as in its address.",
    "rehearsal": "boolean: 1 in every row of a rehearsal's package, which has simulated annotators and "
    "researchers' previews (`behaviour` in `annotators`); 0 in every row of a package with people. Never "
    "mixed.",
    "behaviour": "identifier: Kind of participant in a rehearsal; empty for people.",
    "annotator": "identifier: Random pseudonym of one person's participation.",
    "trial": "integer: Number of the trial, unique on the site.",
    "study_version": "integer: Version of the study's texts, questions and design in force at this trial.",
    "trial_position": "integer: Order of presentation to this annotator, from 1.",
    "trial_kind": "identifier: What the trial is for. Only `main` enters agreement and means.",
    "trial_finished": "boolean: 1 if the annotator finished the trial with Next.",
    "repeat_of": "integer: The trial of which this one is the second presentation.",
    "adaptive": "boolean: 1 if an earlier version of the software chose the trial because its judgment was "
    "expected to narrow the interval of a declared figure most; 0 if it was chosen for balance or at random.",
    "clip_position": "integer: Place of the clip within the trial: 0 was labelled A, 1 was labelled B, ...",
    "clip_role": "identifier: Role of the clip in its trial. Only the reference and X were labelled as such.",
    "block": "integer: Number of the block in this annotator's order; empty without blocks.",
    "attention_passed": "boolean: Attention trials: 1 if the answer asked for was given. Empty for other "
    "trials.",
    # Judgment
    "judgment": "identifier: Identifier (UUID) of the answer; the last one given counts.",
    "question": "identifier: The question's key. If answers hold several numbers, each number has its own "
    "key: the question's key and the number's name, such as `mood_valence`.",
    "question_asked": "identifier: The key of the question that was asked.",
    "question_kind": "identifier: Kind of the question; for one of several numbers in an answer, the kind "
    "as which it is analysed.",
    "level": "identifier: Declared level of measurement.",
    "question_target": "text: The model's target that the question is about; empty if there is none.",
    "value": "text: The answer as given: the number of a scale or slider; clear, some, none or unsure for "
    'presence; the chosen option; what was ticked of a checklist as a JSON array (["drums","bass"], [] '
    "where none was) in the order in which the options are offered; the letter of the preferred clip with "
    "the strength (B2), or none; the letter that X was said to be; stretches in s (0.5-1.25) joined by |. "
    "Empty for free text, which stands in `comments` only.",
    "number": "number [as the question's scale]: The answer as a number, where it has one: scale and slider "
    "as entered; presence: clear 2, some 1, none 0, unsure empty; preference between two: its strength, "
    "below 0 for A; ABX and intruders: 1 where right, else 0; stretches: their length together, in s.",
    "strength": "number: Preference for this clip: 1 to 3 for the preferred one (1 where more than two were "
    "compared), as much below 0 for the other one of a pair, 0 without a difference or for those not picked.",
    "picked": "boolean: 1 if the annotator preferred this clip, said that it is X, or that it does not "
    "belong.",
    "is_x": "boolean: ABX trials: 1 if X was this clip. Empty for other trials.",
    "stretch": "integer: Number of the stretch within its answer, from 1; 0 if it is heard nowhere.",
    "stretch_begin": "number [s]: Start of the stretch in the clip.",
    "stretch_end": "number [s]: End of the stretch in the clip.",
    "confidence": "integer: Confidence of a presence judgment, 1 to 5.",
    "response_ms": "integer [ms]: Time from the start of the trial to this answer.",
    "changes": "integer: How often the answer was changed.",
    "answered_at": "datetime: When the answer was entered, by the server's clock (UTC).",
    "stored_at": "datetime: When the server stored it (UTC); later than `answered_at` if the annotator was "
    "offline.",
    "comment": "text: Free text as typed by the annotator.",
    "option": "text: One option of a question with several.",
    "ticked": "boolean: 1 if the annotator chose this option.",
    # Stimulus and clip
    "stimulus": "integer: Number of the clip's place in the study.",
    "stimulus_role": "identifier: What the stimulus is for.",
    "active": "boolean: 0 for a stimulus that is no longer presented.",
    "clip": "integer: Number of the clip, unique on the site.",
    "clip_sha256": "identifier: SHA-256 of the sound file that annotators heard.",
    "clip_sound": "identifier: SHA-256 of the file of the track's first clip with the same sound: equal for "
    "clips that sound identical.",
    "condition": "identifier: What the clip holds.",
    "target": "text: The model's target that the clip was made for; empty for those that serve all targets.",
    "target_level": "identifier: Level of the target.",
    "segments_asked": "integer [segments]: Number of segments of evidence that the recipe requests; 0 if it "
    "does not apply, empty for uploaded clips.",
    "kept_segments": "integer [segments]: Number of segments of evidence that the clip holds, lacks "
    "(complement), boosts or is matched with (random control); fewer than requested if fewer have a "
    "positive weight. 0 if it does not apply, empty if unknown.",
    "variant": "integer: Number of the control, if there are several of one kind.",
    "track": "identifier: Name of the piece of music.",
    "excerpt": "identifier: Name of the part of the track that the clip is of: that of the track, with start "
    "and end in seconds unless it is the whole track.",
    "excerpt_start": "number [s]: Start of the excerpt in the track; 0 for a whole track.",
    "excerpt_seconds": "number [s]: Length of the excerpt.",
    "excerpt_chosen_by": "identifier: How the excerpt was chosen.",
    "rule_model": "identifier: Name of the music model whose outputs decided about the excerpts.",
    "rule_model_sha256": "identifier: SHA-256 over its weights and definition.",
    "rule_target": "text: The target whose output decided.",
    "rule_where": "identifier: Which outputs the rule looked for.",
    "rule_number": "integer: Number of excerpts that the rule takes of each track.",
    "rule_starts_on": "identifier: Where the rule lets excerpts start, in tracks with a clear pulse.",
    "rule_apart": "number [s]: Shortest time between two excerpts of a track.",
    "rule_output": "number [as the model's output]: The model's output for `rule_target` on the excerpt, "
    "with its faded edges.",
    "rule_sought": "number [as explained]: The value to which the rule looked for the closest output; "
    "probabilities as log-odds. Empty unless outputs were to be spread evenly.",
    "sounding": "number: Share of the excerpt that is not silent, 0 to 1; below .8 it was not chosen.",
    "track_title": "text: Title of the piece.",
    "composer": "text: Composer of the piece.",
    "licence": "text: Terms under which the track may be played.",
    "track_sha256": "identifier: SHA-256 of the uploaded track.",
    "clip_seconds": "number [s]: Length of the clip.",
    "sample_rate": "integer [Hz]: Sample rate of the clip.",
    "loudness": "number [LUFS]: Loudness before the gain (ITU-R BS.1770); empty when too quiet to measure.",
    "gain": "number [dB]: Gain, the same for all clips of one comparison set.",
    "true_peak": "number [dBTP]: True peak after the gain.",
    "area_share": "number: Share of the time-frequency area that was kept, 0 to 1.",
    "energy_share": "number: Share of the track's energy that was kept, 0 to 1.",
    # Explanation
    "model": "identifier: Name of the explained music model; empty for all together.",
    "model_sha256": "identifier: SHA-256 of the model's checkpoint.",
    "model_output": "identifier: Meaning of the model's outputs, and so of the columns `prediction_...`.",
    "method": "text: Explanation method, or the system that an uploaded clip comes from.",
    "explanation": "identifier: Content address of the explanation: excerpt, model and recipe.",
    "recipe": "identifier: Name of the recipe.",
    "recipe_digest": "identifier: SHA-256 of the recipe's canonical JSON.",
    "segmentation": "text: Method that divided the sound into segments.",
    "segmentation_parameters": "text: Parameters of the segmentation, as JSON.",
    "sampling": "text: Method that sampled the masks for the model's inputs.",
    "model_calls": "integer: Number of inputs that the model evaluated.",
    "keep_probability": "number: Probability with which a segment stayed in a mask.",
    "hidden_value": "text: Value that replaced removed cells.",
    "route": "text: Method that converted the masked spectrogram to sound.",
    "seed": "integer: Seed of the recipe's random choices.",
    "clip_provenance": "text: Other information needed to reproduce the clip, as JSON.",
    "prediction_track": "number [as the model's output]: The model's output for `target` on the excerpt, "
    "before anything was removed.",
    "prediction_heard": "number [as the model's output]: The model's output for `target` on the clip as it "
    "was heard.",
    "prediction_masked": "number [as the model's output]: The model's output for `target` on the masked "
    "spectrogram before it became sound.",
    # Trial
    "allocated_at": "datetime: When the trial was allocated (UTC).",
    "presented_at": "datetime: When the trial appeared (UTC), after a rest if there was one; if it was not "
    "finished, when it was sent to the browser.",
    "finished_at": "datetime: For a trial, when Next was pressed; for an annotator, when all answers had "
    "arrived (UTC).",
    "trial_seconds": "number [s]: Time from presentation to Next.",
    "heard_share": "number: Share of the clip that was played at least once, 0 to 1.",
    "plays": "integer: How often the clip was started.",
    "seeks": "integer: How often the play position was moved.",
    "loops": "integer: How often the clip restarted because it was looped.",
    "switches": "integer: How often the annotator switched between the clips of the trial.",
    "focus_losses": "integer: How often the page of the trial lost the focus.",
    "reloads": "integer: How often the page of the trial was loaded again.",
    "first_play_ms": "integer [ms]: Time from the start of the trial to the first play.",
    "first_answer_ms": "integer [ms]: Time from the start of the trial to the first answer.",
    "output_sample_rate": "number [Hz]: Sample rate of the annotator's sound output.",
    "listening_record": "text: Complete listening record of this trial from the browser, as JSON.",
    # Questions
    "question_position": "integer: Order of the questions.",
    "question_text": "text: The question as asked.",
    "question_help": "text: The help text of the question.",
    "question_options": "text: Scale points and labels, ends and step of a slider, or the options offered, "
    "as JSON.",
    "question_scope": "identifier: What one answer is about.",
    "only_own_target": "boolean: 1 if it is asked only about clips made for its target (and unmasked clips).",
    "required": "boolean: 1 if a trial cannot be finished without an answer.",
    # Research questions
    "research_question": "integer: Number of the research question, from 1 in the order of the study.",
    "research_question_text": "text: The research question in English.",
    "estimand": "identifier: The quantity that answers the research question.",
    "smallest_effect": "number [as the estimand]: Smallest effect that was declared to matter: in points of "
    "the question's scale (difference, dose), of a correlation (retention), as a share above one half "
    "(preference), above guessing or the second condition (identification), of d' (detection). Empty: none.",
    "confidence_wanted": "number: Probability with which the interval should contain the truth.",
    # Annotators
    "state": "identifier: How far the annotator got.",
    "language": "text: Language of the pages.",
    "machine_translated": "boolean: 1 if a program was detected that translated the page: for a trial, "
    "while it was on the page (empty if the browser did not report it); for an annotator, on any page of "
    "the study.",
    "device_family": "text: desktop, phone or tablet.",
    "sound_check": "text: Result of the sound check, as JSON.",
    "joined_at": "datetime: When the annotator joined (UTC).",
    "consented_at": "datetime: When consent was given (UTC).",
    "trials_allocated": "integer: Number of trials allocated.",
    "trials_finished": "integer: Number of trials finished.",
    "median_trial_seconds": "number [s]: Median of `trial_seconds` over finished main trials.",
    # Questionnaire
    "item": "identifier: Key of a question about the annotator.",
    "item_place": "identifier: When the question was asked.",
    "item_kind": "identifier: Kind of the question.",
    "item_text": "text: The question as it was written.",
    "item_value": "text: The answer: a number, the chosen option, or what was ticked as a JSON array "
    '(["drums","bass"], [] if nothing was). Empty for free text.',
    "item_number": "number [as asked]: The answer as a number, where it has one.",
    "item_comment": "text: Free text about the annotator, as typed.",
}
_COMPUTED = {  # statistics, contrasts, quality of annotators, codebook
    # Statistics
    "statistic": "identifier: Name of the statistic (docs/agreement.md).",
    "estimate": "number: Its value; empty where undefined.",
    "se": "number: Standard error.",
    "ci_low": "number: Lower end of the 95 % interval.",
    "ci_high": "number: Upper end of the 95 % interval.",
    "ci_method": "text: Method by which the interval was computed.",
    "ci_scope": "text: What the interval generalises to.",
    "n_clips": "integer: Number of clips.",
    "n_tracks": "integer: Number of tracks. Intervals leave out tracks, each with all its clips.",
    "n_clips_pairable": "integer: Number of clips judged by at least two annotators.",
    "n_annotators": "integer: Number of annotators.",
    "n_judgments": "integer: Number of judgments.",
    "status": "identifier: Whether the statistic is defined on these judgments.",
    "reason": "text: Why it is undefined or has no interval.",
    "observed": "number: Observed agreement, for coefficients that are corrected for chance; for "
    "Krippendorff's alpha observed disagreement, as mean squared distance.",
    "expected": "number: The same as expected by chance.",
    "annotators_per_clip": "number: Mean number of annotators per clip.",
    "mean": "number [as the question's scale]: Of numbers the mean by the model of the answers (the mean "
    "over judgments where there is no model); for an option the share that chose it.",
    "judgment_mean": "number [as the question's scale]: Mean over judgments; if trials were chosen "
    "adaptively, of the clips' means. For an option as `mean`.",
    "sd": "number [as the question's scale]: Standard deviation of the judgments.",
    "median": "number [as the question's scale]: Median of the judgments.",
    "lower_quartile": "number [as the question's scale]: A quarter of the judgments lie below.",
    "upper_quartile": "number [as the question's scale]: A quarter of the judgments lie above.",
    "chi_square": "number: Friedman's statistic, corrected for ties; annotators are blocks, and their means "
    "of each condition are ranked.",
    "degrees": "integer: Degrees of freedom: conditions less one.",
    "kendall_w": "number: The statistic divided by its maximum: Kendall's W of the annotators' rankings, "
    "0 to 1.",
    "n_conditions": "integer: Number of conditions (apart by method and size, where these differ).",
    "n_answers": "integer: Number of judgments of the clip that chose the option.",
    "share": "number: Their share of all judgments of the clip, 0 to 1. Those of a checklist do not sum "
    "to 1.",
    "annotator_set": "identifier: Whose judgments enter the figure.",
    "about": "text: What the figure is about besides the condition: for differences of retention the "
    "control; for claims what counts as noise; for the model `level` or `change`; for dose and response the "
    "method; for preferences and ABX the condition compared with; for intruders the target that the other "
    "clips share; for stretches the evidence.",
    "n_pairs": "integer: Number of pairs of a first and a second judgment.",
    # Contrasts
    "primary": "boolean: 1 for a contrast that the study declared as a research question; 0 for an "
    "exploratory one.",
    "first": "identifier: Condition on the first side.",
    "first_method": "text: Method on the first side; empty for all.",
    "second": "identifier: Condition on the second side.",
    "second_method": "text: Method on the second side; empty for all.",
    "p": "number: p value of no difference: of contrasts twice the smaller posterior probability that the "
    "difference lies above or below 0, in `friedman` by Friedman's test.",
    "p_holm": "number: The same after Holm's correction over all rows with equal `primary`.",
    "d_z": "number: Difference of what is heard, divided by its standard deviation across tracks (posterior "
    "median).",
    "cliffs_delta": "number: Cliff's delta of the first over the second, -1 to 1.",
    # Quality of annotators
    "left_out": "boolean: 1 if a declared rule excludes the annotator.",
    "correlation_with_others": "number: Correlation with the mean of the others on the same clips.",
    "agreement_with_others": "number: For all but scales and sliders: mean similarity with the others' "
    "answers to the same clips, 0 to 1; for checklists 1 minus the MASI distance, otherwise the share of "
    "equal answers.",
    "bias": "number: Mean difference from the mean of the others: in units of the scale; over all questions "
    "as a share of the scale.",
    "spread": "number: Standard deviation divided by that of the others.",
    "most_frequent_share": "number: Share of the most frequent answer, 0 to 1.",
    "longest_run": "number: Longest run of equal answers, as a share of all.",
    "median_response_ms": "number [ms]: Median time to an answer.",
    "drift": "number: Drift over the session: slope of the answers on the trial's position, per 10 trials, "
    "after the mean of the others' answers to the same clip is subtracted; in units of the scale, over all "
    "questions as a share of the scale.",
    "drift_low": "number: Lower end of its 95 % interval (least squares, t).",
    "drift_high": "number: Upper end of its 95 % interval.",
    "attention_failed_share": "number: Share of attention trials failed, 0 to 1.",
    "headphone_score": "number: Share of the headphone check solved, 0 to 1.",
    "reference_missed_share": "number: Share of hidden references rated below 90 % of the slider.",
    "anchor_overrated_share": "number: Share of anchors rated above 90 % of the slider (ITU-R BS.1534-3).",
    "unheard_share": "number: Share of clips of which less was heard than the study requires.",
    "rushed_share": "number: Share of trials finished before the sound could have ended.",
    "repeat_distance": "number: Mean distance of repeated answers, as a share of the scale, 0 to 1.",
    "abx_trials": "integer: ABX answers in finished main trials; empty where the study has no such answers.",
    "abx_correct_share": "number: Share of these answers that were right, 0 to 1; guessing gives .5. Empty "
    "without any.",
    "abx_guessing_p": "number: Exact probability that guessing gets at least as many of them right "
    "(one-sided binomial). Empty without any.",
    "other_annotator": "identifier: The second annotator of a pair.",
    "correlation": "number: Correlation of the two annotators on the clips that both judged.",
    "exact_share": "number: Share of these clips to which both gave the same answer.",
    "similarity": "number: For all but scales and sliders: mean similarity of the two answers, 0 to 1; for "
    "checklists 1 minus the MASI distance, otherwise the share of equal answers.",
    "mean_difference": "number [as the question's scale]: Mean of the first minus the second.",
    "measure": "identifier: The figure that a rule checks; a column of `annotator_quality`.",
    "figure": "number: The annotator's figure.",
    "left_out_if": "identifier: Side of the limit on which annotators are excluded.",
    "limit": "number: The limit; a figure equal to it does not exclude.",
    # Codebook
    "table": "identifier: Table that has the column.",
    "column": "identifier: Name of the column.",
    "type": "identifier: Type of its values.",
    "unit": "text: Unit of its values.",
    "description": "text: Meaning of its values.",
    "levels": "text: Values and their meanings, if the list is closed.",
}
_LEVELS = {
    "behaviour": {
        "truthful": "simulated, answers according to the clip",
        "truthful-no-effect": "simulated, the same where conditions do not differ",
        "noisy": "simulated, like the truthful with more noise",
        "lazy": "simulated, answers without listening",
        "straight-lining": "simulated, always chooses the same position on a scale",
        "order-biased": "simulated, rates higher as the session goes on",
        "leaving-half-way": "simulated, leaves half-way",
        "preview": "a researcher who looked at the study's pages",
    },
    "trial_kind": {
        "main": "counts",
        "practice": "before the study proper",
        "repeat": "second presentation of a trial",
        "attention": "asks for a given answer",
    },
    "clip_role": {
        "clip": "one of the clips that are judged",
        "reference": "the open reference, not judged",
        "hidden_reference": "the reference, hidden among the clips",
        "anchor": "the anchor, hidden among the clips",
        "x": "X of an ABX trial: its stimulus is that of A or B",
        "intruder": "the clip of another target, hidden among the clips",
    },
    "question_kind": {name: kind.label for name, kind in KINDS.items()},
    "level": {
        "nominal": "names",
        "ordinal": "ordered",
        "interval": "equal steps",
        "ratio": "equal steps and a true zero",
        "sets": "sets of options (checklists)",
    },
    "stimulus_role": {"main": "counts", "practice": "practice trials"},
    "excerpt_chosen_by": {
        "whole": "not cut: the whole track",
        "hand": "on the page of the track",
        "manifest": "by start and duration in a manifest",
        "rule": "from the model's outputs over time",
    },
    "rule_where": {
        "most": "highest outputs",
        "least": "lowest outputs",
        "spread": "evenly over the range of the outputs",
    },
    "rule_starts_on": {"beats": "", "bars": "every fourth beat", "anywhere": ""},
    **dict.fromkeys(("condition", "first", "second"), CONDITIONS),
    "target_level": {"mid-level": "musical feature", "emotion": "emotion", "tag": "tag"},
    "model_output": {
        "value": "a value on the model's own scale",
        "probability": "a probability",
        "logit": "log-odds",
    },
    "estimand": {name: meaning.definition for name, meaning in ESTIMANDS.items()},
    "question_scope": {"clip": "one clip", "trial": "the trial as a whole"},
    "state": {
        "joined": "joined, consent not yet given",
        "active": "session not finished",
        "finished": "finished",
        "withdrawn": "withdrew, answers kept",
        "screened_out": "screened out",
    },
    "item_place": {"before": "before the trials", "after": "after the trials"},
    "item_kind": {name: kind.label for name, kind in ITEM_KINDS.items()},
    "ci_scope": {
        "these annotators": "new tracks and these annotators",
        "new annotators": "new tracks and new annotators",
        "annotators": "new annotators and these clips",
        "judgments": "neither: valid only for independent judgments",
    },
    "status": {"ok": "defined", "undefined": "not defined; `reason` says why"},
    "annotator_set": {
        "all": "of all annotators",
        "kept": "without those excluded by the study's declared rules; only if it declares any",
    },
    "left_out_if": {"above": "above it", "below": "below it"},
    "type": dict.fromkeys(TYPES, ""),
}
VARIABLES = variables({**_RECORDED, **_COMPUTED}, _LEVELS)
