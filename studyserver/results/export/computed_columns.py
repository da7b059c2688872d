"""Columns of computed tables: statistics, contrasts, quality of annotators, codebook."""

from studyserver.results.tables.labels import CONDITIONS

from .variables import TYPES, Variable, levels_of

STATISTIC_VARIABLES = [
    # Statistics
    Variable("statistic", "identifier", "Name of the statistic (docs/agreement.md)."),
    Variable("estimate", "number", "Its value; empty where undefined."),
    Variable("se", "number", "Standard error."),
    Variable("ci_low", "number", "Lower end of the 95 % interval."),
    Variable("ci_high", "number", "Upper end of the 95 % interval."),
    Variable("ci_method", "text", "Method by which the interval was computed."),
    Variable(
        "ci_scope",
        "text",
        "What the interval generalises to.",
        levels=levels_of(
            {
                "these annotators": "new clips (or tracks) and these annotators",
                "new annotators": "new clips (or tracks) and new annotators",
                "judgments": "neither: valid only for independent judgments",
            }
        ),
    ),
    Variable("n_clips", "integer", "Number of clips."),
    Variable("n_tracks", "integer", "Number of tracks."),
    Variable("n_clips_pairable", "integer", "Number of clips judged by at least two annotators."),
    Variable("n_annotators", "integer", "Number of annotators."),
    Variable("n_judgments", "integer", "Number of judgments."),
    Variable(
        "status",
        "identifier",
        "Whether the statistic is defined on these judgments.",
        levels=levels_of({"ok": "defined", "undefined": "not defined; `reason` says why"}),
    ),
    Variable("reason", "text", "Why it is undefined or has no interval."),
    Variable(
        "observed",
        "number",
        "Observed agreement, for coefficients that are corrected for chance; for Krippendorff's alpha "
        "observed disagreement, as mean squared distance.",
    ),
    Variable("expected", "number", "The same as expected by chance."),
    Variable("annotators_per_clip", "number", "Mean number of annotators per clip."),
    Variable(
        "mean",
        "number",
        "Mean over judgments; for an option, the share that chose it.",
        unit="as the question's scale",
    ),
    Variable("sd", "number", "Standard deviation of the judgments.", unit="as the question's scale"),
    Variable(
        "annotator_set",
        "identifier",
        "Whose judgments enter the figure.",
        levels=levels_of(
            {
                "all": "of all annotators",
                "kept": "without those excluded by the study's declared rules; only if it declares any",
            }
        ),
    ),
    Variable(
        "about",
        "text",
        "What the figure is about besides the condition: for differences of retention the control; for "
        "claims what counts as noise; for the model `level` or `change`; for dose and response the "
        "method; for preferences and ABX the condition compared with; for stretches the evidence.",
    ),
    Variable("n_pairs", "integer", "Number of pairs of a first and a second judgment."),
    # Contrasts
    Variable(
        "primary", "boolean", "1 for a contrast that was named before the study opened (or the default)."
    ),
    Variable("first", "identifier", "Condition on the first side.", levels=levels_of(CONDITIONS)),
    Variable("first_method", "text", "Method on the first side; empty for all."),
    Variable("second", "identifier", "Condition on the second side.", levels=levels_of(CONDITIONS)),
    Variable("second_method", "text", "Method on the second side; empty for all."),
    Variable(
        "p", "number", "p value of the t test of no difference, with Satterthwaite's degrees of freedom."
    ),
    Variable("p_holm", "number", "The same after Holm's correction over all rows with equal `primary`."),
    Variable("d_z", "number", "Mean difference across tracks, divided by its standard deviation."),
    Variable("cliffs_delta", "number", "Cliff's delta of the first over the second, -1 to 1."),
    # Quality of annotators
    Variable("left_out", "boolean", "1 if a declared rule excludes the annotator."),
    Variable(
        "correlation_with_others", "number", "Correlation with the mean of the others on the same clips."
    ),
    Variable(
        "agreement_with_others",
        "number",
        "For all but scales and sliders: mean similarity with the others' answers to the same clips, 0 to 1; "
        "for checklists 1 minus the MASI distance, otherwise the share of equal answers.",
    ),
    Variable(
        "bias",
        "number",
        "Mean difference from the mean of the others: in units of the scale; over all questions as a share "
        "of the scale.",
    ),
    Variable("spread", "number", "Standard deviation divided by that of the others."),
    Variable("most_frequent_share", "number", "Share of the most frequent answer, 0 to 1."),
    Variable("longest_run", "number", "Longest run of equal answers, as a share of all."),
    Variable("median_response_ms", "number", "Median time to an answer.", unit="ms"),
    Variable("attention_failed_share", "number", "Share of attention trials failed, 0 to 1."),
    Variable("headphone_score", "number", "Share of the headphone check solved, 0 to 1."),
    Variable(
        "reference_missed_share", "number", "Share of hidden references rated below 90 % of the slider."
    ),
    Variable("unheard_share", "number", "Share of clips of which less was heard than the study requires."),
    Variable("rushed_share", "number", "Share of trials finished before the sound could have ended."),
    Variable(
        "repeat_distance", "number", "Mean distance of repeated answers, as a share of the scale, 0 to 1."
    ),
    Variable(
        "abx_trials",
        "integer",
        "ABX answers in finished main trials; empty where the study has no such answers.",
    ),
    Variable(
        "abx_correct_share",
        "number",
        "Share of these answers that were right, 0 to 1; guessing gives .5. Empty without any.",
    ),
    Variable(
        "abx_guessing_p",
        "number",
        "Exact probability that guessing gets at least as many of them right (one-sided binomial). Empty "
        "without any.",
    ),
    Variable("other_annotator", "identifier", "The second annotator of a pair."),
    Variable("correlation", "number", "Correlation of the two annotators on the clips that both judged."),
    Variable("exact_share", "number", "Share of these clips to which both gave the same answer."),
    Variable(
        "similarity",
        "number",
        "For all but scales and sliders: mean similarity of the two answers, 0 to 1; for checklists 1 minus "
        "the MASI distance, otherwise the share of equal answers.",
    ),
    Variable(
        "mean_difference", "number", "Mean of the first minus the second.", unit="as the question's scale"
    ),
    Variable("measure", "identifier", "The figure that a rule checks; a column of `annotator_quality`."),
    Variable("figure", "number", "The annotator's figure."),
    Variable(
        "left_out_if",
        "identifier",
        "Side of the limit on which annotators are excluded.",
        levels=levels_of({"above": "above it", "below": "below it"}),
    ),
    Variable("limit", "number", "The limit; a figure equal to it does not exclude."),
    # Codebook
    Variable("table", "identifier", "Table that has the column."),
    Variable("column", "identifier", "Name of the column."),
    Variable("type", "identifier", "Type of its values.", levels=tuple((name, "") for name in TYPES)),
    Variable("unit", "text", "Unit of its values."),
    Variable("description", "text", "Meaning of its values."),
    Variable("levels", "text", "Values and their meanings, if the list is closed."),
]
