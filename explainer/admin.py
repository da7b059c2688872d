"""The explainer's rows in the admin."""

import json
import tempfile
from pathlib import Path
from typing import ClassVar
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html

from . import tasks
from .files.uploaded_files import written
from .imports import tracks
from .imports.recipes import STEMS
from .models import Clip, Explanation, MusicModel, Recipe, Track
from .pages.explanation_page import name_of
from .pages.forms import MusicModelForm, RecipeForm
from .pages.upload_forms import UploadTracksForm
from .pages.views import page
from .templatetags.numbers import decimals, share


def pretty(value) -> str:
    """Return JSON as it is read most easily."""
    return format_html('<pre tabindex="0">{}</pre>', json.dumps(value, indent=2, ensure_ascii=False))


def player(address: str, label: str) -> str:
    """Return an element that plays a sound."""
    return format_html('<audio controls preload="none" src="{}" aria-label="{}"></audio>', address, label)


class Framed(admin.ModelAdmin):
    """Stands in the admin's frame with what that lacks."""

    class Media:
        css: ClassVar = {"all": ["explainer/admin.css"]}


class HasSound(Framed):
    """Says in what form a sound is stored."""

    @admin.display(ordering="seconds")
    def length(self, row):
        """Return the length in seconds."""
        return f"{row.seconds:.1f} s"

    @admin.display(description="sample rate", ordering="sample_rate")
    def rate(self, row):
        """Return the sample rate with its unit."""
        return f"{row.sample_rate} Hz"


class CountsExplanations(Framed):
    """Says how many explanations were made from a row."""

    def get_queryset(self, request):
        """Count along."""
        return super().get_queryset(request).annotate(explanations_made=Count("explanations"))

    @admin.display(description="explanations", ordering="explanations_made")
    def made(self, row):
        """Return their number."""
        return row.explanations_made


@admin.action(description="Build clips of the selected", permissions=["view"])
def build_clips(modeladmin, request, queryset):
    """Go to the page that asks for clips, with the selection ticked."""
    name = f"{modeladmin.model._meta.verbose_name_plural.split()[-1]}"
    chosen = urlencode([(name, pk) for pk in queryset.values_list("pk", flat=True)])
    return redirect(f"{reverse('explainer:build')}?{chosen}")


