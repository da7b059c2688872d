"""Admin pages of the explainer's models."""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.contrib.admin import ModelAdmin
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Model, OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html

from . import tasks
from .core.base.counting import plural
from .files.uploaded_files import written
from .imports import tracks
from .imports.recipes import STEMS
from .imports.track_manifest import Described
from .models import Clip, Excerpt, Explanation, MusicModel, Recipe, Track
from .pages.explanation_page import name_of
from .pages.forms import MusicModelForm, RecipeForm
from .pages.upload_forms import UploadTracksForm
from .pages.views import page
from .templatetags.numbers import decimals, share


def pretty(value: object) -> str:
    """Return JSON as indented HTML."""
    return format_html('<pre tabindex="0">{}</pre>', json.dumps(value, indent=2, ensure_ascii=False))


def player(address: str, label: str) -> str:
    """Return an element that plays a sound."""
    return format_html('<audio controls preload="none" src="{}" aria-label="{}"></audio>', address, label)


class Framed(admin.ModelAdmin):
    """Base of the admin pages, with the explainer's style sheet."""

    class Media:
        css: ClassVar = {"all": ["explainer/admin.css"]}


class HasSound(Framed):
    """Adds columns for the format of a sound."""

    @admin.display(ordering="seconds")
    def length(self, row: Track | Clip) -> str:
        """Return the length in seconds."""
        return f"{row.seconds:.1f} s"

    @admin.display(description="sample rate", ordering="sample_rate")
    def rate(self, row: Track | Clip) -> str:
        """Return the sample rate with its unit."""
        return f"{row.sample_rate} Hz"


class CountsExplanations(Framed):
    """Adds a column with the number of explanations of a row."""

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Return the rows with their number of explanations."""
        return super().get_queryset(request).annotate(explanations_made=Count("explanations"))

    @admin.display(description="explanations", ordering="explanations_made")
    def made(self, row: Model) -> int:
        """Return their number."""
        return row.explanations_made


@admin.action(description="Choose excerpts of the selected by rule", permissions=["view"])
def choose_excerpts(modeladmin: ModelAdmin, request: HttpRequest, queryset: QuerySet) -> HttpResponse:
    """Go to the page that chooses excerpts by rule, with the selection ticked."""
    chosen = urlencode([("tracks", pk) for pk in queryset.values_list("pk", flat=True)])
    return redirect(f"{reverse('explainer:excerpts')}?{chosen}")


@admin.action(description="Build clips of the selected", permissions=["view"])
def build_clips(modeladmin: ModelAdmin, request: HttpRequest, queryset: QuerySet) -> HttpResponse:
    """Go to the page for building clips, with the selection ticked."""
    name = f"{modeladmin.model._meta.verbose_name_plural.split()[-1]}"
    chosen = urlencode([(name, pk) for pk in queryset.values_list("pk", flat=True)])
    return redirect(f"{reverse('explainer:build')}?{chosen}")


@admin.register(Track)
class TrackAdmin(HasSound, CountsExplanations):
    """Tracks: several can be uploaded together; their sound cannot be changed."""

    list_display = ("name", "title", "composer", "licence", "length", "rate", "excerpts", "made")
    search_fields = ("name", "title", "composer", "source", "notes")
    list_filter = ("licence",)
    actions = (choose_excerpts, build_clips)
    fields = (
        "name", "title", "composer", "source", "licence", "notes", "listen", "length", "excerpts", "rate",
        "channels", "sha256", "created_at",
    )  # fmt: skip
    readonly_fields = ("listen", "length", "excerpts", "rate", "channels", "sha256", "created_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Return the tracks with their number of excerpts."""
        chosen = Excerpt.objects.filter(track=OuterRef("pk")).exclude(chosen_by=Excerpt.ChosenBy.WHOLE)
        number = chosen.order_by().values("track").annotate(number=Count("pk")).values("number")
        return super().get_queryset(request).annotate(excerpts_chosen=Subquery(number))

    @admin.display(ordering="excerpts_chosen")
    def excerpts(self, track: Any) -> str:
        """Return the number of excerpts, as a link to the page where they are chosen."""
        words = track.excerpts_chosen or "whole"
        address = reverse("explainer:track-excerpts", args=[track.pk])
        return format_html(
            '<a href="{}" aria-label="Excerpts of {}: {}">{}</a>', address, track, words, words
        )

    @admin.display(description="sound")
    def listen(self, track: Track) -> str:
        """Return a player."""
        return player(reverse("explainer:track-sound", args=[track.pk]), str(track))

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Import one or several files; a file that cannot be used does not stop the others."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = (
            UploadTracksForm(request.POST, request.FILES) if request.method == "POST" else UploadTracksForm()
        )
        if form.is_valid():
            done = self.take_in(form.cleaned_data)
            for item in done:
                if item.track:
                    what = f", {item.reason}" if item.reason else f" as {item.track.name}"
                    messages.success(request, f"{item.result.capitalize()}: {item.file}{what}.")
            refused = [item.refusal for item in done if item.refused]
            if not refused:
                return redirect("admin:explainer_track_changelist")
            form.add_error("files", refused)
        return page(request, "explainer/upload_tracks.html", "Upload tracks", form=form)

    def take_in(self, values: dict[str, Any]) -> list[tracks.Import]:
        """Import the uploaded files under their own names."""
        common = {key: values[key] for key in ("composer", "source", "licence")}
        done = []
        for upload in values["files"]:
            with tempfile.TemporaryDirectory(prefix="upload-") as folder:
                path = written(upload, Path(folder))
                title = {} if path.name == upload.name else {"title": Path(upload.name).stem[:200]}
                done += tracks.import_tracks([path], {path: Described(common | title)})
        return done


