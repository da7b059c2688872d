"""Reads the tables, and says which answers count and how they are grouped."""

import json
import re
import sys
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

FOLDER = Path(sys.argv[1]).resolve()
WORDS = [
    "value",
    "option",
    "question",
    "question_target",
    "target",
    "track",
    "annotator",
    "other_annotator",
    "method",
    "about",
    "item_value",
]
CONDITIONS = (
    "original", "resynthesis", "evidence", "boosted", "complement", "counter_evidence", "random_control",
    "uploaded",
)  # fmt: skip
NUMBERS, NAMES = ["scale", "slider", "presence"], ["choice", "checklist", "preference", "presence"]
GROUP = ["condition", "method", "kept_segments", "model"]
# An apostrophe stands before texts that a spreadsheet could take for formulas.
ESCAPED = re.compile("^'(?='*[=+\\-@\t\r\n\0\uff1d\uff0b\uff0d\uff20])")
HEARD_TOLERANCE = 0.02  # of a clip: the last moments may be lost on the way from the browser


def table(name):
    """Return a table of this folder, with texts as they were before they were escaped.

    Only the empty field is a missing value.
    """
    (path,) = FOLDER.glob(f"data/*_table-{name.replace('_', '')}_data.csv")
    rows = pd.read_csv(path, dtype=dict.fromkeys(WORDS, str), keep_default_na=False, na_values=[""])
    texts = rows.select_dtypes(["object", "str"]).columns
    return rows.assign(**{name: rows[name].str.replace(ESCAPED, "", regex=True) for name in texts})


def label(condition, method="", kept_segments=0, model=""):
    """Return a group of clips in words, as the column `about` has it."""
    words = [condition.replace("_", " ").replace("counter evidence", "counter-evidence"), method]
    size = f"{kept_segments:.0f} segment{'' if kept_segments == 1 else 's'}" if kept_segments else ""
    return ", ".join(filter(None, [*words, size, model]))


def in_group(clips, group):
    """Return which clips belong to a row's group: condition, and method, size, model where it names them."""
    keep = clips["condition"] == group["condition"]
    for name in ("method", "kept_segments", "model"):
        if pd.notna(group[name]):
            keep &= clips[name] == group[name]
    return keep


def in_words(clips, words):
    """Return which clips belong to the group that the column `about` names."""
    methods, sizes = clips["method"].fillna(""), clips["kept_segments"].fillna(0)
    named = zip(clips["condition"], methods, sizes, clips["model"].fillna(""), strict=True)
    return np.array(
        [
            words in {label(x, a, b, c) for a in ("", m) for b in (0, k) for c in ("", one)}
            for x, m, k, one in named
        ],
        bool,
    )


class Question:
    """What a question asks, and on which scale."""

    def __init__(self, row):
        self.key, self.kind, self.target = row["question"], row["question_kind"], row["question_target"]
        options = json.loads(row["question_options"]) if isinstance(row["question_options"], str) else {}
        choices = options.get("choices", []) if isinstance(options, dict) else []
        choices = [item if isinstance(item, dict) else {"value": item} for item in choices]
        self.options = [str(item["value"]) for item in choices]
        self.named = {
            str(item.get("label", item["value"])).casefold(): str(item["value"]) for item in choices
        }
        self.named |= {option.casefold(): option for option in self.options}
        self.ends = {
            "scale": lambda: (1.0, float(options.get("points", 5))),
            "slider": lambda: (float(options.get("min", 0)), float(options.get("max", 100))),
            "presence": lambda: (0.0, 2.0),
        }.get(self.kind, lambda: (0.0, 1.0))()
        self.heard_above = 0.5 if self.kind == "presence" else float(f"{sum(self.ends) / 2:.12g}")

    def chosen(self, value):
        """Return the options that an answer chose: of a checklist the set of those ticked, else the one."""
        return frozenset(json.loads(value)) if self.kind == "checklist" else frozenset([value])

    def answers(self, part, level):
        """Return answers as positions among all possible ones, and these: numbers, names or sets."""
        if level == "sets":
            given = part["value"].map(self.chosen)
            values = list(dict.fromkeys(given))
        elif self.kind in NUMBERS:
            given, low, high = part["number"], int(self.ends[0]), int(self.ends[1])
            values = (
                sorted(given.unique()) if self.kind == "slider" else [float(x) for x in range(low, high + 1)]
            )
        else:
            given, values = part["value"], self.options
        place = {value: index for index, value in enumerate(values)}
        return given.map(place).to_numpy(int), values


class Answers:
    """The answers of finished main trials, of everybody or without those whom declared rules leave out."""

    def __init__(self, left_out=()):
        self.everything = table("judgments")
        self.everything = self.everything[~self.everything["annotator"].isin(left_out)]
        self.finished = self.everything[self.everything["trial_finished"] == 1]
        self.main = self.finished[self.finished["trial_kind"] == "main"]
        self.adaptive = self.everything["adaptive"].eq(1).any()  # then clips count alike in means
        self.questions = {row["question"]: Question(row) for row in table("questions").to_dict("records")}

    @cached_property
    def counted(self):
        """Answers about a target on clips that were made for it, or for none in particular."""
        about_all = self.main["question_target"].isna() | self.main["target"].isna()
        return self.main[about_all | (self.main["target"] == self.main["question_target"])]

    def of(self, row):
        """Return the answers that a row of a table is about."""
        part = self.counted[self.counted["question"] == row["question"]]
        if self.questions[row["question"]].kind in NUMBERS:
            part = part[part["number"].notna()]
        return part[in_group(part, row)] if isinstance(row.get("condition"), str) else part

    @cached_property
    def repeats(self):
        """Pairs of an answer and a second one to the same clip."""
        keys, answer = ["annotator", "question", "stimulus", "trial"], ["number", "value"]
        first = self.main[[*keys, *answer]]
        second = self.finished[self.finished["trial_kind"] == "repeat"]
        second = second.assign(trial=second["repeat_of"])[[*keys, *answer]]
        return first.astype({"trial": float}).merge(second, on=keys, suffixes=("_first", "_second"))

    @cached_property
    def compared(self):
        """Clips of preferences and ABX answers that count."""
        clips = table("comparisons")
        clips = clips[clips["judgment"].isin(self.main["judgment"])]
        target = clips["question"].map({key: item.target for key, item in self.questions.items()})
        foreign = clips[target.notna() & clips["target"].notna() & (clips["target"] != target)]["judgment"]
        return clips[~clips["judgment"].isin(foreign)]

    @cached_property
    def marked(self):
        """One row per first answer with stretches of time, with the length of its clip."""
        found = table("stretches")
        found = found[found["judgment"].isin(self.main["judgment"])]
        keys = ["judgment", "question", "annotator", "stimulus"]
        marks = found.groupby(keys, sort=False)[["stretch_begin", "stretch_end"]].apply(
            lambda part: [tuple(pair) for pair in part.dropna().to_numpy()], include_groups=False
        )
        marks = marks.rename("marks").reset_index().drop_duplicates(keys[1:])
        return marks.merge(table("stimuli")[["stimulus", "clip_seconds", "target", *GROUP]], on="stimulus")