@admin.register(Track)
class TrackAdmin(HasSound, CountsExplanations):
    """Tracks: uploaded several at once, then described; the sound itself never changes."""

    list_display = ("name", "title", "composer", "licence", "length", "rate", "made")
    search_fields = ("name", "title", "composer", "source", "notes")
    list_filter = ("licence",)
    actions = (build_clips,)
    fields = (
        "name", "title", "composer", "source", "licence", "notes", "listen", "length", "rate", "channels",
        "sha256", "created_at",
    )  # fmt: skip
    readonly_fields = ("listen", "length", "rate", "channels", "sha256", "created_at")

    @admin.display(description="sound")
    def listen(self, track):
        """Return a player."""
        return player(reverse("explainer:track-sound", args=[track.pk]), str(track))

    def add_view(self, request, form_url="", extra_context=None):
        """Take in one or several files; those that cannot be used do not stop the others."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = (
            UploadTracksForm(request.POST, request.FILES) if request.method == "POST" else UploadTracksForm()
        )
        if form.is_valid():
            done = self.take_in(form.cleaned_data)
            there = [item for item in done if not item.refused]
            for item in there:
                what = f"{item.file}, {item.reason}" if item.reason else f"{item.file} as {item.track.name}"
                messages.success(request, f"{item.result.capitalize()}: {what}.")
            refused = [item.refusal for item in done if item.refused]
            if not refused:
                return redirect("admin:explainer_track_changelist")
            form.add_error("files", refused)
        return page(request, "explainer/upload_tracks.html", "Upload tracks", form=form)

    def take_in(self, values):
        """Import the uploaded files under their own names."""
        common = {key: values[key] for key in ("composer", "source", "licence")}
        done = []
        for upload in values["files"]:
            with tempfile.TemporaryDirectory(prefix="upload-") as folder:
                path = written(upload, Path(folder))
                title = {} if path.name == upload.name else {"title": Path(upload.name).stem[:200]}
                done += tracks.import_tracks([path], {path: common | title})
        return done


@admin.register(MusicModel)
class MusicModelAdmin(CountsExplanations):
    """Models: what must be stated is checked here, what they answer when they are used."""

    form = MusicModelForm
    list_display = ("name", "adapter", "number_of_targets", "output", "licence", "made")
    list_filter = ("adapter", "output")
    search_fields = ("name", "description", "code", "source")
    actions = (build_clips,)
    readonly_fields = ("checkpoint_sha256", "created_at")
    fieldsets = (
        (None, {"fields": ("name", "description")}),
        ("How to reach it", {"fields": ("adapter", "code", "arguments", "checkpoint", "checkpoint_sha256")}),
        (
            "What goes in",
            {"fields": ("representation", "window_frames", "window_hop", "pooling", "precision")},
        ),
        ("What comes out", {"fields": ("targets", "output", "emotion_weights", "emotion_bias")}),
        ("Origin", {"fields": ("licence", "source", "created_at")}),
    )

    @admin.display(description="targets")
    def number_of_targets(self, model):
        """Return how many outputs the model has."""
        return len(model.targets)


@admin.register(Recipe)
class RecipeAdmin(CountsExplanations):
    """Recipes: one form field for each of theirs."""

    form = RecipeForm
    save_as = True
    list_display = ("name", "method", "segments", "calls", "evidence", "digest_begins", "made")
    search_fields = ("name", "digest")
    actions = (build_clips,)
    readonly_fields = ("digest", "created_at")
    fieldsets = (
        (None, {"fields": ("name",)}),
        (
            "Questions to the model",
            {
                "fields": (
                    "method",
                    "method_parameters",
                    "sampling",
                    "calls",
                    "keep_probability",
                    "stop_confidence",
                )
            },
        ),
        (
            "What is removed",
            {"fields": ("segmentation", "segmentation_parameters", "stem_files", "hidden_value")},
        ),
        ("Clips", {"fields": ("evidence_sizes", "random_controls", "boost", "route")}),
        ("Checks", {"fields": ("stability_seeds", "randomised_model")}),
        ("Chance", {"fields": ("seed",)}),
        ("Identity", {"fields": ("digest", "created_at")}),
    )

    @admin.display
    def method(self, recipe):
        """Return the method's name."""
        return recipe.parameters["method"].replace("_", " ")

    @admin.display
    def segments(self, recipe):
        """Return the segmentation with its parameters."""
        values = dict(recipe.parameters["segmentation_parameters"])
        sources = ", ".join(values.pop(STEMS, ()))
        parts = (
            f"{value} {name.replace('_', ' ')}" if isinstance(value, int) else str(value)
            for name, value in sorted(values.items(), reverse=True)
        )
        name = recipe.parameters["segmentation"].replace("_", " ")
        return ", ".join(filter(None, [f"{name} {sources}".strip(), *parts]))

    @admin.display
    def calls(self, recipe):
        """Return the budget of model calls."""
        return recipe.parameters["calls"]

    @admin.display
    def evidence(self, recipe):
        """Return how many segments evidence clips keep."""
        return ", ".join(map(str, recipe.parameters["evidence_sizes"]))

    @admin.display(description="digest")
    def digest_begins(self, recipe):
        """Return the beginning of the digest."""
        return recipe.digest[:12]


class ReadOnly(Framed):
    """Rows that builds write: to be looked at and deleted, never typed."""

    def has_add_permission(self, request):
        """Leave it to the page that builds clips."""
        return False

    def has_change_permission(self, request, obj=None):
        """Leave it to the builds."""
        return False


