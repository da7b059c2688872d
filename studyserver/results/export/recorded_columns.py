"""Columns of recorded tables: questions, clips, trials, judgments and annotators."""

from studyserver.results.tables.labels import CONDITIONS
from studyserver.study.questions.item_kinds import ITEM_KINDS
from studyserver.study.questions.kinds import KINDS

from .variables import LEVELS_OF_MEASUREMENT, Variable, levels_of

ROW_VARIABLES = [
    # Who, where, when
    Variable("study", "identifier", "The study's short name, as in its address."),
    Variable(
        "rehearsal",
        "boolean",
        "1 in every row of a rehearsal's package, which has simulated annotators and researchers' previews "
        "(`behaviour` in `annotators`); 0 in every row of a package with people. Never mixed.",
    ),
    Variable(
        "behaviour",
        "identifier",
        "Kind of participant in a rehearsal; empty for people.",
        levels=levels_of(
            {
                "truthful": "simulated, answers according to the clip",
                "noisy": "simulated, the same with more noise",
                "lazy": "simulated, answers without listening",
                "straight-lining": "simulated, always chooses the same position on a scale",
                "order-biased": "simulated, rates higher as the session goes on",
                "leaving-half-way": "simulated, leaves half-way",
                "preview": "a researcher who looked at the study's pages",
            }
        ),
    ),
    Variable("annotator", "identifier", "Random pseudonym of one person's participation."),
    Variable("trial", "integer", "Number of the trial, unique on the site."),
    Variable(
        "study_version",
        "integer",
        "Version of the study's texts, questions and design in force at this trial.",
    ),
    Variable("trial_position", "integer", "Order of presentation to this annotator, from 1."),
    Variable(
        "trial_kind",
        "identifier",
        "What the trial is for. Only `main` enters agreement and means.",
        levels=levels_of(
            {
                "main": "counts",
                "practice": "before the study proper",
                "repeat": "second presentation of a trial",
                "attention": "asks for a given answer",
            }
        ),
    ),
    Variable("trial_finished", "boolean", "1 if the annotator finished the trial with Next."),
    Variable("repeat_of", "integer", "The trial of which this one is the second presentation."),
    Variable(
        "adaptive",
        "boolean",
        "1 if the trial was chosen because its judgment is expected to narrow the interval of the study's "
        "declared figure most; 0 if it was chosen for balance or at random.",
    ),
    Variable(
        "clip_position",
        "integer",
        "Place of the clip within the trial: 0 was labelled A, 1 was labelled B, ...",
    ),
    Variable(
        "clip_role",
        "identifier",
        "Role of the clip in its trial. Only the reference and X were labelled as such.",
        levels=levels_of(
            {
                "clip": "one of the clips that are judged",
                "reference": "the open reference, not judged",
                "hidden_reference": "the reference, hidden among the clips",
                "anchor": "the anchor, hidden among the clips",
                "x": "X of an ABX trial: its stimulus is that of A or B",
            }
        ),
    ),
    Variable("block", "integer", "Number of the block in this annotator's order; empty without blocks."),
    Variable(
        "attention_passed",
        "boolean",
        "Attention trials: 1 if the answer asked for was given. Empty for other trials.",
    ),
    # Judgment
    Variable("judgment", "identifier", "Identifier (UUID) of the answer; the last one given counts."),
    Variable(
        "question",
        "identifier",
        "The question's key. If answers hold several numbers, each number has its own key: the question's "
        "key and the number's name, such as `mood_valence`.",
    ),
    Variable("question_asked", "identifier", "The key of the question that was asked."),
    Variable(
        "question_kind",
        "identifier",
        "Kind of the question; for one of several numbers in an answer, the kind as which it is analysed.",
        levels=levels_of({name: kind.label for name, kind in KINDS.items()}),
    ),
    Variable(
        "level", "identifier", "Declared level of measurement.", levels=levels_of(LEVELS_OF_MEASUREMENT)
    ),
    Variable(
        "question_target",
        "text",
        "The model's target that the question is about; empty if there is none.",
    ),
    Variable(
        "value",
        "text",
        "The answer as given: the number of a scale or slider; clear, some, none or unsure for presence; the "
        'chosen option; what was ticked of a checklist as a JSON array (["drums","bass"], [] where none was) '
        "in the order in which the options are offered; "
        "the letter of the preferred clip with the strength (B2), or none; the letter that X was said to be; "
        "stretches in s (0.5-1.25) joined by |. "
        "Empty for free text, which stands in `comments` only.",
    ),
    Variable(
        "number",
        "number",
        "The answer as a number, where it has one: scale and slider as entered; presence: clear 2, some 1, "
        "none 0, unsure empty; preference between two: its strength, below 0 for A; ABX: 1 where right, "
        "else 0; stretches: their length together, in s.",
        unit="as the question's scale",
    ),
    Variable(
        "strength",
        "number",
        "Preference for this clip: 1 to 3 for the preferred one (1 where more than two were compared), as "
        "much below 0 for the other one of a pair, 0 without a difference or for those not picked.",
    ),
    Variable("picked", "boolean", "1 if the annotator preferred this clip or said that it is X."),
    Variable("is_x", "boolean", "ABX trials: 1 if X was this clip. Empty for other trials."),
    Variable(
        "stretch", "integer", "Number of the stretch within its answer, from 1; 0 if it is heard nowhere."
    ),
    Variable("stretch_begin", "number", "Start of the stretch in the clip.", unit="s"),
    Variable("stretch_end", "number", "End of the stretch in the clip.", unit="s"),
    Variable("confidence", "integer", "Confidence of a presence judgment, 1 to 5."),
    Variable("response_ms", "integer", "Time from the start of the trial to this answer.", unit="ms"),
    Variable("changes", "integer", "How often the answer was changed."),
    Variable("answered_at", "datetime", "When the answer was entered, by the server's clock (UTC)."),
    Variable(
        "stored_at",
        "datetime",
        "When the server stored it (UTC); later than `answered_at` if the annotator was offline.",
    ),
    Variable("comment", "text", "Free text as typed by the annotator."),
    Variable("option", "text", "One option of a question with several."),
    Variable("ticked", "boolean", "1 if the annotator chose this option."),
    # Stimulus and clip
    Variable("stimulus", "integer", "Number of the clip's place in the study."),
    Variable(
        "stimulus_role",
        "identifier",
        "What the stimulus is for.",
        levels=levels_of({"main": "counts", "practice": "practice trials"}),
    ),
    Variable("active", "boolean", "0 for a stimulus that is no longer presented."),
    Variable("clip", "integer", "Number of the clip, unique on the site."),
    Variable("clip_sha256", "identifier", "SHA-256 of the sound file that annotators heard."),
    Variable(
        "clip_sound",
        "identifier",
        "SHA-256 of the file of the track's first clip with the same sound: equal for clips that sound "
        "identical.",
    ),
    Variable("condition", "identifier", "What the clip holds.", levels=levels_of(CONDITIONS)),
    Variable(
        "target",
        "text",
        "The model's target that the clip was made for; empty for those that serve all targets.",
    ),
    Variable(
        "target_level",
        "identifier",
        "Level of the target.",
        levels=levels_of({"mid-level": "musical feature", "emotion": "emotion", "tag": "tag"}),
    ),
    Variable(
        "segments_asked",
        "integer",
        "Number of segments of evidence that the recipe requests; 0 if it does not apply, empty for uploaded "
        "clips.",
        unit="segments",
    ),
    Variable(
        "kept_segments",
        "integer",
        "Number of segments of evidence that the clip holds, lacks (complement), boosts or is matched with "
        "(random control); fewer than requested if fewer have a positive weight. 0 if it does not apply, "
        "empty if unknown.",
        unit="segments",
    ),
    Variable("variant", "integer", "Number of the control, if there are several of one kind."),
    Variable("track", "identifier", "Name of the piece of music."),
    Variable("track_title", "text", "Title of the piece."),
    Variable("composer", "text", "Composer of the piece."),
    Variable("licence", "text", "Terms under which the track may be played."),
    Variable("track_sha256", "identifier", "SHA-256 of the uploaded track."),
    Variable("clip_seconds", "number", "Length of the clip.", unit="s"),
    Variable("sample_rate", "integer", "Sample rate of the clip.", unit="Hz"),
    Variable(
        "loudness",
        "number",
        "Loudness before the gain (ITU-R BS.1770); empty when too quiet to measure.",
        unit="LUFS",
    ),
    Variable("gain", "number", "Gain, the same for all clips of one comparison set.", unit="dB"),
    Variable("true_peak", "number", "True peak after the gain.", unit="dBTP"),
    Variable("area_share", "number", "Share of the time-frequency area that was kept, 0 to 1."),
    Variable("energy_share", "number", "Share of the track's energy that was kept, 0 to 1."),
    # Explanation
    Variable("model", "identifier", "Name of the explained music model."),
    Variable("model_sha256", "identifier", "SHA-256 of the model's checkpoint."),
    Variable(
        "model_output",
        "identifier",
        "Meaning of the model's outputs, and so of the columns `prediction_...`.",
        levels=levels_of(
            {"value": "a value on the model's own scale", "probability": "a probability", "logit": "log-odds"}
        ),
    ),
    Variable("method", "text", "Explanation method, or the system that an uploaded clip comes from."),
    Variable("explanation", "identifier", "Content address of the explanation: track, model and recipe."),
    Variable("recipe", "identifier", "Name of the recipe."),
    Variable("recipe_digest", "identifier", "SHA-256 of the recipe's canonical JSON."),
    Variable("segmentation", "text", "Method that divided the sound into segments."),
    Variable("segmentation_parameters", "text", "Parameters of the segmentation, as JSON."),
    Variable("sampling", "text", "Method that sampled the masks for the model's inputs."),
    Variable("model_calls", "integer", "Number of inputs that the model evaluated."),
    Variable("keep_probability", "number", "Probability with which a segment stayed in a mask."),
    Variable("hidden_value", "text", "Value that replaced removed cells."),
    Variable("route", "text", "Method that converted the masked spectrogram to sound."),
    Variable("seed", "integer", "Seed of the recipe's random choices."),
    Variable("clip_provenance", "text", "Other information needed to reproduce the clip, as JSON."),
    Variable(
        "prediction_track",
        "number",
        "The model's output for `target` on the whole track.",
        unit="as the model's output",
    ),
    Variable(
        "prediction_heard",
        "number",
        "The model's output for `target` on the clip as it was heard.",
        unit="as the model's output",
    ),
    Variable(
        "prediction_masked",
        "number",
        "The model's output for `target` on the masked spectrogram before it became sound.",
        unit="as the model's output",
    ),
    # Trial
    Variable("allocated_at", "datetime", "When the trial was allocated (UTC)."),
    Variable(
        "presented_at",
        "datetime",
        "When the trial appeared (UTC), after a rest if there was one; if it was not finished, when it was "
        "sent to the browser.",
    ),
    Variable(
        "finished_at",
        "datetime",
        "For a trial, when Next was pressed; for an annotator, when all answers had arrived (UTC).",
    ),
    Variable("trial_seconds", "number", "Time from presentation to Next.", unit="s"),
    Variable("heard_share", "number", "Share of the clip that was played at least once, 0 to 1."),
    Variable("plays", "integer", "How often the clip was started."),
    Variable("seeks", "integer", "How often the play position was moved."),
    Variable("loops", "integer", "How often the clip restarted because it was looped."),
    Variable("switches", "integer", "How often the annotator switched between the clips of the trial."),
    Variable("focus_losses", "integer", "How often the page of the trial lost the focus."),
    Variable("reloads", "integer", "How often the page of the trial was loaded again."),
    Variable("first_play_ms", "integer", "Time from the start of the trial to the first play.", unit="ms"),
    Variable(
        "first_answer_ms", "integer", "Time from the start of the trial to the first answer.", unit="ms"
    ),
    Variable("output_sample_rate", "number", "Sample rate of the annotator's sound output.", unit="Hz"),
    Variable(
        "listening_record", "text", "Complete listening record of this trial from the browser, as JSON."
    ),
    # Questions
    Variable("question_position", "integer", "Order of the questions."),
    Variable("question_text", "text", "The question as asked."),
    Variable("question_help", "text", "The help text of the question."),
    Variable(
        "question_options",
        "text",
        "Scale points and labels, ends and step of a slider, or the options offered, as JSON.",
    ),
    Variable(
        "question_scope",
        "identifier",
        "What one answer is about.",
        levels=levels_of({"clip": "one clip", "trial": "the trial as a whole"}),
    ),
    Variable(
        "only_own_target",
        "boolean",
        "1 if it is asked only about clips made for its target (and unmasked clips).",
    ),
    Variable("required", "boolean", "1 if a trial cannot be finished without an answer."),
    # Annotators
    Variable(
        "state",
        "identifier",
        "How far the annotator got.",
        levels=levels_of(
            {
                "joined": "joined, consent not yet given",
                "active": "session not finished",
                "finished": "finished",
                "withdrawn": "withdrew, answers kept",
                "screened_out": "screened out",
            }
        ),
    ),
    Variable("language", "text", "Language of the pages."),
    Variable(
        "machine_translated",
        "boolean",
        "1 if a program was detected that translated the page: for a trial, while it was on the page (empty "
        "if the browser did not report it); for an annotator, on any page of the study.",
    ),
    Variable("device_family", "text", "desktop, phone or tablet."),
    Variable("sound_check", "text", "Result of the sound check, as JSON."),
    Variable("joined_at", "datetime", "When the annotator joined (UTC)."),
    Variable("consented_at", "datetime", "When consent was given (UTC)."),
    Variable("trials_allocated", "integer", "Number of trials allocated."),
    Variable("trials_finished", "integer", "Number of trials finished."),
    Variable(
        "median_trial_seconds", "number", "Median of `trial_seconds` over finished main trials.", unit="s"
    ),
    # Questionnaire
    Variable("item", "identifier", "Key of a question about the annotator."),
    Variable(
        "item_place",
        "identifier",
        "When the question was asked.",
        levels=levels_of({"before": "before the trials", "after": "after the trials"}),
    ),
    Variable(
        "item_kind",
        "identifier",
        "Kind of the question.",
        levels=levels_of({name: kind.label for name, kind in ITEM_KINDS.items()}),
    ),
    Variable("item_text", "text", "The question as it was written."),
    Variable(
        "item_value",
        "text",
        'The answer: a number, the chosen option, or what was ticked as a JSON array (["drums","bass"], [] '
        "if nothing was). Empty for free text.",
    ),
    Variable("item_number", "number", "The answer as a number, where it has one.", unit="as asked"),
    Variable("item_comment", "text", "Free text about the annotator, as typed."),
]