@admin.register(MusicModel)
class MusicModelAdmin(CountsExplanations):
    """Models: their descriptions are checked here, their outputs when they are used."""

    form = MusicModelForm
    list_display = ("name", "adapter", "number_of_targets", "output", "licence", "made")
    list_filter = ("adapter", "output")
    search_fields = ("name", "description", "code", "source")
    actions = (build_clips,)
    readonly_fields = ("checkpoint_sha256", "created_at")
    fieldsets = (
        (None, {"fields": ("name", "description")}),
        ("Code and weights", {"fields": ("adapter", "code", "arguments", "checkpoint", "checkpoint_sha256")}),
        ("Input", {"fields": ("representation", "window_frames", "window_hop", "pooling", "precision")}),
        ("Output", {"fields": ("targets", "output", "emotion_weights", "emotion_bias")}),
        ("Origin", {"fields": ("licence", "source", "created_at")}),
    )

    @admin.display(description="targets")
    def number_of_targets(self, model: MusicModel) -> int:
        """Return how many outputs the model has."""
        return len(model.targets)


@admin.register(Recipe)
class RecipeAdmin(CountsExplanations):
    """Recipes, with a form field for each setting."""

    form = RecipeForm
    save_as = True
    list_display = ("name", "method", "segments", "calls", "evidence", "digest_begins", "made")
    search_fields = ("name", "digest")
    actions = (build_clips,)
    readonly_fields = ("digest", "created_at")
    fieldsets = (
        (None, {"fields": ("name",)}),
        (
            "Method and sampling",
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
        ("Segments", {"fields": ("segmentation", "segmentation_parameters", "stem_files", "hidden_value")}),
        ("Clips", {"fields": ("evidence_sizes", "random_controls", "boost", "route")}),
        ("Checks", {"fields": ("stability_seeds", "randomised_model")}),
        ("Randomness", {"fields": ("seed",)}),
        ("Identity", {"fields": ("digest", "created_at")}),
    )

    @admin.display
    def method(self, recipe: Recipe) -> str:
        """Return the method's name."""
        return recipe.parameters["method"].replace("_", " ")

    @admin.display
    def segments(self, recipe: Recipe) -> str:
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
    def calls(self, recipe: Recipe) -> int:
        """Return the budget of model calls."""
        return recipe.parameters["calls"]

    @admin.display
    def evidence(self, recipe: Recipe) -> str:
        """Return how many segments evidence clips keep."""
        return ", ".join(map(str, recipe.parameters["evidence_sizes"]))

    @admin.display(description="digest")
    def digest_begins(self, recipe: Recipe) -> str:
        """Return the beginning of the digest."""
        return recipe.digest[:12]


class ReadOnly(Framed):
    """Base of pages for rows written by builds: they can be viewed and deleted, but not edited."""

    @admin.display(description="track", ordering="track__name")
    def part(self, row: Explanation | Clip) -> str:
        """Return the track, or the excerpt of it."""
        return str(row.part)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False: rows are added by the page that builds clips."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Return False: rows are changed by builds."""
        return False


@admin.register(Explanation)
class ExplanationAdmin(ReadOnly):
    """Explanations: their state, and a link to their page."""

    list_display = ("part", "look", "model", "recipe", "how_far", "targets_wanted", "model_calls", "took")
    list_filter = ("state", "model", "recipe")
    list_select_related = ("track", "excerpt", "model", "recipe")
    search_fields = ("track__name", "track__title", "model__name", "recipe__name", "key")
    actions = ("take_up_again",)
    fields = (
        "look", "part", "model", "recipe", "how_far", "targets_wanted", "remarks", "model_calls", "took",
        "started_at", "finished_at", "key", "pretty_predictions", "pretty_provenance",
    )  # fmt: skip
    readonly_fields = (
        "part", "look", "how_far", "targets_wanted", "remarks", "took", "pretty_predictions",
        "pretty_provenance",
    )  # fmt: skip

    @admin.display(description="state", ordering="state")
    def how_far(self, explanation: Explanation) -> str:
        """Return the state with progress or reason."""
        if explanation.is_stalled():
            return "interrupted: its worker is no longer running"
        if explanation.state == Explanation.State.BUILDING:
            return f"{explanation.progress} %, {explanation.activity}"
        return f"failed: {explanation.failure}" if explanation.failure else explanation.get_state_display()

    @admin.display(description="targets")
    def targets_wanted(self, explanation: Explanation) -> str:
        """Return the targets of which clips are made."""
        return ", ".join(explanation.requested_targets) or "all"

    @admin.display(description="warnings")
    def remarks(self, explanation: Explanation) -> str:
        """Return the warnings, one per line."""
        return "\n".join(explanation.warnings)

    @admin.display(description="seconds", ordering="seconds")
    def took(self, explanation: Explanation) -> str:
        """Return the wall time of the build."""
        return decimals(explanation.seconds) if explanation.seconds else ""

    @admin.display(description="page")
    def look(self, explanation: Explanation) -> str:
        """Return a link to the explanation's page, once there is one."""
        if not explanation.file:
            return ""
        return format_html('<a href="{}">open</a>', reverse("explainer:explanation", args=[explanation.pk]))

    @admin.display(description="predictions")
    def pretty_predictions(self, explanation: Explanation) -> str:
        """Return the model's output on the track."""
        return pretty(explanation.predictions)

    @admin.display(description="provenance")
    def pretty_provenance(self, explanation: Explanation) -> str:
        """Return everything needed to reproduce it."""
        return pretty(explanation.provenance)

    @admin.action(description="Resume failed and interrupted builds", permissions=["delete"])
    def take_up_again(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse:
        """Queue the selected explanations that are not built."""
        messages.success(request, f"Resumed {plural(tasks.resume_in_background(queryset), 'build')}.")
        return redirect("explainer:progress")


class NamedOrNone(admin.AllValuesFieldListFilter):
    """A filter of all values that occur, which shows the empty value as “none”."""

    def choices(self, changelist: ChangeList) -> Iterator[dict[str, Any]]:
        """Yield the choices, with a text for the empty value."""
        for choice in super().choices(changelist):
            yield {**choice, "display": choice["display"] or "none"}


@admin.register(Clip)
class ClipAdmin(HasSound, ReadOnly):
    """Clips: lists with search and players."""

    list_display = ("part", "what", "target", "listen", "model_name", "level")
    list_filter = ("condition", ("method", NamedOrNone), "explanation__model", ("target", NamedOrNone))
    list_select_related = ("track", "excerpt", "explanation__model")
    search_fields = ("track__name", "track__title", "condition", "target", "sha256")
    fields = (
        "listen", "part", "explanation", "condition", "target", "target_level", "method", "segments_asked",
        "kept_segments", "variant", "length", "rate", "level", "common_gain", "peak", "area", "energy",
        "sha256", "heard", "masked", "pretty_provenance",
    )  # fmt: skip
    readonly_fields = (
        "part", "listen", "length", "rate", "level", "common_gain", "peak", "area", "energy", "heard",
        "masked", "pretty_provenance",
    )  # fmt: skip

    @admin.display(description="condition", ordering="condition")
    def what(self, clip: Clip) -> str:
        """Return the short condition and the number of segments."""
        return name_of(clip)

    @admin.display(description="model", ordering="explanation__model__name")
    def model_name(self, clip: Clip) -> str:
        """Return the model that was explained."""
        return clip.explanation.model.name if clip.explanation else ""

    @admin.display(description="loudness")
    def level(self, clip: Clip) -> str:
        """Return the loudness of the file."""
        return "too quiet" if clip.loudness is None else f"{decimals(clip.loudness + clip.gain)} LUFS"

    @admin.display(description="gain, the same for all clips of the set")
    def common_gain(self, clip: Clip) -> str:
        """Return the gain of the comparison set."""
        return f"{decimals(clip.gain)} dB"

    @admin.display(description="true peak")
    def peak(self, clip: Clip) -> str:
        """Return the true peak of the file."""
        return "silent" if clip.true_peak is None else f"{decimals(clip.true_peak)} dBTP"

    @admin.display(description="area kept")
    def area(self, clip: Clip) -> str:
        """Return the share of the time-frequency area."""
        return share(clip.area_share)

    @admin.display(description="energy kept", ordering="energy_share")
    def energy(self, clip: Clip) -> str:
        """Return the share of the energy."""
        return share(clip.energy_share)

    @admin.display(description="sound")
    def listen(self, clip: Clip) -> str:
        """Return a player."""
        return player(reverse("explainer:clip-sound", args=[clip.pk]), str(clip))

    @admin.display(description="output, heard")
    def heard(self, clip: Clip) -> str:
        """Return the model's outputs on the file."""
        return pretty(clip.prediction_heard)

    @admin.display(description="output, masked")
    def masked(self, clip: Clip) -> str:
        """Return the model's outputs on the masked features."""
        return pretty(clip.prediction_masked)

    @admin.display(description="provenance")
    def pretty_provenance(self, clip: Clip) -> str:
        """Return the clip's provenance."""
        return pretty(clip.provenance)
