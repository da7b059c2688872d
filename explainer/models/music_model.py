"""The database model of music models."""

from django.db import models

from explainer.core.base.canonical_json import digest_of
from explainer.core.models.code_paths import first_path

from .shared import IDENTIFIER, Used


class MusicModel(Used, models.Model):
    """A model to be explained: how to load it and what it predicts."""

    class Output(models.TextChoices):
        VALUE = "value", "a value, e.g. a rating"
        PROBABILITY = "probability", "a probability (explained as log-odds)"
        LOGIT = "logit", "log-odds"

    class Adapter(models.TextChoices):
        TORCH = "torch", "PyTorch module (allow-listed class and weights)"
        EXPORTED = "exported", "program of torch.export (allow-listed by its SHA-256)"
        ONNX = "onnx", "ONNX file"
        CALLABLE = "callable", "Python callable (allow-listed)"

    class Pooling(models.TextChoices):
        MEAN = "mean", "mean"
        MAX = "max", "maximum"

    class Precision(models.TextChoices):
        FLOAT32 = "float32", "32 bits"
        BFLOAT16 = "bfloat16", "16 bits where that changes no ranking"

    name = models.CharField(max_length=100, unique=True, validators=[IDENTIFIER])
    description = models.TextField(blank=True)
    adapter = models.CharField(max_length=20, choices=Adapter, default=Adapter.TORCH)
    code = models.CharField(
        max_length=200,
        blank=True,
        help_text="Dotted path of the class or callable; it must be on the allow-list.",
    )
    arguments = models.JSONField(
        default=dict, blank=True, help_text="Keyword arguments of the class or callable."
    )
    checkpoint = models.FileField(
        upload_to="models/",
        max_length=300,
        blank=True,
        help_text="Weights (.safetensors, or .pt with tensors only), or the model itself (.pt2, .onnx).",
    )
    checkpoint_sha256 = models.CharField(max_length=64, blank=True, editable=False)
    representation = models.JSONField(
        default=dict,
        blank=True,
        help_text="The input: representation kind and its parameters (docs/models.md).",
    )
    targets = models.JSONField(
        default=list,
        blank=True,
        help_text='Outputs in order, each {"name": ..., "level": "mid-level", "emotion" or "tag"}.',
    )
    output = models.CharField(
        max_length=20, choices=Output, default=Output.VALUE, help_text="Meaning of the output numbers."
    )
    emotion_weights = models.JSONField(
        default=list,
        blank=True,
        help_text="Of a two-level model: weights of the emotions, one row per mid-level target. "
        "Targets then list the mid-level outputs first.",
    )
    emotion_bias = models.JSONField(
        default=list, blank=True, help_text="Of a two-level model: one constant per emotion."
    )
    window_frames = models.PositiveIntegerField(
        null=True,
        blank=True,
        help_text="Longest input in frames (samples, if the model takes sound); longer tracks are cut into "
        "windows.",
    )
    window_hop = models.PositiveIntegerField(
        null=True, blank=True, help_text="From one window to the next, in the same unit."
    )
    pooling = models.CharField(
        max_length=20,
        choices=Pooling,
        default=Pooling.MEAN,
        help_text="How the outputs of windows are combined.",
    )
    precision = models.CharField(
        max_length=20,
        choices=Precision,
        default=Precision.FLOAT32,
        help_text="Arithmetic of a PyTorch module.",
    )
    licence = models.CharField(max_length=200, blank=True)
    source = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def target_names(self) -> list[str]:
        """Return the names of the outputs, in order."""
        return [target["name"] for target in self.targets]

    def definition(self) -> dict:
        """Return what determines the model's outputs apart from its weights, in the form of `load_model`."""
        defining = (
            "name", "adapter", "code", "arguments", "representation", "targets", "output", "window_frames",
            "window_hop", "pooling", "precision",
        )  # fmt: skip
        second_level = {
            "emotion_weights": self.emotion_weights or None,
            "emotion_bias": self.emotion_bias or None,
        }
        return {name: getattr(self, name) for name in defining} | second_level

    def digest(self) -> str:
        """Return the SHA-256 over weights and definition: equal models share it."""
        code = first_path(self.code)
        return digest_of({**self.definition(), "code": code, "checkpoint": self.checkpoint_sha256})
