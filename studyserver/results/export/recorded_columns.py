"""The columns of what was asked, heard and answered: one row of the database at a time."""

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
        "1 in every row of a rehearsal's package, which is of simulated annotators and researchers' previews "
        "(`behaviour` in `annotators`); 0 in that of people. Never mixed.",
    ),
    Variable(
        "behaviour",
        "identifier",
        "Who took part in a rehearsal; empty for people.",
        levels=levels_of(
            {
                "truthful": "simulated, answers by what it hears",
                "noisy": "simulated, does so less exactly",
                "lazy": "simulated, answers without listening",
                "straight-lining": "simulated, always takes the same place of a scale",
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
    Variable("trial_finished", "boolean", "1 once the annotator has left the trial by Next."),
    Variable("repeat_of", "integer", "The trial of which this one is the second presentation."),
    Variable(
        "adaptive",
        "boolean",
        "1 if the trial was chosen because a judgment narrows the study's declared figure more here than "
        "elsewhere; 0 if balance or chance chose it.",
    ),
    Variable(
        "clip_position",
        "integer",
        "Place of the clip within the trial: 0 was labelled A, 1 was labelled B, ...",
    ),
    Variable(
        "clip_role",
        "identifier",
        "What the clip is in its trial. Annotators were told of the reference and of X only.",
        levels=levels_of(
            {
                "clip": "one of the clips that are judged",
                "reference": "the reference, given openly and not judged",
                "hidden_reference": "the reference, hidden among the clips",
                "anchor": "the anchor, hidden among the clips",
                "x": "X of an ABX trial: the stimulus says whether it is A or B",
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
    Variable("judgment", "identifier", "Identifier (UUID) of the answer that counts: the last one given."),
    Variable(
        "question",
        "identifier",
        "The question's key. A number that is one of several in an answer has a key of its own: that of the "
        "question and its name, such as `mood_valence`.",
    ),
    Variable("question_asked", "identifier", "The key of the question that was asked."),
    Variable(
        "question_kind",
        "identifier",
        "How it was asked; of a number that is one of several in an answer, how it is analysed.",
        levels=levels_of({name: kind.label for name, kind in KINDS.items()}),
    ),
    Variable(
        "level", "identifier", "Declared level of measurement.", levels=levels_of(LEVELS_OF_MEASUREMENT)
    ),
    Variable(
        "question_target",
        "text",
        "The model's target that the question is about; empty where it is about none.",
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
    Variable("picked", "boolean", "1 if the annotator preferred this clip, or said that X is this clip."),
    Variable("is_x", "boolean", "ABX trials: 1 if X was this clip. Empty for other trials."),
    Variable("stretch", "integer", "Counts the stretches of one answer from 1; 0 where it is heard nowhere."),
    Variable("stretch_begin", "number", "Where the stretch begins in the clip.", unit="s"),
    Variable("stretch_end", "number", "Where it ends.", unit="s"),
    Variable("confidence", "integer", "Confidence of a presence judgment, 1 to 5."),
    Variable("response_ms", "integer", "From the appearance of the trial to this answer.", unit="ms"),
    Variable("changes", "integer", "How often the answer was changed before it stayed."),
    Variable("answered_at", "datetime", "When the answer was entered, by the server's clock (UTC)."),
    Variable(
        "stored_at",
        "datetime",
        "When the server stored it (UTC); later than it was entered where the annotator was offline.",
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
    Variable("active", "boolean", "0 for a stimulus that is presented no more."),
    Variable("clip", "integer", "Number of the clip, unique on the site."),
    Variable("clip_sha256", "identifier", "SHA-256 of the sound file that was heard."),
    Variable(
        "clip_sound",
        "identifier",
        "SHA-256 of the file of the track's first clip that sounds the same: equal for clips that nobody can "
        "tell apart by ear.",
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
        "How many segments of evidence the recipe asked for; 0 where it does not apply, empty for uploaded "
        "clips.",
        unit="segments",
    ),
    Variable(
        "kept_segments",
        "integer",
        "Number of segments of evidence that the clip holds, lacks (complement), boosts or is matched with "
        "(random control); fewer than asked for where fewer speak for the target. 0 where it does not apply, "
        "empty where it is not known.",
        unit="segments",
    ),
    Variable("variant", "integer", "Numbers several controls of one kind."),
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
        "What the model's outputs are, and with them the columns `prediction_...`.",
        levels=levels_of(
            {"value": "a value of the model's own", "probability": "a probability", "logit": "log-odds"}
        ),
    ),
    Variable("method", "text", "Explanation method, or the system that an uploaded clip comes from."),
    Variable("explanation", "identifier", "Content address of the explanation: track, model and recipe."),
    Variable("recipe", "identifier", "Name of the recipe."),
    Variable("recipe_digest", "identifier", "SHA-256 of the recipe's canonical JSON."),
    Variable("segmentation", "text", "How the sound was divided into segments."),
    Variable("segmentation_parameters", "text", "Parameters of the segmentation, as JSON."),
    Variable("sampling", "text", "How the masks were drawn about which the model was asked."),
    Variable("model_calls", "integer", "Number of inputs that the model evaluated."),
    Variable("keep_probability", "number", "Probability with which a segment stayed in a mask."),
    Variable("hidden_value", "text", "What stood in place of a removed cell."),
    Variable("route", "text", "The way from the masked spectrogram back to sound."),
    Variable("seed", "integer", "Seed of the recipe's random choices."),
    Variable("clip_provenance", "text", "What else is needed to make the clip again, as JSON."),
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
        "When it appeared (UTC), after the rest if there was one; if it was not finished, when the browser "
        "was given it.",
    ),
    Variable(
        "finished_at",
        "datetime",
        "Of a trial, when Next was pressed; of an annotator, when everything had arrived (UTC).",
    ),
    Variable("trial_seconds", "number", "From presentation to Next.", unit="s"),
    Variable("heard_share", "number", "Share of the clip that was played at least once, 0 to 1."),
    Variable("plays", "integer", "How often the clip was started."),
    Variable("seeks", "integer", "How often the play position was moved."),
    Variable("loops", "integer", "How often the clip began anew by itself."),
    Variable("switches", "integer", "How often the annotator switched between the clips of the trial."),
    Variable("focus_losses", "integer", "How often the page of the trial was left for another."),
    Variable("reloads", "integer", "How often the page of the trial was loaded again."),
    Variable("first_play_ms", "integer", "From the appearance of the trial to the first play.", unit="ms"),
    Variable(
        "first_answer_ms", "integer", "From the appearance of the trial to the first answer.", unit="ms"
    ),
    Variable("output_sample_rate", "number", "Sample rate of the annotator's sound output.", unit="Hz"),
    Variable(
        "listening_record", "text", "All that the browser recorded about listening in this trial, as JSON."
    ),
    # Questions
    Variable("question_position", "integer", "Order of the questions."),
    Variable("question_text", "text", "The question as asked."),
    Variable("question_help", "text", "Its explanation."),
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
        "1 if it is asked only of clips made for its target (and of unmasked ones).",
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
                "active": "in the middle",
                "finished": "finished",
                "withdrawn": "withdrew and left the answers",
                "screened_out": "screened out",
            }
        ),
    ),
    Variable("language", "text", "Language of the pages."),
    Variable(
        "machine_translated",
        "boolean",
        "1 if a program was seen to translate the page into other words: of a trial, while it was on the "
        "page (empty where the browser did not say); of an annotator, on any page of the study.",
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
        "When it was asked.",
        levels=levels_of({"before": "before the trials", "after": "after the trials"}),
    ),
    Variable(
        "item_kind",
        "identifier",
        "How it was asked.",
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
