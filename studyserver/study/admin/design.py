"""The design in the admin: what of it is locked, and what sets of clips it gives."""

from dataclasses import dataclass

from django import forms

from explainer.models import Clip, Excerpt
from studyserver.study.design.left_out import clip_in_words
from studyserver.study.design.sets import ClipSet, stimulus_sets

from ..models import Presentation, Study
from .shared.plain_lines import PlainLines

MOST_SHOWN = 8  # sets in the preview; the rest is counted

# What people have been given depends on it.
LOCKED_DESIGN = (
    "set_rule",
    "compared_conditions",
    "reference_condition",
    "anchor_condition",
    "condition_design",
    "blocks",
    "switching",
    "rate_while_playing",
)


class StudyForm(PlainLines, forms.ModelForm):
    """Offers the conditions that are compared as boxes to tick."""

    class Meta:
        """Labels in plain words."""

        labels = {
            "slug": "Name in the link",
            "presentation": "A trial presents",
            "condition_design": "Conditions within or between annotators",
        }
        error_messages = {"slug": {"unique": "Another study has this name in its link; choose another one."}}
        help_texts = {"slug": "The last part of the link that annotators open, such as /s/tension/."}
        widgets = {"notes": forms.Textarea(attrs={"rows": 3, "cols": 70})}

    compared_conditions = forms.MultipleChoiceField(
        initial=list,
        choices=Clip.Condition.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=Study._meta.get_field("compared_conditions").help_text,
    )


@dataclass(frozen=True)
class SetRow:
    """One set in the preview."""

    track: str
    target: str
    given: str
    blind: str


def preview(study: Study) -> dict:
    """Return the first of the sets that trials would present, in words, and how many more there are."""
    if not study.presents.compares:
        return {}
    sets = stimulus_sets(study)
    excerpts = Excerpt.objects.filter(clips__stimuli__study=study).select_related("track").in_bulk()
    names = {pk: excerpt.name for pk, excerpt in excerpts.items()}
    return {
        "rows": [_row(what, names) for what in sets[:MOST_SHOWN]],
        "more": max(0, len(sets) - MOST_SHOWN),
        "total": len(sets),
        "abx": study.presents.has_x,
    }


def _row(what: ClipSet, excerpts: dict[int, str]) -> SetRow:
    given, blind = [], []
    for (_number, role), clip in zip(what.members, what.clips, strict=True):
        words = clip_in_words(clip)
        if role == Presentation.Role.REFERENCE:
            given.append(words)
        elif role == Presentation.Role.CLIP:
            blind.append(words)
        else:
            blind.append(f"{words} ({Presentation.Role(role).label.partition(',')[0]}, hidden)")
    return SetRow(
        excerpts[what.clips[0].excerpt_id], what.target or "all", ", ".join(given), " · ".join(blind)
    )