@admin.register(Explanation)
class ExplanationAdmin(ReadOnly):
    """Explanations: their state, and the way to their page."""

    list_display = ("track", "look", "model", "recipe", "how_far", "targets_wanted", "model_calls", "took")
    list_filter = ("state", "model", "recipe")
    list_select_related = ("track", "model", "recipe")
    search_fields = ("track__name", "track__title", "model__name", "recipe__name", "key")
    actions = ("take_up_again",)
    fields = (
        "look", "track", "model", "recipe", "how_far", "targets_wanted", "remarks", "model_calls", "took",
        "started_at", "finished_at", "key", "pretty_predictions", "pretty_provenance",
    )  # fmt: skip
    readonly_fields = (
        "look", "how_far", "targets_wanted", "remarks", "took", "pretty_predictions", "pretty_provenance",
    )  # fmt: skip

    @admin.display(description="state", ordering="state")
    def how_far(self, explanation):
        """Return the state with progress or reason."""
        if explanation.is_stalled():
            return "left by a worker that is gone"
        if explanation.state == Explanation.State.BUILDING:
            return f"{explanation.progress} %, {explanation.activity}"
        return f"failed: {explanation.failure}" if explanation.failure else explanation.get_state_display()

    @admin.display(description="targets")
    def targets_wanted(self, explanation):
        """Return the targets of which clips are made."""
        return ", ".join(explanation.requested_targets) or "all"

    @admin.display(description="warnings")
    def remarks(self, explanation):
        """Return the warnings, one a line."""
        return "\n".join(explanation.warnings)

    @admin.display(description="seconds", ordering="seconds")
    def took(self, explanation):
        """Return the wall time of the build."""
        return decimals(explanation.seconds) if explanation.seconds else ""

    @admin.display(description="page")
    def look(self, explanation):
        """Return a link to the explanation's page, once there is one."""
        if not explanation.file:
            return ""
        return format_html(
            '<a href="{}">see and hear</a>', reverse("explainer:explanation", args=[explanation.pk])
        )

    @admin.display(description="predictions")
    def pretty_predictions(self, explanation):
        """Return the model's output on the track."""
        return pretty(explanation.predictions)

    @admin.display(description="provenance")
    def pretty_provenance(self, explanation):
        """Return what is needed to make it again."""
        return pretty(explanation.provenance)

    @admin.action(description="Take up again what failed or was left", permissions=["delete"])
    def take_up_again(self, request, queryset):
        """Queue the selected ones that are not there."""
        messages.success(request, f"{tasks.resume_in_background(queryset)} taken up again.")
        return redirect("explainer:progress")


class NamedOrNone(admin.AllValuesFieldListFilter):
    """Offers every value that occurs, the empty one by a word that can be read and pressed."""

    def choices(self, changelist):
        """Name what has no name."""
        for choice in super().choices(changelist):
            yield {**choice, "display": choice["display"] or "none"}


@admin.register(Clip)
class ClipAdmin(HasSound, ReadOnly):
    """Clips, to be heard and found."""

    list_display = ("track", "what", "target", "listen", "model_name", "level")
    list_filter = ("condition", ("method", NamedOrNone), "explanation__model", ("target", NamedOrNone))
    list_select_related = ("track", "explanation__model")
    search_fields = ("track__name", "track__title", "condition", "target", "sha256")
    fields = (
        "listen", "track", "explanation", "condition", "target", "target_level", "method", "segments_asked",
        "kept_segments", "variant", "length", "rate", "level", "common_gain", "peak", "area", "energy",
        "sha256", "heard", "masked", "pretty_provenance",
    )  # fmt: skip
    readonly_fields = (
        "listen", "length", "rate", "level", "common_gain", "peak", "area", "energy", "heard", "masked",
        "pretty_provenance",
    )  # fmt: skip

    @admin.display(description="condition", ordering="condition")
    def what(self, clip):
        """Return condition and number of segments, in short."""
        return name_of(clip)

    @admin.display(description="model", ordering="explanation__model__name")
    def model_name(self, clip):
        """Return the model that was explained."""
        return clip.explanation.model.name if clip.explanation else ""

    @admin.display(description="loudness")
    def level(self, clip):
        """Return the loudness of the file."""
        return "too quiet" if clip.loudness is None else f"{decimals(clip.loudness + clip.gain)} LUFS"

    @admin.display(description="gain, one for all clips of the set")
    def common_gain(self, clip):
        """Return the gain of the comparison set."""
        return f"{decimals(clip.gain)} dB"

    @admin.display(description="true peak")
    def peak(self, clip):
        """Return the true peak of the file."""
        return "silent" if clip.true_peak is None else f"{decimals(clip.true_peak)} dBTP"

    @admin.display(description="area kept")
    def area(self, clip):
        """Return the share of the time-frequency area."""
        return share(clip.area_share)

    @admin.display(description="energy kept", ordering="energy_share")
    def energy(self, clip):
        """Return the share of the energy."""
        return share(clip.energy_share)

    @admin.display(description="sound")
    def listen(self, clip):
        """Return a player."""
        return player(reverse("explainer:clip-sound", args=[clip.pk]), str(clip))

    @admin.display(description="output, heard")
    def heard(self, clip):
        """Return what the model says to the file."""
        return pretty(clip.prediction_heard)

    @admin.display(description="output, masked")
    def masked(self, clip):
        """Return what the model says to the masked features."""
        return pretty(clip.prediction_masked)

    @admin.display(description="provenance")
    def pretty_provenance(self, clip):
        """Return how the clip was made."""
        return pretty(clip.provenance)
